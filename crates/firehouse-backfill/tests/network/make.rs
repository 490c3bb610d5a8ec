//! Servers, configurations and clients for the tests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use firehouse_backfill::{Config, Host, Metrics, SyncClient};
use firehouse_identity::{GuardedClient, GuardedConfig};
use futures_util::{StreamExt, stream};
use prometheus::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that ends with its test.
pub struct Running {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn host(&self) -> Host {
        Host::of_url(&self.url("").parse().expect("a URL")).expect("a host")
    }
}

/// Serves `routes` on this machine.
pub async fn serve(routes: Router) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        axum::serve(listener, routes).await.expect("the server runs");
    });
    Running { address, task }
}

/// Answers every connection with these bytes and closes it.
pub async fn serve_bytes(answer: Vec<u8>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(socket.read_u8().await.expect("a request"));
            }
            socket.write_all(&answer).await.expect("a reader");
        }
    });
    Running { address, task }
}

/// Limits for repos of a test. Waits are short, but long enough for a busy machine not to be taken for a slow host.
pub fn config() -> Config {
    Config {
        fetches_max: 8,
        host_fetches_max: 4,
        repo_bytes_max: 64 << 20,
        memory_repo_bytes_max: 1 << 20,
        memory_bytes_max: 16 << 20,
        index_bytes_max: 16 << 20,
        spilled_repos_max: 2,
        spill_dir: std::env::temp_dir(),
        queue_jobs_max: 1_000,
        queue_host_jobs_max: 500,
        attempts_max: 3,
        host_wait_ms_max: 10_000,
        requests_per_host_per_s: 10_000,
        hosts_max: 100,
        request_timeout_ms: 30_000,
        fetch_timeout_ms: 60_000,
        rate_bytes_per_s_min: 1,
        rate_grace_ms: 30_000,
        page_bytes_max: 1 << 20,
        backoff_min_ms: 20,
        backoff_max_ms: 100,
        list_hosts_max: 4,
        list_pages_max: 100,
    }
}

/// A client that may reach this machine.
pub fn guarded() -> GuardedConfig {
    GuardedConfig {
        allow_private_addresses: true,
        trusted: Vec::new(),
        dns_servers: Vec::new(),
        connect_timeout_ms: 10_000,
        request_timeout_ms: 30_000,
        body_bytes_max: 1 << 20,
        redirects_max: 3,
    }
}

pub fn client(config: &Config, guarded: &GuardedConfig) -> (SyncClient, Registry) {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).expect("fresh names");
    let guarded = GuardedClient::new(guarded).expect("a client");
    (SyncClient::new(config, guarded, metrics), registry)
}

/// An answer of these bytes, sent in pieces.
pub fn car_answer(car: Vec<u8>, piece: usize) -> Response {
    let pieces: Vec<_> = car.chunks(piece).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces.into_iter().map(Ok::<_, Infallible>));
    ([("content-type", "application/vnd.ipld.car")], Body::from_stream(pieces)).into_response()
}

/// An answer that brings these bytes and then `bytes` again and again, each after `pause`.
pub fn slow_answer(first: Vec<u8>, bytes: &'static [u8], pause: Duration) -> Response {
    let rest = stream::unfold((), move |()| async move {
        tokio::time::sleep(pause).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(bytes)), ()))
    });
    let first = stream::iter([Ok(Bytes::from(first))]);
    ([("content-type", "application/vnd.ipld.car")], Body::from_stream(first.chain(rest)))
        .into_response()
}

/// The sum of a counter's series with all of these labels.
pub fn metric(registry: &Registry, name: &str, labels: &[&str]) -> f64 {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name).expect("a metric");
    let metrics = family.get_metric().iter().filter(|metric| {
        labels.iter().all(|label| metric.get_label().iter().any(|pair| pair.value() == *label))
    });
    metrics.map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value()).sum()
}

/// A counter shared with a server.
#[derive(Clone, Default)]
pub struct Count(Arc<AtomicUsize>);

impl Count {
    /// Counts one; gives how many there were before.
    pub fn up(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
