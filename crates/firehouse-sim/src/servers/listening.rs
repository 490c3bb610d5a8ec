//! What every host shares: the world behind it, and a place on loopback.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::world::core::Core;

/// One host of a world.
#[derive(Clone)]
pub(crate) struct Host {
    core: Arc<Mutex<Core>>,
    /// Which of its kind.
    pub(crate) number: usize,
    /// Ends connections that would stay open.
    pub(crate) stop: CancellationToken,
}

impl Host {
    pub(crate) fn new(core: &Arc<Mutex<Core>>, number: usize, stop: &CancellationToken) -> Self {
        Self { core: Arc::clone(core), number, stop: stop.clone() }
    }

    /// The world as it is now.
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a host until `stop` is cancelled. Shape: its origin.
pub(crate) async fn listen(router: Router, stop: &CancellationToken) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let stop = stop.clone();
    tokio::spawn(async move {
        let serving = axum::serve(listener, router).into_future();
        tokio::select! {
            // A loopback listener that fails leaves a world that is seen to be incomplete at once.
            _ = serving => {}
            () = stop.cancelled() => {}
        }
    });
    Ok(origin)
}
