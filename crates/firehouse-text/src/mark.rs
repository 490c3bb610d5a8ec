//! Marks: what a post is found by that is no word. Whom and what it names, what it carries, which language it is in.
//!
//! Each kind begins with what no other has: `#tag`, `$ticker`, `@handle.example.com`, `@` and the number of an account in hexadecimal,
//! `lang:`, `wrote:`, `domain:`, `url:`, `has:`, `is:`.

use firehouse_types::ActorId;
use xxhash_rust::xxh3::xxh3_64;

use crate::{fold, host, normal_url};

/// Images, a gallery, a GIF or a video.
pub const HAS_MEDIA: &str = "has:media";
/// An image, not a video.
pub const HAS_IMAGE: &str = "has:image";
/// A video.
pub const HAS_VIDEO: &str = "has:video";
/// A link, in the text or as a card.
pub const HAS_LINK: &str = "has:link";
/// A GIF.
pub const HAS_GIF: &str = "has:gif";
/// An embedded post.
pub const HAS_QUOTE: &str = "has:quote";
/// Media that are described.
pub const HAS_ALT: &str = "has:alt";
/// A poll.
pub const HAS_POLL: &str = "has:poll";
/// Answers another post.
pub const IS_REPLY: &str = "is:reply";
/// Embeds another post and says something of it.
pub const IS_QUOTE: &str = "is:quote";
/// Written elsewhere, and copied by a bridge.
pub const IS_BRIDGED: &str = "is:bridged";
/// Its author answers himself.
pub const IS_THREAD: &str = "is:thread";

/// Longer tags are cut, as the lexicon says. Units: bytes.
const TAG_BYTES_MAX: usize = 640;
/// Of longer hosts only so many ends are domains by themselves. Units: labels.
const LABELS_MAX: usize = 8;

/// A hashtag, with or without its sign.
pub fn tag(tag: &str) -> String {
    let folded = fold(tag.trim_start_matches(['#', '＃']));
    let end = folded.floor_char_boundary(TAG_BYTES_MAX);
    format!("#{}", folded.get(..end).unwrap_or_default().trim_end())
}

/// A ticker symbol, with or without its sign.
pub fn cashtag(ticker: &str) -> String {
    format!("${}", ticker.trim_start_matches('$').to_ascii_lowercase())
}

/// A handle that stands in the text, with or without its sign. Whom it meant when it was written is [`mention`].
pub fn handle(handle: &str) -> String {
    format!("@{}", handle.trim_start_matches('@').to_ascii_lowercase())
}

/// Whom it mentions.
pub fn mention(actor: ActorId) -> String {
    format!("@{:x}", actor.get())
}

/// A language that the author declared, of which only the first part counts: pt-BR is pt.
pub fn lang(tag: &str) -> String {
    format!("lang:{}", primary(tag))
}

/// The language that the text is in, by [`crate::detected`].
pub fn wrote(tag: &str) -> String {
    format!("wrote:{}", primary(tag))
}

fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// What posts have that link to this domain or to one below it. Given as a domain or as a link; `None` where it is neither.
pub fn domain(text: &str) -> Option<String> {
    host(text).map(|host| format!("domain:{host}"))
}

/// What a post has that links there: its host, and all domains above down to two labels.
pub fn domains(link: &str) -> Vec<String> {
    let Some(host) = host(link) else { return Vec::new() };
    // An address of numbers has none above it.
    let is_address = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let labels = host.bytes().filter(|&b| b == b'.').count() + 1;
    let above = host.match_indices('.').filter_map(|(dot, _)| host.get(dot + 1..));
    // Those with two labels or more, and the shortest of them.
    let above = above.take(labels.saturating_sub(2)).skip(labels.saturating_sub(2 + LABELS_MAX));
    let above = above.filter(|_| !is_address);
    std::iter::once(host.as_str()).chain(above).map(|domain| format!("domain:{domain}")).collect()
}

/// A page that it links to, as [`normal_url`] compares them. `None` for what is no web link.
pub fn url(link: &str) -> Option<String> {
    normal_url(link).map(|normal| format!("url:{:x}", xxh3_64(normal.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_one_spelling() {
        assert_eq!(
            (tag("#Gardening"), tag("ＧＡＲＤＥＮＩＮＧ")),
            ("#gardening".into(), "#gardening".into())
        );
        assert_eq!(
            (lang("pt-BR"), lang("JA"), wrote("en")),
            ("lang:pt".into(), "lang:ja".into(), "wrote:en".into())
        );
        assert_eq!((cashtag("$TSLA"), cashtag("tsla")), ("$tsla".into(), "$tsla".into()));
        assert_eq!(handle("@Alice.Test"), "@alice.test");
        assert_eq!(tag(&"é".repeat(1_000)).len(), 641);
    }

    #[test]
    fn a_link_is_found_by_every_domain_above_it() {
        assert_eq!(
            domains("https://www.news.example.com/a"),
            ["domain:news.example.com", "domain:example.com"]
        );
        assert_eq!(domains("https://example.com"), ["domain:example.com"]);
        assert_eq!(domains("http://192.0.2.1/x"), ["domain:192.0.2.1"]);
        assert_eq!(domains("mailto:x"), Vec::<String>::new());
        let deep = domains(&format!("https://{}example.com", "a.".repeat(100)));
        assert_eq!((deep.len(), deep.last().unwrap().as_str()), (9, "domain:example.com"));
        assert_eq!(domain("WWW.Example.com").as_deref(), Some("domain:example.com"));
    }

    #[test]
    fn the_same_page_is_the_same_mark() {
        assert_eq!(url("http://www.example.com/a/#b"), url("https://example.com/a?utm_source=x"));
        assert_ne!(url("https://example.com/a"), url("https://example.com/b"));
        assert_eq!(url("example.com"), None);
    }
}
