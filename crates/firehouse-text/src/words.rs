//! Words: what a folded text is cut into.
//!
//! Scripts with spaces are cut wherever letters end, and a number keeps the separators inside of it. Thai, Lao, Khmer and Burmese are cut
//! by dictionary. Han, kana and Hangul are not cut: a run is found wherever it stands, as people who write these scripts expect (한글 in
//! 한글은, 熱力学 but not 熱, 力 and 学 apart). An emoji is a word.

use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};

use crate::chars::{Class, JOINER, class, is_flag_tag, is_mark};
use crate::fold;

/// Longer words are cut: nobody searches for them, and each would be a token of its own. Units: characters.
const WORD_CHARS_MAX: usize = 64;

static DICTIONARIES: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch<'a> {
    Word(&'a str),
    Run(&'a str),
}

/// Words and runs of a folded text, in order.
pub(crate) fn each_stretch<'a>(folded: &'a str, mut found: impl FnMut(Stretch<'a>)) {
    let mut rest = folded;
    while let Some(first) = rest.chars().next() {
        let kind = class(first);
        let is_same = |c| class(c) == kind;
        let end = match kind {
            Class::Word => word_end(rest),
            Class::Emoji => emoji_end(rest),
            Class::Run | Class::Dictionary => rest.find(|c| !is_same(c)).unwrap_or(rest.len()),
            Class::Flag => rest.chars().take(2).filter(|&c| is_same(c)).map(char::len_utf8).sum(),
            Class::None => first.len_utf8(),
        };
        let (stretch, behind) = rest.split_at(end);
        rest = behind;
        match kind {
            Class::Run => found(Stretch::Run(stretch)),
            Class::Word | Class::Emoji | Class::Flag => {
                word(stretch).into_iter().for_each(&mut found)
            }
            Class::Dictionary => {
                let mut begin = 0;
                for end in DICTIONARIES.segment_str(stretch) {
                    stretch.get(begin..end).and_then(word).into_iter().for_each(&mut found);
                    begin = end;
                }
            }
            Class::None => {}
        }
    }
}

/// Cut to its length. Marks without a letter are no word.
fn word(text: &str) -> Option<Stretch<'_>> {
    let end = text.char_indices().nth(WORD_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    text.chars().any(|c| !is_mark(c)).then(|| Stretch::Word(text.get(..end).unwrap_or(text)))
}

/// 3.14, 10:30, 1,000 and 2026-06-01 are one word, don't and example.com are two.
fn word_end(text: &str) -> usize {
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_inside = matches!(c, '.' | ',' | ':' | '-')
            && before.is_ascii_digit()
            && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if class(c) != Class::Word && !is_inside {
            return at;
        }
        before = c;
    }
    text.len()
}

/// One emoji, or several that are joined to one picture.
fn emoji_end(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some(&(at, c)) = chars.peek() {
        let is_joined = c == JOINER;
        if !is_joined && !is_flag_tag(c) {
            return at;
        }
        chars.next();
        // Folding leaves joiners between emoji only.
        if is_joined {
            chars.next();
        }
    }
    text.len()
}

