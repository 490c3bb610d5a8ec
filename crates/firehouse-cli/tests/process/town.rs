//! [`Town`]: a simulated network of repos on loopback, and a data directory; [`Engine`]: the store's engine alone.

use std::path::Path;
use std::process::{Child, Command, Output};

use firehouse_sim::Urls;
use firehouse_sim::bulk::{Bulk, BulkConfig};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{FIREHOUSE, free_address, start_and_read_line};

pub const REPOS: usize = 10;
const RECORDS: usize = 30;

/// Repos on two PDSes behind one relay, and a data directory.
pub struct Town {
    pub urls: Urls,
    pub dids: Vec<String>,
    pub data: TempDir,
    _cars: TempDir,
}

impl Town {
    pub fn start() -> Self {
        let cars = tempfile::tempdir().unwrap();
        let config = BulkConfig { seed: 3, repos: REPOS, records_per_repo: RECORDS, pdses: 2 };
        let bulk = Bulk::prepare(&config, cars.path(), |_| {}).unwrap();
        let dids = bulk.dids().map(str::to_owned).collect();
        let (ready, served) = std::sync::mpsc::channel();
        // Ends with this process.
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                ready.send(bulk.serve().await.unwrap()).unwrap();
                std::future::pending::<()>().await
            })
        });
        let urls = served.recv().unwrap();
        Self { urls, dids, data: tempfile::tempdir().unwrap(), _cars: cars }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(FIREHOUSE);
        command.args(arguments).arg("--data").arg(self.data.path());
        command.args(["--relay", &self.urls.relays[0], "--plc", &self.urls.plc]);
        command.args(["--handle-resolver", &self.urls.plc, "--allow-private-addresses"]);
        command.env("FIREHOUSE_ENGINE__LISTEN", free_address().to_string());
        command.env("FIREHOUSE_BACKFILL__REQUESTS_PER_HOST_PER_S", "1000");
        if std::env::var_os("FIREHOUSE_LOG").is_none() {
            command.env("FIREHOUSE_LOG", "error");
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// The summary of a backfill that ends well.
    pub fn backfill(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["backfill"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit status and report.
    pub fn verify(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.run(&[&["verify", "--json"], arguments].concat());
        let report = serde_json::from_slice(&output.stdout);
        (output.status.code(), report.unwrap_or_else(|_| panic!("no report: {output:?}")))
    }
}

/// The engine alone, for those who go behind firehouse's back.
pub struct Engine {
    child: Child,
    address: String,
}

impl Engine {
    pub fn start(data: &Path) -> Self {
        let mut command = Command::new(FIREHOUSE);
        command.args(["engine", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
        let (child, line) = start_and_read_line(command.arg(data).env("FIREHOUSE_LOG", "error"));
        let address = line.trim().rsplit(' ').next().unwrap();
        Self { child, address: address.trim_start_matches("http://").to_owned() }
    }

    /// The answer as text.
    pub fn ask(&self, statement: &str) -> String {
        use std::io::{Read, Write};
        let mut socket = std::net::TcpStream::connect(&self.address).unwrap();
        write!(
            socket,
            "POST /?database=firehouse&default_format=TabSeparated HTTP/1.0\r\nContent-Length: {}\r\n\r\n{statement}",
            statement.len()
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{statement}: {answer}");
        body.to_owned()
    }

    pub fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}
