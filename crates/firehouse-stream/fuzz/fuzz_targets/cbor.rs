//! DAG-CBOR of records.
//!
//! Whatever the bytes are: the strict check, the lexicon's reader and a general decoder agree as far as their rules are the same, and
//! what all of them accept is encoded again to the same bytes.
#![no_main]

use firehouse_fuzz::{Seeds, seed};
use firehouse_lexicon::Reader;
use firehouse_repo::cbor::Malformed;
use firehouse_repo::drisl::{Profile, check, check_as, check_record};
use ipld_core::ipld::Ipld;

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let verdict = check(bytes);
    let mut reader = Reader::new(bytes);
    let read = reader.skip(0).and_then(|()| reader.finish());
    match (verdict, read) {
        (Ok(()), Ok(())) | (Err(_), Err(_)) => {}
        // Limits and forms of CIDs that only the check of records in transit has.
        (Err(Malformed::TooDeep | Malformed::TooLarge | Malformed::Link | Malformed::MapKey), Ok(())) => {}
        disagreement => panic!("{disagreement:?}"),
    }
    let is_map = bytes.first().is_some_and(|first| first >> 5 == 5);
    assert_eq!(check_record(bytes).is_ok(), verdict.is_ok() && is_map);
    if verdict.is_ok() {
        assert_eq!(check_as(bytes, Profile::DagCbor), Ok(()), "profiles widen");
    }
    if check_as(bytes, Profile::Drisl).is_ok() {
        assert_eq!(check_as(bytes, Profile::DagCbor), Ok(()), "profiles widen");
    }
    if check_as(bytes, Profile::DagCbor).is_err() {
        return;
    }
    match serde_ipld_dagcbor::from_slice::<Ipld>(bytes) {
        Ok(value) => {
            let again = serde_ipld_dagcbor::to_vec(&value).expect("what was decoded is encoded");
            assert_eq!(again, bytes, "another encoding of the same value");
        }
        // The general decoder knows fewer forms of CIDs.
        Err(error) => {
            let has_link = bytes.windows(2).any(|pair| pair == b"\xd8\x2a");
            assert!(has_link, "refused by the general decoder: {error}");
        }
    }
});

fn seeds(seeds: &mut Seeds) {
    for file in seeds.files("cbor/dasl").iter().chain([&seeds.file("cbor/rfc8949-vectors.json")]) {
        let Ok(cases) = serde_json::from_slice(file) else { continue };
        for text in [Seeds::texts_at("data", &cases), Seeds::texts_at("hex", &cases)].concat() {
            seeds.add(
                data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap_or_default(),
            );
        }
    }
    for case in seeds.json("cbor/ipld-dag-cbor.jsonl") {
        for text in Seeds::texts_at("hex", &case) {
            seeds.add(
                data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap_or_default(),
            );
        }
    }
    for commit in seeds.commits() {
        if let Ok(car) = firehouse_repo::Car::parse(&commit.blocks) {
            car.blocks().for_each(|(_, block)| seeds.add(block));
        }
    }
}
