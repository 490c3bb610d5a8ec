//! One line of Jetstream to one [`Event`]. A record is not looked into here: it is only cut out.

use std::borrow::Cow;

use bytes::Bytes;
use firehouse_types::{
    AccountEvent, Cid, Did, DropReason, Event, IdentityEvent, OpAction, Seq, UnprovenOp,
};
use serde_json::value::RawValue;

use crate::decode::{Decoded, TIME_CHARS_MAX, account_status};

/// Longest collection, and longest record key.
const NAME_BYTES_MAX: usize = 512;
const HANDLE_BYTES_MAX: usize = 253;

#[derive(serde::Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    time_us: i64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    commit: Option<Commit<'a>>,
    #[serde(borrow, default)]
    identity: Option<Identity<'a>>,
    #[serde(borrow, default)]
    account: Option<Account<'a>>,
}

#[derive(serde::Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    rev: Cow<'a, str>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow)]
    collection: Cow<'a, str>,
    #[serde(borrow)]
    rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    record: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cid: Option<Cow<'a, str>>,
}

#[derive(serde::Deserialize)]
struct Identity<'a> {
    #[serde(borrow, default)]
    handle: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
}

#[derive(serde::Deserialize)]
struct Account<'a> {
    active: bool,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
}

/// Decodes one line. Shape: its seq is its own time; the record shares the line.
pub fn decode_jetstream(line: &Bytes) -> Result<Decoded, DropReason> {
    read(line, |time_us| Seq::new(time_us).ok_or(DropReason::InvalidSeq))
}

/// As [`decode_jetstream`]; `seq` says what a time counts as.
pub(super) fn read(
    line: &Bytes,
    seq: impl FnOnce(i64) -> Result<Seq, DropReason>,
) -> Result<Decoded, DropReason> {
    let parsed: Line<'_> = serde_json::from_slice(line).map_err(|_| DropReason::FrameMalformed)?;
    let did = Did::parse(&parsed.did).ok().filter(Did::is_resolvable);
    let did = did.ok_or(DropReason::InvalidDid)?;
    let Line { kind, commit, identity, account, .. } = parsed;
    let seq = seq(parsed.time_us)?;
    let event = match &*kind {
        "commit" => {
            let commit = commit.ok_or(DropReason::InvalidEnvelope)?;
            Event::Unproven(Box::new(commit.op(seq, did, line)?))
        }
        "identity" => {
            let identity = identity.ok_or(DropReason::InvalidEnvelope)?;
            let handle = identity.handle.filter(|handle| handle.len() <= HANDLE_BYTES_MAX);
            let handle = handle.map(|handle| Box::from(&*handle));
            let time = time(identity.time.as_deref());
            Event::Identity(IdentityEvent { seq, did, handle, time })
        }
        "account" => {
            let account = account.ok_or(DropReason::InvalidEnvelope)?;
            let status = account.status.as_deref().map(account_status);
            let (active, time) = (account.active, time(account.time.as_deref()));
            Event::Account(AccountEvent { seq, did, active, status, time })
        }
        _ => return Ok(Decoded::Unknown),
    };
    Ok(Decoded::Event(event))
}

impl Commit<'_> {
    fn op(&self, seq: Seq, did: Did, line: &Bytes) -> Result<UnprovenOp, DropReason> {
        let is_delete = self.operation == "delete";
        let action = match &*self.operation {
            "create" => OpAction::Create,
            "update" => OpAction::Update,
            "delete" => OpAction::Delete,
            _ => return Err(DropReason::InvalidEnvelope),
        };
        if self.collection.len().max(self.rkey.len()) > NAME_BYTES_MAX {
            return Err(DropReason::InvalidPath);
        }
        let cid: Option<Cid> = match self.cid.as_deref().filter(|_| !is_delete) {
            Some(cid) => Some(cid.parse().map_err(|_| DropReason::InvalidEnvelope)?),
            None => None,
        };
        let record = self.record.filter(|_| !is_delete);
        let record = record.map(|record| line.slice_ref(record.get().as_bytes()));
        if !is_delete && (cid.is_none() || record.is_none()) {
            return Err(DropReason::InvalidEnvelope);
        }
        Ok(UnprovenOp {
            seq,
            did,
            rev: self.rev.parse().map_err(|_| DropReason::InvalidRev)?,
            action,
            path: format!("{}/{}", self.collection, self.rkey).into(),
            cid,
            record: record.unwrap_or_default(),
        })
    }
}

