//! What one word of a query means, and the operators `name:value`.

use std::time::Duration;

use firehouse_types::{AtUri, Datetime, Did, Handle, is_language};
use url::Url;

use crate::link::web_link;
use crate::signs::Sign;
use crate::{Has, Kind, Leaf, Piece, Sort, Who, host, pieces};

/// Units: seconds.
const WITHIN_MAX: u64 = 3_653 * 86_400;
const LABEL_BYTES_MAX: usize = 128;

/// One operator: `name:value`.
struct Operator {
    /// All that it is called, in lower case.
    names: &'static [&'static str],
    /// What its values are, in words.
    needs: &'static str,
    /// What it asks for; `None` where the value is none of its kind.
    leaf: fn(&str) -> Option<Leaf>,
}

const ACCOUNT: &str = "a handle such as alice.example.com, a DID or me";
const DATE: &str = "a day of the calendar such as 2026-06-01, or a time such as 2026-06-01T10:30";
const NUMBER: &str = "a whole number such as 10";

#[rustfmt::skip] // a table
const OPERATORS: [Operator; 16] = [
    Operator { names: &["from", "author"],         needs: ACCOUNT, leaf: |value| who(value).map(Leaf::From) },
    Operator { names: &["to", "mentions"],         needs: ACCOUNT, leaf: |value| who(value).map(Leaf::Mentions) },
    Operator { names: &["lang"],                   needs: "a language such as en or pt-BR", leaf: |value| language(value).map(Leaf::Lang) },
    Operator { names: &["since"],                  needs: DATE, leaf: |value| moment(value).map(Leaf::Since) },
    Operator { names: &["until"],                  needs: DATE, leaf: |value| moment(value).map(Leaf::Until) },
    Operator { names: &["within"],                 needs: "a time such as 30m, 4h, 7d or 2w, up to ten years", leaf: |value| span(value).map(Leaf::Within) },
    Operator { names: &["domain"],                 needs: "a domain such as example.com", leaf: |value| host(value).map(Leaf::Domain) },
    Operator { names: &["url"],                    needs: "a link such as https://example.com/page", leaf: |value| link(value).map(Leaf::Url) },
    Operator { names: &["has"],                    needs: "one of media, image, video, link, gif, quote, alt and poll", leaf: |value| has(value).map(Leaf::Has) },
    Operator { names: &["is"],                     needs: "one of reply, thread, quote and bridged", leaf: |value| kind(value).map(Leaf::Is) },
    Operator { names: &["min_likes", "min_faves"], needs: NUMBER, leaf: |value| number(value).map(Leaf::MinLikes) },
    Operator { names: &["min_reposts"],            needs: NUMBER, leaf: |value| number(value).map(Leaf::MinReposts) },
    Operator { names: &["list"],                   needs: "the address of a list such as https://bsky.app/profile/alice.example.com/lists/3kabc", leaf: |value| record(value, "app.bsky.graph.list", "lists").map(Leaf::List) },
    Operator { names: &["label"],                  needs: "a label such as spam", leaf: |value| label(value).map(Leaf::Label) },
    Operator { names: &["in", "thread"],           needs: "the address of a post such as https://bsky.app/profile/alice.example.com/post/3kabc", leaf: |value| record(value, "app.bsky.feed.post", "post").map(Leaf::InThread) },
    Operator { names: &["sort"],                   needs: "top or latest", leaf: |value| sort(value).map(Leaf::Sort) },
];

/// What operators are called, in lower case: those that ask for the same stand side by side.
pub fn operators() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().flat_map(|operator| operator.names).copied()
}

fn named(name: &str) -> Option<&'static Operator> {
    OPERATORS
        .iter()
        .find(|operator| operator.names.iter().any(|own| own.eq_ignore_ascii_case(name)))
}

/// What values of an operator are, in words; `None`: no operator has this name.
pub(crate) fn needs(name: &str) -> Option<&'static str> {
    named(name).map(|operator| operator.needs)
}

/// What an operator asks for; `None` where the value is none of its kind.
pub(crate) fn leaf(name: &str, value: &str) -> Option<Leaf> {
    named(name).and_then(|operator| (operator.leaf)(value.trim()))
}

/// What a word by itself asks for; `None`: nothing, for there is neither letter nor digit nor emoji in it.
pub(crate) fn word(word: &str) -> Option<Leaf> {
    let plain = word.trim_end_matches([',', '.', ';', '!', '?']);
    if let Ok(did) = Did::parse(plain) {
        return Some(Leaf::From(Who::Did(did)));
    }
    if let Some(link) = web_link(word) {
        return Some(Leaf::Url(link.into()));
    }
    match Sign::first_of(word) {
        Some(Sign::Tag(tag)) => return Some(Leaf::Tag(tag.to_owned())),
        Some(Sign::Cashtag(ticker)) => return Some(Leaf::Cashtag(ticker.to_ascii_uppercase())),
        Some(Sign::Handle(handle)) => return who(handle).map(Leaf::Mentions),
        None => {}
    }
    let asked = pieces(word);
    if word.ends_with('*') {
        let prefix = || Leaf::Prefix(word.trim_end_matches('*').to_owned());
        match asked.as_slice() {
            [Piece::Run(_)] => return Some(prefix()),
            [Piece::Words(words)] => match words.as_slice() {
                [word] if word.chars().nth(1).is_some() => return Some(prefix()),
                _ => {}
            },
            _ => {}
        }
    }
    (!asked.is_empty()).then(|| Leaf::Text(word.to_owned()))
}

