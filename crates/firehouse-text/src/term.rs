//! Terms that are no words: who wrote a post, whom and what it names, what it carries. Each kind begins with what no word has in it.

use firehouse_types::{ActorId, RkeyId};
use xxhash_rust::xxh3::xxh3_64;

use crate::fold;

/// Images, a gallery or a video.
pub const HAS_MEDIA: &str = "has:media";
/// A video.
pub const HAS_VIDEO: &str = "has:video";
/// Answers another post.
pub const IS_REPLY: &str = "is:reply";

/// Who wrote it.
pub fn by(author: ActorId) -> String {
    format!("by:{:x}", author.get())
}

/// Whom it mentions.
pub fn mention(actor: ActorId) -> String {
    format!("@{:x}", actor.get())
}

/// A hashtag, with or without its sign. Very long ones are cut.
pub fn tag(tag: &str) -> String {
    let folded = fold(tag.trim_start_matches(['#', '＃']));
    let end = folded.floor_char_boundary(640);
    format!("#{}", folded.get(..end).unwrap_or_default())
}

/// A language, of which only the first part counts: pt-BR is pt.
pub fn lang(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    format!("lang:{}", primary.to_ascii_lowercase())
}

/// A host that it links to, as [`crate::domain`] writes it.
pub fn domain_term(domain: &str) -> String {
    format!("domain:{domain}")
}

/// A page that it links to, as [`crate::normal_url`] writes it.
pub fn url_term(normal: &str) -> String {
    format!("url:{:x}", xxh3_64(normal.as_bytes()))
}

/// A record that is embedded, by its AT-URI.
pub fn embed(uri: &str) -> String {
    format!("embed:{:x}", xxh3_64(uri.as_bytes()))
}

/// The post it answers.
pub fn parent(post: (ActorId, RkeyId)) -> String {
    format!("parent:{:x}.{:x}", post.0.get(), post.1.get())
}

/// The first post of its thread.
pub fn root(post: (ActorId, RkeyId)) -> String {
    format!("root:{:x}.{:x}", post.0.get(), post.1.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_languages_have_one_spelling() {
        assert_eq!(
            (tag("#Gardening"), tag("ＧＡＲＤＥＮＩＮＧ")),
            ("#gardening".into(), "#gardening".into())
        );
        assert_eq!((lang("pt-BR"), lang("JA")), ("lang:pt".into(), "lang:ja".into()));
    }
}