fn time(text: Option<&str>) -> Box<str> {
    text.filter(|time| time.len() <= TIME_CHARS_MAX).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(line: &str, expected: Result<(), DropReason>) {
        let found = decode_jetstream(&Bytes::copy_from_slice(line.as_bytes()));
        assert_eq!(found.map(drop), expected, "{line}");
    }

    const CID: &str = "bafyreidqpc7si3dbimffi64lz3xsx2qt45ip7rpna2qpslcddp23itjjzm";

    fn commit(commit: &str) -> String {
        format!(r#"{{"did":"did:plc:abc","time_us":5,"kind":"commit","commit":{commit}}}"#)
    }

    #[test]
    fn a_record_is_cut_out_as_it_stands() {
        let line = commit(&format!(
            r#"{{"rev":"3jwdwj2ctlk26","operation":"create","collection":"a.b.c","rkey":"x","cid":"{CID}","record":{{ "a" : [1, {{}}] }}}}"#
        ));
        let Ok(Decoded::Event(Event::Unproven(op))) = decode_jetstream(&line.into()) else {
            panic!("an op")
        };
        assert_eq!(&op.record[..], br#"{ "a" : [1, {}] }"#);
        assert_eq!((&*op.path, op.action, op.seq.get()), ("a.b.c/x", OpAction::Create, 5));
        assert_eq!(op.cid.map(|cid| cid.to_string()).as_deref(), Some(CID));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        use DropReason::{
            FrameMalformed, InvalidDid, InvalidEnvelope, InvalidPath, InvalidRev, InvalidSeq,
        };
        let of = |operation: &str, more: &str| {
            commit(&format!(
                r#"{{"rev":"3jwdwj2ctlk26","operation":"{operation}","collection":"a.b.c","rkey":"x"{more}}}"#
            ))
        };
        check(&of("delete", ""), Ok(()));
        check(&of("delete", r#","record":{},"cid":"nonsense""#), Ok(()));
        check(&of("create", ""), Err(InvalidEnvelope));
        check(&of("update", &format!(r#","cid":"{CID}","record":null"#)), Err(InvalidEnvelope));
        check(&of("create", r#","cid":"nonsense","record":{}"#), Err(InvalidEnvelope));
        check(&of("upsert", ""), Err(InvalidEnvelope));
        let long = "x".repeat(600);
        let path = format!(
            r#"{{"rev":"3jwdwj2ctlk26","operation":"delete","collection":"a.b.c","rkey":"{long}"}}"#
        );
        check(&commit(&path), Err(InvalidPath));
        check(&of("delete", "").replace("3jwdwj2ctlk26", "new"), Err(InvalidRev));
        check(&of("delete", "").replace("did:plc:abc", "did:key:abc"), Err(InvalidDid));
        check(&of("delete", "").replace("\"time_us\":5", "\"time_us\":-5"), Err(InvalidSeq));
        check(&of("delete", "").replace("\"time_us\":5", "\"time_us\":5.5"), Err(FrameMalformed));
        check(&of("delete", "").replace("\"commit\",", "\"account\","), Err(InvalidEnvelope));
        check(&of("delete", "").replace("\"commit\",", "\"tomorrow\","), Ok(()));
        check("{", Err(FrameMalformed));
        check("", Err(FrameMalformed));
        check(&"[".repeat(100_000), Err(FrameMalformed));
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_event_or_a_reason(bytes: Vec<u8>, text: String) {
            let _ = decode_jetstream(&bytes.into());
            let _ = decode_jetstream(&format!(r#"{{"did":"did:plc:a","time_us":1,"kind":"{text}"}}"#).into());
        }
    }
}
