//! A router, a PDS behind it, and what moderators hide.

use std::collections::HashSet;
use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use firehouse_identity::{GuardedClient, GuardedConfig, OfflineDocument, Resolver};
use firehouse_media::{Config, Services, Standing, Unknown};
use firehouse_store::StoreError;
use firehouse_types::{Cid, Did};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::json;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::pds::Pds;

pub const ALICE: &str = "did:plc:aliceaaaaaaaaaaaaaaaaaaa";
/// Has a document and no PDS.
pub const HOMELESS: &str = "did:plc:homelessaaaaaaaaaaaaaaaa";

pub struct World {
    pub pds: Pds,
    pub address: SocketAddr,
    pub folder: TempDir,
    pub hidden: Hidden,
    pub registry: prometheus::Registry,
    router: Router,
}

/// Blobs that are not to be shown; and whether nobody knows.
#[derive(Clone, Default)]
pub struct Hidden(pub Arc<Mutex<HashSet<Cid>>>, pub Arc<AtomicBool>);

impl Standing for Hidden {
    fn shows<'a>(&'a self, _: &'a Did, cid: Cid) -> BoxFuture<'a, Result<bool, Unknown>> {
        let lost = StoreError::SchemaVersion { found: 0, needed: 1 };
        if self.1.load(Ordering::SeqCst) {
            return Box::pin(async move { Err(lost.into()) });
        }
        Box::pin(async move { Ok(!self.0.lock().expect("no panic").contains(&cid)) })
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `None` when it was cut off.
    pub body: Option<Bytes>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start(folder, Pds::default(), change, false).await
    }

    /// The PDS is reached as one that the operator trusts; nothing else on this machine is.
    pub async fn guarded() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start(folder, Pds::default(), |_| (), true).await
    }

    /// The same PDS and folder behind a new process.
    pub async fn again(self) -> Self {
        Self::start(self.folder, self.pds, |_| (), false).await
    }

    async fn start(
        folder: TempDir,
        pds: Pds,
        change: impl FnOnce(&mut Config),
        is_guarded: bool,
    ) -> Self {
        let address = pds.start().await;
        let origin = format!("http://{address}");
        let service = json!([{ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": origin }]);
        let lines = [
            json!({ "did": ALICE, "doc": { "id": ALICE, "service": service } }).to_string(),
            json!({ "did": HOMELESS, "doc": { "id": HOMELESS } }).to_string(),
        ];
        let documents =
            OfflineDocument::read_lines(lines.join("\n").as_bytes()).expect("documents");
        let guarded = GuardedConfig {
            allow_private_addresses: !is_guarded,
            trusted: vec![origin.parse().expect("a URL")],
            dns_servers: Vec::new(),
            connect_timeout_ms: 2_000,
            request_timeout_ms: 2_000,
            body_bytes_max: 1_000,
            redirects_max: 3,
        };
        let hidden = Hidden::default();
        let registry = prometheus::Registry::new();
        let services = Services {
            resolver: Resolver::offline(documents),
            client: GuardedClient::new(&guarded).expect("a client"),
            standing: Arc::new(hidden.clone()),
            registry: registry.clone(),
        };
        let mut config = Config {
            images: true,
            cache_folder: folder.path().join("images"),
            cache_bytes_max: 1 << 30,
            blob_bytes_max: 4_000_000,
            image_bytes_max: 2_000_000,
            memory_bytes_max: 512 * 1024 * 1024,
            workers: 2,
            queue_max: 8,
            quality: 90,
            fetches_max: 32,
            host_fetches_max: 16,
            image_timeout_s: 60,
            blob_timeout_s: 2,
        };
        change(&mut config);
        let router = firehouse_media::router(config, services).expect("a router");
        Self { pds, address, folder, hidden, registry, router }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub async fn ask(&self, verb: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(verb).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("an answer, always");
        let (head, body) = answer.into_parts();
        let mut whole = Some(Vec::new());
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            whole = whole.zip(piece.ok()).map(|(whole, piece)| [whole, piece.to_vec()].concat());
        }
        Answer { status: head.status, headers: head.headers, body: whole.map(Bytes::from) }
    }
}

impl Answer {
    /// Status, error name and message.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.body.as_deref().unwrap_or_default();
        let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), text("error"), text("message"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }
}

/// A picture with something on it.
pub fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let colour = |x, y| Rgb([x, y, x ^ y].map(|value: u32| value.to_le_bytes()[0]));
    let image: DynamicImage = RgbImage::from_fn(width, height, colour).into();
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("an encoder");
    bytes.into_inner()
}
