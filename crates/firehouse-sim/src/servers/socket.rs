//! The upgrade to a websocket, by hand: a server that must be able to break off in the middle of a frame needs the bare connection.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::servers::answer::refusal;

/// A connection, from our side.
pub(crate) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A request for a websocket, agreed to: the answer, and the connection once that answer has been sent.
pub(crate) struct Agreed {
    pub(crate) answer: Response,
    upgrade: OnUpgrade,
}

/// Agrees to a request for a websocket. Shape: the answer to any other request as the error.
#[expect(clippy::result_large_err, reason = "the error is an answer, sent at once")]
pub(crate) fn agree(request: &mut Request) -> Result<Agreed, Response> {
    let key = wanted(request.headers()).map(|key| derive_accept_key(key.as_bytes()));
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let Some((accept, upgrade)) = key.zip(upgrade) else {
        let message = "this is a websocket";
        return Err(refusal(StatusCode::UPGRADE_REQUIRED, "UpgradeRequired", message));
    };
    let headers = [
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok(Agreed { answer: (StatusCode::SWITCHING_PROTOCOLS, headers).into_response(), upgrade })
}

impl Agreed {
    /// Parts the answer from the connection. `None` when the client has gone away.
    pub(crate) fn split(self) -> (Response, impl Future<Output = Option<Socket>> + Send) {
        let socket = async {
            let upgraded = TokioIo::new(self.upgrade.await.ok()?);
            Some(WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await)
        };
        (self.answer, socket)
    }
}

fn wanted(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let upgrades = text(header::UPGRADE)?.eq_ignore_ascii_case("websocket");
    text(header::SEC_WEBSOCKET_KEY).filter(|_| upgrades)
}

/// Writes the head and half the payload of a binary frame, and nothing after it. Whether it arrives does not matter.
pub(crate) async fn break_off(socket: &mut Socket, frame: &[u8]) {
    // RFC 6455, 5.2: final, binary; a server does not mask.
    let mut part = vec![0x82];
    match (u8::try_from(frame.len()), u16::try_from(frame.len())) {
        (Ok(length), _) if length < 126 => part.push(length),
        (_, Ok(length)) => {
            part.push(126);
            part.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            part.push(127);
            part.extend_from_slice(&(frame.len() as u64).to_be_bytes());
        }
    }
    part.extend_from_slice(&frame[..frame.len() / 2]);
    let bare = socket.get_mut();
    let _ = bare.write_all(&part).await;
    let _ = bare.flush().await;
}
