//! dev.firehouse.feed.subscribeSearch: a live search as a WebSocket, JSON texts down, nothing up.
//!
//! The handshake is done here, so that a request that is wrong has an answer like any other. Source: RFC 6455.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame, Message as Frame, Role, WebSocketConfig,
};

use crate::api::Api;
use crate::failure::Failure;
use crate::live::{KEEP_ALIVE, Live, Message, NSID, Next, failed, open};

/// Of what a client sends nothing is read but that it is there.
const FRAME_BYTES_MAX: usize = 4 * 1024;
/// A client that has not answered for so long is gone.
const SILENCE_MAX: Duration = KEEP_ALIVE.saturating_mul(3);

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// `GET /xrpc/dev.firehouse.feed.subscribeSearch`
pub(crate) async fn subscribe(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (mut head, _) = request.into_parts();
    let Some(key) = key(&head.headers) else {
        return upgrade_required();
    };
    let accept = derive_accept_key(key.as_bytes());
    let live = match open(&api, &head).await {
        Ok(live) => live,
        Err(failure) => return failed(&api, failure),
    };
    let (Some(upgrade), Ok(accept)) =
        (head.extensions.remove::<OnUpgrade>(), HeaderValue::try_from(accept))
    else {
        return upgrade_required();
    };
    let patience = Duration::from_secs(api.config.client_timeout_s);
    tokio::spawn(async move {
        // The client may be gone before the handshake ends.
        let Ok(upgraded) = upgrade.await else { return };
        let config = WebSocketConfig::default()
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let socket = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(socket, Role::Server, Some(config)).await;
        talk(socket, live, patience).await;
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// What a client offers in its handshake, if it is one.
fn key(headers: &HeaderMap) -> Option<&HeaderValue> {
    let has = |name: HeaderName, token: &str| {
        let values = headers.get_all(name);
        let mut tokens = values.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
        tokens.any(|found| found.trim().eq_ignore_ascii_case(token))
    };
    let is_handshake = has(header::CONNECTION, "upgrade")
        && has(header::UPGRADE, "websocket")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_handshake)
}

fn upgrade_required() -> Response {
    let mut response = Failure::upgrade_required().into_response();
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response
}

/// Tells until somebody ends it.
async fn talk(mut socket: Socket, mut live: Live, patience: Duration) {
    let mut heard = Instant::now();
    let close = loop {
        let next = tokio::select! {
            next = live.next() => next,
            frame = socket.next() => match frame {
                None | Some(Err(_) | Ok(Frame::Close(_))) => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
            },
        };
        let (frames, close) = match next {
            Next::Messages(messages) => (messages.into_iter().map(text).collect(), None),
            Next::Nothing(_) if heard.elapsed() > SILENCE_MAX => return,
            Next::Nothing(message) => (vec![text(message), Frame::Ping(Vec::new().into())], None),
            Next::End(message) => (vec![text(message)], Some(CloseCode::Policy)),
            Next::Stop => (Vec::new(), Some(CloseCode::Away)),
        };
        for frame in frames {
            // Nobody waits for a client: what matches meanwhile waits in the ring of the search, as long as there is room.
            match timeout(patience, socket.send(frame)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => return live.is_not_read(),
            }
        }
        if let Some(close) = close {
            break close;
        }
    };
    let frame = CloseFrame { code: close, reason: "".into() };
    let _ = timeout(patience, socket.close(Some(frame))).await;
}

/// A message with its type.
fn text(message: Message) -> Frame {
    let Message { kind, json, .. } = message;
    let fields = json.strip_prefix('{').unwrap_or(&json);
    Frame::text(format!("{{\"$type\":\"{NSID}#{kind}\",{fields}"))
}
