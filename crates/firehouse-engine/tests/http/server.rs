//! An engine of one test: a child process on a free port, stopped when the test ends.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use axum::{
    body::Body,
    http::{HeaderMap, Request},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tempfile::TempDir;

/// A running engine and its data directory.
pub struct Server {
    child: Child,
    /// Where it listens, such as `http://127.0.0.1:4711`.
    pub url: String,
    data: Option<TempDir>,
}

/// Starts an engine, or says loudly why not.
pub fn start() -> Option<Server> {
    start_with(&[])
}

/// Starts an engine with further arguments.
pub fn start_with(arguments: &[&str]) -> Option<Server> {
    let data = TempDir::new().expect("a temporary directory");
    let mut command = command(data.path())?;
    let mut server = Server::spawn(command.args(arguments));
    server.data = Some(data);
    Some(server)
}

/// The command that starts an engine on `data`, or `None`, loudly, without the library.
pub fn command(data: &std::path::Path) -> Option<Command> {
    if let Err(missing) = firehouse_engine::locate_library() {
        eprintln!("SKIPPED: {missing}");
        return None;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_firehouse-engine"));
    command.arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]);
    Some(command)
}

impl Server {
    /// Starts `command` and waits until it listens.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the engine starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("engine listening on ").expect("an address");
        Self { url: format!("http://{address}"), child, data: None }
    }

    /// A typed client of this engine.
    pub fn client(&self) -> clickhouse::Client {
        clickhouse::Client::default().with_url(&self.url)
    }

    /// Kills the engine as the system would when memory runs out.
    pub fn kill(mut self) {
        self.child.kill().expect("it was running");
    }

    /// The memory the engine holds now, from the system's books.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib << 10)
    }

    /// Closes the engine's standard input, as a parent that dies does.
    pub fn close_stdin(&mut self) -> bool {
        self.child.stdin.take().is_some()
    }

    /// The process number of the engine.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the engine to end by itself.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().expect("a child")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One answer, as the tests look at it.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// Empty when the answer was cut off.
    pub body: Vec<u8>,
    pub cut_off: bool,
}

impl Answer {
    /// A header's value; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The numeric code of the exception; empty when there is none.
    pub fn code(&self) -> &str {
        self.header("x-clickhouse-exception-code")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends `body` with the parameters in the URL, as any HTTP program would.
pub async fn post(server: &Server, parameters: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    send(server, "POST", parameters, &[], body).await
}

/// Sends a request and reads its answer.
pub async fn send(
    server: &Server,
    method: &str,
    parameters: &[(&str, &str)],
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let url = url::Url::parse_with_params(&server.url, parameters).expect("a URL");
    let mut request = Request::builder().method(method).uri(url.as_str());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = request.body(body.into()).expect("a request");
    let (parts, body) = client.request(request).await.expect("an answer").into_parts();
    let body = axum::body::to_bytes(Body::new(body), usize::MAX).await;
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        cut_off: body.is_err(),
        body: body.unwrap_or_default().to_vec(),
    }
}
