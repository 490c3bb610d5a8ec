//! A simulated network, read by those it is made for: every frame decodes, every commit verifies and continues the one before, and what is
//! left at the end is what the manifest says.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use firehouse_identity::OfflineDocument;
use firehouse_repo::{Chain, RepoHead, verify_commit};
use firehouse_sim::{Config, Manifest, Network, files};
use firehouse_stream::{Decoded, decode};
use firehouse_types::{Did, Event, OpAction};

/// Long after the simulation's time. Units: microseconds since 1970.
const NOW_US: u64 = 1_900_000_000_000_000;

/// Everything that stands, by `repo/collection/rkey`, after all frames were checked.
fn verified(network: &mut Network) -> BTreeMap<String, Option<Bytes>> {
    let lines: Vec<_> =
        network.identities().map(|line| serde_json::to_string(&line).expect("JSON")).collect();
    let documents = OfflineDocument::read_lines(lines.join("\n").as_bytes()).expect("documents");
    let keys: HashMap<Did, _> = documents
        .into_iter()
        .map(|document| {
            (document.identity.did.clone(), document.identity.key.expect("a signing key"))
        })
        .collect();
    let mut heads: HashMap<Did, RepoHead> = HashMap::new();
    let mut records = BTreeMap::new();
    for (number, frame) in network.by_ref().enumerate() {
        let Ok(Decoded::Event(event)) = decode(&Bytes::from(frame)) else {
            panic!("frame {number} is no event")
        };
        let Event::Commit(commit) = event else { continue };
        let head = heads.get(&commit.repo).copied();
        let verified = verify_commit(&commit, &keys[&commit.repo], head, NOW_US);
        let verified = verified.unwrap_or_else(|reason| panic!("frame {number}: {reason:?}"));
        let expected = if head.is_some() { Chain::Linked } else { Chain::Genesis };
        assert_eq!(verified.chain, expected, "frame {number}");
        assert!(verified.since_matches && verified.dropped.is_empty(), "frame {number}");
        assert_eq!(verified.ops.len(), commit.ops.len());
        heads.insert(commit.repo.clone(), verified.head());
        for op in &commit.ops {
            let path = format!("{}/{}", commit.repo, op.path);
            match op.action {
                OpAction::Delete => drop(records.remove(&path)),
                OpAction::Create | OpAction::Update => drop(records.insert(path, None)),
            }
        }
    }
    records
}

#[test]
fn every_commit_verifies_and_continues_the_one_before() {
    let mut network = Network::new(Config { p256_percent: 30, ..Config::new(7, 20, 3000) });
    let records = verified(&mut network);
    let manifest = network.manifest();
    let standing =
        |collection: &str| records.keys().filter(|path| path.contains(collection)).count() as u64;
    let sum = |count: fn(&Manifest) -> u64| count(&manifest);
    assert_eq!(
        sum(|m| m.accounts.iter().map(|a| a.follows).sum()),
        standing("/app.bsky.graph.follow/")
    );
    assert_eq!(
        sum(|m| m.accounts.iter().map(|a| a.followers).sum()),
        standing("/app.bsky.graph.follow/")
    );
    assert_eq!(sum(|m| m.accounts.iter().map(|a| a.posts).sum()), standing("/app.bsky.feed.post/"));
    assert_eq!(manifest.posts.len() as u64, standing("/app.bsky.feed.post/"));
    assert_eq!(standing("/app.bsky.actor.profile/self"), 20);
    // A like of a post that is gone is not counted anywhere.
    assert!(sum(|m| m.posts.iter().map(|p| p.likes).sum()) <= standing("/app.bsky.feed.like/"));
    assert!(sum(|m| m.posts.iter().map(|p| p.likes).sum()) > 500);
    assert!(sum(|m| m.posts.iter().map(|p| p.replies).sum()) > 20);
    assert!(sum(|m| m.posts.iter().map(|p| p.quotes).sum()) > 5);
}

#[test]
fn a_seed_gives_its_network_byte_for_byte() {
    let frames = |seed: u64| {
        Network::new(Config { p256_percent: 30, ..Config::new(seed, 10, 300) }).collect::<Vec<_>>()
    };
    assert_eq!(frames(1), frames(1));
    assert_ne!(frames(1), frames(2));
}

#[test]
fn a_folder_holds_what_the_network_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut network = Network::new(Config::new(3, 5, 50));
    let written = files::write(&mut network, folder.path()).expect("room on the disk");
    assert_eq!(written.frames, 3 * 5 + 50);
    assert_eq!(files::read_manifest(folder.path()).expect("a manifest"), network.manifest());
    assert_eq!(files::read_identities(folder.path()).expect("identities").len(), 5);
    let frames = std::fs::read(folder.path().join("frames.bin")).expect("frames");
    assert_eq!(frames.len() as u64, written.bytes);
}
