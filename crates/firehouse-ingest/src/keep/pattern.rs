//! One line of a selection each: [`CollectionPattern`], [`HostPattern`], [`LanguageRange`], [`Neighbourhood`].
//!
//! Each can say whether it covers another: whatever the other takes, it takes too.

use std::fmt;
use std::str::FromStr;

use firehouse_types::{Did, Nsid};

/// Longest way from an account to those of its neighbourhood.
const DEPTH_MAX: u8 = 4;

/// The text is none of its kind. Shape: what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPattern(&'static str);

/// A collection, or all collections of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectionPattern {
    /// `app.bsky.feed.post`.
    Collection(Nsid),
    /// `app.bsky.feed.*`, as `app.bsky.feed.`.
    Namespace(Box<str>),
}

impl CollectionPattern {
    pub fn matches(&self, collection: &str) -> bool {
        match self {
            Self::Collection(nsid) => nsid.as_str() == collection,
            Self::Namespace(prefix) => collection.starts_with(&**prefix),
        }
    }

    pub fn covers(&self, other: &Self) -> bool {
        match other {
            Self::Collection(nsid) => self.matches(nsid.as_str()),
            Self::Namespace(inner) => {
                matches!(self, Self::Namespace(prefix) if inner.starts_with(&**prefix))
            }
        }
    }
}

impl FromStr for CollectionPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let invalid = InvalidPattern("neither an NSID nor a namespace such as app.bsky.feed.*");
        match text.strip_suffix('*') {
            None => Nsid::parse(text).map(Self::Collection).map_err(|_| invalid),
            // With any last segment it has to be an NSID.
            Some(prefix) if prefix.ends_with('.') && Nsid::is_valid(&format!("{prefix}a.a")) => {
                Ok(Self::Namespace(prefix.into()))
            }
            Some(_) => Err(invalid),
        }
    }
}

impl fmt::Display for CollectionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collection(nsid) => f.write_str(nsid.as_str()),
            Self::Namespace(prefix) => write!(f, "{prefix}*"),
        }
    }
}

/// A PDS by its name, on any port unless it has one, or all PDSes below a name. In lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// `pds.example.com`, `localhost:2583`.
    Host(Box<str>),
    /// `*.host.bsky.network`, as `.host.bsky.network`.
    Below(Box<str>),
}

impl HostPattern {
    /// Whether it takes the PDS at this URL. The same in SQL: firehouse-store/src/keep/wanted.sql.
    pub fn matches(&self, pds: &str) -> bool {
        let pds = pds.to_ascii_lowercase();
        let Some(authority) = authority(&pds) else { return false };
        let name = authority.split(':').next().unwrap_or_default();
        match self {
            Self::Host(host) => **host == *authority || **host == *name,
            Self::Below(suffix) => name.ends_with(&**suffix),
        }
    }

    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Host(host)) => self.matches(&format!("https://{host}")),
            (Self::Below(suffix), Self::Below(inner)) => inner.ends_with(&**suffix),
            (Self::Host(_), Self::Below(_)) => false,
        }
    }
}

/// What stands between the scheme and the path of a URL in lower case.
fn authority(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let is_scheme = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b);
    if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.bytes().all(is_scheme) {
        return None;
    }
    rest.split(['/', '?', '#']).next()
}

impl FromStr for HostPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let invalid = InvalidPattern(
            "not the name of a PDS, such as pds.example.com, pds.example.com:8443 or *.example.com",
        );
        let text = text.to_ascii_lowercase();
        let is_name = |name: &str| {
            let is_label = |label: &str| {
                !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            name.len() <= 253 && name.split('.').all(is_label)
        };
        if let Some(suffix) = text.strip_prefix('*') {
            let is_suffix = suffix.strip_prefix('.').is_some_and(is_name);
            return if is_suffix { Ok(Self::Below(suffix.into())) } else { Err(invalid) };
        }
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (&*text, None),
        };
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
        if is_name(name) && is_port { Ok(Self::Host(text.into())) } else { Err(invalid) }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => f.write_str(host),
            Self::Below(suffix) => write!(f, "*{suffix}"),
        }
    }
}

/// A language and all its kinds: `pt` takes `pt-BR`, `pt-BR` does not take `pt`. In lower case.
///
/// Source: basic filtering, <https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageRange(Box<str>);

impl LanguageRange {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a post in this language is taken. The same in SQL: firehouse-store/src/keep/collect_foreign_posts.sql.
    pub fn matches(&self, tag: &str) -> bool {
        let Some((start, rest)) = tag.as_bytes().split_at_checked(self.0.len()) else {
            return false;
        };
        start.eq_ignore_ascii_case(self.0.as_bytes()) && (rest.is_empty() || rest.starts_with(b"-"))
    }

    pub fn covers(&self, other: &Self) -> bool {
        self.matches(&other.0)
    }
}

impl FromStr for LanguageRange {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let is_subtag = |subtag: &str| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if text.len() <= 64 && text.split('-').all(is_subtag) {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(InvalidPattern("not a language tag such as de or pt-BR"))
        }
    }
}

impl fmt::Display for LanguageRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account, those it follows, those whom these follow, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbourhood {
    /// In the middle; it is kept too, or nobody would know whom it follows.
    pub of: Did,
    /// 1 = those it follows.
    pub depth: u8,
}

