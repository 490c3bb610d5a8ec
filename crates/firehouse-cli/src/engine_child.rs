//! [`EngineChild`]: keeps the embedded engine running as a child process.
//!
//! The engine is C++ code with the whole store in its hands: when it crashes, or is killed because
//! memory ran out, the rest of firehouse must live on. So it runs as `firehouse engine` in a process
//! of its own, which is started again, on the same port, for as long as we live. The child watches
//! its standard input, a pipe whose other end we hold: however we die, it closes, and the child stops.

use std::{
    collections::VecDeque,
    ffi::OsString,
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStdin, Command},
    sync::{oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tracing::Level;

/// What to run, and how patiently.
#[derive(Clone, Debug)]
pub struct ChildConfig {
    /// The program; usually this very one.
    pub program: PathBuf,
    /// Its arguments, all but `--listen ADDR`, which comes last.
    pub arguments: Vec<OsString>,
    /// Where it listens. Port 0 lets the first start choose; later starts keep the choice.
    pub listen: SocketAddr,
    /// How long a start may take, the recovery of a large store included.
    pub start: Duration,
    /// How long it may take to stop before it is killed.
    pub stop: Duration,
    /// The wait before the first restart; it doubles with every further one.
    pub backoff_min: Duration,
    /// The longest wait between two starts.
    pub backoff_max: Duration,
}

impl ChildConfig {
    /// This program's `engine` command on `data`, listening on `listen`.
    /// Errors: the system does not tell which program this is.
    pub fn new(data: &Path, listen: SocketAddr) -> std::io::Result<Self> {
        let mut arguments: Vec<OsString> = vec!["engine".into(), "--stop-with-stdin".into()];
        arguments.extend(["--data".into(), data.as_os_str().to_owned()]);
        Ok(Self {
            program: std::env::current_exe()?,
            arguments,
            listen,
            start: Duration::from_secs(300),
            stop: Duration::from_secs(30),
            backoff_min: Duration::from_millis(200),
            backoff_max: Duration::from_secs(30),
        })
    }
}

/// Whether the engine can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// Its first start is under way.
    Starting,
    /// It answers at this URL, the same one for good.
    Ready {
        /// Such as `http://127.0.0.1:4711`.
        url: String,
    },
    /// It has died and is being started again.
    Down {
        /// When it was last seen alive.
        since: Instant,
        /// How often it has been started again, in all.
        restarts: u32,
    },
    /// It never started, so it will not be tried again: the reason is in its own words.
    Failed {
        /// The last lines it wrote.
        reason: String,
    },
    /// We have stopped it.
    Stopped,
}

/// A supervised engine. Dropped, it stops supervising and kills the child.
pub struct EngineChild {
    state: watch::Receiver<EngineState>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl EngineChild {
    /// Starts the engine and keeps it running.
    pub fn start(config: ChildConfig) -> Self {
        let (sender, state) = watch::channel(EngineState::Starting);
        let stop = CancellationToken::new();
        let supervisor = Supervisor {
            listen: config.listen,
            config,
            state: sender,
            stop: stop.clone(),
            restarts: 0,
        };
        Self { state, stop, task: tokio::spawn(supervisor.run()) }
    }

    /// The state, now and whenever it changes.
    #[cfg(test)]
    pub fn state(&self) -> watch::Receiver<EngineState> {
        self.state.clone()
    }

    /// Waits until the engine answers, and says where.
    /// Errors: it never will.
    pub async fn ready(&self) -> anyhow::Result<String> {
        let mut state = self.state.clone();
        loop {
            match &*state.borrow_and_update() {
                EngineState::Ready { url } => return Ok(url.clone()),
                EngineState::Failed { reason } => {
                    anyhow::bail!("the engine does not start: {reason}")
                }
                EngineState::Starting | EngineState::Down { .. } => {}
                EngineState::Stopped => anyhow::bail!("the engine has been stopped"),
            }
            state.changed().await.context("the engine's supervisor is gone")?;
        }
    }

    /// Lets the engine finish what it is doing, within the configured time, and waits for its end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.task).await {
            tracing::warn!(%error, "the engine's supervisor ended badly");
        }
    }
}

