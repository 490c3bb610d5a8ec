//! A Jetstream on loopback: what it is asked, and what becomes of what it sends.

use std::net::SocketAddr;

use bytes::Bytes;
use firehouse_stream::{JetstreamDictionary, Metrics, Notice, Told, subscribe_jetstream};
use firehouse_types::Seq;
use prometheus::Registry;
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::make::{PATIENCE, config, metric};
use crate::scripted::{Act, Scene, Server};

/// A time of 2024, in microseconds.
const NOW: i64 = 1_730_000_000_000_000;

const FIRST: &str = r#"{"did":"did:plc:abc","time_us":1730000010000000,"kind":"account","account":{"active":true,"did":"did:plc:abc","seq":1,"time":""}}"#;
const EARLIER: &str = r#"{"did":"did:plc:abc","time_us":1730000009000000,"kind":"identity","identity":{"did":"did:plc:abc","seq":1,"time":""}}"#;
const LATER: &str = r#"{"did":"did:plc:abc","time_us":1730000011000000,"kind":"account","account":{"active":true,"did":"did:plc:abc","seq":1,"time":""}}"#;
const BAD_DID: &str = r#"{"did":"nobody","time_us":1730000011000000,"kind":"account"}"#;

struct Client {
    events: mpsc::Receiver<firehouse_stream::Received>,
    notices: mpsc::Receiver<Told>,
    /// Notices that came while events were waited for.
    heard: Vec<Notice>,
    registry: Registry,
    stop: CancellationToken,
}

impl Client {
    fn start(address: SocketAddr, dictionary: Option<JetstreamDictionary>) -> Self {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry).expect("fresh names");
        let config = config(address);
        let (output, events) = config.queue();
        let (to_notices, notices) = mpsc::channel(1_024);
        let stop = CancellationToken::new();
        let (stopped, cursor) = (stop.clone(), Seq::new(NOW));
        tokio::spawn(async move {
            let dictionary = dictionary.as_ref();
            subscribe_jetstream(
                None, config, dictionary, cursor, metrics, output, to_notices, stopped,
            )
            .await
        });
        Self { events, notices, heard: Vec::new(), registry, stop }
    }

    async fn seqs(&mut self, count: usize) -> Vec<u64> {
        let mut seqs = Vec::new();
        while seqs.len() < count {
            select! {
                received = self.events.recv() => {
                    let event = received.expect("the client goes on").event;
                    seqs.push(event.seq().expect("a seq").get());
                }
                Some(told) = self.notices.recv() => self.heard.push(told.notice),
                () = sleep(PATIENCE) => panic!("no event in time"),
            }
        }
        seqs
    }

    fn dropped(&self, reason: &str) -> f64 {
        metric(&self.registry, "firehouse_stream_frames_dropped_total", &[reason])
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test]
async fn it_is_resumed_five_seconds_before_the_latest_time() {
    let first =
        vec![Act::SendText(FIRST), Act::SendText(EARLIER), Act::SendText(BAD_DID), Act::Close];
    let scenes =
        vec![Scene::Upgrade(first), Scene::Upgrade(vec![Act::SendText(LATER), Act::Listen])];
    let mut server = Server::start(scenes).await;
    let mut client = Client::start(server.address, None);
    let latest = 1_730_000_010_000_000;
    assert_eq!(client.seqs(3).await, [latest, latest, latest + 1_000_000], "times never fall");
    assert_eq!(server.query().await, "cursor=1729999995000000&maxMessageSizeBytes=5000000");
    assert_eq!(server.query().await, "cursor=1730000005000000&maxMessageSizeBytes=5000000");
    assert_eq!(client.dropped("invalid_did"), 1.0);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_asked_for_again_and_then_stepped_over() {
    let acts = vec![Act::SendText(FIRST), Act::SendText("{"), Act::SendText(LATER), Act::Listen];
    let server = Server::start(vec![Scene::Upgrade(acts)]).await;
    let mut client = Client::start(server.address, None);
    let latest = 1_730_000_010_000_000;
    // Three connections end at it; the fourth passes it.
    assert_eq!(client.seqs(5).await, [latest, latest, latest, latest, latest + 1_000_000]);
    assert_eq!(client.dropped("frame_malformed"), 4.0);
    let is_over =
        |notice: &Notice| matches!(notice, Notice::Quarantined { stepped_over: true, .. });
    assert!(client.heard.iter().any(is_over));
}

#[tokio::test]
async fn with_a_dictionary_it_is_asked_to_compress_and_without_one_nothing_compressed_is_read() {
    let samples: Vec<String> = (0..2_000).map(|n| FIRST.replace("abc", &n.to_string())).collect();
    let bytes = zstd::dict::from_samples(&samples, 4_096).expect("enough samples");
    let mut packer = zstd::bulk::Compressor::with_dictionary(3, &bytes).expect("zstd");
    let message = Bytes::from(packer.compress(FIRST.as_bytes()).expect("zstd"));
    let acts = vec![Act::Send(message), Act::SendText(LATER), Act::Listen];
    let mut server = Server::start(vec![Scene::Upgrade(acts)]).await;

    let dictionary = JetstreamDictionary::new(bytes).expect("a dictionary");
    let mut client = Client::start(server.address, Some(dictionary));
    assert_eq!(client.seqs(2).await, [1_730_000_010_000_000, 1_730_000_011_000_000]);
    let query = server.query().await;
    assert!(query.ends_with("&compress=true"), "{query}");
    drop(client);

    let mut client = Client::start(server.address, None);
    assert_eq!(client.seqs(1).await, [1_730_000_011_000_000]);
    assert_eq!(client.dropped("frame_malformed"), 4.0);
}
