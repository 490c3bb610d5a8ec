//! [`EngineError`]: why the engine cannot start or go on. Errors of single statements are
//! [`Exception`](crate::Exception)s and go to whoever asked.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::exception::Exception;

/// Why the engine cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The shared object cannot be used.
    #[error("load the engine library {}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What the loader says.
        source: LoadError,
    },
    /// Another process has the data directory open.
    #[error("the data directory {} is in use by another process: stop that one, or use another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The data directory cannot be made or locked.
    #[error("open the data directory {}", path.display())]
    Data {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The engine did not start on the data directory.
    #[error("start the engine on {}: it gives no reason; are the server settings valid?", path.display())]
    Start {
        /// The directory.
        path: PathBuf,
    },
    /// The engine started and then refused to say what it is.
    #[error("ask the engine for its version and settings")]
    Inspect {
        /// The engine's answer.
        source: Exception,
    },
    /// A default setting of the configuration is not a setting, or has a wrong value.
    #[error("apply the default settings")]
    Settings {
        /// The engine's answer.
        source: Exception,
    },
    /// The listener is reachable from outside, which the configuration does not allow.
    #[error("refusing to serve on {address}: not a loopback address, and public listening is off")]
    NotLoopback {
        /// Where the listener is bound.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("listen on {address}")]
    Listen {
        /// Where the engine should listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Data was met that cannot be read, and that the engine sets aside when it starts.
    #[error("end the engine because of damaged data: start it again")]
    Damaged,
    /// Statements were still running when the time to stop gracefully was over.
    #[error("stop the engine: connections are still open")]
    Stop,
}

/// What is wrong with a shared object.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is missing, or for another system.
    #[error("open it")]
    Open(#[source] libloading::Error),
    /// It is not this version of the engine.
    #[error(
        "it lacks a function this version of firehouse needs: `cargo xtask engine` fetches the right one"
    )]
    Symbol(#[source] libloading::Error),
}
