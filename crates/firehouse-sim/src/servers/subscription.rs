//! One subscription to a stream, from its request to its end, with everything that befalls it on the way.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;

use crate::faults::fault::Fault;
use crate::faults::trap::Trap;
use crate::protocol::frame;
use crate::servers::answer::refusal;
use crate::servers::socket::{Socket, agree, break_off};
use crate::servers::stream::{Next, Opening, Stream};

/// What messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// Binary.
    Frames,
    /// Text, as far as it is any.
    Lines,
}

/// A subscription to frames; see [`subscribe_as`].
pub(crate) fn subscribe(
    stream: &Arc<Stream>,
    cursor: Option<i64>,
    request: Request,
    stop: CancellationToken,
) -> Response {
    subscribe_as(Words::Frames, stream, cursor, request, stop)
}

/// Answers a request for a stream, and serves it until the client goes away or `stop` is cancelled.
pub(crate) fn subscribe_as(
    words: Words,
    stream: &Arc<Stream>,
    cursor: Option<i64>,
    mut request: Request,
    stop: CancellationToken,
) -> Response {
    let agreed = match agree(&mut request) {
        Ok(agreed) => agreed,
        Err(answer) => return answer,
    };
    let opening = stream.open(cursor);
    match opening.fault {
        Some(Fault::DialRateLimited) => {
            let refusal = refusal(StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded", "too many");
            return ([(header::RETRY_AFTER, "1")], refusal).into_response();
        }
        Some(Fault::DialServerError) => {
            let page = Html("<html><body><h1>502 Bad Gateway</h1></body></html>");
            return (StatusCode::BAD_GATEWAY, page).into_response();
        }
        _ => {}
    }
    let (answer, socket) = agreed.split();
    let stream = Arc::clone(stream);
    tokio::spawn(async move {
        if let Some(mut socket) = socket.await {
            let serving = serve(words, &stream, &mut socket, opening);
            tokio::select! {
                ended = serving => if ended.is_some() {
                    // The client may have gone first.
                    let _ = socket.close(None).await;
                },
                () = stop.cancelled() => {}
            }
        }
    });
    answer
}

/// Sends until something ends it. Shape: `Some` when the connection is to be closed properly, `None` when it just breaks.
async fn serve(words: Words, stream: &Stream, socket: &mut Socket, opening: Opening) -> Option<()> {
    if opening.fault == Some(Fault::FutureCursor) {
        send(socket, frame::error("FutureCursor", "this cursor has not happened yet")).await?;
        return Some(());
    }
    if opening.outdated {
        send(socket, frame::info("OutdatedCursor", "the cursor lies before what is kept")).await?;
    }
    let mut head = stream.watch();
    let mut after = opening.after;
    loop {
        head.mark_unchanged();
        while let Next::Frame { seq, frame, trap } = stream.next(after) {
            if !pass(words, socket, &frame, trap).await? {
                return Some(());
            }
            after = seq;
        }
        socket.flush().await.ok()?;
        tokio::select! {
            // Pings are answered by the socket while it is read; anything else a client says means nothing.
            message = socket.next() => drop(message?.ok()?),
            changed = head.changed() => changed.ok()?,
        }
    }
}

/// Sends one frame past its trap. Shape: whether the connection goes on.
async fn pass(
    words: Words,
    socket: &mut Socket,
    frame: &Bytes,
    trap: Option<Trap>,
) -> Option<bool> {
    match trap {
        None => {}
        Some(Trap::Cut | Trap::Redial | Trap::MoveWindow { .. }) => {
            socket.flush().await.ok()?;
            return None;
        }
        Some(Trap::CutMidFrame) => {
            socket.flush().await.ok()?;
            break_off(socket, frame).await;
            return None;
        }
        Some(Trap::TooSlow) => {
            send(socket, frame::error("ConsumerTooSlow", "the buffer is full")).await?;
            return Some(false);
        }
        Some(Trap::Delay(time)) => {
            socket.flush().await.ok()?;
            sleep(time).await;
        }
        Some(Trap::Twice) => feed(words, socket, frame.clone()).await?,
        Some(Trap::Garble) => {
            // The head of a frame, and then nothing that CBOR knows.
            let half = frame.len() / 2;
            feed(words, socket, [&frame[..half], &[0xff; 16]].concat().into()).await?;
            return Some(true);
        }
    }
    feed(words, socket, frame.clone()).await?;
    Some(true)
}

async fn feed(words: Words, socket: &mut Socket, frame: Bytes) -> Option<()> {
    let message = match Utf8Bytes::try_from(frame.clone()) {
        Ok(line) if words == Words::Lines => Message::Text(line),
        _ => Message::Binary(frame),
    };
    socket.feed(message).await.ok()
}

async fn send(socket: &mut Socket, frame: Vec<u8>) -> Option<()> {
    socket.send(Message::Binary(frame.into())).await.ok()
}
