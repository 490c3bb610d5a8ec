//! [`ReplayServer`]: a file served as `com.atproto.sync.subscribeRepos`, cursors and all.
//!
//! A finite file has an end: whoever asks for live events, or has had all, stays connected and hears nothing more.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use firehouse_types::Seq;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::handshake::accept;
use super::index::Index;
use super::pace::Pace;
use crate::decode::seq_of;
use crate::error::StreamError;
use crate::frames_file::{FrameReader, FramesFileError};

/// Connections at once.
const CLIENTS_MAX: usize = 1_024;

/// How long a client may take for its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Frames read ahead of each client.
const READ_AHEAD: usize = 32;

/// What a client may send: nothing of it is read but pings and the goodbye.
const CLIENT_MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// Serves one file to many clients.
pub struct ReplayServer {
    listener: TcpListener,
    address: SocketAddr,
    file: Arc<ServedFile>,
}

struct ServedFile {
    path: PathBuf,
    rate: Option<f64>,
    index: Index,
}

/// What a cursor asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// Everything above the cursor, if any was given.
    After(Option<Seq>),
    /// Everything, and a word that what was asked for is gone.
    Outdated,
    /// Nothing: an error frame and goodbye.
    Future,
    /// What comes next, so nothing.
    Live,
}

impl ReplayServer {
    /// Reads the file once for its seqs, and listens. Units: `rate` in frames per second and client, `None` for full speed.
    pub async fn bind(
        path: impl AsRef<Path>,
        address: SocketAddr,
        rate: Option<f64>,
    ) -> Result<Self, StreamError> {
        let path = path.as_ref().to_owned();
        let indexed = path.clone();
        let index = tokio::task::spawn_blocking(move || Index::build(&indexed)).await??;
        let listen = |source| StreamError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, address, file: Arc::new(ServedFile { path, rate, index }) })
    }

    /// Where it listens; the port when none was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Frames in the file.
    pub fn frames(&self) -> u64 {
        self.file.index.frames
    }

    /// The highest seq in the file.
    pub fn head(&self) -> Option<Seq> {
        self.file.index.head
    }

    /// Whether the file ends inside a frame, which is not served.
    pub fn is_torn(&self) -> bool {
        self.file.index.is_torn
    }

    /// Serves until `stop`, then closes every connection.
    pub async fn run(self, stop: CancellationToken) {
        let clients = TaskTracker::new();
        let places = Arc::new(Semaphore::new(CLIENTS_MAX));
        loop {
            let accepted = select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            // Out of file handles, or a client that was gone already: the next one may be luckier.
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let (file, stop) = (Arc::clone(&self.file), stop.clone());
            clients.spawn(async move {
                // What ends one client's connection concerns nobody else.
                let _ = stop.run_until_cancelled(file.serve(stream)).await;
                drop(place);
            });
        }
        clients.close();
        clients.wait().await;
    }
}

impl ServedFile {
    async fn serve(self: Arc<Self>, stream: TcpStream) -> Result<(), WsError> {
        stream.set_nodelay(true)?;
        let limits = WebSocketConfig::default()
            .read_buffer_size(CLIENT_MESSAGE_BYTES_MAX)
            .max_message_size(Some(CLIENT_MESSAGE_BYTES_MAX))
            .max_frame_size(Some(CLIENT_MESSAGE_BYTES_MAX));
        let Ok(accepted) = timeout(REQUEST_TIMEOUT, accept(stream, limits)).await else {
            return Ok(());
        };
        let Some((request, socket)) = accepted? else { return Ok(()) };
        let opening = self.opening(request.cursor.as_deref());
        let (sink, source) = socket.split();
        // Reading answers pings and notices the goodbye; it runs beside the sending all the time.
        select! {
            ended = read_away(source) => ended,
            ended = self.send_all(sink, opening) => ended,
        }
    }

    /// What the event stream's rules say about a cursor.
    fn opening(&self, cursor: Option<&str>) -> Opening {
        let Some(cursor) = cursor else { return Opening::Live };
        // What is no number is taken for the beginning, as other servers do.
        let cursor = cursor.parse().unwrap_or(0).max(0);
        let (Some(oldest), Some(head)) = (self.index.oldest, self.index.head) else {
            return if cursor > 0 { Opening::Future } else { Opening::After(None) };
        };
        let Some(cursor) = Seq::new(cursor) else {
            return if cursor == 0 { Opening::After(None) } else { Opening::Future };
        };
        if cursor > head {
            Opening::Future
        } else if cursor.get() + 1 < oldest.get() {
            Opening::Outdated
        } else {
            Opening::After(Some(cursor))
        }
    }