impl Drop for EngineChild {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Supervisor {
    config: ChildConfig,
    /// With the port of the first start.
    listen: SocketAddr,
    state: watch::Sender<EngineState>,
    stop: CancellationToken,
    restarts: u32,
}

/// How one life of the child ended.
enum Life {
    /// We stopped it.
    Stopped,
    /// It died, after it had answered or before: by itself, or by a signal of somebody else's.
    Died { was_ready: bool, by_signal: bool, last_words: String },
}

impl Supervisor {
    async fn run(mut self) {
        let mut ever_ready = false;
        let mut wait = self.config.backoff_min;
        loop {
            let born = Instant::now();
            let (was_ready, by_signal, last_words) = match self.live().await {
                Life::Stopped => break,
                Life::Died { was_ready, by_signal, last_words } => {
                    (was_ready, by_signal, last_words)
                }
            };
            ever_ready |= was_ready;
            // Whoever was killed at its first start did nothing wrong.
            if !ever_ready && !by_signal {
                self.state.send_replace(EngineState::Failed { reason: last_words });
                return;
            }
            // A child that ran for a while has earned a quick restart.
            if was_ready && born.elapsed() > self.config.backoff_max {
                wait = self.config.backoff_min;
            }
            let wait_now = jittered(wait);
            self.restarts = self.restarts.saturating_add(1);
            tracing::error!(
                restarts = self.restarts,
                wait_ms = wait_now.as_millis(),
                last_words,
                "the engine died; starting it again"
            );
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep(wait_now) => {}
            }
            wait = (wait * 2).min(self.config.backoff_max);
        }
        self.state.send_replace(EngineState::Stopped);
    }

    /// Starts the child, waits until it answers, and stays until it has ended.
    async fn live(&mut self) -> Life {
        let never = |error: std::io::Error| Life::Died {
            was_ready: false,
            by_signal: false,
            last_words: format!("{}: {error}", self.config.program.display()),
        };
        let mut command = Command::new(&self.config.program);
        command.args(&self.config.arguments).arg("--listen").arg(self.listen.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What `unstamped` reads; our own format is given to the lines here.
        command.env("FIREHOUSE_LOG__FORMAT", "text");
        // A Ctrl-C on the terminal is for us: we still need the engine to write what was read.
        command.process_group(0);
        // For the case that this task is aborted; the pipe covers all others.
        command.kill_on_drop(true);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return never(error),
        };
        // Taken out, because waiting for a child closes its standard input first.
        let stdin = child.stdin.take();
        let words = Words::default();
        let address = listen_line(child.stdout.take());
        let heard = tokio::spawn(forward(child.stderr.take(), words.clone()));
        let ready = tokio::select! {
            () = self.stop.cancelled() => {
                self.end(child, stdin).await;
                return Life::Stopped;
            }
            ended = child.wait() => {
                let _ = heard.await;
                return Life::Died { was_ready: false, by_signal: is_signal(&ended), last_words: words.last(&ended) };
            }
            ready = tokio::time::timeout(self.config.start, answering(address)) => ready,
        };
        let Ok(address) = ready else {
            self.end(child, stdin).await;
            let last_words = "it did not answer in time".to_owned();
            return Life::Died { was_ready: false, by_signal: false, last_words };
        };
        self.listen = address;
        self.state.send_replace(EngineState::Ready { url: format!("http://{address}") });
        tokio::select! {
            () = self.stop.cancelled() => {
                self.end(child, stdin).await;
                Life::Stopped
            }
            ended = child.wait() => {
                let (since, restarts) = (Instant::now(), self.restarts.saturating_add(1));
                self.state.send_replace(EngineState::Down { since, restarts });
                let _ = heard.await;
                Life::Died { was_ready: true, by_signal: is_signal(&ended), last_words: words.last(&ended) }
            }
        }
    }

    /// Closes the child's standard input, waits, and kills it when it takes too long.
    async fn end(&self, mut child: Child, stdin: Option<ChildStdin>) {
        drop(stdin);
        if tokio::time::timeout(self.config.stop, child.wait()).await.is_err() {
            tracing::warn!("the engine does not stop; killing it");
            let _ = child.kill().await;
        }
    }
}

fn is_signal(ended: &std::io::Result<std::process::ExitStatus>) -> bool {
    ended.as_ref().is_ok_and(|status| status.signal().is_some())
}

