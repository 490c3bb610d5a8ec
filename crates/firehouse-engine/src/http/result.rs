//! The result of a statement on its way from the pipe to the client.
//!
//! It is read up to a limit first, so that an early error gets its own status. A later one is
//! written behind the data, framed with the tag that the header announced, and the answer is then
//! cut off, so that even a client that knows nothing of tags notices.
//! Source: `src/Server/HTTP/WriteBufferFromHTTPServerResponse.cpp` of ClickHouse.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use super::{answer::worded, run::Running, running::QueryIdGuard};
use crate::{
    codec::Encoder,
    exception::Exception,
    library::{Counts, Outcome},
};

/// How much of a result is read at once.
const READ_BYTES: usize = 64 << 10;
/// Lets the server write out what it has before it learns that the answer has failed.
const BREAK_AFTER: Duration = Duration::from_millis(20);

/// A result that is read up to a limit, or to its end.
pub enum Begun {
    /// All there is.
    Complete(Counts, Vec<u8>),
    /// More than the limit.
    Partial(Vec<u8>, Running),
}

/// Reads a result until it ends or `limit` bytes are there.
pub async fn begin(mut running: Running, limit: usize) -> Result<Begun, Exception> {
    let mut body = Vec::new();
    while body.len() < limit {
        if let Some(outcome) = next(&mut running, &mut body).await? {
            return Ok(Begun::Complete(outcome.counts, body));
        }
    }
    Ok(Begun::Partial(body, running))
}

/// Reads a piece into `body`; gives the outcome once the statement has ended.
async fn next(running: &mut Running, body: &mut Vec<u8>) -> Result<Option<Outcome>, Exception> {
    let broken = |error: io::Error| {
        Exception::new(
            74,
            "CANNOT_READ_FROM_FILE_DESCRIPTOR",
            format!("Cannot read the result: {error}"),
        )
    };
    loop {
        running.output.readable().await.map_err(broken)?;
        body.reserve(READ_BYTES);
        match running.output.try_read_buf(body) {
            // The writers are closed once the statement has ended.
            Ok(0) => break,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(broken(error)),
        }
    }
    let outcome = (&mut running.ended).await.map_err(|_| Exception::no_result())??;
    body.extend_from_slice(&outcome.body);
    Ok(Some(outcome))
}

/// A result that is sent as it comes.
pub struct Streamed {
    state: State,
    running: Running,
    encoder: Option<Encoder>,
    tag: String,
    version: String,
    _query_id: QueryIdGuard,
}

enum State {
    First(Vec<u8>),
    Reading,
    /// The exception is written; once it has left, the connection breaks.
    Failed,
    Done,
}

impl Streamed {
    /// What is there so far, and the statement that writes the rest.
    pub fn new(
        first: Vec<u8>,
        running: Running,
        encoder: Encoder,
        version: String,
        query_id: QueryIdGuard,
    ) -> Self {
        Self {
            state: State::First(first),
            running,
            encoder: Some(encoder),
            tag: exception_tag(),
            version,
            _query_id: query_id,
        }
    }

    /// What frames an exception in the body, for the header that announces it.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The body of the answer.
    pub fn into_body(self) -> Body {
        Body::from_stream(stream::unfold(self, Self::step))
    }

    async fn step(mut self) -> Option<(io::Result<Bytes>, Self)> {
        let wire = match std::mem::replace(&mut self.state, State::Reading) {
            State::First(first) => self.encode(&first),
            State::Reading => self.read().await,
            State::Failed => {
                tokio::time::sleep(BREAK_AFTER).await;
                self.state = State::Done;
                Err(io::Error::other("the statement failed while its result was being sent"))
            }
            State::Done => return None,
        };
        if wire.is_err() {
            self.state = State::Done;
        }
        Some((wire.map(Bytes::from), self))
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        match next(&mut self.running, &mut body).await {
            Ok(None) => self.encode(&body),
            Ok(Some(_)) => {
                self.state = State::Done;
                let mut wire = self.encode(&body)?;
                wire.extend(
                    self.encoder.take().map(Encoder::finish).transpose()?.unwrap_or_default(),
                );
                Ok(wire)
            }
            Err(exception) => {
                self.state = State::Failed;
                let message = worded(&exception, &self.version);
                let tag = &self.tag;
                let frame = format!(
                    "\r\n__exception__\r\n{tag}\r\n{message}{} {tag}\r\n__exception__\r\n",
                    message.len()
                );
                self.encode(frame.as_bytes())
            }
        }
    }

    fn encode(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        match &mut self.encoder {
            Some(encoder) => encoder.push(piece),
            None => Ok(Vec::new()),
        }
    }
}

/// 16 random letters, so that no result can look like an exception.
fn exception_tag() -> String {
    let mut bits: u128 = rand::random();
    let letter = || {
        let letter = b'a' + (bits % 26) as u8;
        bits /= 26;
        char::from(letter)
    };
    std::iter::repeat_with(letter).take(16).collect()
}
