//! Live searches as clients meet them: over sockets, by the libraries they use.

use std::net::SocketAddr;
use std::time::Duration;

use firehouse_identity::{OfflineDocument, Resolver};
use firehouse_indexer::Rows;
use firehouse_lexicon::Catalog;
use firehouse_sim::engine;
use firehouse_store::Store;
use firehouse_xrpc::Config;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async, connect_async};
use tokio_util::sync::CancellationToken;

use crate::records::{account, delete_posts, insert, write};
use crate::world::{ALICE, BOB, Token, World, parts};

/// Far longer than anything here takes; only a failed test waits for it.
const LONG: Duration = Duration::from_secs(60);
const POST: &str = "app.bsky.feed.post";
const NSID: &str = "dev.firehouse.feed.subscribeSearch";

struct Server {
    store: Store,
    address: SocketAddr,
    stop: CancellationToken,
}

impl Server {
    /// With alice and bob; `None` without an engine.
    async fn start(change: impl FnOnce(&mut Config)) -> Option<Self> {
        let store = engine::store().await?;
        insert(&store, Rows::default(), &[account(ALICE, "alice.test"), account(BOB, "bob.test")])
            .await;
        let alice = World::without_store().identity_of_alice();
        let resolver = Resolver::offline([OfflineDocument { identity: alice, handle: None }]);
        let (config, services) = parts(store.clone(), resolver, |config| {
            config.rate_address_max = 1_000;
            change(config);
        });
        let listener = TcpListener::bind(config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(firehouse_xrpc::serve(config, services, listener, stop.clone()));
        Some(Self { store, address, stop })
    }

    /// Posts of these texts, one flush.
    async fn post(&self, author: &str, rkeys: &str, texts: &[&str]) -> Vec<String> {
        let mut rows = Rows::default();
        let number = |at: usize| format!("{rkeys}{at}");
        let uris = texts
            .iter()
            .enumerate()
            .map(|(at, text)| write(&mut rows, author, POST, &number(at), json!({ "text": text })));
        let uris = uris.collect();
        insert(&self.store, rows, &[]).await;
        uris
    }

    async fn websocket(
        &self,
        query: &str,
    ) -> Result<
        Socket<impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + use<>>,
        tungstenite::Error,
    > {
        let url = format!("ws://{}/xrpc/{NSID}?allTime=true&{query}", self.address);
        connect_async(url).await.map(|(socket, _)| Socket(socket))
    }

    async fn events(&self, query: &str, last: Option<u64>) -> reqwest::Response {
        let url = format!("http://{}/search/live?allTime=true&{query}", self.address);
        let request = reqwest::Client::new().get(url);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        request.send().await.unwrap()
    }
}

struct Socket<S>(WebSocketStream<S>);

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Socket<S> {
    /// The next message that its lexicon allows, after its type; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            match timeout(LONG, self.0.next()).await.expect("something comes")? {
                Ok(Message::Text(text)) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    let kind = message["$type"].as_str().unwrap();
                    let kind = kind.strip_prefix(NSID).unwrap().trim_start_matches('#');
                    if kind == "post" {
                        let posts = json!({ "posts": [message["post"]] }).to_string();
                        let checked = Catalog::embedded()
                            .validate_output("app.bsky.feed.getPosts", posts.as_bytes());
                        assert!(checked.is_ok(), "{checked:?} {message}");
                    }
                    return Some((kind.to_owned(), message));
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let (kind, message) = self.next().await.unwrap();
            match &*kind {
                "post" => texts.push(message["post"]["record"]["text"].as_str().unwrap().into()),
                "gone" => texts.push(format!("-{}", message["uri"].as_str().unwrap())),
                other => assert_eq!(other, "info", "{message}"),
            }
        }
        texts
    }
}

/// Events of a stream: name, ID, data.
struct Events {
    response: reqwest::Response,
    read: String,
}

