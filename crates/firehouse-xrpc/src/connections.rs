//! [`accept`]: open connections, bounded in number and in how long each may keep us waiting.
//!
//! HTTP/1.1 only, which every PDS and proxy speaks: a connection is then one request at a time, so the limit on connections also bounds
//! requests that wait for somebody else. To speak HTTP/2 as well, hyper would wait for a client's first bytes without any limit.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus::IntGauge;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::impatient::Impatient;
use crate::limits::Peer;

/// Longest head of a request: a query string of as many URIs as any method takes has some 2,500 bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Pause after a connection could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// What clients may cost.
pub(crate) struct Limits {
    /// Open connections; whoever comes then waits in the system's queue.
    pub(crate) connections_max: usize,
    /// How long a client may take for the head of a request, stay idle between two, and leave an answer unread.
    pub(crate) client_timeout: Duration,
    /// What connections have to finish when we stop.
    pub(crate) stop: Duration,
}

/// The router as somebody at this address meets it.
pub fn connected(router: &Router, peer: SocketAddr) -> Router {
    router.clone().layer(Extension(Peer(peer.ip())))
}

/// Serves `router` until `shutdown`, then lets running requests finish. `open` is the number of connections.
pub(crate) async fn accept(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    open: IntGauge,
    shutdown: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.client_timeout)
        .max_buf_size(HEAD_BYTES_MAX);
    let places = Arc::new(Semaphore::new(limits.connections_max.min(Semaphore::MAX_PERMITS)));
    let connections = TaskTracker::new();
    let mut is_failing = false;
    let next = || async {
        let place = Arc::clone(&places).acquire_owned().await;
        (place, listener.accept().await)
    };
    while let Some((place, accepted)) = shutdown.run_until_cancelled(next()).await {
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: some will come back.
                if !is_failing {
                    tracing::warn!(%error, "cannot accept connections; trying again");
                }
                is_failing = true;
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        is_failing = false;
        // A failure costs a few milliseconds, nothing else.
        let _ = socket.set_nodelay(true);
        let service = TowerToHyperService::new(connected(&router, peer));
        let socket = TokioIo::new(Impatient::new(socket, limits.client_timeout));
        let connection = http.serve_connection(socket, service).with_upgrades();
        let stopping = shutdown.clone();
        let open = open.clone();
        open.inc();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            open.dec();
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.stop, connections.wait()).await.is_err() {
        tracing::debug!("some clients did not let their requests finish");
    }
}
