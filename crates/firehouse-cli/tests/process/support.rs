//! Runs the real binary as a child, and simulated networks that it may follow, for every test of this folder.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use firehouse_sim::{Urls, World, WorldConfig};
use serde_json::Value;

/// The binary under test.
pub const FIREHOUSE: &str = env!("CARGO_BIN_EXE_firehouse");

/// Whether the engine library is here. Says loudly when it is not.
pub fn has_engine() -> bool {
    match firehouse_engine::locate_library() {
        Ok(_) => true,
        Err(missing) => {
            eprintln!("SKIPPED: firehouse needs the engine library: {missing}");
            false
        }
    }
}

/// A port nobody listens on now.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Serves a world from a thread of its own until this process ends.
pub fn serve(config: WorldConfig) -> (Arc<World>, Urls) {
    let world = Arc::new(World::new(config));
    let (served, (ready, urls)) = (Arc::clone(&world), std::sync::mpsc::channel());
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            ready.send(served.start().await.unwrap()).unwrap();
            std::future::pending::<()>().await
        })
    });
    (world, urls.recv().unwrap())
}

/// With these a firehouse follows the first relay of a world, and asks nobody who is not in it.
pub fn flags_of(urls: &Urls) -> Vec<String> {
    let relay = urls.relays[0].replace("http://", "ws://");
    let flags = ["--relay", &relay, "--plc", &urls.plc, "--handle-resolver", &urls.plc];
    flags.into_iter().chain(["--allow-private-addresses"]).map(str::to_owned).collect()
}

/// Starts a firehouse that follows a world, with more variables; does not wait.
pub fn follow(urls: &Urls, data: &Path, environment: &[(&str, &str)]) -> Firehouse {
    let flags = flags_of(urls);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Firehouse::run_with(data, free_address(), &flags, environment)
}

/// A running firehouse. Killed when dropped.
pub struct Firehouse {
    pub child: Child,
    pub listen: SocketAddr,
    /// Where its engine listens.
    pub engine: SocketAddr,
}

impl Firehouse {
    /// Starts `firehouse run` on `data` with more flags; does not wait.
    pub fn run(data: &Path, listen: SocketAddr, flags: &[&str]) -> Self {
        Self::run_with(data, listen, flags, &[])
    }

    /// As [`Firehouse::run`], with more variables.
    pub fn run_with(
        data: &Path,
        listen: SocketAddr,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let engine = free_address();
        let mut command = Command::new(FIREHOUSE);
        command.env("FIREHOUSE_ENGINE__LISTEN", engine.to_string());
        command.envs(environment.iter().copied());
        command
            .arg("run")
            .arg("--data")
            .arg(data)
            .args(["--listen", &listen.to_string()])
            .args(flags);
        // Quiet unless asked: a test that fails is run again with FIREHOUSE_LOG=info.
        if std::env::var_os("FIREHOUSE_LOG").is_none() {
            command.env("FIREHOUSE_LOG", "error");
        }
        Self { child: command.stdin(Stdio::null()).spawn().unwrap(), listen, engine }
    }

    /// `GET path`: status and body.
    pub fn get(&self, path: &str) -> Option<(u16, Value)> {
        get(self.listen, path)
    }

    /// What its engine answers, one text per row, columns apart by spaces; `None` while it does not answer.
    pub fn rows(&self, sql: &str) -> Option<Vec<String>> {
        let escaped: String = sql
            .bytes()
            .map(|byte| match byte.is_ascii_alphanumeric() {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect();
        let path = format!("/?database=firehouse&default_format=TabSeparated&query={escaped}");
        let (status, answer) = get(self.engine, &path)?;
        let text = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        assert_eq!(status, 200, "{sql}: {text}");
        let rows = text.lines().filter(|line| !line.is_empty());
        Some(rows.map(|line| line.replace('\t', " ")).collect())
    }

    /// The seq that is readable of the first upstream.
    pub fn seq_readable(&self) -> Option<u64> {
        self.get("/xrpc/_health")?.1["upstreams"][0]["seq_readable"].as_u64()
    }

    /// Waits until the first upstream is readable up to `seq`.
    pub fn wait_readable(&mut self, seq: u64, limit: Duration) {
        let began = Instant::now();
        while self.seq_readable().is_none_or(|readable| readable < seq) {
            if let Some(ended) = self.child.try_wait().unwrap() {
                panic!("firehouse ended with {ended}");
            }
            assert!(
                began.elapsed() < limit,
                "seq {seq} not readable in {limit:?}: {:?}",
                self.get("/xrpc/_health")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop and waits for its end.
    pub fn stop(mut self, limit: Duration) -> ExitStatus {
        signal(self.child.id(), "TERM");
        let began = Instant::now();
        loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                return ended;
            }
            assert!(began.elapsed() < limit, "firehouse does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// kill -9, without any chance to finish.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Firehouse {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process of ours.
pub fn signal(pid: u32, name: &str) {
    let _ = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
}

/// A plain HTTP GET; `None` while nobody answers.
pub fn get(address: SocketAddr, path: &str) -> Option<(u16, Value)> {
    ask(address, &format!("GET {path}"), "", "")
}

/// As [`get`], as the administrator.
pub fn get_as(address: SocketAddr, path: &str, password: &str) -> Option<(u16, Value)> {
    ask(address, &format!("GET {path}"), &authorization(password), "")
}

/// Calls a procedure as the administrator.
pub fn post(
    address: SocketAddr,
    path: &str,
    password: &str,
    input: &Value,
) -> Option<(u16, Value)> {
    let body = input.to_string();
    let headers = format!(
        "{}Content-Type: application/json\r\nContent-Length: {}\r\n",
        authorization(password),
        body.len()
    );
    ask(address, &format!("POST {path}"), &headers, &body)
}

/// A plain HTTP GET of a page: status, head and body as they came.
pub fn page(address: SocketAddr, path: &str) -> Option<(u16, String, String)> {
    let answer = exchange(address, &format!("GET {path}"), "", "")?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some((status, head.to_ascii_lowercase(), body.to_owned()))
}

fn authorization(password: &str) -> String {
    let pair = BASE64.encode(format!("admin:{password}").as_bytes());
    format!("Authorization: Basic {pair}\r\n")
}

fn ask(address: SocketAddr, what: &str, headers: &str, body: &str) -> Option<(u16, Value)> {
    let answer = exchange(address, what, headers, body)?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        unchunked(body)
    } else {
        body.to_owned()
    };
    Some((status, serde_json::from_str(&body).unwrap_or(Value::String(body))))
}

fn exchange(address: SocketAddr, what: &str, headers: &str, body: &str) -> Option<String> {
    let mut socket = TcpStream::connect(address).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(
        socket,
        "{what} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n{body}"
    )
    .ok()?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok()?;
    String::from_utf8(answer).ok()
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        whole += &rest[..size];
        body = &rest[(size + 2).min(rest.len())..];
        if size == 0 {
            break;
        }
    }
    whole
}

/// Starts a command whose first line on standard output says that it is ready, and returns that line. Its standard input stays open
/// until the child is dropped.
pub fn start_and_read_line(command: &mut Command) -> (Child, String) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}
