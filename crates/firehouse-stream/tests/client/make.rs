//! Frames, configurations and a running client for the tests.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use firehouse_stream::{
    Config, FrameWriter, Metrics, Notice, Received, Start, StreamError, Told, subscribe,
};
use firehouse_types::{Event, Seq};
use prometheus::Registry;
use tokio::select;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Long enough for a busy machine, short enough to fail.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// An `#identity` frame of some account.
pub fn frame(seq: u32) -> Bytes {
    let head = b"\xa2at\x69#identitybop\x01\xa3cdid\x6bdid:plc:abccseq";
    [head.as_slice(), &integer(seq), b"dtime\x60"].concat().into()
}

/// As [`frame`], with a DID that nobody can have.
pub fn frame_of_nobody(seq: u32) -> Bytes {
    let head = b"\xa2at\x69#identitybop\x01\xa3cdid\x6bdid:key:abccseq";
    [head.as_slice(), &integer(seq), b"dtime\x60"].concat().into()
}

pub fn error_frame(name: &str) -> Bytes {
    let length = u8::try_from(name.len()).expect("a short name");
    [b"\xa1bop\x20\xa1eerror".as_slice(), &[0x60 + length], name.as_bytes()].concat().into()
}

pub fn outdated_frame() -> Bytes {
    Bytes::from_static(b"\xa2at\x65#infobop\x01\xa1dname\x6eOutdatedCursor")
}

fn integer(value: u32) -> Vec<u8> {
    match value {
        0..24 => vec![u8::try_from(value).expect("below 24")],
        24..256 => vec![0x18, u8::try_from(value).expect("below 256")],
        256..65_536 => [[0x19].as_slice(), &value.to_be_bytes()[2..]].concat(),
        _ => [[0x1a].as_slice(), &value.to_be_bytes()].concat(),
    }
}

pub fn seq(value: u32) -> Seq {
    Seq::new(value.into()).expect("a seq")
}

/// A file of `frames`.
pub fn file(name: &str, frames: impl IntoIterator<Item = Bytes>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    let mut writer = FrameWriter::create(&path).expect("a file");
    for frame in frames {
        writer.write(&frame).expect("room for a frame");
    }
    writer.finish().expect("room for the end");
    (folder, path)
}

/// A patient client's settings, with waits that suit a test.
pub fn config(address: std::net::SocketAddr) -> Config {
    Config {
        url: format!("ws://{address}").parse().expect("a URL"),
        start: Start::Oldest,
        frame_bytes_max: 5_000_000,
        queue_frames: 64,
        queue_bytes_max: 64 << 20,
        ping_interval_s: 30,
        idle_timeout_s: 60,
        silence_timeout_s: None,
        connect_timeout_s: 30,
        backoff_min_ms: 1,
        backoff_max_ms: 10,
        backoff_long_ms: 20,
        stable_after_s: 60,
        gap_seqs_min: 1_000,
    }
}

/// A running subscription.
pub struct Client {
    pub events: mpsc::Receiver<Received>,
    pub notices: mpsc::Receiver<Told>,
    /// Notices that came while events were waited for.
    heard: VecDeque<Notice>,
    pub registry: Registry,
    stop: CancellationToken,
    task: JoinHandle<Result<(), StreamError>>,
}

impl Client {
    pub fn start(config: Config, cursor: Option<Seq>) -> Self {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry).expect("fresh names");
        let (output, events) = config.queue();
        let (to_notices, notices) = mpsc::channel(1_024);
        let stop = CancellationToken::new();
        let task =
            tokio::spawn(subscribe(config, cursor, metrics, output, to_notices, stop.clone()));
        Self { events, notices, heard: VecDeque::new(), registry, stop, task }
    }

    /// The seqs of the next events.
    pub async fn seqs(&mut self, count: usize) -> Vec<u64> {
        let mut seqs = Vec::new();
        while seqs.len() < count {
            let event = timeout(PATIENCE, self.event()).await.expect("an event in time");
            seqs.push(event.seq().expect("events have a seq").get());
        }
        seqs
    }

    /// The next event. What is told meanwhile holds the stream no longer.
    async fn event(&mut self) -> Event {
        loop {
            select! {
                received = self.events.recv() => return received.expect("the client goes on").event,
                Some(told) = self.notices.recv() => self.heard.push_back(told.notice),
            }
        }
    }

    /// The first notice that `wanted` takes; others before it are let go.
    pub async fn notice<T>(&mut self, mut wanted: impl FnMut(Notice) -> Option<T>) -> T {
        loop {
            let notice = match self.heard.pop_front() {
                Some(notice) => notice,
                None => self.told().await.notice,
            };
            if let Some(found) = wanted(notice) {
                return found;
            }
        }
    }

    /// The next notice, with what it holds.
    pub async fn told(&mut self) -> Told {
        let told = timeout(PATIENCE, self.notices.recv()).await.expect("a notice in time");
        told.expect("the client goes on")
    }

    /// Stops it, and gives the events that were still queued.
    pub async fn stop(mut self) -> Vec<u64> {
        self.stop.cancel();
        let ended = timeout(PATIENCE, self.task).await.expect("the client stops in time");
        ended.expect("no panic").expect("no error of ours");
        let mut rest = Vec::new();
        while let Some(received) = self.events.recv().await {
            rest.extend(received.event.seq().map(Seq::get));
        }
        rest
    }
}

/// The value of a counter or gauge, summed over labels that hold all of `labels`.
pub fn metric(registry: &Registry, name: &str, labels: &[&str]) -> f64 {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name).expect("a metric");
    let metrics = family.get_metric().iter().filter(|metric| {
        labels.iter().all(|label| metric.get_label().iter().any(|pair| pair.value() == *label))
    });
    metrics.map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value()).sum()
}
