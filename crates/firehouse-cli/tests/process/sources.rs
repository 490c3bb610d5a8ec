//! Lighter ways to know the network: a Jetstream, whose records are marked as unproven until they are proven, and the directory's export,
//! after which no document needs to be asked for.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use firehouse_sim::{DirectoryFault, Mix, Urls, WorldConfig};
use serde_json::Value;

use crate::support::{FIREHOUSE, Firehouse, free_address, get, has_engine, serve};

const PATIENCE: Duration = Duration::from_secs(60);

/// A world without identity events behind its beginning.
fn quiet(seed: u64) -> WorldConfig {
    let nothing = Mix {
        key_rotations: false,
        migrations: false,
        handles: false,
        contests: false,
        statuses: false,
        rebirths: false,
        syncs: false,
        legacy: false,
        odd_records: false,
    };
    WorldConfig { accounts: 5, labelers: 0, jetstreams: 1, mix: nothing, ..WorldConfig::new(seed) }
}

fn socket(url: &str) -> String {
    url.replace("http://", "ws://")
}

fn flags(urls: &Urls, upstreams: &[String]) -> Vec<String> {
    let mut flags = vec!["--allow-private-addresses".to_owned()];
    for (name, value) in [("--plc", &urls.plc), ("--handle-resolver", &urls.plc)] {
        flags.extend([name.to_owned(), value.clone()]);
    }
    for upstream in upstreams {
        flags.extend(["--relay".to_owned(), upstream.clone()]);
    }
    flags
}

fn run(data: &Path, flags: &[String], environment: &[(&str, &str)]) -> Firehouse {
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Firehouse::run_with(data, free_address(), &flags, environment)
}

/// Waits until it is so.
fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the upstream with this URL is readable up to `head`.
fn wait_readable(firehouse: &Firehouse, url: &str, head: i64) {
    wait(&format!("{url} is readable up to {head}"), || {
        let health = firehouse.get("/xrpc/_health").map_or(Value::Null, |(_, health)| health);
        let upstreams = health["upstreams"].as_array().cloned().unwrap_or_default();
        let upstream = upstreams
            .into_iter()
            .find(|u| u["url"].as_str().is_some_and(|known| known.trim_end_matches('/') == url));
        upstream.is_some_and(|u| u["seq_readable"].as_i64().is_some_and(|seq| seq >= head))
    });
}

/// The answer of the engine to a question, as text.
fn sql(engine: SocketAddr, query: &str) -> String {
    use std::io::Write;
    let mut socket = TcpStream::connect(engine).unwrap();
    write!(
        socket,
        "POST /?database=firehouse HTTP/1.0\r\nContent-Length: {}\r\n\r\n{query}",
        query.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.trim().to_owned()
}

fn number(engine: SocketAddr, query: &str) -> u64 {
    let answer = sql(engine, query);
    answer.parse().unwrap_or_else(|_| panic!("{query}: {answer}"))
}

const RECORDS: &str = "SELECT count() FROM records FINAL WHERE deleted = 0";
const UNVERIFIED: &str = "SELECT count() FROM records FINAL WHERE proof = 'unverified'";

fn completeness(firehouse: &Firehouse, did: &str) -> Value {
    let path = format!("/xrpc/dev.firehouse.sync.getCompleteness?did={did}");
    let (status, answer) = get(firehouse.listen, &path).unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn what_a_jetstream_brings_is_marked_until_a_relay_proves_it() {
    if !has_engine() {
        return;
    }
    let (world, urls) = serve(quiet(11));
    world.act(60);
    world.settle(false);
    let data = tempfile::tempdir().unwrap();
    let jetstream = format!("jetstream+{}", socket(&urls.jetstreams[0]));
    let relay = socket(&urls.relays[0]);
    let heads = world.heads().0;
    let records = world.model().records().len() as u64;
    let did = world.model().accounts().keys().next().unwrap().clone();
    let no_fetch = [("FIREHOUSE_BACKFILL__REPOS", "off")];

    let firehouse = run(data.path(), &flags(&urls, std::slice::from_ref(&jetstream)), &no_fetch);
    wait_readable(&firehouse, &jetstream, *heads.last().unwrap());
    assert_eq!(number(firehouse.engine, RECORDS), records);
    let unverified = number(firehouse.engine, UNVERIFIED);
    assert!(unverified >= records, "{unverified} of {records}");
    assert_eq!(number(firehouse.engine, "SELECT count() FROM repos"), 0);
    let answer = completeness(&firehouse, &did);
    assert_eq!(answer["state"], "neverFetched", "{answer}");
    assert!(answer["unverified"].as_u64().is_some_and(|count| count > 0), "{answer}");
    assert!(answer.get("provenAt").is_none(), "{answer}");
    let status = Command::new(FIREHOUSE)
        .args(["status", "--listen", &firehouse.listen.to_string()])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&status.stdout).contains("kind jetstream"), "{status:?}");
    assert!(firehouse.stop(PATIENCE).success());

    // The same again, with proofs.
    let firehouse = run(data.path(), &flags(&urls, &[jetstream, relay.clone()]), &no_fetch);
    wait_readable(&firehouse, &relay, heads[0]);
    assert_eq!(number(firehouse.engine, RECORDS), records);
    assert_eq!(number(firehouse.engine, UNVERIFIED), 0);
    // What is readable is in step a moment later: the state of a repo is written behind its rows.
    wait("the repo is in step", || completeness(&firehouse, &did)["state"] == "synchronized");
    assert_eq!(completeness(&firehouse, &did)["unverified"], 0);
    let out_of_step = "SELECT count() FROM repos FINAL WHERE state = 'desynchronized'";
    assert_eq!(number(firehouse.engine, out_of_step), 0);
    assert!(firehouse.stop(PATIENCE).success());
}