/// Words of a name or handle, folded, which are looked up by how they begin; of a query, the beginnings it asks for.
pub fn name_words(text: &str) -> Vec<String> {
    let folded = fold(cut(text, 1 << 10));
    let words = folded.split(|c: char| !(c.is_alphanumeric() || is_mark(c)));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Words of a name that counts, and characters of one from which it is found.
const NAME_WORDS_MAX: usize = 32;

/// What a name is found by: a beginning that [`name_words`] makes of a query is the beginning of one of these. In scripts without spaces
/// words begin anywhere, so of those stands every end of a word.
pub fn name_ends(text: &str) -> Vec<String> {
    let mut ends = Vec::new();
    for word in name_words(text).into_iter().take(NAME_WORDS_MAX) {
        let word: String = word.chars().take(WORD_CHARS_MAX).collect();
        let is_run = |c| matches!(class(c), Class::Run | Class::Dictionary);
        let starts = word.char_indices().filter(|&(at, c)| at > 0 && is_run(c) && !is_mark(c));
        ends.extend(starts.filter_map(|(at, _)| word.get(at..)).map(str::to_owned));
        ends.push(word);
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The beginning of a text, of so many bytes at most.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words, and runs in brackets.
    fn check(text: &str, expected: &str) {
        let mut found = Vec::new();
        each_stretch(&fold(text), |stretch| {
            found.push(match stretch {
                Stretch::Word(word) => word.to_owned(),
                Stretch::Run(run) => format!("[{run}]"),
            });
        });
        assert_eq!(found.join(" "), expected, "{text}");
    }

    #[test]
    fn punctuation_parts_words_but_not_numbers() {
        check("Hello, wide-open World! don’t", "hello wide open world don t");
        check("see https://example.com/x_y", "see https example com x y");
        check("3.14, 10:30. 2026-06-01 1,000 1.2.3 $5", "3.14 10:30 2026-06-01 1,000 1.2.3 5");
        check("v1.2 covid-19 24/7 1..2 -3", "v1.2 covid 19 24 7 1 2 3");
    }

    #[test]
    fn every_script_has_its_words() {
        check("Мой Поезд, أحب القهوة; שָׁלוֹם עולם", "мой поезд احب القهوه שלום עולם");
        check("हिन्दी में संगीत", "हिन्दी में संगीत");
        check("昨日iPhone15を買った、東京で。", "[昨日] iphone15 [を買った] [東京で]");
        check("한글은 쉽다ㅋㅋ", "[한글은] [쉽다ᄏᄏ]");
        check("ラーメン・カフェ 10月1日", "[ラーメン] [カフェ] 10 [月] 1 [日]");
    }

    #[test]
    fn scripts_that_need_a_dictionary_have_one() {
        check("ฉันชอบกาแฟมาก", "ฉัน ชอบ กาแฟ มาก");
        check("ดื่มน้ำ", "ดื่ม น้ำ");
        check("ខ្ញុំស្រលាញ់ភាសាខ្មែរ", "ខ្ញុំ ស្រលាញ់ ភាសាខ្មែរ");
        check("ພາສາລາວ", "ພາສາ ລາວ");
        check("မြန်မာစာ", "မြန်မာ စာ");
    }

    #[test]
    fn an_emoji_is_a_word() {
        check("nice👍🏽👍 ❤️!", "nice 👍 👍 ❤");
        check("👩🏽‍❤️‍👨🏿🇩🇪🇫🇷 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👩\u{200d}❤\u{200d}👨 🇩🇪 🇫🇷 🏴󠁧󠁢󠁳󠁣󠁴󠁿");
        check("© ★ 1️⃣", "1");
    }

    #[test]
    fn long_words_are_cut() {
        check(&"é".repeat(100), &"e".repeat(64));
    }

    #[test]
    fn names_have_words_too() {
        assert_eq!(
            name_words("Élodie-Anne (東京) 🎉 a.test"),
            ["elodie", "anne", "東京", "a", "test"]
        );
        assert_eq!(name_ends("Élodie 山田x Élodie"), ["elodie", "山田x", "田x"]);
        assert_eq!(name_ends("ดื่มน้ำ").len(), 4, "not from a sign that stands on a letter");
        assert!(name_ends("🎉 !").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn a_name_is_found_by_the_beginnings_of_its_words(name in "([a-zß-ÿА-я .']{1,6}|[あ-んァ-ヶ一-仿가-힣]{1,4}|[ก-๎]{1,5}|[ء-ي]{1,4}){0,5}", chars in 1..5_usize) {
            let ends = name_ends(&name);
            for word in name_words(&name) {
                let beginning: String = word.chars().take(chars).collect();
                proptest::prop_assert!(ends.iter().any(|end| end.starts_with(&beginning)), "{beginning} in {ends:?}");
            }
        }
    }
}