fn who(value: &str) -> Option<Who> {
    if value.eq_ignore_ascii_case("me") {
        return Some(Who::Me);
    }
    if let Ok(did) = Did::parse(value) {
        return Some(Who::Did(did));
    }
    let handle = Handle::parse(value.strip_prefix('@').unwrap_or(value)).ok()?;
    Some(Who::Handle(handle.as_str().to_owned()))
}

fn language(value: &str) -> Option<String> {
    let primary = value.split('-').next().unwrap_or_default();
    (matches!(primary.len(), 2 | 3) && is_language(value)).then(|| value.to_ascii_lowercase())
}

/// A date, which begins at midnight UTC, or a time, which is UTC where no zone is said.
fn moment(value: &str) -> Option<Datetime> {
    let text = value.to_ascii_uppercase().replacen(' ', "T", 1).replace("-00:00", "Z");
    let forms = [format!("{text}T00:00:00Z"), format!("{text}:00Z"), format!("{text}Z"), text];
    forms.iter().find_map(|text| Datetime::parse(text).ok())
}

fn span(value: &str) -> Option<Duration> {
    let (at, unit) = value.char_indices().next_back()?;
    let seconds = match unit.to_ascii_lowercase() {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let seconds = number(value.get(..at)?)?.checked_mul(seconds)?;
    (1..=WITHIN_MAX).contains(&seconds).then(|| Duration::from_secs(seconds))
}

fn link(value: &str) -> Option<String> {
    let link = web_link(value).or_else(|| web_link(&format!("https://{value}")))?;
    Some(link.into())
}

fn has(value: &str) -> Option<Has> {
    Some(match value.to_ascii_lowercase().as_str() {
        "media" => Has::Media,
        "image" | "images" => Has::Image,
        "video" | "videos" => Has::Video,
        "link" | "links" => Has::Link,
        "gif" | "gifs" => Has::Gif,
        "quote" => Has::Quote,
        "alt" => Has::Alt,
        "poll" => Has::Poll,
        _ => return None,
    })
}

fn kind(value: &str) -> Option<Kind> {
    Some(match value.to_ascii_lowercase().as_str() {
        "reply" => Kind::Reply,
        "thread" => Kind::Thread,
        "quote" => Kind::Quote,
        "bridged" => Kind::Bridged,
        _ => return None,
    })
}

fn sort(value: &str) -> Option<Sort> {
    Some(match value.to_ascii_lowercase().as_str() {
        "top" => Sort::Top,
        "latest" => Sort::Latest,
        _ => return None,
    })
}

fn number(value: &str) -> Option<u64> {
    value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok())?
}

/// Values of labels are plain words; those of the network itself begin with an exclamation mark.
fn label(value: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'!' | b'.');
    ((1..=LABEL_BYTES_MAX).contains(&value.len()) && value.bytes().all(is_plain))
        .then(|| value.to_owned())
}

