//! [`Rules`]: which part of the network is kept, as somebody said it. Nothing said of a kind means: all of it.

use std::fmt;
use std::str::FromStr;

use firehouse_types::Did;

use crate::keep::pattern::{CollectionPattern, HostPattern, LanguageRange, Neighbourhood};

const FOLLOW: &str = "app.bsky.graph.follow";
/// Lines of a kind that travel in the URL of a statement, which may be 64 KiB long.
const LINES_MAX: usize = 200;
/// Accounts that may be named.
const DIDS_MAX: usize = 100_000;

/// As it is written: in the file, in the store, by the administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// NSIDs, and namespaces such as `app.bsky.feed.*`.
    pub collections: Vec<String>,
    /// Accounts.
    pub dids: Vec<String>,
    /// Accounts with those they follow: a DID, and behind a slash how deep.
    pub follows_of: Vec<String>,
    /// Names of PDSes, and ends of names such as `*.example.com`.
    pub pds_hosts: Vec<String>,
    /// Language tags.
    pub languages: Vec<String>,
}

/// The same, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub(crate) collections: Vec<CollectionPattern>,
    pub(crate) dids: Vec<Did>,
    pub(crate) follows_of: Vec<Neighbourhood>,
    pub(crate) pds_hosts: Vec<HostPattern>,
    pub(crate) languages: Vec<LanguageRange>,
}

/// Nothing can be kept by these words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRules {
    /// One of them is not what it should be.
    #[error("{list}: {text:?} is {problem}")]
    Text {
        /// Where it stands.
        list: &'static str,
        /// What it is.
        text: String,
        /// What is wrong.
        problem: String,
    },
    /// There are too many of a kind.
    #[error("{list}: more than {max} are too many")]
    TooMany {
        /// Of which kind.
        list: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// Neighbourhoods are worked out from follows.
    #[error("follows_of needs the follows themselves: add {FOLLOW} to collections")]
    NeedsFollows,
}

#[derive(Clone, Debug)]
struct Account(Did);

impl FromStr for Account {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Did::parse(text)
            .ok()
            .filter(Did::is_resolvable)
            .map(Self)
            .ok_or("not the DID of an account")
    }
}

impl TryFrom<&Words> for Rules {
    type Error = InvalidRules;

    fn try_from(words: &Words) -> Result<Self, InvalidRules> {
        let dids: Vec<Account> = parsed("dids", &words.dids, DIDS_MAX)?;
        let rules = Self {
            collections: parsed("collections", &words.collections, LINES_MAX)?,
            dids: dids.into_iter().map(|Account(did)| did).collect(),
            follows_of: parsed("follows_of", &words.follows_of, LINES_MAX)?,
            pds_hosts: parsed("pds_hosts", &words.pds_hosts, LINES_MAX)?,
            languages: parsed("languages", &words.languages, LINES_MAX)?,
        };
        if !rules.follows_of.is_empty() && !rules.keeps_collection(FOLLOW) {
            return Err(InvalidRules::NeedsFollows);
        }
        Ok(rules)
    }
}

fn parsed<P: FromStr<Err: fmt::Display>>(
    list: &'static str,
    texts: &[String],
    max: usize,
) -> Result<Vec<P>, InvalidRules> {
    if texts.len() > max {
        return Err(InvalidRules::TooMany { list, max });
    }
    let parse = |text: &String| {
        let invalid = |problem: P::Err| InvalidRules::Text {
            list,
            text: text.clone(),
            problem: problem.to_string(),
        };
        text.parse().map_err(invalid)
    };
    texts.iter().map(parse).collect()
}

impl Rules {
    /// As they are written.
    pub fn words(&self) -> Words {
        fn texts<T: fmt::Display>(parsed: &[T]) -> Vec<String> {
            parsed.iter().map(T::to_string).collect()
        }
        Words {
            collections: texts(&self.collections),
            dids: texts(&self.dids),
            follows_of: texts(&self.follows_of),
            pds_hosts: texts(&self.pds_hosts),
            languages: texts(&self.languages),
        }
    }

    /// Whether the records of a collection are kept.
    pub fn keeps_collection(&self, collection: &str) -> bool {
        self.collections.is_empty() || self.collections.iter().any(|p| p.matches(collection))
    }

    /// Whether every account is kept.
    pub fn keeps_everybody(&self) -> bool {
        self.dids.is_empty() && self.follows_of.is_empty() && self.pds_hosts.is_empty()
    }

    /// Whether the accounts at this PDS are kept because of it.
    pub fn keeps_host(&self, pds: &str) -> bool {
        self.pds_hosts.iter().any(|pattern| pattern.matches(pds))
    }

