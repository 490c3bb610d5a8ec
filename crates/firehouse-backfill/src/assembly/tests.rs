//! Whole repos, in memory and spilled, cut into pieces anywhere; and the verdicts of others on repos we did not make.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use firehouse_repo::drisl::check_record;
use firehouse_repo::{PublicKey, read_repo, read_repo_unverified};
use firehouse_types::{Cid, Did, DropReason};
use proptest::prelude::*;
use serde_json::Value;

use super::{Assembly, Claim, Dropped};
use crate::budget::Held;
use crate::disposition::Disposition;
use crate::error::FetchError;
use crate::repo::FetchedRepo;
use crate::testing::{Account, Block, block, car, posts, record, rev};

/// A moment after every fixture was recorded and before those that pretend to come from the future: 2030. Units: microseconds.
const NOW_US: u64 = 1_893_456_000_000_000;

/// Assembles pieces that end at multiples of `piece`, spilling before the piece that begins at or after `spill_at`.
fn assemble(
    car: &[u8],
    piece: usize,
    spill_at: Option<usize>,
    claim: &Claim,
) -> Result<FetchedRepo, FetchError> {
    let mut assembly = Assembly::new(1 << 24);
    let mut spill_at = spill_at;
    for (n, bytes) in car.chunks(piece).enumerate() {
        if spill_at.is_some_and(|at| at <= n * piece) {
            spill_at = None;
            assembly.spill(tempfile::tempfile().unwrap()).unwrap();
        }
        assembly.push(bytes)?;
    }
    let verified = assembly.finish(claim, NOW_US)?;
    Ok(FetchedRepo::new(claim.did.clone(), verified, car.len() as u64, Held::default()))
}

/// Assembles in all ways that could differ, and gives the one result.
fn assemble_all(car: &[u8], claim: &Claim) -> Result<FetchedRepo, FetchError> {
    let whole = assemble(car, car.len().max(1), None, claim);
    for (piece, spill_at) in [(1, None), (1, Some(0)), (4_096, Some(0)), (977, Some(car.len() / 2))]
    {
        if piece == 1 && car.len() > 50_000 {
            continue;
        }
        let other = assemble(car, piece, spill_at, claim);
        match (&whole, &other) {
            (Ok(whole), Ok(other)) => assert!(contents(whole) == contents(other)),
            (Err(whole), Err(other)) => assert_eq!(whole.to_string(), other.to_string()),
            (whole, other) => panic!("{whole:?} became {other:?} in pieces of {piece}"),
        }
    }
    whole
}

fn contents(repo: &FetchedRepo) -> Vec<(String, Cid, Bytes)> {
    let (mut records, mut contents) = (repo.records(), Vec::new());
    while let Some(record) = records.next().unwrap() {
        let path = format!("{}/{}", record.collection, record.rkey);
        contents.push((path, record.cid, record.record.clone()));
    }
    assert_eq!(contents.len() as u64, repo.record_count());
    contents
}

fn someone() -> Account {
    Account::new("did:web:someone.test")
}

fn claim(account: &Account) -> Claim {
    Claim { did: account.did.clone(), key: account.key(), not_before: None }
}

#[test]
fn every_record_comes_in_path_order_with_its_bytes() {
    let account = someone();
    let mut expected = posts(500);
    expected.insert("app.bsky.actor.profile/self".into(), record("me"));
    let repo = account.repo(rev(1_000), &expected);
    let fetched = assemble_all(&repo.car(), &claim(&account)).unwrap();
    let found: Vec<_> =
        contents(&fetched).into_iter().map(|(path, _, bytes)| (path, bytes.to_vec())).collect();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    assert_eq!((fetched.head().rev, fetched.commit()), (rev(1_000), repo.commit.cid));
    let mut records = fetched.records();
    let first = records.next().unwrap().unwrap();
    let op = fetched.op(&first).unwrap();
    assert_eq!((op.rkey.as_str(), op.rev, op.cid), ("self", rev(1_000), Some(first.cid)));
}

#[test]
fn an_empty_repo_is_a_repo() {
    let account = someone();
    let repo = account.repo(rev(1), &posts(0));
    assert_eq!(assemble_all(&repo.car(), &claim(&account)).unwrap().record_count(), 0);
}

#[test]
fn a_repo_that_lacks_any_block_is_refused_as_a_whole() {
    let account = someone();
    let repo = account.repo(rev(1), &posts(40));
    for missing in 0..repo.blocks().len() {
        let mut blocks = repo.blocks();
        blocks.remove(missing);
        let error = assemble_all(&car(repo.commit.cid, blocks), &claim(&account)).unwrap_err();
        assert!(matches!(error, FetchError::MissingBlock(_)), "without block {missing}: {error}");
        assert_eq!(error.disposition(), Disposition::Retry { after: None });
    }
}

