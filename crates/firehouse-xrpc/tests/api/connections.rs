//! The server as a socket sees it: clients that keep it waiting, clients that are too many, and its end.

use std::net::SocketAddr;
use std::time::Duration;

use firehouse_identity::Resolver;
use firehouse_xrpc::{Config, XrpcError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::world::{ALICE, parts, store_at};

/// Far longer than anything here takes; only a failed test waits for it.
const LONG: Duration = Duration::from_secs(60);

const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const ASK_ONCE: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<Result<(), XrpcError>>,
}

async fn serve(store: &str, change: impl FnOnce(&mut Config)) -> Server {
    let (config, services) = parts(store_at(store), Resolver::offline([]), change);
    let listener = TcpListener::bind(config.listen).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let ended = tokio::spawn(firehouse_xrpc::serve(config, services, listener, stop.clone()));
    Server { address, stop, ended }
}

impl Server {
    async fn connect(&self, bytes: &[u8]) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.expect("a connection");
        client.write_all(bytes).await.expect("the first bytes fit");
        client
    }
}

/// All that still comes; an error counts as the end.
async fn rest(mut client: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(LONG, client.read_to_end(&mut bytes)).await;
    let _ = read.expect("the connection ends");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn clients_that_do_not_finish_their_request_are_cut_off_and_others_are_served_meanwhile() {
    let server = serve("http://127.0.0.1:1", |config| config.client_timeout_s = 1).await;
    let halves = [&b""[..], b"P", b"GET /xrpc/_hea", b"GET / HTTP/1.1\r\nhost: a\r\n"];
    let mut slow = Vec::new();
    for half in halves {
        slow.push(server.connect(half).await);
    }
    assert!(rest(server.connect(ASK_ONCE).await).await.contains("firehouse"));
    for (half, client) in halves.into_iter().zip(slow) {
        let answer = rest(client).await;
        assert!(!answer.contains(" 200 "), "{half:?}: {answer}");
    }
    let dribble = async {
        let mut client = server.connect(b"GET / HTTP/1.1\r\nx: ").await;
        while client.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONG, dribble).await.expect("a byte now and then does not help");
}

#[tokio::test]
async fn a_client_that_asks_and_never_reads_is_cut_off() {
    let server = serve("http://127.0.0.1:1", |config| config.client_timeout_s = 1).await;
    let mut client = server.connect(ASK).await;
    let asking = async { while client.write_all(&ASK.repeat(1000)).await.is_ok() {} };
    timeout(LONG, asking).await.expect("the server closes the connection");
}

#[tokio::test]
async fn a_connection_too_many_waits_until_another_one_closes() {
    let server = serve("http://127.0.0.1:1", |config| config.connections_max = 1).await;
    let mut first = server.connect(ASK).await;
    first.read_exact(&mut [0; 12]).await.expect("a status line");
    let mut second = server.connect(ASK_ONCE).await;
    let early = timeout(Duration::from_millis(200), second.read_u8()).await;
    assert!(early.is_err(), "{early:?}");
    drop(first);
    assert!(rest(second).await.contains("firehouse"));
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_it_is_answering_and_takes_nothing_new() {
    let store = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", store.local_addr().expect("an address"));
    let server = serve(&url, |_| ()).await;
    let idle = server.connect(ASK).await;
    let path = format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}");
    let asking = server.connect(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await;
    let asked = store.accept().await.expect("the store is asked");
    server.stop.cancel();
    assert!(rest(idle).await.contains(" 200 "));
    assert!(TcpStream::connect(server.address).await.is_err());
    // The store hangs up instead of answering.
    drop((asked, store));
    assert!(rest(asking).await.contains(" 503 "));
    let ended = timeout(LONG, server.ended).await.expect("it ends");
    assert!(matches!(ended, Ok(Ok(()))), "{ended:?}");
}