impl FromStr for Neighbourhood {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let invalid = InvalidPattern("not a DID, or a DID and a depth of 1 to 4: did:plc:x/2");
        let (did, depth) = text.split_once('/').unwrap_or((text, "1"));
        let depth = depth.parse().ok().filter(|depth| (1..=DEPTH_MAX).contains(depth));
        let did = Did::parse(did).ok().filter(Did::is_resolvable);
        did.zip(depth).map(|(of, depth)| Self { of, depth }).ok_or(invalid)
    }
}

impl fmt::Display for Neighbourhood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.depth {
            1 => f.write_str(self.of.as_str()),
            depth => write!(f, "{}/{depth}", self.of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<P: FromStr>(
        pattern: &str,
        matches: impl Fn(&P, &str) -> bool,
        yes: &[&str],
        no: &[&str],
    ) {
        let Ok(parsed) = pattern.parse::<P>() else { panic!("{pattern}") };
        yes.iter().for_each(|text| assert!(matches(&parsed, text), "{pattern} takes {text}"));
        no.iter().for_each(|text| assert!(!matches(&parsed, text), "{pattern} takes no {text}"));
    }

    fn refused<P: FromStr>(texts: &[&str]) {
        texts.iter().for_each(|text| assert!(text.parse::<P>().is_err(), "{text}"));
    }

    #[test]
    fn a_collection_is_itself_and_a_namespace_all_below_it() {
        let matches = CollectionPattern::matches;
        check(
            "app.bsky.feed.post",
            matches,
            &["app.bsky.feed.post"],
            &["app.bsky.feed.posts", "app.bsky.feed"],
        );
        let no = ["app.bsky.feedback.post", "app.bsky.feed", "app.bsky.graph.follow"];
        check("app.bsky.feed.*", matches, &["app.bsky.feed.post", "app.bsky.feed.x.y"], &no);
        check("com.*", matches, &["com.example.thing"], &["community.example.thing"]);
        refused::<CollectionPattern>(&[
            "",
            "*",
            "app.bsky.feed*",
            "app.bsky.*.post",
            "post",
            "app..*",
            ".*",
        ]);
    }

    #[test]
    fn a_host_is_known_by_its_name_whatever_scheme_port_and_path_are() {
        let matches = HostPattern::matches;
        let yes = [
            "https://pds.example.com",
            "http://PDS.example.com:8443/x",
            "https://pds.example.com?x",
        ];
        let no = [
            "https://a.pds.example.com",
            "https://example.com",
            "pds.example.com",
            "",
            "https://evil.test/pds.example.com",
            "https://evil.test?pds.example.com",
        ];
        check("PDS.example.com", matches, &yes, &no);
        check(
            "localhost:2583",
            matches,
            &["http://localhost:2583"],
            &["http://localhost", "http://localhost:1"],
        );
        let no = [
            "https://host.bsky.network",
            "https://ahost.bsky.network",
            "https://x.test/.host.bsky.network",
            "https://x.host.bsky.network@evil.test",
        ];
        check(
            "*.host.bsky.network",
            matches,
            &["https://a.host.bsky.network", "https://a.b.host.bsky.network:1"],
            &no,
        );
        refused::<HostPattern>(&[
            "",
            "*",
            "*.",
            "https://a.test",
            "a..b",
            "a.test:x",
            "a b",
            "*a.test",
            "a.*.test",
        ]);
    }

    #[test]
    fn a_language_takes_its_kinds_and_not_the_other_way_round() {
        let matches = LanguageRange::matches;
        check("de", matches, &["de", "DE", "de-AT", "de-Latn-AT"], &["den", "d", "en", ""]);
        check("pt-BR", matches, &["pt-br", "pt-BR-x-y"], &["pt", "pt-PT", "pt-BRA"]);
        refused::<LanguageRange>(&["", "-", "de-", "de_AT", "äöü", "abcdefghi", "*"]);
    }

    #[test]
    fn a_neighbourhood_is_an_account_and_perhaps_how_deep() {
        let check = |text: &str, depth| {
            let parsed: Neighbourhood = text.parse().unwrap();
            assert_eq!(
                (parsed.depth, parsed.to_string().trim_end_matches("/1")),
                (depth, text.trim_end_matches("/1"))
            );
        };
        check("did:plc:x", 1);
        check("did:web:a.test/1", 1);
        check("did:plc:x/3", 3);
        refused::<Neighbourhood>(&[
            "",
            "x",
            "did:plc:x/0",
            "did:plc:x/5",
            "did:plc:x/",
            "did:key:x",
            "did:plc:x/1/2",
        ]);
    }

    #[test]
    fn what_covers_another_takes_all_that_the_other_takes() {
        let covers = |one: &str, other: &str| {
            let parse = |text: &str| text.parse::<CollectionPattern>().unwrap();
            parse(one).covers(&parse(other))
        };
        assert!(
            covers("app.bsky.*", "app.bsky.feed.*") && covers("app.bsky.*", "app.bsky.feed.post")
        );
        assert!(
            !covers("app.bsky.feed.*", "app.bsky.*")
                && !covers("app.bsky.feed.post", "app.bsky.feed.*")
        );
        let covers = |one: &str, other: &str| {
            let parse = |text: &str| text.parse::<HostPattern>().unwrap();
            parse(one).covers(&parse(other))
        };
        assert!(
            covers("*.a.test", "*.b.a.test")
                && covers("*.a.test", "b.a.test:1")
                && covers("a.test", "a.test:1")
        );
        assert!(
            !covers("a.test:1", "a.test")
                && !covers("a.test", "*.a.test")
                && !covers("*.b.a.test", "*.a.test")
        );
    }
}