#[test]
fn a_repo_cut_anywhere_is_refused() {
    let account = someone();
    let whole = account.repo(rev(1), &posts(20)).car();
    for len in 0..whole.len() {
        let error = assemble(&whole[..len], 100, None, &claim(&account)).unwrap_err();
        assert_eq!(
            error.disposition(),
            Disposition::Retry { after: None },
            "cut to {len}: {error}"
        );
    }
}

#[test]
fn another_key_account_or_time_is_refused() {
    let (account, other) = (someone(), Account::new("did:web:other.test"));
    let whole = account.repo(rev(7), &posts(3)).car();
    let check = |claim: Claim, expected: DropReason| {
        let error = assemble_all(&whole, &claim).unwrap_err();
        assert!(matches!(error, FetchError::Refused(reason) if reason == expected), "{error}");
        assert_eq!(error.disposition(), Disposition::Refused);
    };
    check(Claim { key: other.key(), ..claim(&account) }, DropReason::InvalidSignature);
    check(Claim { did: other.did.clone(), ..claim(&account) }, DropReason::CommitMismatch);
    let future = account.repo(((NOW_US + 301_000_000) << 10).into(), &posts(3)).car();
    let error = assemble(&future, 100, None, &claim(&account)).unwrap_err();
    assert!(matches!(error, FetchError::Refused(DropReason::FutureRev)));
}

#[test]
fn an_older_rev_than_the_one_applied_is_stale() {
    let account = someone();
    let whole = account.repo(rev(7), &posts(3)).car();
    let at = |n: u64| Claim { not_before: Some(rev(n)), ..claim(&account) };
    assert!(assemble(&whole, 100, None, &at(7)).is_ok(), "the same rev will do");
    let error = assemble(&whole, 100, None, &at(8)).unwrap_err();
    assert!(matches!(error, FetchError::Stale { .. }) && error.doubts_identity());
}

#[test]
fn blocks_that_come_twice_or_that_nothing_links_are_no_records() {
    let account = someone();
    let repo = account.repo(rev(1), &posts(5));
    let strays: Vec<Block> = (0..50).map(|n| block(record(&format!("stray {n}")))).collect();
    let blocks = repo.blocks().into_iter().chain(&strays).chain(repo.blocks());
    let fetched = assemble_all(&car(repo.commit.cid, blocks), &claim(&account)).unwrap();
    assert_eq!(fetched.record_count(), 5);
}

#[test]
fn signed_keys_that_are_no_paths_are_counted_and_passed_over_and_large_records_are_not() {
    let account = someone();
    let mut expected = posts(5);
    let mut all = expected.clone();
    expected.insert("a.b.c/large".into(), record(&"x".repeat(60_000)));
    expected.insert("a.b.c/toolarge".into(), vec![0; (1 << 20) + 1]);
    all.extend(expected.clone());
    all.insert("no path".into(), record("x"));
    all.insert("not-an-nsid/x".into(), record("x"));
    all.insert("a.b.c/not a key".into(), record("x"));
    let fetched = assemble_all(&account.repo(rev(1), &all).car(), &claim(&account)).unwrap();
    assert_eq!(contents(&fetched).len(), expected.len());
    let dropped = Dropped { invalid_path: 3, record_malformed: 0 };
    assert_eq!((fetched.dropped(), fetched.dropped().total()), (dropped, 3));
}

#[test]
fn an_index_of_tiny_blocks_does_not_outgrow_its_limit() {
    let account = someone();
    let mut assembly = Assembly::new(40 * 100);
    let blocks: Vec<Block> = (0..200_u16).map(|n| block(n.to_be_bytes().to_vec())).collect();
    let bytes = car(account.repo(rev(1), &posts(1)).commit.cid, &blocks);
    let error = assembly.push(&bytes).unwrap_err();
    assert!(matches!(error, FetchError::TooManyBlocks { index_bytes_max: 4_000 }));
    assert_eq!(error.disposition(), Disposition::Refused);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_pieces_and_any_moment_of_spilling_give_the_same_repo(
        count in 0..60_u64,
        piece in 1..3_000_usize,
        spill_share in prop::option::of(0.0..1.0_f64),
        order in any::<prop::sample::Index>(),
    ) {
        let account = someone();
        let repo = account.repo(rev(99), &posts(count));
        let mut blocks = repo.blocks();
        let middle = order.index(blocks.len());
        blocks.rotate_left(middle);
        let bytes = car(repo.commit.cid, blocks);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
        let spill_at = spill_share.map(|share| (share * bytes.len() as f64) as usize);
        let fetched = assemble(&bytes, piece, spill_at, &claim(&account)).unwrap();
        let expected = assemble(&repo.car(), usize::MAX, None, &claim(&account)).unwrap();
        prop_assert_eq!(contents(&fetched), contents(&expected));
        prop_assert_eq!(fetched.head(), expected.head());
    }

    #[test]
    fn a_byte_changed_anywhere_is_never_believed(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let account = someone();
        let mut bytes = account.repo(rev(99), &posts(20)).car();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(assemble(&bytes, 500, Some(0), &claim(&account)).is_err(), "byte {}", at);
    }
}

