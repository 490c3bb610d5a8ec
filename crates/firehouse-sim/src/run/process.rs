//! [`Firehouse`]: the real binary as a child process, started, killed and started again.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::run::disk;
use crate::run::options::RunOptions;

/// Short waits, so that a run takes seconds: what a deployment spreads over minutes.
const QUICK: [(&str, &str); 16] = [
    ("FIREHOUSE_STREAM__BACKOFF_MIN_MS", "10"),
    ("FIREHOUSE_STREAM__BACKOFF_MAX_MS", "100"),
    ("FIREHOUSE_STREAM__BACKOFF_LONG_MS", "100"),
    ("FIREHOUSE_STREAM__STABLE_AFTER_S", "1"),
    ("FIREHOUSE_STREAM__GAP_SEQS_MIN", "1"),
    ("FIREHOUSE_IDENTITY__TRANSIENT_TTL_S", "1"),
    ("FIREHOUSE_IDENTITY__ERROR_TTL_S", "1"),
    ("FIREHOUSE_IDENTITY__REFRESH_MIN_INTERVAL_S", "1"),
    ("FIREHOUSE_INGEST__HANDLE_PATIENCE_MS", "1000"),
    ("FIREHOUSE_INGEST__WORKERS", "2"),
    ("FIREHOUSE_INGEST__DELETED_KEPT_S", "1"),
    ("FIREHOUSE_BACKFILL__SWEEP_INTERVAL_S", "1"),
    ("FIREHOUSE_BACKFILL__BACKOFF_MIN_MS", "50"),
    ("FIREHOUSE_BACKFILL__BACKOFF_MAX_MS", "500"),
    ("FIREHOUSE_BACKFILL__HOST_WAIT_MS_MAX", "1000"),
    ("FIREHOUSE_BACKFILL__REQUESTS_PER_HOST_PER_S", "1000"),
];

/// Where its rows are.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// In its own engine, in this folder; the engine listens here.
    Own { folder: PathBuf, engine: SocketAddr },
    /// In this database of an engine that others share.
    Shared { url: String, database: String },
}

/// How it is started, each time.
pub(crate) struct Setup {
    pub(crate) program: PathBuf,
    pub(crate) store: Store,
    /// Whether the folder of the store is a disk of its own.
    pub(crate) own_disk: bool,
    pub(crate) listen: SocketAddr,
    /// Flags about the network.
    pub(crate) flags: Vec<String>,
    /// What it logs; to standard error, unless that is nothing.
    pub(crate) log: String,
    /// What it says when it ends by itself is kept here.
    pub(crate) last_words: PathBuf,
}

/// A running firehouse. Killed when dropped.
pub(crate) struct Firehouse {
    child: Child,
}

impl Setup {
    pub(crate) fn new(
        options: &RunOptions,
        store: Store,
        own_disk: bool,
        flags: Vec<String>,
        last_words: PathBuf,
    ) -> std::io::Result<Self> {
        let (program, log) = (options.firehouse.clone(), options.log.clone());
        Ok(Self { program, store, own_disk, listen: free_address()?, flags, log, last_words })
    }

    /// Does not wait. Errors: the binary cannot be run.
    pub(crate) fn start(&self) -> std::io::Result<Firehouse> {
        let mut command = match &self.store {
            Store::Own { folder, .. } if self.own_disk => disk::wrapped(&self.program, folder),
            Store::Own { .. } | Store::Shared { .. } => Command::new(&self.program),
        };
        command.arg("run").args(&self.flags).args(["--listen", &self.listen.to_string()]);
        match &self.store {
            Store::Own { folder, engine } => {
                command.arg("--data").arg(folder);
                command.env("FIREHOUSE_ENGINE__LISTEN", engine.to_string());
            }
            Store::Shared { url, database } => {
                command.args(["--clickhouse-url", url, "--database", database]);
            }
        }
        command.env("FIREHOUSE_LOG", &self.log).envs(QUICK);
        if self.log == "off" {
            command.stderr(File::options().create(true).append(true).open(&self.last_words)?);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        Ok(Firehouse { child })
    }
}

impl Firehouse {
    /// kill -9, without any chance to finish.
    pub(crate) fn kill(&mut self) {
        // Already ended is fine; a killed child is always reaped here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How it ended, if it did by itself.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9 of its engine. Shape: whether there was one.
    pub(crate) fn kill_engine(&self) -> bool {
        let pid = self.child.id();
        // The child was started by whichever thread the runtime chose.
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let children =
            tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let engine = children
            .flat_map(|pids| pids.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        engine.into_iter().next().is_some_and(|engine| {
            Command::new("kill")
                .args(["-KILL", &engine])
                .status()
                .is_ok_and(|status| status.success())
        })
    }
}

impl Drop for Firehouse {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port nobody listens on now, below those that the system gives to outgoing connections: one of those could take the place of a
/// firehouse between its death and its next start.
pub(crate) fn free_address() -> std::io::Result<SocketAddr> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = 10_000;
    const PORTS: u32 = 20_000;
    // Several of us may run on one machine; each begins somewhere else.
    let begin = std::process::id().wrapping_mul(97);
    for _ in 0..PORTS {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + begin.wrapping_add(step) % PORTS;
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap_or(0)));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(std::io::Error::other("no port is free"))
}
