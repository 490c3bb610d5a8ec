//! The embedded ClickHouse: loads libchdb at run time and serves ClickHouse's HTTP interface.
//!
//! So the `clickhouse` crate, Grafana's plugin, curl and any driver work against it as they do
//! against a server. This crate knows nothing of the AT Protocol, of tables or of rows, and
//! imports no other crate of the workspace. A process has one data directory, so whoever needs
//! two starts two processes.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let library = firehouse_engine::locate_library()?;
//! let config = firehouse_engine::Config::new("/var/lib/firehouse/engine".into(), library);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8123").await?;
//! let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
//! firehouse_engine::serve(config, listener, stop).await?;
//! # Ok(())
//! # }
//! ```

mod config;
mod locate;
mod program;
mod http;
mod codec;
mod statement;
mod lexer;
mod session;
mod engine;
mod classes;
mod damage;
mod library;
mod exception;
mod error;

pub use config::Config;
pub use error::{EngineError, LoadError};
pub use exception::Exception;
pub use http::serve;
pub use locate::{
    ENGINE_VERSION, LIBRARY_VARIABLE, LibraryMissing, cache_directory, cached_library,
    locate_library,
};
pub use program::{StopWith, run};
