//! The second opinion on trees: builds one from its records by the words of the specification, sharing nothing with the code under test.

use std::collections::BTreeMap;

use firehouse_types::Cid;

#[path = "../../../firehouse-repo/tests/interop/tree.rs"]
#[expect(dead_code, reason = "the tests of firehouse-repo look at more of it")]
mod built;

/// Root of the one tree that holds these records.
pub fn root_of(records: &BTreeMap<Vec<u8>, Cid>) -> Cid {
    built::build(records).root
}