/// The last lines the child wrote to its standard error.
#[derive(Clone, Default)]
struct Words {
    lines: Arc<Mutex<VecDeque<String>>>,
}

/// How many lines are kept for the reason of a failed start.
const LAST_LINES: usize = 5;

impl Words {
    fn hear(&self, line: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    fn last(&self, ended: &std::io::Result<std::process::ExitStatus>) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let end = match ended {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        lines.iter().cloned().chain([end]).collect::<Vec<_>>().join("; ")
    }
}

/// Puts the child's standard error into our log, line by line, until it ends.
async fn forward(stderr: Option<impl AsyncRead + Unpin>, words: Words) {
    let Some(mut stderr) = stderr.map(BufReader::new) else { return };
    while let Some(line) = next_line(&mut stderr).await {
        let (level, text) = unstamped(&line);
        match level {
            Level::ERROR => tracing::error!(target: "firehouse::engine", "engine: {text}"),
            Level::WARN => tracing::warn!(target: "firehouse::engine", "engine: {text}"),
            Level::INFO => tracing::info!(target: "firehouse::engine", "engine: {text}"),
            _ => tracing::debug!(target: "firehouse::engine", "engine: {text}"),
        }
        words.hear(text);
    }
}

/// A line of the child's log: its level, and its text without the time, which our log gives it.
/// What ClickHouse itself writes has neither.
fn unstamped(line: &str) -> (Level, &str) {
    let is_time =
        |word: &str| word.ends_with('Z') && word.starts_with(|c: char| c.is_ascii_digit());
    let stamped = line.split_once(' ').filter(|(time, _)| is_time(time)).and_then(|(_, rest)| {
        let (level, text) = rest.trim_start().split_once(' ')?;
        Some((level.parse().ok()?, text))
    });
    stamped.unwrap_or((Level::INFO, line))
}

/// The next line, whatever its bytes: the child must never wait, or end, because we stopped reading.
async fn next_line(output: &mut BufReader<impl AsyncRead + Unpin>) -> Option<String> {
    let mut line = Vec::new();
    match output.read_until(b'\n', &mut line).await {
        Ok(1..) => Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
        Ok(0) | Err(_) => None,
    }
}

/// Finds `engine listening on ADDR` in the child's standard output, and reads on so that the
/// child never waits for us.
fn listen_line(
    stdout: Option<impl AsyncRead + Unpin + Send + 'static>,
) -> oneshot::Receiver<SocketAddr> {
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        let Some(mut stdout) = stdout.map(BufReader::new) else { return };
        let mut sender = Some(sender);
        while let Some(line) = next_line(&mut stdout).await {
            let address = line.trim().strip_prefix("engine listening on ");
            if let Some(Ok(address)) = address.map(str::parse)
                && let Some(sender) = sender.take()
            {
                let _ = sender.send(address);
            }
        }
    });
    receiver
}

/// Waits for the address and then for an answer to `/ping`; forever when no address comes.
async fn answering(address: oneshot::Receiver<SocketAddr>) -> SocketAddr {
    let Ok(address) = address.await else { return std::future::pending().await };
    // The listener is there before the engine is: the answer comes once it has started.
    while !ping(address).await.unwrap_or(false) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    address
}