/// The record that an AT-URI names, or the page of it in the network's app and its likes.
fn record(value: &str, collection: &str, page: &str) -> Option<String> {
    if let Ok(uri) = AtUri::parse(value) {
        let is_one = uri.collection == Some(collection) && uri.rkey.is_some();
        return is_one.then(|| uri.to_string());
    }
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let mut parts = url.path_segments()?;
    let is_page = parts.next() == Some("profile");
    let (owner, kind, rkey) = (parts.next()?, parts.next()?, parts.next()?);
    let uri = format!("at://{owner}/{collection}/{rkey}");
    (is_page && kind == page && AtUri::parse(&uri).is_ok()).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_they_look_like() {
        let did = || Did::parse("did:plc:abc").unwrap();
        let s = str::to_owned;
        for (text, leaf) in [
            ("wide", Some(Leaf::Text(s("wide")))),
            ("note:", Some(Leaf::Text(s("note:")))),
            ("did:plc:abc,", Some(Leaf::From(Who::Did(did())))),
            ("did:", Some(Leaf::Text(s("did:")))),
            ("https://Example.com/ä", Some(Leaf::Url(s("https://example.com/%C3%A4")))),
            ("https://", Some(Leaf::Text(s("https://")))),
            ("@Alice.test's", Some(Leaf::Mentions(Who::Handle(s("alice.test"))))),
            ("@alice", Some(Leaf::Text(s("@alice")))),
            ("#Tag!", Some(Leaf::Tag(s("Tag")))),
            ("＃東京", Some(Leaf::Tag(s("東京")))),
            ("#1", Some(Leaf::Text(s("#1")))),
            ("$tsla", Some(Leaf::Cashtag(s("TSLA")))),
            ("$100", Some(Leaf::Text(s("$100")))),
            ("ga*", Some(Leaf::Prefix(s("ga")))),
            ("猫*", Some(Leaf::Prefix(s("猫")))),
            ("g*", Some(Leaf::Text(s("g*")))),
            ("wide-open*", Some(Leaf::Text(s("wide-open*")))),
            ("👍", Some(Leaf::Text(s("👍")))),
            ("#", None),
            ("@", None),
            ("?!", None),
            ("***", None),
        ] {
            assert_eq!(word(text), leaf, "{text}");
        }
    }

    fn check(name: &str, good: &[(&str, &str)], bad: &[&str]) {
        assert!(needs(name).is_some());
        for (value, written) in good {
            let found = leaf(name, value).map(|leaf| leaf.to_string());
            assert_eq!(found.as_deref(), Some(*written), "{name}:{value}");
        }
        for value in bad.iter().chain(&[""]) {
            assert_eq!(leaf(name, value), None, "{name}:{value}");
        }
    }

    #[test]
    fn accounts_are_handles_dids_or_me() {
        let written = [
            ("@Alice.test", "from:alice.test"),
            ("ME", "from:me"),
            ("did:plc:a", "from:did:plc:a"),
        ];
        check("from", &written, &["alice", "a b.test", "did:", "@"]);
        check("Author", &[("me", "from:me")], &["x"]);
        check("to", &[("me", "to:me")], &["x"]);
        check("mentions", &[("a.test", "to:a.test")], &["x"]);
    }

    #[test]
    fn times_are_dates_and_datetimes_and_spans() {
        let midnight = "since:2026-06-01T00:00:00.000Z";
        let morning = "since:2026-06-01T10:30:00.000Z";
        let good = [
            ("2026-06-01", midnight),
            ("2026-06-01T10:30", morning),
            ("2026-06-01 10:30:00", morning),
            ("2026-06-01t10:30:00z", morning),
            ("2026-06-01T12:30:00+02:00", morning),
            ("2026-06-01T10:30:00-00:00", morning),
        ];
        check("since", &good, &["garbage", "2026", "2026-13-01", "yesterday", "2026-06-01T25:00"]);
        check("until", &[("1970-01-01", "until:1970-01-01T00:00:00.000Z")], &["x"]);
        let spans = [
            ("4h", "within:4h"),
            ("14400S", "within:4h"),
            ("90m", "within:90m"),
            ("7d", "within:1w"),
            ("3653d", "within:3653d"),
        ];
        check(
            "within",
            &spans,
            &["4", "h", "0h", "-1h", "1y", "3654d", "99999999999999999999w", "4.5h", "４h"],
        );
    }

    #[test]
    fn pages_and_records_are_named_by_their_addresses() {
        check(
            "domain",
            &[("https://www.Example.com/x", "domain:example.com")],
            &["no domain", "localhost"],
        );
        check(
            "url",
            &[
                ("example.com/a", "https://example.com/a"),
                ("http://a.test/(b)", "url:\"http://a.test/(b)\""),
            ],
            &["x", "at://a.test"],
        );
        let uri = "list:at://did:plc:a/app.bsky.graph.list/3k";
        let lists = [
            ("at://did:plc:a/app.bsky.graph.list/3k", uri),
            ("https://bsky.app/profile/did:plc:a/lists/3k", uri),
            (
                "https://bsky.app/profile/a.test/lists/3k?x#y",
                "list:at://a.test/app.bsky.graph.list/3k",
            ),
        ];
        check(
            "list",
            &lists,
            &["at://did:plc:a/app.bsky.feed.post/3k", "https://bsky.app/profile/a.test", "3k"],
        );
        let post = "in:at://a.test/app.bsky.feed.post/3k";
        check(
            "in",
            &[("https://bsky.app/profile/a.test/post/3k", post)],
            &["https://bsky.app/profile/a.test/lists/3k"],
        );
        check("thread", &[("at://a.test/app.bsky.feed.post/3k", post)], &["x"]);
    }

    #[test]
    fn the_others_have_few_values() {
        check("lang", &[("pt-BR", "lang:pt-br"), ("JA", "lang:ja")], &["english", "e", "日本"]);
        check(
            "has",
            &[("Images", "has:image"), ("media", "has:media"), ("poll", "has:poll")],
            &["teeth"],
        );
        check("is", &[("reply", "is:reply"), ("bridged", "is:bridged")], &["nice"]);
        check("min_likes", &[("010", "min_likes:10")], &["-1", "many", "99999999999999999999"]);
        check("min_faves", &[("1", "min_likes:1")], &["+1"]);
        check("min_reposts", &[("1", "min_reposts:1")], &["x"]);
        check("label", &[("!hide", "label:!hide")], &["a b", "a:b"]);
        check("sort", &[("TOP", "sort:top"), ("latest", "sort:latest")], &["best"]);
        assert_eq!((needs("note"), leaf("note", "x")), (None, None));
    }
}
