//! [`run`]: the engine as a program, for `firehouse engine` and the program of this crate.

use std::{io::Write, net::SocketAddr};

use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{config::Config, error::EngineError, http::serve};

/// When a program stops serving, besides SIGTERM and Ctrl-C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopWith {
    /// Nothing else.
    Signals,
    /// The end of standard input: a parent that dies, however it dies, closes it.
    Stdin,
}

/// Serves `config` on `listen` until told to stop. Prints `engine listening on ADDR` on standard
/// output once connections are accepted; they are answered as soon as the engine has started.
/// Errors: as [`serve`], and the address cannot be bound.
pub async fn run(
    config: Config,
    listen: SocketAddr,
    stop_with: StopWith,
) -> Result<(), EngineError> {
    let failed = |source| EngineError::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    // Whoever does not read this line may have closed the pipe.
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "engine listening on {address}").and_then(|()| stdout.flush());
    let stop = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
            () = stdin_closed(), if stop_with == StopWith::Stdin => {}
        }
    };
    serve(config, listener, stop).await
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 64];
    while matches!(stdin.read(&mut ignored).await, Ok(1..)) {}
}