async fn ping(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /ping HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

/// Between half of `wait` and all of it, so that children of one machine do not start in step.
fn jittered(wait: Duration) -> Duration {
    // The hash of nothing under a random key.
    let random = RandomState::new().hash_one(()) % 1024;
    wait / 2 + wait.mul_f64(random as f64 / 2048.0)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// This test program, run again as an engine that dies when it is told to. The test harness
    /// would not take `--listen ADDR`, so a shell turns it into a variable.
    fn fake(behaviour: &str) -> ChildConfig {
        ChildConfig {
            program: "/bin/sh".into(),
            arguments: vec![
                "-c".into(),
                format!(
                    "exec env FAKE_ENGINE={behaviour} FAKE_LISTEN=\"$2\" '{}' {}",
                    std::env::current_exe().unwrap().display(),
                    "--exact engine_child::tests::fake_engine --nocapture"
                )
                .into(),
                "sh".into(),
            ],
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            start: Duration::from_secs(20),
            stop: Duration::from_secs(5),
            backoff_min: Duration::from_millis(20),
            backoff_max: Duration::from_millis(100),
        }
    }

    /// Not a test of its own: the child process of the tests below.
    #[test]
    fn fake_engine() {
        let Ok(behaviour) = std::env::var("FAKE_ENGINE") else { return };
        if behaviour == "refuses" {
            eprintln!("the data directory is in use by another process");
            std::process::exit(3);
        }
        let listener = std::net::TcpListener::bind(std::env::var("FAKE_LISTEN").unwrap()).unwrap();
        let mut stdout = std::io::stdout();
        writeln!(stdout, "\nengine listening on {}", listener.local_addr().unwrap()).unwrap();
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 1024];
            let count = stream.read(&mut request).unwrap_or(0);
            if request[..count].starts_with(b"GET /die") {
                std::process::exit(101);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nOk.\n");
        }
    }

    async fn die(url: &str) {
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /die HTTP/1.1\r\n\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }

    #[tokio::test]
    async fn an_engine_that_dies_comes_back_at_the_same_url() {
        let engine = EngineChild::start(fake("answers"));
        let mut state = engine.state();
        let url = engine.ready().await.unwrap();
        for round in 1..=3 {
            state.borrow_and_update();
            die(&url).await;
            let down =
                state.wait_for(|s| matches!(s, EngineState::Down { .. })).await.unwrap().clone();
            assert!(
                matches!(down, EngineState::Down { restarts, .. } if restarts == round),
                "{down:?}"
            );
            assert_eq!(engine.ready().await.unwrap(), url);
        }
        engine.stop().await;
        assert_eq!(*state.borrow(), EngineState::Stopped);
        assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).await.is_err());
    }

    #[tokio::test]
    async fn an_engine_that_never_starts_is_given_up_with_its_own_words() {
        let engine = EngineChild::start(fake("refuses"));
        let reason = engine.ready().await.unwrap_err().to_string();
        assert!(reason.contains("in use by another process"), "{reason}");
        assert!(reason.contains("exit status: 3"), "{reason}");
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let config = ChildConfig { program: "/nowhere/firehouse".into(), ..fake("answers") };
        let reason = EngineChild::start(config).ready().await.unwrap_err().to_string();
        assert!(reason.contains("/nowhere/firehouse"), "{reason}");
    }

    #[tokio::test]
    async fn a_dropped_supervisor_leaves_no_child() {
        let engine = EngineChild::start(fake("answers"));
        let url = engine.ready().await.unwrap();
        drop(engine);
        let address = url.strip_prefix("http://").unwrap();
        for _ in 0..100 {
            if TcpStream::connect(address).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the child still answers");
    }

    #[test]
    fn a_line_of_the_child_gets_one_time_and_keeps_its_level() {
        let check = |line, expected| assert_eq!(unstamped(line), expected, "{line}");
        check(
            "2026-11-22T01:02:03.456789Z  INFO engine serving address=127.0.0.1:1",
            (Level::INFO, "engine serving address=127.0.0.1:1"),
        );
        check("2026-11-22T01:02:03.456789Z ERROR out of disk", (Level::ERROR, "out of disk"));
        check("Error: start the engine", (Level::INFO, "Error: start the engine"));
        check("2026-11-22T01:02:03Z", (Level::INFO, "2026-11-22T01:02:03Z"));
        check("", (Level::INFO, ""));
    }

    #[tokio::test]
    async fn lines_that_are_no_text_are_read_all_the_same() {
        let mut output = BufReader::new(&b"one\n\xff two\r\nthree"[..]);
        for line in ["one", "\u{fffd} two", "three"] {
            assert_eq!(next_line(&mut output).await.as_deref(), Some(line));
        }
        assert_eq!(next_line(&mut output).await, None);
    }

    #[test]
    fn waits_differ_and_stay_within_bounds() {
        let wait = Duration::from_millis(1000);
        let waits: Vec<Duration> = (0..50).map(|_| jittered(wait)).collect();
        assert!(waits.iter().all(|w| (wait / 2..=wait).contains(w)));
        assert!(waits.iter().any(|w| w != &waits[0]));
    }
}
