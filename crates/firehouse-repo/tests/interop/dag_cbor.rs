//! cbor: which bytes are strict DAG-CBOR, for DASL, for IPLD, and for atproto.

use firehouse_repo::drisl::{Profile, check, check_as};
use ipld_core::ipld::Ipld;

use crate::support::{cid_of, files, hex, json_array, json_lines, read_json, text};

fn re_encoded(bytes: &[u8]) -> Vec<u8> {
    let value: Ipld = serde_ipld_dagcbor::from_slice(bytes).unwrap();
    serde_ipld_dagcbor::to_vec(&value).unwrap()
}

#[test]
fn dasl_cases_get_their_verdict() {
    for (name, path) in files("cbor/dasl", "json") {
        for case in read_json(&path).as_array().unwrap() {
            let tags = case["tags"].as_array().unwrap();
            if !tags.iter().any(|tag| tag == "dag-cbor" || tag == "dasl-cid" || tag == "basic") {
                continue;
            }
            let bytes = hex(text(case, "data"));
            let verdict = check_as(&bytes, Profile::Drisl);
            match text(case, "type") {
                "roundtrip" => {
                    assert_eq!(verdict, Ok(()), "{name}: {case}");
                    assert_eq!(re_encoded(&bytes), bytes, "{name}: {case}");
                }
                "invalid_in" => {
                    assert!(verdict.is_err(), "{name}: {case}");
                    assert!(check(&bytes).is_err() || is_lenient_link(case), "{name}: {case}");
                }
                // What an encoder must refuse to write: we encode nothing but MST nodes.
                _ => {}
            }
        }
    }
}

/// DASL wants 32 bytes of SHA-256 or BLAKE3; inside of records atproto asks for a CIDv1 and no more.
fn is_lenient_link(case: &serde_json::Value) -> bool {
    case["tags"].as_array().unwrap().iter().any(|tag| tag == "dasl-cid")
}

#[test]
fn ipld_fixtures_are_dag_cbor_and_come_back_as_they_were() {
    for case in json_lines("cbor/ipld-dag-cbor.jsonl") {
        let bytes = hex(text(&case, "hex"));
        assert_eq!(check_as(&bytes, Profile::DagCbor), Ok(()), "{}", text(&case, "name"));
        assert_eq!(re_encoded(&bytes), bytes, "{}", text(&case, "name"));
        if case["cid_matches"] == true {
            assert_eq!(cid_of(&bytes).to_string(), text(&case, "cid"));
        }
    }
}

#[test]
fn repeated_keys_are_refused() {
    for case in json_array("cbor/ipld-duplicate-keys.json") {
        let bytes = hex(text(&case, "hex"));
        for profile in [Profile::Atproto, Profile::Drisl, Profile::DagCbor] {
            assert!(check_as(&bytes, profile).is_err(), "{case}");
        }
    }
}

#[test]
fn of_generic_cbor_only_the_canonical_part_passes() {
    for case in json_array("cbor/rfc8949-vectors.json") {
        let bytes = hex(text(&case, "hex"));
        let has = |flag: &str| case["flags"].as_array().unwrap().iter().any(|f| f == flag);
        if check(&bytes).is_ok() {
            assert!(has("valid") && has("canonical") && !has("float"), "{case}");
            assert_eq!(re_encoded(&bytes), bytes, "{case}");
        }
        if has("invalid") {
            assert!(check_as(&bytes, Profile::DagCbor).is_err(), "{case}");
        }
    }
}
