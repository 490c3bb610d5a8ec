//! Words: what a text is cut into.
//!
//! Scripts with spaces are cut at word boundaries (UAX #29). Han, kana, Hangul, Thai, Lao, Khmer and Burmese are not cut into words but
//! into overlapping pairs of characters, with the whole run kept for comparison: a run is found wherever it stands, as people who write
//! these scripts expect (한글 in 한글은, 熱力学 but not 熱, 力 and 学 apart).

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::fold;

/// Longer words are cut: nobody searches for them, and each would be a term of its own. Units: characters.
const WORD_CHARS_MAX: usize = 64;
/// What of a text is looked at. Posts are shorter; descriptions of images need not be. Units: bytes.
const TEXT_BYTES_MAX: usize = 32 << 10;

/// What a piece of a query asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Terms a text must have.
    pub terms: Vec<String>,
    /// Texts that must stand in it as they are, folded: runs of scripts without spaces, whose pairs alone could be anywhere.
    pub runs: Vec<String>,
}

/// Terms of a text, sorted, each once.
pub fn terms_of(text: &str) -> Vec<String> {
    let folded = fold(cut(text, TEXT_BYTES_MAX));
    let mut terms = BTreeSet::new();
    each_stretch(&folded, |stretch| match stretch {
        Stretch::Word(word) => {
            terms.insert(word.to_owned());
        }
        Stretch::Run(run) => {
            terms.extend(run.chars().map(String::from));
            terms.extend(pairs(run));
        }
    });
    terms.into_iter().collect()
}

/// What a piece of a query asks for.
pub fn pieces(text: &str) -> Pieces {
    let folded = fold(cut(text, TEXT_BYTES_MAX));
    let mut found = Pieces::default();
    each_stretch(&folded, |stretch| match stretch {
        Stretch::Word(word) => found.terms.push(word.to_owned()),
        Stretch::Run(run) if run.chars().nth(1).is_none() => found.terms.push(run.to_owned()),
        Stretch::Run(run) => {
            found.terms.extend(pairs(run));
            if run.chars().nth(2).is_some() {
                found.runs.push(run.to_owned());
            }
        }
    });
    found
}

/// Words of a name or handle, folded, which are looked up by how they begin; of a query, the beginnings it asks for.
pub fn name_words(text: &str) -> Vec<String> {
    let folded = fold(cut(text, 1 << 10));
    let words = folded.split(|c: char| !(c.is_alphanumeric() || is_mark(c)));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

enum Stretch<'a> {
    Word(&'a str),
    Run(&'a str),
}

fn each_stretch(folded: &str, mut found: impl FnMut(Stretch<'_>)) {
    let mut rest = folded;
    while let Some(first) = rest.chars().next() {
        let is_run = is_unspaced(first);
        let end = rest.find(|c| is_unspaced(c) != is_run).unwrap_or(rest.len());
        let (stretch, behind) = rest.split_at(end);
        rest = behind;
        if is_run {
            found(Stretch::Run(stretch));
            continue;
        }
        // Marks inside of words part them: everybody writes don't and 3.14 alike, and colons tell our other terms from words.
        let words =
            stretch.unicode_words().flat_map(|word| word.split(|c: char| c.is_ascii_punctuation()));
        for word in words.filter(|word| !word.is_empty()) {
            let end = word.char_indices().nth(WORD_CHARS_MAX).map_or(word.len(), |(at, _)| at);
            found(Stretch::Word(word.get(..end).unwrap_or(word)));
        }
    }
}

fn pairs(run: &str) -> impl Iterator<Item = String> {
    run.chars().zip(run.chars().skip(1)).map(|(a, b)| String::from_iter([a, b]))
}

/// Whether words of this script stand without spaces between them, or with endings grown on.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff      // Thai, Lao
        | 0x1000..=0x109f    // Burmese
        | 0x1100..=0x11ff    // Hangul, apart
        | 0x1780..=0x17ff    // Khmer
        | 0x3005..=0x3007 | 0x3041..=0x3096 | 0x309d..=0x309f | 0x30a1..=0x30fa | 0x30fc..=0x30ff // kana
        | 0x31f0..=0x31ff    // kana, small
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff // Han
        | 0xac00..=0xd7ff    // Hangul
    )
}

/// Vowel signs and the like, which are part of the letter before.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036f | 0x0483..=0x0489 | 0x0591..=0x05c7 | 0x0610..=0x061a | 0x064b..=0x065f | 0x093a..=0x094f | 0x0e31..=0x0e4e)
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether a text with these words would be found.
    fn finds(query: &str, text: &str) -> bool {
        let (terms, asked, folded) = (terms_of(text), pieces(query), fold(text));
        asked.terms.iter().all(|term| terms.contains(term))
            && asked.runs.iter().all(|run| folded.contains(run.as_str()))
    }

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        assert!(finds("PRAIA", "a praia, hoje"));
        assert!(finds("поезд", "Мой Поезд!"));
        assert!(finds("القهوة", "أحب القهوة كثيرا"));
        assert!(finds("don't", "I don’t know"));
        assert!(finds("example.com", "see https://example.com/x"));
        assert!(!finds("rain", "the train"));
    }

    #[test]
    fn scripts_without_spaces_are_found_anywhere_and_only_together() {
        assert!(finds("東京", "昨日東京都に行った"));
        assert!(finds("熱力学", "熱力学第二法則"));
        assert!(!finds("熱力学", "熱と力と学"));
        assert!(!finds("熱力学", "熱力 力学"));
        assert!(finds("한글", "한글은 쉽다"));
        assert!(finds("猫", "うちの猫"));
        assert!(finds("กาแฟ", "ฉันชอบกาแฟมาก"));
        assert!(finds("テスト test", "これはテストです (Test)"));
    }

    proptest! {
        #[test]
        fn every_text_is_found_by_itself(text: String) {
            prop_assert!(finds(&text, &text));
        }

        #[test]
        fn no_word_is_taken_for_another_kind_of_term(text: String) {
            prop_assert!(terms_of(&text).iter().all(|term| !term.contains([':', '#', '@'])));
        }
    }
}
