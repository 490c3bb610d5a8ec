//! Runs statements: [`insert`] feeds data to the engine, [`start`] lets any other statement write
//! its result into a pipe.
//!
//! The engine's own streaming calls give every piece the frame of a whole document (a header, a
//! footer), and only for SELECT. So the result is directed into a pipe instead, by the clause
//! `INTO OUTFILE`, which no request may use itself: one document in any format, in pieces, with
//! the writer slowed down by the reader. When the client goes, the pipe closes and the statement
//! is killed by the mark in its text.

use std::{
    io::{PipeWriter, Read},
    os::fd::{AsRawFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{net::unix::pipe, sync::oneshot};

use super::text::Insert;
use crate::{
    engine::{Engine, Lease},
    exception::Exception,
    lexer::Lexer,
    library::{Counts, Outcome, Param, StatementClass},
    statement::Whole,
};

/// How much INSERT data is handed to the engine at once.
const APPEND_BYTES: usize = 256 << 10;
/// How much of a body is read to its end, for the sake of the answer, once the INSERT has failed.
const DRAIN_BYTES: u64 = 64 << 20;
/// How long to wait before a statement that is still running is killed once more.
const KILL_AGAIN: Duration = Duration::from_millis(100);

/// Runs an INSERT to its end. Blocks.
pub fn insert(mut lease: Lease, insert: Insert, params: &[Param]) -> Result<Counts, Exception> {
    let Insert { head, format, first, mut rest } = insert;
    let done = feed(&mut lease, &head, &format, &first, rest.as_mut(), params);
    if let Err(error) = &done {
        lease.failed(error);
    }
    // The next statement need not wait for the rest of this one's data.
    drop(lease);
    if let (Err(_), Some(rest)) = (&done, &mut rest) {
        // A client that is still sending would not see an answer that comes too early.
        let _ = std::io::copy(&mut rest.take(DRAIN_BYTES), &mut std::io::sink());
    }
    done
}

fn feed(
    lease: &mut Lease,
    head: &[u8],
    format: &str,
    first: &[u8],
    rest: Option<&mut super::body::BodyReader>,
    params: &[Param],
) -> Result<Counts, Exception> {
    let mut stream = lease.connection()?.insert(head, format, params)?;
    let mut alive = first.is_empty() || stream.append(first);
    if let Some(rest) = rest {
        let mut buffer = vec![0; APPEND_BYTES];
        while alive {
            match fill(rest, &mut buffer) {
                Ok(0) => break,
                Ok(count) => alive = stream.append(buffer.get(..count).unwrap_or_default()),
                Err(error) => {
                    stream.cancel();
                    return Err(Exception::broken_body(&error));
                }
            }
        }
    }
    stream.finish()
}

/// Reads until the buffer is full or the data ends.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = buffer.get_mut(filled..).filter(|free| !free.is_empty()) {
        match from.read(free) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A statement under way. Dropped before it has ended, it is killed.
pub struct Running {
    /// Where the result arrives.
    pub output: pipe::Receiver,
    /// How it ended.
    pub ended: oneshot::Receiver<Result<Outcome, Exception>>,
    _kill: KillOnDrop,
}

/// Starts a statement on its own thread.
pub fn start(
    engine: &Arc<Engine>,
    mut lease: Lease,
    text: Vec<u8>,
    shape: Whole,
    default_format: String,
    params: Vec<Param>,
) -> Result<Running, Exception> {
    let no_pipe = |error: std::io::Error| {
        Exception::new(75, "CANNOT_PIPE", format!("Cannot make a pipe: {error}"))
    };
    let (reader, writer) = std::io::pipe().map_err(no_pipe)?;
    let output = pipe::Receiver::from_owned_fd(OwnedFd::from(reader)).map_err(no_pipe)?;
    let (sender, ended) = oneshot::channel();
    let finished = Arc::new(AtomicBool::new(false));
    let mark = engine.next_mark();
    let statement = Piped { text, shape, default_format, params, mark: mark.clone() };
    let kill = KillOnDrop { engine: Arc::clone(engine), mark, finished: Arc::clone(&finished) };
    tokio::task::spawn_blocking(move || {
        if !sender.is_closed() {
            let result = statement.run(&mut lease, &writer);
            if let Err(error) = &result {
                // A failed statement stays in the process list, with its memory, until the next
                // one on its connection, or until the connection closes.
                lease.failed(error);
            }
            // The connection is free before the client can ask for the next statement.
            drop(lease);
            let _ = sender.send(result);
        }
        finished.store(true, Ordering::Release);
        drop(writer);
    });
    Ok(Running { output, ended, _kill: kill })
}

/// A statement and where its result goes.
struct Piped {
    text: Vec<u8>,
    shape: Whole,
    default_format: String,
    params: Vec<Param>,
    mark: String,
}

impl Piped {
    fn run(&self, lease: &mut Lease, writer: &PipeWriter) -> Result<Outcome, Exception> {
        let class = lease.classify(&self.text)?;
        self.refuse_clients_part(class)?;
        if self.shape.several {
            let text = "Syntax error (Multi-statements are not allowed)";
            return Err(Exception::new(62, "SYNTAX_ERROR", text));
        }
        // SHOW, DESCRIBE and their like answer with little, and take INTO OUTFILE elsewhere.
        let reads = class == StatementClass::ReadOnly;
        if reads && (self.starts_with(&["SELECT", "WITH", "FROM"]) || self.text.starts_with(b"(")) {
            let sql = self.directed_into(writer);
            return lease.connection()?.query(&sql, &self.default_format, &self.params);
        }
        // SET, USE, CREATE TEMPORARY TABLE and so on live as long as the connection does.
        if !reads && !self.starts_with(&["INSERT", "ALTER", "OPTIMIZE", "DELETE", "UPDATE"]) {
            lease.spoil();
        }
        let mut sql = self.text.clone();
        sql.extend_from_slice(format!("\n/*firehouse:{}*/", self.mark).as_bytes());
        // What does not parse is run as it came, so that the error speaks of it alone.
        let sql = if class == StatementClass::Unknown { &self.text } else { &sql };
        lease.connection()?.query(sql, &self.default_format, &self.params)
    }

    /// What belongs to a client: here its files would be files of the server, and its data is lost.
    fn refuse_clients_part(&self, class: StatementClass) -> Result<(), Exception> {
        const CONTROLS: [&str; 18] = [
            "SET", "USE", "SYSTEM", "KILL", "ATTACH", "DETACH", "BACKUP", "RESTORE", "BEGIN",
            "START", "COMMIT", "ROLLBACK", "INSERT", "GRANT", "REVOKE", "CREATE", "DROP", "ALTER",
        ];
        let hidden = class == StatementClass::Control && !self.starts_with(&CONTROLS);
        if self.shape.into_outfile || hidden {
            let text = "INTO OUTFILE is not allowed";
            return Err(Exception::new(358, "INTO_OUTFILE_NOT_ALLOWED", text));
        }
        if self.shape.from_infile {
            let text = "Query has infile and was send directly to server";
            return Err(Exception::new(78, "UNKNOWN_TYPE_OF_QUERY", text));
        }
        if self.shape.from_input && self.starts_with(&["INSERT"]) {
            // The library would take the statement, drop the data and report success.
            let text = "The table function input is not supported by the embedded engine: insert \
                        into a table, and select from that";
            return Err(Exception::not_implemented(text));
        }
        Ok(())
    }

    fn starts_with(&self, words: &[&str]) -> bool {
        let first = Lexer::new(&self.text).next();
        first.is_some_and(|token| words.iter().any(|word| token.is_word(&self.text, word)))
    }

    /// The statement with its output directed into the pipe, and with its mark.
    fn directed_into(&self, writer: &PipeWriter) -> Vec<u8> {
        let directory = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
        let number = writer.as_raw_fd();
        let clause =
            format!("\nINTO OUTFILE '{directory}/{number}' APPEND /*firehouse:{}*/\n", self.mark);
        let at = self.shape.format_start.unwrap_or(self.text.len());
        let (head, tail) = self.text.split_at(at.min(self.text.len()));
        let mut sql = [head, clause.as_bytes(), tail].concat();
        if tail.is_empty() {
            sql.extend_from_slice(format!("FORMAT {}", self.default_format).as_bytes());
        }
        sql
    }
}

/// Kills the statement unless it has ended.
struct KillOnDrop {
    engine: Arc<Engine>,
    mark: String,
    finished: Arc<AtomicBool>,
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if self.finished.load(Ordering::Acquire) {
            return;
        }
        let (engine, mark) = (Arc::clone(&self.engine), std::mem::take(&mut self.mark));
        let finished = Arc::clone(&self.finished);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn_blocking(move || {
            // Again, because the statement may not have begun yet.
            while !finished.load(Ordering::Acquire) {
                engine.kill(&mark);
                std::thread::sleep(KILL_AGAIN);
            }
        });
    }
}
