//! Operations of the real directory: what whole logs, an export and operations that break the rules are judged to be.

use std::path::{Path, PathBuf};

use firehouse_identity::{PlcFault, PlcHead, PlcLine, PlcState};
use serde_json::{Value, json};

/// The recorded operations. A missing folder is said aloud.
fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("FIREHOUSE_FIXTURES").map(PathBuf::from);
    let folder = root.map(|root| root.join("plc")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: FIREHOUSE_FIXTURES names no folder with plc/ in it");
    }
    folder
}

/// The lines of a log as an export has them.
fn log(path: &Path) -> Vec<Vec<u8>> {
    let text = std::fs::read(path).unwrap();
    let entries: Vec<Value> = serde_json::from_slice(&text).unwrap();
    entries.iter().zip(1..).map(|(entry, seq)| numbered(entry, seq)).collect()
}

fn numbered(entry: &Value, seq: u64) -> Vec<u8> {
    let mut line = entry.clone();
    line["seq"] = json!(seq);
    line.to_string().into_bytes()
}

/// Judges a log from its beginning. Shape: what became of each line; behind a fault nothing is believed.
fn judge(lines: &[Vec<u8>]) -> Vec<Result<PlcState, PlcFault>> {
    let mut head: Option<PlcHead> = None;
    let judge = |line: &Vec<u8>| {
        let line = PlcLine::parse(line)?;
        let state = line.judge(head.as_ref());
        let last = match &state {
            Ok(PlcState::Open(_, last)) => Some(last.clone()),
            Ok(PlcState::Tombstoned) | Err(_) => None,
        };
        head = Some(PlcHead { seq: line.seq, last });
        state
    };
    lines.iter().map(judge).collect()
}

fn logs(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("audit_log").join(kind)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_log_without_forks_is_believed_from_its_first_to_its_last_operation() {
    let Some(folder) = folder() else { return };
    let logs = logs(&folder, "valid");
    assert!(!logs.is_empty());
    for path in logs {
        let is_forked = path.to_string_lossy().contains("nullifi");
        let judged = judge(&log(&path));
        let first_fault = judged.iter().find_map(|state| state.as_ref().err());
        let expected = is_forked.then_some(&PlcFault::Unchained);
        assert_eq!(first_fault, expected, "{}", path.display());
        let Some(Ok(PlcState::Open(identity, _))) = judged.first() else { panic!("a birth") };
        assert!(identity.did.as_str().starts_with("did:plc:"));
    }
}

#[test]
fn a_log_that_breaks_the_rules_is_in_doubt_from_there_on() {
    let Some(folder) = folder() else { return };
    let logs = logs(&folder, "invalid");
    assert!(!logs.is_empty());
    for path in logs {
        let judged = judge(&log(&path));
        assert!(judged.last().is_some_and(Result::is_err), "{}", path.display());
    }
}

#[test]
fn every_birth_of_a_recorded_export_is_proven_and_no_changed_byte_is() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("export.jsonl")).unwrap();
    let entries: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let births: Vec<&Value> =
        entries.iter().filter(|entry| entry["operation"]["prev"].is_null()).collect();
    assert!(!births.is_empty());
    for birth in births {
        let line = PlcLine::parse(&numbered(birth, 1)).unwrap();
        let Ok(PlcState::Open(identity, last)) = line.judge(None) else { panic!("{birth}") };
        assert!(identity.key.is_some() && identity.pds.is_some(), "{birth}");
        assert!(!last.rotation_keys.is_empty());

        let mut forged = birth.clone();
        forged["operation"]["prev"] =
            json!("bafyreib25swk3a6waplk2ie75u4a3qfejnkoiezfowuz7sa74i7tief3di");
        let line = PlcLine::parse(&numbered(&forged, 1)).unwrap();
        assert_eq!(line.judge(None).err(), Some(PlcFault::HashMismatch));
        let mut forged = birth.clone();
        forged["did"] = json!("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
        let line = PlcLine::parse(&numbered(&forged, 1)).unwrap();
        assert_eq!(line.judge(None).err(), Some(PlcFault::HashMismatch));
    }
}

#[test]
fn lines_that_are_no_operations_are_refused() {
    let check = |line: &[u8], expected| assert_eq!(PlcLine::parse(line).err(), Some(expected));
    check(b"", PlcFault::Malformed);
    check(b"{}", PlcFault::Malformed);
    check(&b"[".repeat(10_000), PlcFault::Malformed);
    check(&b" ".repeat(100_000), PlcFault::TooLarge);
    check(br#"{"did":"did:web:a.test","cid":"","seq":1,"operation":{}}"#, PlcFault::Malformed);
    let line = PlcLine::parse(br#"{"did":"did:plc:abc","cid":"","seq":1,"operation":{"a":1.5}}"#);
    assert_eq!(line.unwrap().judge(None).err(), Some(PlcFault::Malformed));
}
