//! Recording and both ways of replaying, against each other.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use firehouse_stream::{
    FrameReader, Metrics, Notice, RecordLimits, Recording, ReplayServer, record, replay_file,
};
use prometheus::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::make::{Client, PATIENCE, config, file, frame, frame_of_nobody, seq};

const ANYWHERE: &str = "127.0.0.1:0";

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

async fn serve(name: &str, seqs: impl IntoIterator<Item = u32>, rate: Option<f64>) -> Served {
    let (folder, path) = file(name, seqs.into_iter().map(frame));
    let server = ReplayServer::bind(path, ANYWHERE.parse().expect("an address"), rate).await;
    let server = server.expect("the file and the port are good");
    let (address, stop) = (server.address(), CancellationToken::new());
    let task = tokio::spawn(server.run(stop.clone()));
    Served { address, stop, task, _folder: folder }
}

impl Served {
    async fn stop(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task).await.expect("the server stops in time").expect("no panic");
    }
}

#[tokio::test]
async fn every_cursor_gets_what_the_specification_promises_plain_and_compressed() {
    for name in ["frames.bin", "frames.bin.zst"] {
        let served = serve(name, 100..=500, None).await;
        let mut all = Client::start(config(served.address), None);
        assert!(all.seqs(401).await.into_iter().eq(100..=500));
        let mut inside = Client::start(config(served.address), Some(seq(300)));
        assert!(inside.seqs(200).await.into_iter().eq(301..=500));
        let mut outdated = Client::start(config(served.address), Some(seq(50)));
        assert!(outdated.seqs(401).await.into_iter().eq(100..=500));
        outdated.notice(|n| matches!(n, Notice::OutdatedCursor { .. }).then_some(())).await;
        let mut future = Client::start(config(served.address), Some(seq(501)));
        future.notice(|n| matches!(n, Notice::FutureCursor { .. }).then_some(())).await;
        let at_head = Client::start(config(served.address), Some(seq(500)));
        for client in [all, inside, outdated, future, at_head] {
            assert!(client.stop().await.is_empty());
        }
        served.stop().await;
    }
}

