//! A router, the accounts that may ask it, and their tokens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use firehouse_appview::AppView;
use firehouse_identity::{Identity, OfflineDocument, Resolver};
use firehouse_store::{Config as StoreConfig, Store};
use firehouse_types::{Did, Health};
use firehouse_xrpc::{Config, Secret, Services, TokenReuse};
use secp256k1::{Message, SecretKey};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const OUR_DID: &str = "did:web:appview.example.com";
pub const ALICE: &str = "did:plc:aliceaaaaaaaaaaaaaaaaaaa";
/// Signs with P-256.
pub const BOB: &str = "did:plc:bobbbbbbbbbbbbbbbbbbbbbb";
/// Has a repo key and another one for labels.
pub const LABELER: &str = "did:plc:labelerrrrrrrrrrrrrrrrrr";
pub const PASSWORD: &str = "correct horse";

/// A key that signs tokens.
pub enum Key {
    K256(SecretKey),
    P256(EcdsaKeyPair),
}

impl Key {
    pub fn k256(seed: u8) -> Self {
        Self::K256(SecretKey::from_secret_bytes([seed; 32]).expect("in the group's order"))
    }

    pub fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("randomness"))
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::K256(_) => "ES256K",
            Self::P256(_) => "ES256",
        }
    }

    /// The public half in hexadecimal digits.
    pub fn hex(&self) -> String {
        match self {
            Self::K256(key) => HEXLOWER
                .encode(&secp256k1::PublicKey::from_secret_key(key).serialize_uncompressed()),
            Self::P256(key) => HEXLOWER.encode(key.public_key().as_ref()),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::K256(key) => {
                let digest = digest(&SHA256, message).as_ref().try_into().expect("32 bytes");
                secp256k1::ecdsa::sign(Message::from_digest(digest), key)
                    .serialize_compact()
                    .to_vec()
            }
            Self::P256(key) => {
                key.sign(&SystemRandom::new(), message).expect("randomness").as_ref().to_vec()
            }
        }
    }

    fn multibase(&self) -> String {
        let (codec, point) = match self {
            Self::K256(key) => {
                ([0xe7, 0x01], secp256k1::PublicKey::from_secret_key(key).serialize().to_vec())
            }
            Self::P256(key) => ([0x80, 0x24], key.public_key().as_ref().to_vec()),
        };
        let curve = if point.len() == 33 { point } else { compress(&point) };
        format!("z{}", bs58::encode([&codec[..], &curve].concat()).into_string())
    }
}

fn compress(point: &[u8]) -> Vec<u8> {
    let odd = point[64] & 1;
    [&[2 | odd], &point[1..33]].concat()
}

/// A token to be, valid unless changed.
pub struct Token {
    pub header: Value,
    pub claims: Value,
}

impl Token {
    pub fn of(iss: &str, method: &str) -> Self {
        let exp = now_s() + 60;
        let header = json!({ "typ": "JWT", "alg": "ES256K" });
        Self { header, claims: json!({ "iss": iss, "aud": OUR_DID, "exp": exp, "lxm": method }) }
    }