    async fn send_all(
        &self,
        mut sink: SplitSink<WebSocketStream<TcpStream>, Message>,
        opening: Opening,
    ) -> Result<(), WsError> {
        let after = match opening {
            Opening::Future => {
                sink.send(Message::Binary(future_cursor())).await?;
                return sink.close().await;
            }
            Opening::Live => return std::future::pending().await,
            Opening::Outdated => {
                sink.send(Message::Binary(outdated_cursor())).await?;
                None
            }
            Opening::After(after) => after,
        };
        let (to_client, mut frames) = mpsc::channel(READ_AHEAD);
        let (path, offset) = (self.path.clone(), after.map_or(0, |seq| self.index.before(seq)));
        let reading =
            tokio::task::spawn_blocking(move || read_from(&path, offset, after, &to_client));
        let mut pace = Pace::new(self.rate);
        while let Some(frame) = frames.recv().await {
            pace.wait().await;
            sink.feed(Message::Binary(frame)).await?;
            if frames.is_empty() {
                sink.flush().await?;
            }
        }
        sink.flush().await?;
        match reading.await {
            Ok(Ok(())) => std::future::pending().await,
            // The file changed or vanished under us: the client dials again, and is told then.
            Ok(Err(_)) | Err(_) => sink.close().await,
        }
    }
}

async fn read_away(mut source: SplitStream<WebSocketStream<TcpStream>>) -> Result<(), WsError> {
    while let Some(message) = source.next().await {
        message?;
    }
    Ok(())
}

/// Sends every frame behind the first one above `after`; frames without a seq in between too, since a client must bear them.
fn read_from(
    path: &Path,
    offset: u64,
    after: Option<Seq>,
    frames: &mpsc::Sender<Bytes>,
) -> Result<(), FramesFileError> {
    let mut reader = FrameReader::open(path)?;
    reader.seek(offset)?;
    let mut is_behind = after.is_none();
    loop {
        let frame = match reader.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) | Err(FramesFileError::TornTail { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        is_behind = is_behind || seq_of(&frame) > after;
        if is_behind && frames.blocking_send(frame).is_err() {
            return Ok(());
        }
    }
}

/// `{"t":"#info","op":1}{"name":"OutdatedCursor","message":…}`
fn outdated_cursor() -> Bytes {
    Bytes::from_static(
        b"\xa2at\x65#infobop\x01\xa2dname\x6eOutdatedCursorgmessage\x78\x1cThe cursor is no longer kept",
    )
}

/// `{"op":-1}{"error":"FutureCursor","message":…}`
fn future_cursor() -> Bytes {
    Bytes::from_static(b"\xa1bop\x20\xa2eerror\x6cFutureCursorgmessage\x75The cursor lies ahead")
}

#[cfg(test)]
mod tests {
    use firehouse_types::Event;

    use super::*;
    use crate::decode::{Decoded, decode};

    #[test]
    fn our_own_frames_are_what_a_client_understands() {
        assert!(matches!(
            decode(&outdated_cursor()),
            Ok(Decoded::Event(Event::Info(info))) if &*info.name == "OutdatedCursor" && info.message.is_some()
        ));
        assert!(matches!(
            decode(&future_cursor()),
            Ok(Decoded::Error(error)) if &*error.name == "FutureCursor" && error.message.is_some()
        ));
    }

    #[test]
    fn a_cursor_opens_the_stream_as_the_specification_says() {
        let seq = |n| Seq::new(n);
        let mut index = Index::default();
        (index.oldest, index.head) = (seq(100), seq(200));
        let file = ServedFile { path: PathBuf::new(), rate: None, index };
        let check = |cursor, expected| assert_eq!(file.opening(cursor), expected, "{cursor:?}");
        check(None, Opening::Live);
        check(Some("0"), Opening::After(None));
        check(Some("1"), Opening::Outdated);
        check(Some("98"), Opening::Outdated);
        check(Some("99"), Opening::After(seq(99)));
        check(Some("200"), Opening::After(seq(200)));
        check(Some("201"), Opening::Future);
        check(Some("9223372036854775807"), Opening::Future);
        check(Some("nonsense"), Opening::After(None));
    }
}
