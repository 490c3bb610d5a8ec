//! records: what apps wrote, byte for byte.

use firehouse_repo::drisl::check_record;
use ipld_core::ipld::Ipld;

use crate::support::{files, fixture, ipld_of_json, read, read_json};

#[test]
fn records_are_strict_and_come_back_as_they_were() {
    for (name, path) in files("records", "cbor") {
        let bytes = read(&path);
        assert_eq!(check_record(&bytes), Ok(()), "{name}");
        let value: Ipld = serde_ipld_dagcbor::from_slice(&bytes).unwrap();
        assert_eq!(serde_ipld_dagcbor::to_vec(&value).unwrap(), bytes, "{name}");
    }
}

/// The capture went through typed structs that lose fields they do not know, so not every CID can be compared.
#[test]
fn captured_records_are_strict_once_encoded() {
    let Some(path) = fixture("records/capture_atprotocom.json") else { return };
    let capture = read_json(&path);
    for post in capture["postRecords"].as_array().unwrap() {
        let value = ipld_of_json(&post["value"]).unwrap();
        let bytes = serde_ipld_dagcbor::to_vec(&value).unwrap();
        assert_eq!(check_record(&bytes), Ok(()), "{post}");
    }
}
