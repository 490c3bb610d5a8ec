//! A directory with one labeler's document, a store, and the label pipeline between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use firehouse_identity::{AddressPolicy, Resolver};
use firehouse_ingest::{IngestError, LabelConfig, Labeler, Labels, Metrics, Status};
use firehouse_store::Store;
use firehouse_store::read::{LabelPosition, LabelQuery, LabelRead};
use firehouse_stream::Start;
use firehouse_types::{ActorId, Datetime, Did, UpstreamHealth};
use prometheus::Registry;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::labeler::Key;

pub const LABELER: &str = "did:plc:labelerlabelerlabelerla";
/// A labeler that is believed without signatures.
pub const TRUSTED: &str = "did:example:labeler";
/// In whose name [`LABELER`] has no right to speak.
pub const OTHER: &str = "did:plc:another";
pub const POST: &str = "at://did:plc:a/app.bsky.feed.post/3jwdwj2ctlk26";

/// Answers for every DID with the one document it has, or with 503 while it has none.
#[derive(Clone)]
pub struct Directory {
    document: Arc<Mutex<Option<Value>>>,
    pub url: Url,
}

impl Directory {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let document = Arc::new(Mutex::new(None));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&document));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { document, url: url.parse().expect("a URL") }
    }

    /// From now on the labeler has this key and this endpoint.
    pub fn say(&self, key: &Key, endpoint: &str) {
        let document = json!({
            "id": LABELER,
            "verificationMethod": [{ "id": format!("{LABELER}#atproto_label"), "type": "Multikey", "controller": LABELER, "publicKeyMultibase": key.multibase() }],
            "service": [{ "id": "#atproto_labeler", "type": "AtprotoLabeler", "serviceEndpoint": endpoint }],
        });
        *self.document.lock().expect("no panic") = Some(document);
    }
}

async fn answer(State(document): State<Arc<Mutex<Option<Value>>>>) -> Response {
    match &*document.lock().expect("no panic") {
        Some(document) => document.to_string().into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// A running pipeline.
pub struct Running {
    pub status: Status,
    pub registry: Registry,
    stop: CancellationToken,
    task: JoinHandle<Result<(), IngestError>>,
}

/// Follows the labeler at `url`, or where its document says.
pub fn follow(store: &Store, directory: &Directory, url: Option<Url>) -> Running {
    follow_any(store, directory, vec![Labeler { did: did(LABELER), url }], false)
}

pub fn follow_any(
    store: &Store,
    directory: &Directory,
    labelers: Vec<Labeler>,
    discover: bool,
) -> Running {
    follow_with(store, directory, labelers, discover, Vec::new())
}

pub fn follow_with(
    store: &Store,
    directory: &Directory,
    labelers: Vec<Labeler>,
    discover: bool,
    unsigned: Vec<Did>,
) -> Running {
    let registry = Registry::new();
    let status = Status::default();
    let labels = Labels {
        config: LabelConfig {
            discover,
            unsigned,
            labelers_max: 10,
            check_interval_s: 1,
            flush_wait_ms: 10,
            batch_rows_max: 1_000,
        },
        labelers,
        stream: stream_config(),
        policy: AddressPolicy::Private,
        store: store.clone(),
        resolver: resolver(directory, &registry),
        status: status.clone(),
        metrics: Metrics::new(&registry).expect("fresh names"),
        stream_metrics: firehouse_stream::Metrics::new(&registry).expect("fresh names"),
    };
    let stop = CancellationToken::new();
    let task = tokio::spawn(labels.run(stop.clone()));
    Running { status, registry, stop, task }
}

impl Running {
    /// Waits until the status shows what is wanted of its first labeler.
    pub async fn until(&self, wanted: impl Fn(&UpstreamHealth) -> bool) {
        loop {
            let health = self.status.health();
            if health.first().is_some_and(&wanted) {
                return;
            }
            assert!(!self.task.is_finished(), "the pipeline goes on: {health:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn until_readable(&self, seq: u64) {
        self.until(|health| health.seq_readable.is_some_and(|readable| readable.get() >= seq))
            .await;
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("no panic").expect("no error of ours");
    }

    /// Labels dropped for this reason.
    pub fn dropped(&self, reason: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|f| f.name() == "firehouse_ingest_labels_dropped_total");
        let is_reason = |metric: &&prometheus::proto::Metric| {
            metric.get_label().iter().any(|pair| pair.value() == reason)
        };
        family
            .expect("registered at start")
            .get_metric()
            .iter()
            .find(is_reason)
            .map_or(0.0, |metric| metric.get_counter().get_value())
    }
}

/// The labels that hold on whatever these tests label, as (uri, val), in the order of the texts.
pub async fn held(store: &Store) -> Vec<(String, String)> {
    let mut accounts: Vec<String> = (0..100).map(|n| format!("did:plc:a{n}")).collect();
    accounts.extend(["did:plc:a", "did:plc:b"].map(str::to_owned));
    let subjects = accounts.iter().map(String::as_str).chain([POST]);
    let everything = LabelQuery {
        uris: subjects.map(Into::into).collect(),
        actors: accounts.iter().map(|did| ActorId::of(did)).collect(),
        sources: [LABELER, TRUSTED, OTHER].map(ActorId::of).into(),
        after: LabelPosition::default(),
        limit: 100_000,
    };
    let now = Datetime::parse("2026-06-01T00:00:00Z").expect("a time");
    let labels = store.query_labels(&everything, now).await.expect("the engine answers");
    let text = |label: LabelRead| (label.uri.to_string(), label.val.to_string());
    let mut held: Vec<_> = labels.into_iter().map(|(_, label)| text(label)).collect();
    held.sort();
    held
}

pub fn did(text: &str) -> Did {
    Did::parse(text).expect("a DID")
}

fn resolver(directory: &Directory, registry: &Registry) -> Resolver {
    let config = firehouse_identity::Config {
        plc: directory.url.clone(),
        handle_resolver: None,
        allow_private_addresses: true,
        dns_servers: Vec::new(),
        cache_entries: 100,
        ttl_s: 3_600,
        error_ttl_s: 1,
        transient_ttl_s: 1,
        refresh_min_interval_s: 1,
        lookups_max: 8,
        connect_timeout_ms: 30_000,
        request_timeout_ms: 30_000,
        document_bytes_max: 65_536,
    };
    let metrics = firehouse_identity::Metrics::new(registry).expect("fresh names");
    Resolver::new(&config, metrics).expect("a client")
}

fn stream_config() -> firehouse_stream::Config {
    firehouse_stream::Config {
        url: "ws://127.0.0.1:1".parse().expect("a URL"),
        start: Start::Live,
        frame_bytes_max: 5_000_000,
        queue_frames: 64,
        queue_bytes_max: 64 << 20,
        ping_interval_s: 30,
        idle_timeout_s: 60,
        silence_timeout_s: None,
        connect_timeout_s: 30,
        backoff_min_ms: 1,
        backoff_max_ms: 10,
        backoff_long_ms: 20,
        stable_after_s: 60,
        gap_seqs_min: 1_000,
    }
}