#[tokio::test]
async fn a_client_without_a_cursor_stays_connected_and_hears_nothing_of_the_past() {
    let served = serve("frames.bin", 1..=3, None).await;
    let mut config = config(served.address);
    config.start = firehouse_stream::Start::Live;
    (config.ping_interval_s, config.idle_timeout_s) = (1, 3);
    let mut client = Client::start(config, None);
    client.notice(|n| matches!(n, Notice::Connected { .. }).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(client.notices.try_recv().is_err(), "pings are answered, so nobody hangs up");
    assert!(client.stop().await.is_empty());
    served.stop().await;
}

#[tokio::test]
async fn a_rate_spreads_the_frames_over_time() {
    let served = serve("frames.bin", 1..=21, Some(20.0)).await;
    let began = std::time::Instant::now();
    let mut client = Client::start(config(served.address), None);
    assert_eq!(client.seqs(21).await.len(), 21);
    assert!(began.elapsed() >= Duration::from_millis(990), "{:?}", began.elapsed());
    client.stop().await;
    served.stop().await;
}

#[tokio::test]
async fn other_requests_get_the_answers_a_relay_gives() {
    let served = serve("frames.bin", 1..=3, None).await;
    let path = "/xrpc/com.atproto.sync.subscribeRepos";
    for (request, status) in [
        (format!("POST {path} HTTP/1.1\r\nHost: x\r\n\r\n"), "405 "),
        (format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"), "426 "),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "404 "),
        ("nonsense\r\n\r\n".to_owned(), "400 "),
    ] {
        let mut stream = TcpStream::connect(served.address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("room for a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_recording_of_a_replay_is_the_file_again() {
    for name in ["frames.bin", "frames.bin.zst"] {
        let served = serve("served.bin", 1..=300, None).await;
        let (folder, path) = file(name, []);
        let (notices, _heard) = mpsc::channel(64);
        let metrics = Metrics::new(&Registry::new()).expect("fresh names");
        let recording = Recording {
            config: config(served.address),
            cursor: None,
            path: path.clone(),
            limits: RecordLimits { frames: Some(250), seconds: Some(600) },
        };
        let mut told = 0;
        let recorded = record(recording, metrics, notices, CancellationToken::new(), |_| told += 1);
        let recorded = timeout(PATIENCE, recorded).await.expect("in time").expect("no error");
        assert_eq!((recorded.frames, recorded.last_seq), (250, Some(seq(250))));
        assert!(told > 0);
        assert!(read(path).into_iter().eq((1..=250).map(frame)));
        served.stop().await;
        drop(folder);
    }
}

#[tokio::test]
async fn a_recording_ends_when_its_time_is_up_or_when_told_to() {
    let served = serve("served.bin", 1..=3, None).await;
    for (seconds, is_stopped) in [(Some(1), false), (None, true)] {
        let (_folder, path) = file("frames.bin", []);
        let (notices, _heard) = mpsc::channel(64);
        let metrics = Metrics::new(&Registry::new()).expect("fresh names");
        let limits = RecordLimits { frames: None, seconds };
        let stop = CancellationToken::new();
        let recording =
            Recording { config: config(served.address), cursor: None, path: path.clone(), limits };
        let stopping = stop.clone();
        let progress = |recorded: &firehouse_stream::Recorded| {
            if is_stopped && recorded.frames == 3 {
                stopping.cancel();
            }
        };
        let recorded = record(recording, metrics, notices, stop, progress);
        let recorded = timeout(PATIENCE, recorded).await.expect("in time").expect("no error");
        assert_eq!(recorded.frames, 3);
        assert_eq!(read(path).len(), 3);
    }
    served.stop().await;
}

#[tokio::test]
async fn a_file_replayed_in_process_gives_its_events_and_tells_what_it_left_out() {
    let frames = (1..=100).map(frame).chain([frame_of_nobody(101), "garbage".into(), frame(102)]);
    let (_folder, path) = file("frames.bin.zst", frames);
    let (output, mut events) = mpsc::channel(4);
    let (notices, mut heard) = mpsc::channel(4);
    let replay = replay_file(path, None, output, notices, CancellationToken::new());
    let reading = async {
        let mut seqs = Vec::new();
        while let Some(received) = events.recv().await {
            seqs.extend(received.event.seq().map(|seq| seq.get()));
        }
        seqs
    };
    let hearing = async {
        let mut count = 0;
        while let Some(notice) = heard.recv().await {
            assert!(matches!(notice.notice, Notice::Dropped { .. }));
            count += 1;
        }
        count
    };
    let (replayed, seqs, notices) = tokio::join!(replay, reading, hearing);
    let replayed = replayed.expect("the file is good");
    assert!(seqs.into_iter().eq((1..=100).chain([102])));
    assert_eq!((replayed.frames, replayed.events, replayed.dropped, notices), (103, 101, 2, 2));
    assert_eq!((replayed.last_seq, replayed.is_torn), (Some(seq(102)), false));
}

#[tokio::test]
async fn a_replay_ends_when_told_to_although_nobody_takes_its_events() {
    let (_folder, path) = file("frames.bin", (1..=1_000).map(frame));
    let (output, _events) = mpsc::channel(1);
    let (notices, _heard) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let replay = tokio::spawn(replay_file(path, None, output, notices, stop.clone()));
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    let replayed = timeout(PATIENCE, replay).await.expect("in time").expect("no panic");
    assert!(replayed.expect("the file is good").frames < 1_000);
}

#[tokio::test]
async fn a_torn_recording_is_served_and_replayed_up_to_its_tear() {
    let (_folder, path) = file("frames.bin", (1..=10).map(frame));
    let whole = std::fs::read(&path).expect("the file");
    std::fs::write(&path, &whole[..whole.len() - 3]).expect("room");
    let (output, mut events) = mpsc::channel(64);
    let (notices, _heard) = mpsc::channel(1);
    let replayed = replay_file(&path, None, output, notices, CancellationToken::new()).await;
    let replayed = replayed.expect("the file is good");
    assert_eq!((replayed.events, replayed.is_torn), (9, true));
    assert!(events.recv().await.is_some());
    let server = ReplayServer::bind(&path, ANYWHERE.parse().expect("an address"), None).await;
    let server = server.expect("the file is good");
    assert_eq!((server.frames(), server.head(), server.is_torn()), (9, Some(seq(9)), true));
}

fn read(path: PathBuf) -> Vec<Bytes> {
    let mut reader = FrameReader::open(path).expect("the recording");
    std::iter::from_fn(|| reader.next_frame().transpose()).collect::<Result<_, _>>().expect("whole")
}
