//! A real engine for tests: one per test process, a fresh migrated database per test.
//!
//! Where the engine library is missing, tests say so loudly and pass.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use firehouse_store::{Config, Store};
use tempfile::TempDir;

use crate::program::built;

/// A running engine on an empty data directory. Ends with this process, whose end closes its standard input.
struct Engine {
    url: String,
    child: Child,
    _data: TempDir,
}

/// HTTP interface of this process's engine; `None` when there is no engine library.
pub fn url() -> Option<&'static str> {
    engine().map(|engine| engine.url.as_str())
}

/// Process id of this process's engine, for benches that look at its memory.
pub fn pid() -> Option<u32> {
    engine().map(|engine| engine.child.id())
}

fn engine() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    ENGINE.get_or_init(start).as_ref()
}

/// A store on an empty database that no other test uses, not migrated. `None` when there is no engine library: return from the test.
pub fn empty_store() -> Option<Store> {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let database = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    Some(Store::new(&config(url()?, database)))
}

/// As [`empty_store`], migrated.
pub async fn store() -> Option<Store> {
    let store = empty_store()?;
    let migrated = store.migrate().await;
    assert!(migrated.is_ok(), "a fresh database takes every migration: {migrated:?}");
    Some(store)
}

/// Another handle on the same database, as another process has it.
pub fn beside(store: &Store) -> Store {
    Store::new(&config(url().unwrap_or_default(), store.database().to_owned()))
}

fn config(url: &str, database: String) -> Config {
    let (user, password) = ("default".to_owned(), String::new());
    Config {
        url: url.to_owned(),
        database,
        user,
        password,
        insert_timeout_s: 60,
        query_timeout_s: 60,
    }
}

fn start() -> Option<Engine> {
    if let Err(missing) = firehouse_engine::locate_library() {
        eprintln!("SKIPPED: tests against the engine, which is not here: {missing}");
        return None;
    }
    let started = built("FIREHOUSE_ENGINE_PROGRAM", "firehouse-engine", "firehouse-engine")
        .and_then(|program| {
            let data = tempfile::tempdir()?;
            let mut child = Command::new(program)
                .arg("--data")
                .arg(data.path().join("engine"))
                .args(["--listen", "127.0.0.1:0", "--stop-with-stdin"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?;
            let output =
                child.stdout.take().ok_or_else(|| std::io::Error::other("no standard output"))?;
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line)?;
            let address = line
                .trim()
                .strip_prefix("engine listening on ")
                .ok_or_else(|| std::io::Error::other(format!("engine said {line:?}")))?;
            Ok(Engine { url: format!("http://{address}"), child, _data: data })
        });
    match started {
        Ok(engine) => Some(engine),
        Err(error) => panic!("the engine library is here, but the engine does not start: {error}"),
    }
}
