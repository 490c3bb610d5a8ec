//! interop/data-model: JSON form, DRISL bytes and CID of the same value.

use firehouse_repo::cbor::Malformed;
use firehouse_repo::drisl::{check, check_record};

use crate::support::{base64, cid_of, ipld_of_json, json_array, text};

#[test]
fn json_bytes_and_cid_say_the_same() {
    for case in json_array("interop/data-model/data-model-fixtures.json") {
        let bytes = base64(text(&case, "cbor_base64"));
        assert_eq!(check_record(&bytes), Ok(()), "{case}");
        assert_eq!(cid_of(&bytes).to_string(), text(&case, "cid"));
        let value = ipld_of_json(&case["json"]).unwrap();
        assert_eq!(serde_ipld_dagcbor::to_vec(&value).unwrap(), bytes, "{case}");
    }
}

#[test]
fn what_json_may_say_passes_as_bytes() {
    for case in json_array("interop/data-model/data-model-valid.json") {
        let bytes = serde_ipld_dagcbor::to_vec(&ipld_of_json(&case["json"]).unwrap()).unwrap();
        assert_eq!(check_record(&bytes), Ok(()), "{case}");
    }
}

/// Of the invalid cases, bytes can only show a float and a value that is not a map; the others concern `$type`, blobs and the JSON form.
#[test]
fn floats_and_values_that_are_no_map_are_no_records() {
    for case in json_array("interop/data-model/data-model-invalid.json") {
        let Some(value) = ipld_of_json(&case["json"]) else { continue };
        let bytes = serde_ipld_dagcbor::to_vec(&value).unwrap();
        let note = text(&case, "note");
        if note == "float" {
            assert_eq!(check(&bytes), Err(Malformed::Float), "{case}");
        } else if note.starts_with("top-level") {
            assert_eq!(check_record(&bytes), Err(Malformed::Unexpected), "{case}");
        }
    }
}