    /// Sets a claim, or takes it away when the value is null.
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        let claims = self.claims.as_object_mut().expect("an object");
        match value.into() {
            Value::Null => drop(claims.remove(claim)),
            value => drop(claims.insert(claim.to_owned(), value)),
        }
        self
    }

    pub fn sign(&self, key: &Key) -> String {
        let segment = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", segment(&self.header), segment(&self.claims));
        let signature = BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Status and error name.
    pub fn error(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"].as_str().unwrap_or_default().to_owned())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }
}

/// A router and the keys of those who ask it.
pub struct World {
    pub router: Router,
    pub alice: Key,
    pub bob: Key,
    pub labeler: Key,
    pub labels: Key,
}

impl World {
    /// Nothing listens where the store should be.
    pub fn without_store() -> Self {
        Self::new(store_at("http://127.0.0.1:1"), |_| ())
    }

    pub fn new(store: Store, change: impl FnOnce(&mut Config)) -> Self {
        Self::with(store, change, |_| ())
    }

    pub fn with(
        store: Store,
        change: impl FnOnce(&mut Config),
        change_services: impl FnOnce(&mut Services),
    ) -> Self {
        Self::known(store, &[], change, change_services)
    }

    /// With these DID documents besides those of the accounts.
    pub fn known(
        store: Store,
        more: &[Value],
        change: impl FnOnce(&mut Config),
        change_services: impl FnOnce(&mut Services),
    ) -> Self {
        let (alice, bob, labeler, labels) = (Key::k256(1), Key::p256(), Key::k256(2), Key::k256(3));
        let documents = [
            document(ALICE, &[("atproto", &alice)]),
            document(BOB, &[("atproto", &bob)]),
            document(LABELER, &[("atproto", &labeler), ("atproto_label", &labels)]),
        ];
        let lines: Vec<_> = documents.iter().chain(more).map(Value::to_string).collect();
        let lines = lines.join("\n");
        let documents = OfflineDocument::read_lines(lines.as_bytes()).expect("documents");
        let resolver = Resolver::offline(documents);
        let (config, mut services) = parts(store, resolver, change);
        change_services(&mut services);
        let router = firehouse_xrpc::router(config, services).expect("a new registry");
        Self { router, alice, bob, labeler, labels }
    }

    /// Alice's as her document has it.
    pub fn identity_of_alice(&self) -> Identity {
        let line = document(ALICE, &[("atproto", &self.alice)]).to_string();
        let mut documents = OfflineDocument::read_lines(line.as_bytes()).expect("a document");
        documents.pop().expect("one document").identity
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        ask(self.router.clone(), request).await
    }

    /// Asks as if over a connection from this address.
    pub async fn ask_from(&self, peer: &str, request: Request<Body>) -> Answer {
        let peer = SocketAddr::new(peer.parse().expect("an address"), 1);
        let router = firehouse_xrpc::connected(&self.router, peer);
        ask(router, request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(get(path).body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method("POST").uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    pub async fn get_as(&self, path: &str, authorization: &str) -> Answer {
        let request = get(path).header("authorization", authorization);
        self.ask(request.body(Body::empty()).expect("a request")).await
    }
}

async fn ask(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.expect("an answer, always");
    let (head, body) = response.into_parts();
    let body = to_bytes(body, 10_000_000).await.expect("a whole body");
    Answer { status: head.status, headers: head.headers, body }
}

/// What a router or a server is made of.
pub fn parts(
    store: Store,
    resolver: Resolver,
    change: impl FnOnce(&mut Config),
) -> (Config, Services) {
    let mut config = config();
    change(&mut config);
    let services = Services {
        appview: appview(&store, &resolver, &config),
        store,
        resolver,
        health: Arc::new(|| Box::pin(async { health() })),
        upstreams: None,
        selections: None,
        repairs: None,
        handles: None,
        pages: None,
        media: None,
        registry: prometheus::Registry::new(),
    };
    (config, services)
}

fn health() -> Health {
    Health {
        version: "1.2.3",
        upstreams: Vec::new(),
        ingest: None,
        keep: None,
        repos: None,
        hosts: None,
    }
}

pub fn get(path: &str) -> Builder {
    Request::builder().method("GET").uri(path)
}

pub fn store_at(url: &str) -> Store {
    Store::new(&StoreConfig {
        url: url.to_owned(),
        database: "firehouse".to_owned(),
        user: "default".to_owned(),
        password: String::new(),
        insert_timeout_s: 5,
        query_timeout_s: 5,
    })
}

fn appview(store: &Store, resolver: &Resolver, config: &Config) -> AppView {
    let config = firehouse_appview::Config {
        public_url: config.public_url.clone(),
        did: config.did.clone(),
        cdn_url: None,
        video_playlist_pattern: None,
        video_thumbnail_pattern: None,
        trusted_verifiers: Vec::new(),
        tags: firehouse_appview::TagRules::default(),
        debug_dids: Vec::new(),
        thread_depth_max: 100,
        thread_parents_max: 50,
        big_threads: Vec::new(),
        big_thread_depth: None,
        thread_replies_max: 1000,
        thread_posts_max: 1000,
        notifications_delay_ms: 0,
        drafts_max: 3,
        check_email_confirmed: false,
        topics_enabled: false,
        live_now: Vec::new(),
        saved_searches: Vec::new(),
    };
    AppView::new(store.clone(), resolver.clone(), config)
}

fn config() -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        methods: true,
        did: Did::parse(OUR_DID).expect("a DID"),
        public_url: "https://appview.example.com".parse().expect("a URL"),
        site_url: None,
        verification_key: None,
        alternate_audiences: vec!["did:web:old.example.com".to_owned()],
        entryway_key: None,
        admin_password: Some(Secret::new(PASSWORD)),
        moderation_did: Some(Did::parse(LABELER).expect("a DID")),
        default_labelers: vec![Did::parse(LABELER).expect("a DID")],
        connections_max: 100,
        client_timeout_s: 60,
        body_bytes_max: 1000,
        request_timeout_s: 120,
        requests_max: 100,
        token_lifetime_s_max: 300,
        token_reuse: TokenReuse::Queries,
        used_tokens_max: 1000,
        rate_viewer_max: 100,
        rate_search_max: 100,
        rate_address_max: 5,
        rate_unverified_max: 5,
        rate_window_s: 300,
        live_max: 20,
        live_address_max: 10,
        trusted_proxies: vec!["127.0.0.0/8".parse().expect("a network")],
    }
}

fn document(did: &str, keys: &[(&str, &Key)]) -> Value {
    let method = |(name, key): &(&str, &Key)| {
        json!({
            "id": format!("{did}#{name}"),
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": key.multibase(),
        })
    };
    let methods: Vec<_> = keys.iter().map(method).collect();
    json!({ "did": did, "doc": { "id": did, "verificationMethod": methods } })
}
