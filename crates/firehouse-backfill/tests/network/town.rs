//! A directory and PDSes whose answers can be changed while they run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use firehouse_backfill::{Config, Outcomes, Scheduler, SyncClient};
use firehouse_identity::Resolver;
use prometheus::Registry;
use tokio_util::sync::CancellationToken;

use crate::make::{Running, client, guarded, serve};
use crate::testing::Account;

type Answer = Arc<dyn Fn() -> Response + Send + Sync>;

/// What a server knows by a DID.
#[derive(Clone, Default)]
pub struct Known {
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A PDS, or the directory.
pub struct Server {
    pub known: Known,
    pub running: Running,
}

impl Known {
    pub fn set(&self, did: &str, answer: impl Fn() -> Response + Send + Sync + 'static) {
        self.answers.lock().expect("no panic").insert(did.to_owned(), Arc::new(answer));
    }

    /// How often it was asked for this DID.
    pub fn asked(&self, did: &str) -> usize {
        self.asked.lock().expect("no panic").iter().filter(|asked| *asked == did).count()
    }

    /// The DIDs it was asked for, in order.
    pub fn log(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }

    fn answer(&self, did: &str) -> Response {
        self.asked.lock().expect("no panic").push(did.to_owned());
        let answer = self.answers.lock().expect("no panic").get(did).cloned();
        let absent = || (StatusCode::BAD_REQUEST, r#"{"error":"RepoNotFound"}"#).into_response();
        answer.map_or_else(absent, |answer| answer())
    }
}

pub async fn pds() -> Server {
    let known = Known::default();
    let get_repo = |known: State<Known>, Query(parameters): Query<HashMap<String, String>>| async move {
        known.answer(&parameters["did"])
    };
    let routes = Router::new()
        .route("/xrpc/com.atproto.sync.getRepo", get(get_repo))
        .with_state(known.clone());
    Server { running: serve(routes).await, known }
}

pub async fn directory() -> Server {
    let known = Known::default();
    let document = |known: State<Known>, Path(did): Path<String>| async move { known.answer(&did) };
    let routes = Router::new().route("/{did}", get(document)).with_state(known.clone());
    Server { running: serve(routes).await, known }
}

fn document(account: &Account, pds: &str) -> String {
    let (did, key) = (&account.did, account.key().to_did_key());
    let key = key.trim_start_matches("did:key:");
    format!(
        r##"{{"id":"{did}","alsoKnownAs":["at://someone.test"],
            "verificationMethod":[{{"id":"{did}#atproto","type":"Multikey","controller":"{did}","publicKeyMultibase":"{key}"}}],
            "service":[{{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"{pds}"}}]}}"##
    )
}

impl Server {
    /// The directory says that the account lives at `pds` and signs with its key.
    pub fn settle(&self, account: &Account, pds: &Server) {
        let document = document(account, &pds.running.url(""));
        self.known.set(account.did.as_str(), move || document.clone().into_response());
    }

    pub fn resolver(&self) -> Resolver {
        let config = firehouse_identity::Config {
            plc: self.running.url("").parse().expect("a URL"),
            handle_resolver: None,
            allow_private_addresses: true,
            dns_servers: Vec::new(),
            cache_entries: 1_000,
            ttl_s: 3_600,
            error_ttl_s: 0,
            transient_ttl_s: 0,
            refresh_min_interval_s: 0,
            lookups_max: 8,
            connect_timeout_ms: 10_000,
            request_timeout_ms: 30_000,
            document_bytes_max: 65_536,
        };
        let metrics = firehouse_identity::Metrics::new(&Registry::new()).expect("fresh names");
        Resolver::new(&config, metrics).expect("a client")
    }
}

/// A scheduler with its client and metrics; it stops with the test.
pub struct Scheduling {
    pub scheduler: Scheduler,
    pub outcomes: Outcomes,
    pub client: SyncClient,
    pub registry: Registry,
    pub stop: CancellationToken,
}

pub fn schedule(config: &Config, resolver: Resolver) -> Scheduling {
    let (client, registry) = client(config, &guarded());
    let stop = CancellationToken::new();
    let (scheduler, outcomes) = Scheduler::start(client.clone(), resolver, &stop);
    Scheduling { scheduler, outcomes, client, registry, stop }
}

impl Drop for Scheduling {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