impl Events {
    fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    async fn next(&mut self) -> Option<(String, Option<u64>, Value)> {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = event.lines();
                    let value = lines.find_map(|line| line.strip_prefix(&format!("{name}:")));
                    value.map(|value| value.trim_start().to_owned())
                };
                let (name, id, data) = (field("event"), field("id"), field("data"));
                self.read = rest.to_owned();
                if let (Some(name), Some(data)) = (name, data) {
                    let id = id.map(|id| id.parse().unwrap());
                    return Some((name, id, serde_json::from_str(&data).unwrap()));
                }
            }
            let chunk = timeout(LONG, self.response.chunk()).await.expect("something comes");
            self.read.push_str(std::str::from_utf8(&chunk.ok()??).unwrap());
        }
    }

    async fn post(&mut self) -> (String, u64) {
        loop {
            let (name, id, data) = self.next().await.unwrap();
            if name == "post" {
                let text = data["post"]["record"]["text"].as_str().unwrap().to_owned();
                assert_eq!(data["cursor"].as_u64(), id);
                return (text, id.unwrap());
            }
        }
    }
}

#[tokio::test]
async fn a_socket_and_events_tell_the_same_posts_and_what_is_deleted() {
    let Some(server) = Server::start(|_| ()).await else { return };
    let mut socket = server.websocket("query=rain").await.unwrap();
    assert_eq!(socket.next().await.unwrap().1["name"], "Listening");
    let mut events = Events::of(server.events("q=rain", None).await);
    assert_eq!(events.next().await.unwrap().2["name"], "Listening");
    server.post(BOB, "a", &["rain in may", "sun", "more rain"]).await;
    assert_eq!(socket.texts(2).await, ["rain in may", "more rain"]);
    assert_eq!(events.post().await.0, "rain in may");
    assert_eq!(events.post().await.0, "more rain");
    let mut rows = Rows::default();
    let uri = write(&mut rows, BOB, POST, "a0", json!({ "text": "rain in may" }));
    delete_posts(&server.store, rows).await;
    assert_eq!(socket.texts(1).await, [format!("-{uri}")]);
    let (name, _, data) = events.next().await.unwrap();
    assert_eq!((&*name, data["uri"].as_str()), ("gone", Some(&*uri)));
}

#[tokio::test]
async fn who_lost_the_stream_goes_on_where_it_ended_with_nothing_lost_and_nothing_twice() {
    let Some(server) = Server::start(|_| ()).await else { return };
    let mut events = Events::of(server.events("q=rain", None).await);
    events.next().await;
    server.post(BOB, "a", &["rain 1", "rain 2"]).await;
    let (text, first) = events.post().await;
    assert_eq!(text, "rain 1");
    drop(events);
    server.post(BOB, "b", &["rain 3", "sun"]).await;
    let mut back = Events::of(server.events("q=rain", Some(first)).await);
    assert_eq!(back.post().await.0, "rain 2");
    assert_eq!(back.post().await.0, "rain 3");
    // By another search, of which nothing is remembered.
    let mut other =
        server.websocket(&format!("query=rain&languages=en&cursor={first}")).await.unwrap();
    let mut socket = server.websocket(&format!("query=rain+-sun&cursor={first}")).await.unwrap();
    assert_eq!(socket.texts(2).await, ["rain 2", "rain 3"]);
    server.post(BOB, "c", &["rain 4"]).await;
    assert_eq!(socket.texts(1).await, ["rain 4"]);
    assert_eq!(back.post().await.0, "rain 4");
    assert_eq!(other.next().await.unwrap().1["name"], "Listening");
}

