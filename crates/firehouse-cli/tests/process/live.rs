//! Live searches of the real binary: posts of the relay are heard at once, in the process that writes them, and in one that only reads.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use firehouse_stream::{FrameReader, seq_of};
use serde_json::Value;

use crate::order::serve_directory;
use crate::support::{FIREHOUSE, Firehouse, free_address, get, has_engine, start_and_read_line};

const FRAMES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/demo/frames.bin.zst");
const LIMIT: Duration = Duration::from_secs(60);

/// Number, kind and URI of what is heard.
type Heard = Arc<Mutex<Vec<(u64, String, String)>>>;

/// Listens until the other side goes away. Returns when it is told that it is heard.
fn listen(address: SocketAddr, last: Option<u64>) -> Heard {
    let mut socket = TcpStream::connect(address).unwrap();
    let last = last.map_or_else(String::new, |last| format!("Last-Event-ID: {last}\r\n"));
    // By HTTP/1.0, so that lines are lines.
    write!(socket, "GET /search/live?allTime=true HTTP/1.0\r\n{last}\r\n").unwrap();
    let (heard, (began, begins)) = (Heard::default(), std::sync::mpsc::channel());
    let hearing = Arc::clone(&heard);
    std::thread::spawn(move || {
        let (mut kind, mut id) = (String::new(), 0);
        for line in BufReader::new(socket).lines().map_while(Result::ok) {
            match line.split_once(": ") {
                Some(("event", name)) => kind = name.to_owned(),
                Some(("id", number)) => id = number.parse().unwrap(),
                Some(("data", data)) if kind == "info" => drop((data, began.send(()))),
                Some(("data", data)) => {
                    let data: Value = serde_json::from_str(data).unwrap();
                    let uri = data.pointer("/post/uri").or(data.get("uri"));
                    let uri = uri.unwrap().as_str().unwrap().to_owned();
                    hearing.lock().unwrap().push((id, kind.clone(), uri));
                }
                _ => {}
            }
        }
    });
    begins.recv_timeout(LIMIT).expect("the stream begins");
    heard
}

/// Waits until it has heard so much, or panics.
fn wait(heard: &Heard, what: &str, count: usize) -> Vec<(u64, String, String)> {
    let began = Instant::now();
    loop {
        let heard = heard.lock().unwrap().clone();
        if heard.len() >= count {
            return heard;
        }
        assert!(began.elapsed() < LIMIT, "{what}: {} of {count} heard", heard.len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `firehouse serve` on the engine of another.
fn serve(engine: SocketAddr, listen: SocketAddr, data: &Path) -> Serving {
    let mut command = Command::new(FIREHOUSE);
    command.args(["serve", "--clickhouse-url", &format!("http://{engine}/")]);
    command.args(["--listen", &listen.to_string()]).arg("--data").arg(data);
    Serving(command.env("FIREHOUSE_LOG", "error").stdin(Stdio::null()).spawn().unwrap())
}

fn wait_for(address: SocketAddr) {
    let began = Instant::now();
    while get(address, "/xrpc/_health").is_none_or(|(status, _)| status != 200) {
        assert!(began.elapsed() < LIMIT, "{address} does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_the_relay_brings_is_heard_where_it_is_written_and_where_it_is_only_read() {
    if !has_engine() {
        return;
    }
    let mut reader = FrameReader::open(Path::new(FRAMES)).unwrap();
    let mut last_seq = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        last_seq = seq_of(&frame).unwrap().get();
    }
    let folder = tempfile::tempdir().unwrap();
    let (directory, relay) = (serve_directory(), free_address());
    let url = format!("ws://{relay}");
    let flags = ["--relay", &url, "--plc", &directory, "--handle-resolver", &directory];
    let flags = [&flags[..], &["--allow-private-addresses"]].concat();
    // Nobody is at the relay's address yet.
    let soon =
        [("FIREHOUSE_STREAM__BACKOFF_MIN_MS", "100"), ("FIREHOUSE_STREAM__BACKOFF_MAX_MS", "200")];
    let data = folder.path().join("data");
    let mut firehouse = Firehouse::run_with(&data, free_address(), &flags, &soon);
    wait_for(firehouse.listen);
    let only_reads = free_address();
    let _serving = serve(firehouse.engine, only_reads, &folder.path().join("serve"));
    wait_for(only_reads);
    let (written, read) = (listen(firehouse.listen, None), listen(only_reads, None));

    let mut command = Command::new(FIREHOUSE);
    command.arg("replay").arg(FRAMES).args(["--listen", &relay.to_string()]);
    let (mut replay, _) = start_and_read_line(&mut command);
    firehouse.wait_readable(last_seq, LIMIT);
    // Everybody's posts that stand at the end.
    let rows = "SELECT count() FROM posts FINAL WHERE deleted = 0 AND actor IN (SELECT actor FROM actors FINAL WHERE status = 'active')";
    let posts: usize = firehouse.rows(rows).unwrap()[0].parse().unwrap();
    assert!(posts > 100, "{posts} posts");
    let standing = |heard: &[(u64, String, String)]| {
        let mut uris = std::collections::BTreeSet::new();
        for (_, kind, uri) in heard {
            let is_news = if kind == "post" { uris.insert(uri.clone()) } else { uris.remove(uri) };
            assert!(is_news, "{kind} of {uri}, twice");
        }
        uris
    };
    let at_writer = wait(&written, "where it is written", posts);
    let at_reader = wait(&read, "where it is only read", posts);
    assert!(at_writer.is_sorted_by(|a, b| a.0 < b.0), "numbers rise");
    assert_eq!(standing(&at_writer).len(), posts);
    assert_eq!(standing(&at_writer), standing(&at_reader));

    // Who comes back, after a crash of the one who writes, hears the rest and nothing else.
    let middle = at_writer[at_writer.len() / 2].0;
    let listen_again = firehouse.listen;
    firehouse.kill();
    let firehouse = Firehouse::run_with(&data, listen_again, &flags, &soon);
    wait_for(firehouse.listen);
    let back = listen(firehouse.listen, Some(middle));
    let rest: Vec<_> = at_writer.iter().filter(|(number, ..)| *number > middle).cloned().collect();
    let heard = wait(&back, "by who came back", rest.len());
    assert_eq!(heard, rest);
    let _ = replay.kill();
    let _ = replay.wait();
}
