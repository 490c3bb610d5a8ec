//! [`AtUri`]: the address of an account, a collection or a record.
//!
//! Source: <https://atproto.com/specs/at-uri-scheme> (the restricted form lexicons use)

use std::fmt;

use crate::{ActorId, Did, Handle, InvalidSyntax, Nsid, Rkey, RkeyId};

/// An AT-URI, borrowed from the text it was parsed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtUri<'a> {
    /// A DID or a handle.
    pub authority: &'a str,
    /// The collection, an NSID.
    pub collection: Option<&'a str>,
    /// The record key; never there without a collection.
    pub rkey: Option<&'a str>,
}

impl<'a> AtUri<'a> {
    /// Checks the whole text: authority, NSID, record key, nothing behind them.
    pub fn parse(text: &'a str) -> Result<Self, InvalidSyntax> {
        Self::split(text)
            .filter(|uri| text.len() <= 8192 && uri.is_valid())
            .ok_or(InvalidSyntax::of("at-uri"))
    }

    /// The numbers of the record this names, when the authority is a DID and the path is complete.
    pub fn record(&self) -> Option<(ActorId, &'a str, RkeyId)> {
        let (collection, rkey) = (self.collection?, self.rkey?);
        self.authority
            .starts_with("did:")
            .then(|| (ActorId::of(self.authority), collection, RkeyId::of(rkey)))
    }

    fn split(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("at://")?.split('/');
        let uri = Self { authority: parts.next()?, collection: parts.next(), rkey: parts.next() };
        parts.next().is_none().then_some(uri)
    }

    fn is_valid(&self) -> bool {
        (Did::is_valid(self.authority) || Handle::is_valid(self.authority))
            && self.collection.is_none_or(Nsid::is_valid)
            && self.rkey.is_none_or(Rkey::is_valid)
    }
}

impl fmt::Display for AtUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at://{}", self.authority)?;
        [self.collection, self.rkey].into_iter().flatten().try_for_each(|part| write!(f, "/{part}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::AtUri;
    use crate::{ActorId, RkeyId};

    #[test]
    fn only_a_complete_uri_of_a_did_names_a_record() {
        let parse = |text| AtUri::parse(text).unwrap().record();
        let (actor, rkey) = (ActorId::of("did:plc:a"), RkeyId::of("self"));
        let named = Some((actor, "app.bsky.actor.profile", rkey));
        assert_eq!(parse("at://did:plc:a/app.bsky.actor.profile/self"), named);
        assert_eq!(parse("at://a.test/app.bsky.actor.profile/self"), None);
        assert_eq!(parse("at://did:plc:a/app.bsky.actor.profile"), None);
        assert_eq!(parse("at://did:plc:a"), None);
    }

    proptest! {
        #[test]
        fn what_parses_is_written_as_it_was(text in "at://(did:[a-z]{1,4}:[a-z0-9:]{1,9}|[a-z.]{1,12})(/[a-zA-Z.]{1,20}(/[a-z0-9.~:]{1,9})?)?/?") {
            if let Ok(uri) = AtUri::parse(&text) {
                prop_assert_eq!(uri.to_string(), text);
            }
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = AtUri::parse(&text);
        }
    }
}