#[test]
fn with_a_jetstream_alone_repos_are_fetched_and_proven() {
    if !has_engine() {
        return;
    }
    let (world, urls) = serve(quiet(12));
    world.act(40);
    world.settle(false);
    let data = tempfile::tempdir().unwrap();
    let jetstream = format!("jetstream+{}", socket(&urls.jetstreams[0]));
    let firehouse = run(data.path(), &flags(&urls, &[jetstream]), &[]);
    let records = world.model().records().len() as u64;
    wait("every repo is fetched and every record proven", || {
        firehouse.get("/xrpc/_health").is_some_and(|(status, _)| status == 200)
            && number(
                firehouse.engine,
                "SELECT count() FROM repos FINAL WHERE state = 'synchronized'",
            ) == world.model().accounts().len() as u64
            && number(firehouse.engine, UNVERIFIED) == 0
    });
    assert_eq!(number(firehouse.engine, RECORDS), records);
    // What comes behind the fetched repos is again without proof, and said to be.
    world.act(30);
    world.settle(false);
    let records = world.model().records().len() as u64;
    wait("what happened since is here", || number(firehouse.engine, RECORDS) == records);
    assert!(number(firehouse.engine, UNVERIFIED) > 0);
    assert!(firehouse.stop(PATIENCE).success());
}

/// `firehouse backfill --identities`, which must end well.
fn read_export(data: &Path, urls: &Urls) -> String {
    let Output { status, stdout, stderr } = Command::new(FIREHOUSE)
        .args(["backfill", "--identities", "--data"])
        .arg(data)
        .args(flags(urls, std::slice::from_ref(&urls.relays[0])))
        .env("FIREHOUSE_ENGINE__LISTEN", free_address().to_string())
        .env("FIREHOUSE_LOG", "error")
        .output()
        .unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

#[test]
fn behind_the_export_no_document_is_asked_for_and_a_new_key_is_seen_before_a_signature_fails() {
    if !has_engine() {
        return;
    }
    let (world, urls) = serve(quiet(13));
    world.befall_directory(DirectoryFault::Repeated);
    world.befall_directory(DirectoryFault::Malformed);
    world.befall_directory(DirectoryFault::Oversized);
    world.settle(false);
    let data = tempfile::tempdir().unwrap();
    let operations = 2 * world.model().accounts().len();

    let first = read_export(data.path(), &urls);
    let line = format!("identities: {operations} operations believed, ");
    assert!(first.starts_with(&line), "{first}");
    assert!(first.contains("2 that prove nothing"), "{first}");
    let again = read_export(data.path(), &urls);
    assert!(
        again
            .starts_with("identities: 0 operations believed, 1 known before, 2 that prove nothing"),
        "{again}"
    );
    assert_eq!(world.documents_asked(), 0);

    let relay = socket(&urls.relays[0]);
    let environment = [
        ("FIREHOUSE_STREAM__START", "live"),
        ("FIREHOUSE_BACKFILL__REPOS", "off"),
        ("FIREHOUSE_IDENTITY__PLC_EXPORT", "true"),
        ("FIREHOUSE_STREAM__BACKOFF_MIN_MS", "10"),
        ("FIREHOUSE_STREAM__BACKOFF_MAX_MS", "100"),
    ];
    let firehouse = run(data.path(), &flags(&urls, std::slice::from_ref(&relay)), &environment);
    wait("it is connected", || {
        let health = firehouse.get("/xrpc/_health").map_or(Value::Null, |(_, health)| health);
        health["upstreams"][0]["state"] == "connected"
    });
    let dids: Vec<String> = world.model().accounts().keys().cloned().collect();
    dids.iter().for_each(|did| world.touch(did));
    wait_readable(&firehouse, &relay, world.heads().0[0]);
    let accounts = "SELECT count() FROM actors FINAL WHERE status = 'active' AND handle != ''";
    wait("every handle is verified", || number(firehouse.engine, accounts) == dids.len() as u64);
    assert_eq!(world.documents_asked(), 0);

    // Whatever befalls the stream, the new key is there before the commit that needs it.
    let stale = |did: &str, key: &str| {
        number(
            firehouse.engine,
            &format!("SELECT count() FROM actors FINAL WHERE did = '{did}' AND key != '{key}'"),
        )
    };
    for fault in
        [DirectoryFault::TooSlow, DirectoryFault::OutdatedCursor, DirectoryFault::Malformed]
    {
        world.befall_directory(fault);
        let did = world.rotate_key_silently();
        let key = world.model().accounts()[&did].key.clone();
        wait("the new key is seen", || stale(&did, &key) == 0);
        world.touch(&did);
        wait_readable(&firehouse, &relay, world.heads().0[0]);
    }
    assert_eq!(world.documents_asked(), 0);

    // A key that the stream leaves out is found by the first commit that needs it.
    world.befall_directory(DirectoryFault::LeftOut);
    let did = world.rotate_key_silently();
    let key = world.model().accounts()[&did].key.clone();
    world.touch(&did);
    wait_readable(&firehouse, &relay, world.heads().0[0]);
    wait("the key left out is known", || stale(&did, &key) == 0);
    let asked = world.documents_asked();
    assert!(asked > 0);

    // What proves nothing makes us ask, and believe what the directory itself says.
    world.befall_directory(DirectoryFault::Forged);
    wait("the directory is asked", || world.documents_asked() > asked);
    let keys = sql(firehouse.engine, "SELECT did, key FROM actors FINAL WHERE status = 'active'");
    for line in keys.lines() {
        let (did, key) = line.split_once('\t').unwrap();
        assert_eq!(key, world.model().accounts()[did].key);
    }
    assert!(firehouse.stop(PATIENCE).success());
}
