//! A PDS that has blobs, some of them with a fault.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use firehouse_types::Cid;

/// What is wrong with a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The answer has this status.
    Status(u16),
    /// The answer comes from there.
    Redirect(String),
    /// No answer comes.
    Silence,
    /// The connection ends within the blob.
    CutOff,
    /// More bytes come, for ever.
    Endless,
}

#[derive(Clone)]
struct Blob {
    bytes: Bytes,
    kind: &'static str,
    fault: Fault,
}

/// Blobs, and how often they were asked for.
#[derive(Clone, Default)]
pub struct Pds {
    blobs: Arc<Mutex<HashMap<String, Blob>>>,
    asked: Arc<AtomicUsize>,
}

pub fn cid_of(bytes: &[u8]) -> Cid {
    Cid::raw(digest(&SHA256, bytes).as_ref().try_into().expect("32 bytes"))
}

impl Pds {
    /// Serves until the test ends.
    pub async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/xrpc/com.atproto.sync.getBlob", get(blob))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Has these bytes, and says their CID.
    pub fn add(&self, bytes: impl Into<Bytes>, kind: &'static str) -> Cid {
        let bytes = bytes.into();
        let cid = cid_of(&bytes);
        self.add_as(cid, bytes, kind, Fault::None);
        cid
    }

    /// Gives these bytes to whoever asks for this CID.
    pub fn add_as(&self, cid: Cid, bytes: impl Into<Bytes>, kind: &'static str, fault: Fault) {
        let blob = Blob { bytes: bytes.into(), kind, fault };
        self.blobs.lock().expect("no panic").insert(cid.to_string(), blob);
    }

    pub fn remove_all(&self) {
        self.blobs.lock().expect("no panic").clear();
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn blob(State(pds): State<Pds>, Query(query): Query<HashMap<String, String>>) -> Response {
    pds.asked.fetch_add(1, Ordering::SeqCst);
    let found =
        query.get("cid").and_then(|cid| pds.blobs.lock().expect("no panic").get(cid).cloned());
    let Some(Blob { bytes, kind, fault }) = found else {
        return (StatusCode::BAD_REQUEST, "BlobNotFound").into_response();
    };
    let headers = [(header::CONTENT_TYPE, kind)];
    match fault {
        Fault::None => (headers, bytes).into_response(),
        Fault::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Fault::Redirect(to) => Redirect::temporary(&to).into_response(),
        Fault::Silence => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            StatusCode::OK.into_response()
        }
        Fault::CutOff => {
            let half = bytes.slice(..bytes.len() / 2);
            let pieces = futures_util::stream::iter([Ok(half), Err(std::io::Error::other("cut"))]);
            (headers, Body::from_stream(pieces)).into_response()
        }
        Fault::Endless => {
            let piece = Bytes::from(vec![0; 64 * 1024]);
            let pieces =
                futures_util::stream::repeat_with(move || std::io::Result::Ok(piece.clone()));
            (headers, Body::from_stream(pieces)).into_response()
        }
    }
}
