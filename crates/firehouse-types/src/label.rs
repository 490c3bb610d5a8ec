//! [`Label`]: what a labeler says about an account or a record.
//!
//! Fields are kept as they were received, absent ones absent: the signature covers exactly those that are there.
//! Source: lexicon `com.atproto.label.defs#label`, <https://atproto.com/specs/label>

use crate::{ActorId, AtUri, Cid, Datetime, Did, RkeyId};

/// One label, of the form its lexicon asks for. Nothing of it is proven but its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Version of the form; 1 is the only one there is.
    pub ver: Option<i64>,
    /// Who says it.
    pub src: Did,
    /// About what: an account's DID, or the AT-URI of a record of a DID.
    pub uri: Box<str>,
    /// The version of the record it is about; without one it is about all of them.
    pub cid: Option<Box<str>>,
    /// What is said.
    pub val: Box<str>,
    /// Whether it takes an earlier one back. False and absent mean the same and are signed differently.
    pub neg: Option<bool>,
    /// When it was made, as the labeler claims.
    pub cts: Box<str>,
    /// When it ceases to apply.
    pub exp: Option<Box<str>>,
    /// Over all fields above.
    pub sig: Option<Box<[u8]>>,
}

/// What a label is about, as the numbers of every table. Several URIs may share one: `at://DID` and `DID` do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LabelSubject<'a> {
    /// The account, or the owner of the record.
    pub actor: ActorId,
    /// Empty for the account itself.
    pub collection: &'a str,
    /// 0 for the account itself.
    pub rkey: RkeyId,
}

/// Why something is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// Another version than 1.
    #[error("a label of another version than 1")]
    Version,
    /// The URI is longer than 8 KiB, or neither a DID nor the AT-URI of one.
    #[error("the subject is neither a DID nor the AT-URI of one")]
    Uri,
    /// The CID is not one a record can have.
    #[error("the CID is not one of a record")]
    Cid,
    /// The value is longer than 128 bytes.
    #[error("the value is longer than 128 bytes")]
    Value,
    /// `cts` or `exp` is not a datetime.
    #[error("a time is not a datetime")]
    Time,
}

impl Label {
    /// Longest value. Units: bytes.
    pub const VAL_BYTES_MAX: usize = 128;

    /// Whether every field has the form that the lexicon asks for.
    pub fn check(&self) -> Result<(), InvalidLabel> {
        if self.ver.is_some_and(|ver| ver != 1) {
            return Err(InvalidLabel::Version);
        }
        LabelSubject::of(&self.uri).ok_or(InvalidLabel::Uri)?;
        if self.cid.as_ref().is_some_and(|cid| cid.parse::<Cid>().is_err()) {
            return Err(InvalidLabel::Cid);
        }
        if self.val.len() > Self::VAL_BYTES_MAX {
            return Err(InvalidLabel::Value);
        }
        let times = [Some(&self.cts), self.exp.as_ref()];
        if times.into_iter().flatten().any(|time| Datetime::parse(time).is_err()) {
            return Err(InvalidLabel::Time);
        }
        Ok(())
    }

    /// Whether it takes an earlier one back.
    pub fn is_negation(&self) -> bool {
        self.neg == Some(true)
    }
}

impl<'a> LabelSubject<'a> {
    /// The subject that a URI names; `None` when it is neither a DID nor an AT-URI with one.
    pub fn of(uri: &'a str) -> Option<Self> {
        if uri.starts_with("did:") {
            let actor = Did::is_valid(uri).then(|| ActorId::of(uri))?;
            return Some(Self { actor, collection: "", rkey: RkeyId::from(0) });
        }
        let uri = AtUri::parse(uri).ok().filter(|uri| uri.authority.starts_with("did:"))?;
        Some(Self {
            actor: ActorId::of(uri.authority),
            collection: uri.collection.unwrap_or_default(),
            rkey: uri.rkey.map_or(RkeyId::from(0), RkeyId::of),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> Label {
        Label {
            ver: Some(1),
            src: Did::parse("did:plc:labeler").unwrap(),
            uri: "at://did:plc:a/app.bsky.feed.post/3jwdwj2ctlk26".into(),
            cid: None,
            val: "spam".into(),
            neg: None,
            cts: "2026-01-01T00:00:00.000Z".into(),
            exp: None,
            sig: None,
        }
    }

    #[test]
    fn an_account_and_a_record_of_it_are_different_subjects() {
        let of = |uri| LabelSubject::of(uri).map(|s| (s.actor, s.collection, s.rkey.get()));
        let actor = ActorId::of("did:plc:a");
        assert_eq!(of("did:plc:a"), Some((actor, "", 0)));
        assert_eq!(of("at://did:plc:a"), Some((actor, "", 0)));
        assert_eq!(of("at://did:plc:a/b.c.d/self"), {
            Some((actor, "b.c.d", RkeyId::of("self").get()))
        });
        for uri in ["", "did:", "at://a.test/b.c.d/self", "https://a.test", "at://did:plc:a/b"] {
            assert_eq!(of(uri), None, "{uri}");
        }
    }

    #[test]
    fn each_broken_field_has_its_own_name() {
        let check = |change: fn(&mut Label), expected| {
            let mut label = label();
            change(&mut label);
            assert_eq!(label.check(), expected);
        };
        check(|_| (), Ok(()));
        check(|label| label.ver = None, Ok(()));
        check(|label| label.ver = Some(2), Err(InvalidLabel::Version));
        check(|label| label.uri = "https://a.test".into(), Err(InvalidLabel::Uri));
        check(|label| label.cid = Some("".into()), Err(InvalidLabel::Cid));
        check(|label| label.val = "x".repeat(128).into(), Ok(()));
        check(|label| label.val = "x".repeat(129).into(), Err(InvalidLabel::Value));
        check(|label| label.cts = "yesterday".into(), Err(InvalidLabel::Time));
        check(|label| label.exp = Some("2026-01-01".into()), Err(InvalidLabel::Time));
    }

    #[test]
    fn a_subject_is_no_longer_than_its_syntax_allows() {
        let did = format!("did:web:{}", "a".repeat(2_041));
        assert_eq!(LabelSubject::of(&did), None);
    }
}