#[tokio::test]
async fn what_is_wrong_is_answered_before_the_stream_begins() {
    let Some(server) = Server::start(|config| config.live_address_max = 2).await else { return };
    for (query, name) in [
        ("query=(rain", "BadQueryString"),
        ("query=rain+min_likes:3", "BadQueryString"),
        ("query=rain+sort:top", "BadQueryString"),
        ("query=rain&sort=top", "BadQueryString"),
        ("query=label:spam", "BadQueryString"),
        ("query=rain&cursor=9007199254740991", "FutureCursor"),
        ("query=rain&authors=nobody+at+all", "InvalidRequest"),
    ] {
        let refused = server.websocket(query).await.err();
        let Some(tungstenite::Error::Http(answer)) = refused else {
            panic!("{query}: {refused:?}")
        };
        let body: Value = serde_json::from_slice(answer.body().as_ref().unwrap()).unwrap();
        assert_eq!(
            (answer.status().as_u16(), body["error"].as_str()),
            (400, Some(name)),
            "{query}"
        );
        let answer = server.events(query, None).await;
        assert_eq!(answer.status(), 400, "{query}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], name, "{query}");
    }
    let plain = format!("http://{}/xrpc/{NSID}?query=rain", server.address);
    assert_eq!(reqwest::get(plain).await.unwrap().status(), 426);
}

#[tokio::test]
async fn as_many_listen_as_may_and_whoever_stops_makes_room() {
    let Some(server) = Server::start(|config| {
        (config.live_max, config.trusted_proxies) = (3, Vec::new());
        config.live_address_max = 2;
    })
    .await
    else {
        return;
    };
    let first = server.websocket("query=rain").await.unwrap();
    let mut second = Events::of(server.events("q=rain", None).await);
    let refused = server.events("q=rain", None).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "TooManySubscribers");
    drop(first);
    let mut tries = 0;
    while server.events("q=rain", None).await.status() != 200 {
        tries += 1;
        assert!(tries < 100, "the place of who went is never free");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(second.next().await.unwrap().0, "info");
}

#[tokio::test]
async fn a_reader_that_does_not_read_harms_nobody_and_is_told_why_it_ends() {
    let Some(server) = Server::start(|_| ()).await else { return };
    let slow = TcpSocket::new_v4().unwrap();
    slow.set_recv_buffer_size(4_096).unwrap();
    let slow: TcpStream = slow.connect(server.address).await.unwrap();
    let url = format!("ws://{}/xrpc/{NSID}?allTime=true&query=rain", server.address);
    let mut slow = Socket(client_async(url, slow).await.unwrap().0);
    let mut quick = server.websocket("query=rain").await.unwrap();
    // Far more than sockets and the ring of the search hold.
    let long = format!("rain {}", "👩‍👩‍👧".repeat(160));
    for flush in 0..30 {
        let texts = vec![&*long; 100];
        server.post(BOB, &format!("{flush}a"), &texts).await;
        assert_eq!(quick.texts(100).await.len(), 100);
    }
    let (mut cursor, mut told) = (0, 0);
    let error = loop {
        let (kind, message) = slow.next().await.expect("a reason");
        match &*kind {
            "error" => break message,
            "post" => told += 1,
            _ => {}
        }
        cursor = message["cursor"].as_u64().unwrap();
    };
    assert_eq!(error["error"], "ConsumerTooSlow", "{error}");
    assert!(slow.next().await.is_none(), "closed");
    let mut back = server.websocket(&format!("query=rain&cursor={cursor}")).await.unwrap();
    assert_eq!(back.texts(3_000 - told).await.len() + told, 3_000);
    let metrics = reqwest::get(format!("http://{}/metrics", server.address)).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("firehouse_xrpc_live_ended_total{reason=\"too_slow\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_viewer_hears_by_their_own_rules_and_nobody_by_somebody_elses_token() {
    let Some(server) = Server::start(|_| ()).await else { return };
    let mut rows = Rows::default();
    write(&mut rows, ALICE, "app.bsky.graph.block", "b", json!({ "subject": BOB }));
    let values = json!([{ "val": "!no-unauthenticated" }]);
    let labels = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": values });
    write(&mut rows, ALICE, "app.bsky.actor.profile", "self", json!({ "labels": labels }));
    insert(&server.store, rows, &[]).await;
    let listen = async |token: Option<String>| {
        let url = format!("http://{}/search/live?q=rain&allTime=true", server.address);
        let request = reqwest::Client::new().get(url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    };
    let alice = crate::world::Key::k256(1);
    let mut of_alice = Events::of(listen(Some(Token::of(ALICE, NSID).sign(&alice))).await);
    let mut of_nobody = Events::of(listen(None).await);
    let wrong = Token::of(ALICE, "app.bsky.feed.searchPosts").sign(&alice);
    assert_eq!(listen(Some(wrong)).await.status(), 401);
    of_alice.next().await;
    server.post(BOB, "a", &["rain at Bob's"]).await;
    server.post(ALICE, "a", &["rain at Alice's"]).await;
    server.post(BOB, "b", &["more rain at Bob's"]).await;
    assert_eq!(of_alice.post().await.0, "rain at Alice's");
    assert_eq!(of_nobody.post().await.0, "rain at Bob's");
    assert_eq!(of_nobody.post().await.0, "more rain at Bob's");
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let Some(server) = Server::start(|_| ()).await else { return };
    let mut socket = server.websocket("query=rain").await.unwrap();
    let mut events = Events::of(server.events("q=rain", None).await);
    socket.next().await;
    events.next().await;
    server.stop.cancel();
    assert!(socket.next().await.is_none());
    assert!(events.next().await.is_none());
}
