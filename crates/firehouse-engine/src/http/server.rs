//! [`serve`]: accepts connections within the configured limits until it is asked to stop.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{config::Config, engine::Engine, error::EngineError};

/// Pause after a connection could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Starts the engine and serves it until `shutdown` completes, then lets running requests finish
/// within `config.stop` and stops the engine.
/// Errors: the engine cannot start, the listener is not a loopback one, or requests were cut off.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), EngineError> {
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let address =
        listener.local_addr().map_err(|source| EngineError::Listen { address: nowhere, source })?;
    if !address.ip().is_loopback() && !config.allow_public_listen {
        return Err(EngineError::NotLoopback { address });
    }
    let starting = tokio::task::spawn_blocking(move || Engine::start(config));
    let engine = match starting.await {
        Ok(engine) => Arc::new(engine?),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    };
    tracing::info!(
        %address,
        version = engine.facts().version,
        data = %engine.config().data.display(),
        "engine serving"
    );
    let drained = tokio::select! {
        drained = accept(&engine, &listener, shutdown) => drained,
        () = engine.damage().met() => return Err(EngineError::Damaged),
    };
    let stopped = engine.stop().await;
    if drained { stopped } else { Err(EngineError::Stop) }
}

/// Accepts until `shutdown`; true when all requests could finish after that.
async fn accept(
    engine: &Arc<Engine>,
    listener: &TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> bool {
    let config = engine.config();
    let service = TowerToHyperService::new(super::router(Arc::clone(engine)));
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_read)
        .max_buf_size(config.header_bytes_max.max(64 << 10));
    let places = Arc::new(Semaphore::new(config.http_connections_max));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    let mut is_failing = false;
    let next = || async {
        let place = Arc::clone(&places).acquire_owned().await;
        (place, listener.accept().await)
    };
    loop {
        let (place, accepted) = tokio::select! {
            () = &mut shutdown => break,
            next = next() => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
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
        // Small answers must not wait for the acknowledgement of the head.
        let _ = stream.set_nodelay(true);
        let connection =
            graceful.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    tokio::time::timeout(config.stop, graceful.shutdown()).await.is_ok()
}
