//! [`named`]: a trend as people write it, and the search that finds its posts.

use std::collections::HashMap;

use firehouse_indexer::Wording;
use firehouse_text::{Piece, fold, mark, pieces};

use super::group::is_run;

/// Longer titles are cut. Units: characters.
const TITLE_CHARS_MAX: usize = 80;
/// What stands around words in a text, besides what is ASCII.
const AROUND: &str = "“”„‟‘’‚«»‹›…—–¿¡、。「」『』（）！？：・";

/// What to show, and what to search for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub name: String,
    pub query: String,
}

/// Names a term by its commonest spelling in some posts that say it. `None` for a link that is in none of them.
pub(super) fn named(term: &str, posts: &[Wording]) -> Option<Name> {
    if let Some(tag) = term.strip_prefix('#') {
        let tags = posts.iter().flat_map(|post| {
            let in_text = chunks(&post.text).filter(|chunk| chunk.starts_with(['#', '＃']));
            in_text.map(trimmed).chain(post.tags.iter().map(String::as_str))
        });
        let spelled = commonest(tags.filter(|spelled| mark::tag(spelled) == term));
        let name = format!("#{}", spelled.unwrap_or_else(|| tag.to_owned()));
        return Some(Name { name, query: term.to_owned() });
    }
    if term.starts_with('$') {
        return Some(Name { name: term.to_uppercase(), query: term.to_owned() });
    }
    if term.starts_with("url:") {
        let links = posts.iter().flat_map(|post| &post.links);
        let links = || links.clone().filter(|(link, _)| mark::url(link).as_deref() == Some(term));
        let link = commonest(links().map(|(link, _)| link.as_str()))?;
        let titles = links().map(|(_, title)| title.trim()).filter(|title| !title.is_empty());
        let name = commonest(titles).or_else(|| firehouse_text::host(&link))?;
        let query = format!("url:\"{}\"", link.replace('"', "%22"));
        return Some(Name { name: name.chars().take(TITLE_CHARS_MAX).collect(), query });
    }
    let is_phrase = term.contains(' ') || is_run(term);
    let query = if is_phrase { format!("\"{term}\"") } else { term.to_owned() };
    let spelled = commonest(posts.iter().flat_map(|post| spellings(&post.text, term)));
    Some(Name { name: spelled.unwrap_or_else(|| term.to_owned()), query })
}

/// Where a text says a word, or two, as it writes them.
fn spellings<'a>(text: &'a str, term: &'a str) -> impl Iterator<Item = &'a str> {
    let count = term.split(' ').count();
    let asked: Vec<String> = term.split(' ').map(str::to_owned).collect();
    let is_it = move |spelled: &str| {
        fold(spelled) == term
            || matches!(&*pieces(spelled), [Piece::Words(words)] if *words == asked)
    };
    let chunks: Vec<&str> = chunks(text).collect();
    // One chunk may hold two words, as don't does.
    let lengths = (1..=count).rev();
    let spelled: Vec<&str> = lengths
        .flat_map(|length| {
            chunks.windows(length).map(move |some| (some.first(), some.last())).collect::<Vec<_>>()
        })
        .filter_map(|(first, last)| {
            let (first, last) = (first?, last?);
            let begin = first.as_ptr() as usize - text.as_ptr() as usize;
            let end = last.as_ptr() as usize - text.as_ptr() as usize + last.len();
            text.get(begin..end).map(trimmed)
        })
        .filter(|spelled| is_it(spelled))
        .collect();
    spelled.into_iter()
}

fn chunks(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_punctuation() || AROUND.contains(c) || c == '＃')
}

/// Of equals always the same.
fn commonest<'a>(spelled: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    spelled.for_each(|spelled| *counts.entry(spelled).or_default() += 1);
    let most =
        counts.into_iter().max_by_key(|&(spelled, count)| (count, std::cmp::Reverse(spelled)));
    most.map(|(spelled, _)| spelled.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(term: &str, texts: &[&str], name: &str, query: &str) {
        let post = |text: &&str| Wording { text: (*text).into(), ..Wording::default() };
        let posts: Vec<_> = texts.iter().map(post).collect();
        let expected = Name { name: name.into(), query: query.into() };
        assert_eq!(named(term, &posts), Some(expected), "{term}");
    }

    #[test]
    fn a_word_is_written_as_most_write_it() {
        check("nasa", &["NASA did it", "go nasa!", "(NASA), wow"], "NASA", "nasa");
        check(
            "sao paulo",
            &["em São Paulo.", "“SÃO PAULO”", "São  x São Paulo"],
            "São Paulo",
            "\"sao paulo\"",
        );
        check("don t", &["I don't", "don’t! don't"], "don't", "\"don t\"");
        check("#worldcup", &["#WorldCup!", "x #WorldCup", "#worldcup"], "#WorldCup", "#worldcup");
        check("$tsla", &["buy $TSLA"], "$TSLA", "$tsla");
        check("大谷翔平", &["大谷翔平が"], "大谷翔平", "\"大谷翔平\"");
        check("🎉", &["🎉🎉"], "🎉", "🎉");
        check("nowhere", &[], "nowhere", "nowhere");
    }

    #[test]
    fn a_page_is_named_by_its_title_and_found_by_its_address() {
        let post = |link: &str, title: &str| Wording {
            links: vec![(link.into(), title.into())],
            ..Wording::default()
        };
        let term = mark::url("https://news.test/a").unwrap();
        let posts = [
            post("https://news.test/a", ""),
            post("https://news.test/a?utm_source=x", "Big News"),
            post("https://other.test", "No"),
        ];
        let name = named(&term, &posts).unwrap();
        assert_eq!(name.name, "Big News");
        assert_eq!(named(&term, &posts[..1]).unwrap().name, "news.test");
        assert_eq!(named(&term, &posts[..1]).unwrap().query, "url:\"https://news.test/a\"");
        assert_eq!(named(&term, &posts[2..]), None);
    }
}