    /// Whether a repo that is whole by the others is whole by these too.
    pub(crate) fn records_are_within(&self, others: &Self) -> bool {
        covered(&self.collections, &others.collections, CollectionPattern::covers)
            && covered(&self.languages, &others.languages, LanguageRange::covers)
    }

    /// Whether nobody is kept because of where they live, or without any reason, who was not already by the others.
    pub(crate) fn places_are_within(&self, others: &Self) -> bool {
        if others.keeps_everybody() {
            return true;
        }
        let is_covered = |host: &HostPattern| others.pds_hosts.iter().any(|o| o.covers(host));
        !self.keeps_everybody() && self.pds_hosts.iter().all(is_covered)
    }
}

/// Whether each of some patterns is covered by one of others; none at all take everything.
fn covered<P>(inner: &[P], outer: &[P], covers: impl Fn(&P, &P) -> bool) -> bool {
    outer.is_empty()
        || !inner.is_empty() && inner.iter().all(|one| outer.iter().any(|other| covers(other, one)))
}

impl fmt::Display for Rules {
    /// In one line, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        let words = self.words();
        let lists = [
            ("collections", words.collections),
            ("dids", words.dids),
            ("follows of", words.follows_of),
            ("at", words.pds_hosts),
            ("posts in", words.languages),
        ];
        let said = lists.iter().filter(|(_, texts)| !texts.is_empty());
        let said: Vec<String> = said
            .map(|(what, texts)| {
                let shown: Vec<&str> = texts.iter().take(SHOWN).map(String::as_str).collect();
                let more = texts.len() - shown.len();
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{what} {}{more}", shown.join(", "))
            })
            .collect();
        if said.is_empty() { f.write_str("everything") } else { f.write_str(&said.join("; ")) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Rules of `list=text` words.
    pub(crate) fn rules(words: &[(&str, &str)]) -> Rules {
        let of = |list: &str| {
            let texts = words.iter().filter(|(name, _)| *name == list);
            texts.map(|(_, text)| (*text).to_owned()).collect()
        };
        let words = Words {
            collections: of("collections"),
            dids: of("dids"),
            follows_of: of("follows_of"),
            pds_hosts: of("pds_hosts"),
            languages: of("languages"),
        };
        Rules::try_from(&words).unwrap()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let error = |words: Words| Rules::try_from(&words).unwrap_err().to_string();
        let dids = vec!["did:plc:a".to_owned(), "a.test".to_owned()];
        let said = error(Words { dids, ..Words::default() });
        assert!(said.contains("dids") && said.contains("\"a.test\""), "{said}");
        let follows_of = vec!["did:plc:a".to_owned()];
        let collections = vec!["app.bsky.feed.*".to_owned()];
        let said = error(Words { follows_of, collections, ..Words::default() });
        assert!(said.contains(FOLLOW), "{said}");
        let languages = vec!["de".to_owned(); LINES_MAX + 1];
        assert!(error(Words { languages, ..Words::default() }).contains("too many"));
    }

    #[test]
    fn words_and_rules_are_the_same_thing() {
        let rules = rules(&[
            ("collections", "app.bsky.*"),
            ("follows_of", "did:plc:a/2"),
            ("languages", "pt-BR"),
        ]);
        assert_eq!(Rules::try_from(&rules.words()).unwrap(), rules);
        assert_eq!(
            rules.to_string(),
            "collections app.bsky.*; follows of did:plc:a/2; posts in pt-br"
        );
        assert_eq!(Rules::default().to_string(), "everything");
    }

    #[test]
    fn narrower_rules_need_nothing_new_and_wider_ones_do() {
        let check = |new: &[(&str, &str)], old: &[(&str, &str)], records, places| {
            let (new, old) = (rules(new), rules(old));
            assert_eq!(
                (new.records_are_within(&old), new.places_are_within(&old)),
                (records, places),
                "{new} after {old}"
            );
        };
        check(&[], &[], true, true);
        check(&[("collections", "a.b.c")], &[], true, true);
        check(&[], &[("collections", "a.b.c")], false, true);
        check(&[("collections", "a.b.c")], &[("collections", "a.b.*")], true, true);
        check(&[("collections", "a.b.*")], &[("collections", "a.b.c")], false, true);
        check(&[("languages", "pt-BR")], &[("languages", "pt")], true, true);
        check(&[("languages", "pt")], &[("languages", "pt-BR")], false, true);
        check(&[("dids", "did:plc:a")], &[], true, true);
        check(&[], &[("dids", "did:plc:a")], true, false);
        check(&[("pds_hosts", "a.test")], &[("dids", "did:plc:a")], true, false);
        check(&[("pds_hosts", "a.test")], &[("pds_hosts", "*.test")], true, true);
        check(&[("dids", "did:plc:b")], &[("pds_hosts", "*.test")], true, true);
    }
}
