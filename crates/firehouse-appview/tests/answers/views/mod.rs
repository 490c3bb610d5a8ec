//! Views as callers get them, whole: snapshots are reviewed like code.

mod accounts;
mod notifications;
mod offered;
mod posts;
mod private;
mod threads;

use serde_json::{Value, json};

use crate::network::START;

const BLOB: &str = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

fn blob(kind: &str) -> Value {
    json!({ "$type": "blob", "ref": { "$link": BLOB }, "mimeType": kind, "size": 1000 })
}

/// Compares with the snapshot of this name, but for what depends on when the test runs.
fn check(name: &str, mut shown: Value) {
    hide_times(&mut shown);
    insta::assert_json_snapshot!(name, shown);
}

/// Records are of the network's first day; any other time is the clock's.
fn hide_times(shown: &mut Value) {
    match shown {
        Value::String(text) if is_time(text) && !text.starts_with(START) => *text = "[now]".into(),
        Value::Array(items) => items.iter_mut().for_each(hide_times),
        Value::Object(fields) => fields.values_mut().for_each(hide_times),
        _ => {}
    }
}

fn is_time(text: &str) -> bool {
    firehouse_types::Datetime::parse(text).is_ok()
}
