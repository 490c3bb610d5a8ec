//! [`SharedEngine`]: one engine for many runs, each with a database of its own: as fast as a server, and as far away from firehouse.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::run::options::RunOptions;
use crate::run::process::free_address;
use crate::run::store::Sql;

const START_S_MAX: u64 = 30;

/// Ends with this process, whose end closes its standard input; or when dropped.
pub struct SharedEngine {
    child: Child,
    pub(crate) url: String,
    _data: TempDir,
}

impl SharedEngine {
    /// Starts `firehouse engine` and waits until it answers. Errors: it does not.
    pub async fn start(options: &RunOptions) -> std::io::Result<Self> {
        let (address, data) = (free_address()?, tempfile::tempdir()?);
        let child = Command::new(&options.firehouse)
            .args(["engine", "--stop-with-stdin", "--listen", &address.to_string(), "--data"])
            .arg(data.path())
            .env("FIREHOUSE_LOG", &options.log)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let engine = Self { child, url: format!("http://{address}"), _data: data };
        let began = Instant::now();
        let sql = Sql::new(engine.url.clone(), "default".to_owned());
        while sql.rows("SELECT 1").await.is_err() {
            if began.elapsed() > Duration::from_secs(START_S_MAX) {
                return Err(std::io::Error::other("the engine does not start"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(engine)
    }
}

impl Drop for SharedEngine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