/// The path of a fixture, or a loud line and nothing.
fn fixture(path: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let root = std::env::var("FIREHOUSE_FIXTURES").unwrap_or_else(|_| default.to_owned());
    let found = Path::new(&root).join(path);
    if !found.exists() {
        eprintln!("SKIPPED: fixture {path} is not there; set FIREHOUSE_FIXTURES");
        return None;
    }
    Some(found)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn signing_key(document: &Value) -> PublicKey {
    let methods = document["verificationMethod"].as_array().unwrap();
    let method = methods.iter().find(|m| m["id"].as_str().unwrap().ends_with("#atproto")).unwrap();
    let text = |field: &str| method[field].as_str().unwrap();
    PublicKey::from_verification_method(text("type"), text("publicKeyMultibase")).unwrap()
}

#[test]
fn verdicts_on_answers_of_careless_and_hostile_hosts_are_those_of_their_authors() {
    let Some(cases) = fixture("cars-adversarial/cases.jsonl.zst") else { return };
    let document = json(&cases.with_file_name("did_doc.json"));
    let did = Did::parse(document["id"].as_str().unwrap()).unwrap();
    let claim = Claim { did: did.clone(), key: signing_key(&document), not_before: None };
    let cases = zstd::decode_all(&std::fs::read(cases).unwrap()[..]).unwrap();
    for line in String::from_utf8(cases).unwrap().lines().filter(|line| !line.is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap();
        let base64 = case["car_b64"].as_str().unwrap().trim_end_matches('=');
        let bytes = data_encoding::BASE64_NOPAD.decode(base64.as_bytes()).unwrap();
        let result = assemble_all(&bytes, &claim);
        let accepted = || result.as_ref().unwrap_or_else(|error| panic!("{name}: {error}"));
        let undecodable = |repo: &FetchedRepo| {
            contents(repo).iter().filter(|(.., record)| check_record(record).is_err()).count()
        };
        match case["expect"].as_str().unwrap() {
            "accept" => {
                assert_eq!(
                    (accepted().dropped().total(), undecodable(accepted())),
                    (0, 0),
                    "{name}"
                );
            }
            "reject" => assert!(result.is_err(), "{name}"),
            "accept_or_reject" => {}
            "skip_record" => assert_eq!(accepted().dropped().total(), 1, "{name}"),
            "keep_bytes_record_undecodable" => assert_eq!(undecodable(accepted()), 1, "{name}"),
            other => panic!("{name} expects {other}"),
        }
        // The one-piece reader says the same, content included.
        match read_repo(&Bytes::from(bytes), &did, &claim.key, NOW_US) {
            Ok(repo) => {
                let whole: Vec<_> =
                    repo.records().map(|r| (r.path.to_owned(), r.cid, r.record)).collect();
                assert_eq!(contents(accepted()), whole, "{name}");
            }
            Err(_) => assert!(result.is_err(), "{name}"),
        }
    }
}

#[test]
fn repos_of_many_producers_are_read_as_in_one_piece() {
    let Some(list) = fixture("cars/EXPECTED.json") else { return };
    let documents: BTreeMap<String, Value> = std::fs::read_dir(list.with_file_name("did-docs"))
        .map(|folder| folder.map(|file| json(&file.unwrap().path())).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .map(|document| (document["id"].as_str().unwrap().to_owned(), document))
        .collect();
    for (name, expected) in json(&list).as_object().unwrap() {
        let bytes = Bytes::from(std::fs::read(list.with_file_name(name)).unwrap());
        let Some(did) = expected["did"].as_str() else { continue };
        // Where the key is not known, a stranger's: then the repo must be refused for its signature and nothing else.
        let key = documents.get(did).map(signing_key);
        let claim = Claim {
            did: Did::parse(did).unwrap(),
            key: key.unwrap_or_else(|| someone().key()),
            not_before: None,
        };
        let result = assemble_all(&bytes, &claim);
        match read_repo(&bytes, &claim.did, &claim.key, NOW_US) {
            Ok(repo) => {
                let whole: Vec<_> =
                    repo.records().map(|r| (r.path.to_owned(), r.cid, r.record)).collect();
                assert_eq!(contents(result.as_ref().unwrap()), whole, "{name}");
            }
            Err(DropReason::InvalidSignature) => {
                let error = result.unwrap_err();
                let is_signature =
                    matches!(error, FetchError::Refused(DropReason::InvalidSignature));
                assert!(is_signature, "{name}: {error}");
            }
            Err(reason) => assert!(result.is_err(), "{name}: {reason:?}"),
        }
    }
}

#[test]
fn files_that_are_no_repos_are_clean_errors() {
    let Some(folder) = fixture("car-format") else { return };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = Bytes::from(std::fs::read(&path).unwrap());
        if read_repo_unverified(&bytes).is_err() {
            assert!(assemble_all(&bytes, &claim(&someone())).is_err(), "{}", path.display());
        }
    }
}
