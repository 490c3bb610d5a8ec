//! A labeler on this machine: signs labels, serves subscribeLabels over a real websocket, and remembers with which cursors it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use ipld_core::ipld::Ipld;
use secp256k1::{Message as Digest, SecretKey};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// A key that signs labels.
pub struct Key(SecretKey);

impl Key {
    pub fn of(seed: u8) -> Self {
        Self(SecretKey::from_secret_bytes([seed; 32]).expect("in the group's order"))
    }

    pub fn multibase(&self) -> String {
        let point = secp256k1::PublicKey::from_secret_key(&self.0).serialize();
        format!("z{}", bs58::encode([&[0xe7, 0x01], &point[..]].concat()).into_string())
    }

    /// The label with its signature, which covers what is there: the encoder sorts the keys.
    pub fn sign(&self, label: &Value) -> Ipld {
        let unsigned = ipld(label);
        let bytes = serde_ipld_dagcbor::to_vec(&unsigned).expect("a map");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        let digest = digest.as_ref().try_into().expect("32 bytes");
        let sig = secp256k1::ecdsa::sign(Digest::from_digest(digest), &self.0).serialize_compact();
        let Ipld::Map(mut fields) = unsigned else { panic!("a label is a map") };
        fields.insert("sig".to_owned(), Ipld::Bytes(sig.to_vec()));
        Ipld::Map(fields)
    }
}

fn ipld(json: &Value) -> Ipld {
    match json {
        Value::Object(fields) => {
            Ipld::Map(fields.iter().map(|(key, value)| (key.clone(), ipld(value))).collect())
        }
        Value::String(text) => Ipld::String(text.clone()),
        Value::Bool(value) => Ipld::Bool(*value),
        Value::Number(number) => Ipld::Integer(number.as_i64().expect("a small number").into()),
        Value::Null | Value::Array(_) => panic!("labels have no such values"),
    }
}

/// A label of `src` about `uri`, made in the given second.
pub fn label(src: &str, uri: &str, val: &str, second: u32) -> Value {
    let cts = format!("2026-01-01T00:{:02}:{:02}.000Z", second / 60, second % 60);
    json!({ "ver": 1, "src": src, "uri": uri, "val": val, "cts": cts })
}

/// A `#labels` frame.
pub fn frame(seq: i64, labels: Vec<Ipld>) -> Bytes {
    let header = Ipld::Map(
        [("op", Ipld::Integer(1)), ("t", Ipld::String("#labels".into()))]
            .map(|(k, v)| (k.to_owned(), v))
            .into(),
    );
    let fields = [("seq", Ipld::Integer(seq.into())), ("labels", Ipld::List(labels))];
    let payload = Ipld::Map(fields.map(|(k, v)| (k.to_owned(), v)).into());
    let parts = [header, payload].map(|part| serde_ipld_dagcbor::to_vec(&part).expect("a map"));
    parts.concat().into()
}

/// Frames in the order of their seqs, which count from 1.
pub struct Labeler {
    pub address: SocketAddr,
    frames: watch::Sender<Vec<Bytes>>,
    /// The cursor of each connection.
    pub cursors: Arc<Mutex<Vec<u64>>>,
    task: JoinHandle<()>,
}

impl Labeler {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (frames, to_send) = watch::channel(Vec::new());
        let cursors = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&cursors);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, to_send.clone(), Arc::clone(&asked)));
            }
        });
        Self { address, frames, cursors, task }
    }

    /// The next frame, with these labels.
    pub fn say(&self, labels: Vec<Ipld>) {
        self.frames.send_modify(|frames| {
            let seq = i64::try_from(frames.len()).expect("few frames") + 1;
            frames.push(frame(seq, labels));
        });
    }
}

impl Drop for Labeler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    mut frames: watch::Receiver<Vec<Bytes>>,
    asked: Arc<Mutex<Vec<u64>>>,
) {
    let mut cursor = 0;
    #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
    let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        assert_eq!(request.uri().path(), "/xrpc/com.atproto.label.subscribeLabels");
        let query = request.uri().query().unwrap_or_default();
        cursor = query.strip_prefix("cursor=").and_then(|seq| seq.parse().ok()).expect("a cursor");
        asked.lock().expect("no panic").push(cursor);
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, look).await else { return };
    loop {
        let due: Vec<_> = {
            let frames = frames.borrow_and_update();
            frames.iter().skip(usize::try_from(cursor).expect("few frames")).cloned().collect()
        };
        for frame in due {
            cursor += 1;
            if socket.send(Message::Binary(frame)).await.is_err() {
                return;
            }
        }
        tokio::select! {
            changed = frames.changed() => if changed.is_err() { return },
            message = socket.next() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}
