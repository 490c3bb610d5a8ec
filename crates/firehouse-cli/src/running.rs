//! [`Running`]: a firehouse that runs on the same store, asked over HTTP at the address it serves.
//!
//! Whoever serves from an embedded store leaves its address beside it; the engine's lock tells whether that is still true.

use std::fs::{File, TryLockError};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use data_encoding::BASE64;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::database::engine_folder;
use crate::settings::Settings;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 8 << 20;

/// A firehouse at its address.
#[derive(Clone, Debug)]
pub struct Running {
    pub address: SocketAddr,
    admin_password: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Running {
    /// The one that the settings name; it may not be there.
    pub fn named(settings: &Settings) -> Self {
        Self { address: settings.listen, admin_password: settings.admin_password.clone() }
    }

    /// The one that the store of the settings belongs to. `None` while it belongs to nobody. Errors: to somebody who serves nothing.
    pub async fn on_store(settings: &Settings) -> Result<Option<Self>> {
        let named = Self::named(settings);
        if settings.clickhouse_url.is_some() {
            // A server has many clients; who writes to it is who the same settings start.
            let answers = TcpStream::connect(named.address).await.is_ok();
            return Ok(answers.then_some(named));
        }
        if !is_taken(&settings.data)? {
            return Ok(None);
        }
        let file = address_file(&settings.data);
        let address = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
        match address {
            Some(address) => Ok(Some(Self { address, ..named })),
            None => bail!(
                "another process has the store in {}, and none that serves: stop it first",
                settings.data.display()
            ),
        }
    }

    /// Asks without a body.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.ask(&format!("GET {path}"), "", "").await
    }

    /// Asks as the administrator.
    pub async fn get_as_admin(&self, path: &str) -> Result<Answer> {
        self.ask(&format!("GET {path}"), &self.authorization()?, "").await
    }

    /// Calls a procedure as the administrator.
    pub async fn post(&self, path: &str, input: &Value) -> Result<Answer> {
        let body = input.to_string();
        let headers = format!(
            "{}Content-Type: application/json\r\nContent-Length: {}\r\n",
            self.authorization()?,
            body.len()
        );
        self.ask(&format!("POST {path}"), &headers, &body).await
    }

    /// The header that says so. Errors: nobody told us the password.
    pub fn authorization(&self) -> Result<String> {
        let password = self.admin_password.as_ref().with_context(|| {
            format!(
                "a firehouse runs on this store, at {}, and does such work for its administrator only: give both the same admin_password, or stop it",
                self.address
            )
        })?;
        let pair = BASE64.encode(format!("admin:{password}").as_bytes());
        Ok(format!("Authorization: Basic {pair}\r\n"))
    }

    async fn ask(&self, what: &str, headers: &str, body: &str) -> Result<Answer> {
        let address = self.address;
        let mut socket = TcpStream::connect(address).await.with_context(|| {
            format!("no firehouse answers at {address}: start it, or name it with --listen")
        })?;
        let head =
            format!("{what} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
        socket.write_all((head + body).as_bytes()).await?;
        let mut answer = String::new();
        socket.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("not an HTTP answer")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.context("not an HTTP answer")?;
        Ok(Answer { status, body: serde_json::from_str(body).context("not JSON")? })
    }
}

/// The address of this process beside its store, until it is dropped.
pub struct Announced(PathBuf);

impl Announced {
    /// For those who look at the store. Nothing is announced where the store is not ours alone.
    pub fn at(settings: &Settings, listen: SocketAddr) -> Result<Option<Self>> {
        if settings.clickhouse_url.is_some() {
            return Ok(None);
        }
        let file = address_file(&settings.data);
        std::fs::write(&file, format!("{}\n", reachable(listen)))
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Some(Self(file)))
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // One that is left over is not believed unless somebody has the store.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Whoever begins with a store has not announced itself yet.
pub fn forget_announced(data: &Path) {
    // There is none, most often.
    let _ = std::fs::remove_file(address_file(data));
}

fn address_file(data: &Path) -> PathBuf {
    data.join("firehouse.address")
}

/// Where a process of this machine reaches who listens there.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        ip if !ip.is_unspecified() => listen,
        IpAddr::V4(_) | IpAddr::V6(_) => (Ipv4Addr::LOCALHOST, listen.port()).into(),
    }
}

/// Whether an engine has this store.
fn is_taken(data: &Path) -> Result<bool> {
    let file = engine_folder(data).join("firehouse.lock");
    let Ok(lock) = File::options().write(true).open(&file) else { return Ok(false) };
    match lock.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot try the lock {}", file.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_taken_while_its_lock_is_held() {
        let data = tempfile::tempdir().unwrap();
        assert!(!is_taken(data.path()).unwrap());
        let folder = engine_folder(data.path());
        std::fs::create_dir_all(&folder).unwrap();
        let lock = File::create(folder.join("firehouse.lock")).unwrap();
        assert!(!is_taken(data.path()).unwrap());
        lock.try_lock().unwrap();
        assert!(is_taken(data.path()).unwrap());
    }

    #[test]
    fn who_listens_everywhere_is_reached_on_loopback() {
        for (listen, reached) in [
            ("0.0.0.0:2684", "127.0.0.1:2684"),
            ("[::]:2684", "127.0.0.1:2684"),
            ("10.0.0.1:80", "10.0.0.1:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), reached);
        }
    }
}
