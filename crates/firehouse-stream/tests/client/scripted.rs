//! A server that plays one scene per connection, in order, and tells which cursor each connection asked for.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// What one connection is given.
#[derive(Clone)]
pub enum Scene {
    /// An HTTP answer instead of the upgrade.
    Http(&'static str),
    /// Hang up without a word.
    HangUp,
    /// Upgrade, then do this.
    Upgrade(Vec<Act>),
}

#[derive(Clone)]
pub enum Act {
    Send(Bytes),
    SendText(&'static str),
    /// Bytes on the wire that are no websocket frame, or only half of one.
    Raw(&'static [u8]),
    Ping,
    /// Read for ever, answering pings; this scene ends when the client leaves.
    Listen,
    /// Neither read nor write; the socket stays open for so long.
    Freeze(Duration),
    Close,
}

pub struct Server {
    pub address: SocketAddr,
    /// The query of each upgraded connection.
    pub queries: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Server {
    /// Plays the scenes in order; the last one again and again.
    pub async fn start(scenes: Vec<Scene>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (to_queries, queries) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut connections = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let scene = scenes.get(connections).or(scenes.last()).cloned();
                connections += 1;
                let Some(scene) = scene else { continue };
                tokio::spawn(play(scene, stream, to_queries.clone()));
            }
        });
        Self { address, queries, task }
    }

    pub async fn query(&mut self) -> String {
        let query = tokio::time::timeout(super::make::PATIENCE, self.queries.recv()).await;
        query.expect("a connection in time").expect("the server runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(scene: Scene, mut stream: TcpStream, queries: mpsc::UnboundedSender<String>) {
    match scene {
        Scene::HangUp => {}
        Scene::Http(answer) => {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Scene::Upgrade(acts) => {
            #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
            let tell = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
                let agent = request.headers().get("user-agent").and_then(|v| v.to_str().ok());
                assert!(agent.is_some_and(|agent| agent.starts_with("firehouse/")), "{agent:?}");
                let _ = queries.send(request.uri().query().unwrap_or_default().to_owned());
                Ok(response)
            };
            let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, tell).await else {
                return;
            };
            act_all(socket, acts).await;
        }
    }
}

async fn act_all(mut socket: WebSocketStream<TcpStream>, acts: Vec<Act>) {
    for act in acts {
        // The client may leave at any moment; that ends the scene.
        let done = match act {
            Act::Send(frame) => socket.send(Message::Binary(frame)).await.is_ok(),
            Act::SendText(text) => socket.send(Message::text(text)).await.is_ok(),
            Act::Raw(bytes) => {
                let _ = socket.flush().await;
                socket.get_mut().write_all(bytes).await.is_ok()
            }
            Act::Ping => {
                let _ = socket.send(Message::Ping(Bytes::from_static(b"are you there"))).await;
                matches!(socket.next().await, Some(Ok(Message::Pong(_))))
            }
            Act::Listen => {
                while let Some(Ok(_)) = socket.next().await {}
                false
            }
            Act::Freeze(duration) => {
                tokio::time::sleep(duration).await;
                true
            }
            Act::Close => {
                let _ = socket.close(None).await;
                while let Some(Ok(_)) = socket.next().await {}
                false
            }
        };
        if !done {
            return;
        }
    }
}
