//! [`indexed`]: what a post is found by, as two columns hold it.

use crate::fold;
use crate::words::{Stretch, cut, each_stretch};

/// Raised when the same text gives other words, runs, marks or words of names than before: stores that hold a lower one write them again.
pub const VERSION: u8 = 3;

/// What of a field is looked at. Posts are shorter; descriptions of images need not be. Units: bytes.
const FIELD_BYTES_MAX: usize = 32 << 10;
/// Stands between two fields, so that no phrase crosses them. No word is like it.
const BOUNDARY: &str = ".";

/// The texts of a post as they are searched. Parts are separated by one space and have none inside; behind the last run
/// stands one too, so that each of its characters begins a pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Words in order, `.` between two fields.
    pub words: String,
    /// Runs of Han, kana and Hangul in order.
    pub runs: String,
}

/// The words and runs of a post's fields: its text, descriptions of its images, the title of its link.
pub fn indexed<'a>(fields: impl IntoIterator<Item = &'a str>) -> Indexed {
    let mut indexed = Indexed::default();
    for field in fields {
        let mut is_first = true;
        each_stretch(&fold(cut(field, FIELD_BYTES_MAX)), |stretch| match stretch {
            Stretch::Word(word) => {
                if std::mem::take(&mut is_first) && !indexed.words.is_empty() {
                    append(&mut indexed.words, BOUNDARY);
                }
                append(&mut indexed.words, word);
            }
            Stretch::Run(run) => append(&mut indexed.runs, run),
        });
    }
    if !indexed.runs.is_empty() {
        indexed.runs.push(' ');
    }
    indexed
}

/// What a piece of a query asks of an [`Indexed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These words stand side by side in `words`.
    Words(Vec<String>),
    /// This stands in `runs`. No longer than it was asked: a run of one character has no [`pairs`].
    Run(String),
}

/// What a word or a phrase of a query asks for: all of these. None where there is no letter, digit or emoji in it.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    each_stretch(&fold(cut(text, FIELD_BYTES_MAX)), |stretch| match (stretch, pieces.last_mut()) {
        (Stretch::Word(word), Some(Piece::Words(words))) => words.push(word.to_owned()),
        (Stretch::Word(word), _) => pieces.push(Piece::Words(vec![word.to_owned()])),
        (Stretch::Run(run), _) => pieces.push(Piece::Run(run.to_owned())),
    });
    pieces
}

/// Overlapping pairs of characters: what ClickHouse's `ngrams(2)` makes of a run, which is found by all of them.
pub fn pairs(run: &str) -> impl Iterator<Item = String> {
    run.chars().zip(run.chars().skip(1)).map(|(a, b)| String::from_iter([a, b]))
}

fn append(list: &mut String, part: &str) {
    if !list.is_empty() {
        list.push(' ');
    }
    list.push_str(part);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chars::{Class, class, is_run};

    /// What the store does with pieces.
    fn finds(query: &str, fields: &[&str]) -> bool {
        let Indexed { words, runs } = indexed(fields.iter().copied());
        let words: Vec<_> = words.split(' ').collect();
        pieces(query).iter().all(|piece| match piece {
            Piece::Words(asked) => words.windows(asked.len()).any(|window| window == asked),
            Piece::Run(run) => {
                runs.split(' ').any(|there| there.contains(run.as_str()))
                    && pairs(run).all(|pair| runs.contains(&pair))
            }
        })
    }

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        assert!(finds("PRAIA", &["a praia, hoje"]));
        assert!(finds("поезд", &["Мой Поезд!"]));
        assert!(finds("القهوة", &["أحب القهوه كثيرا"]));
        assert!(finds("don't", &["I don’t know"]));
        assert!(finds("example.com", &["see https://example.com/x"]));
        assert!(finds("3.14", &["pi is 3.14."]));
        assert!(finds("👍", &["nice 👍🏿"]));
        assert!(!finds("rain", &["the train"]));
        assert!(!finds("14", &["pi is 3.14"]));
    }

    #[test]
    fn phrases_stand_together_and_in_one_field() {
        assert!(finds("wide reply", &["a Wide, Reply!"]));
        assert!(!finds("wide reply", &["wide and reply"]));
        assert!(!finds("wide reply", &["a wide", "reply"]));
        assert_eq!(indexed(["A b", "…", "東京", "c"]).words, "a b . c");
        assert_eq!(indexed(["A 東京", "大阪 b"]).runs, "東京 大阪 ");
    }

    #[test]
    fn scripts_without_spaces_are_found_anywhere_and_only_together() {
        assert!(finds("東京", &["昨日東京都に行った"]));
        assert!(finds("熱力学", &["熱力学第二法則"]));
        assert!(!finds("熱力学", &["熱と力と学"]));
        assert!(!finds("熱力学", &["熱力 力学"]));
        assert!(finds("한글", &["한글은 쉽다"]));
        assert!(finds("猫", &["うちの猫"]));
        assert!(finds("กาแฟ", &["ฉันชอบกาแฟมาก"]));
        assert!(finds("テスト test", &["これはテストです (Test)"]));
    }

    #[test]
    fn a_query_asks_for_words_and_runs_as_they_come() {
        let words = |words: &[&str]| Piece::Words(words.iter().map(|&word| word.into()).collect());
        let run = |run: &str| Piece::Run(run.into());
        assert_eq!(pieces("wide-open"), [words(&["wide", "open"])]);
        assert_eq!(
            pieces("東京 Tokyo 2026 大阪"),
            [run("東京"), words(&["tokyo", "2026"]), run("大阪")]
        );
        assert_eq!(pieces("?! - #"), []);
        assert_eq!(pairs("熱力学").collect::<Vec<_>>(), ["熱力", "力学"]);
        assert_eq!(pairs("熱").count(), 0);
    }

    /// Texts as people write them, and any others.
    fn text() -> impl Strategy<Value = String> {
        let mixed = "([a-zß-ÿ0-9А-я .,:'-]{1,6}|[あ-んァ-ヶ一-仿가-힣 、]{1,4}|👍🏽|👩‍🚀|🇩🇪|[ء-ي]{1,3}|हिन्दी|กาแฟ){0,12}";
        prop_oneof![any::<String>(), mixed]
    }

    proptest! {
        #[test]
        fn every_text_is_found_by_itself(text in text(), other in text()) {
            prop_assert!(finds(&text, &[&text]));
            prop_assert!(finds(&text, &[&other, &text, &other]));
        }

        #[test]
        fn every_part_from_word_to_word_is_found(text in text(), from in 0..40_usize, to in 0..40_usize) {
            // Where a dictionary cuts depends on what follows: here are only scripts that need none.
            let folded: String = fold(&text).chars().filter(|&c| class(c) != Class::Dictionary).collect();
            let mut parts = Vec::new();
            each_stretch(&folded, |stretch| match stretch {
                Stretch::Word(word) => parts.push(word),
                Stretch::Run(run) => parts.extend(run.char_indices().filter_map(|(at, c)| run.get(at..at + c.len_utf8()))),
            });
            let start = |part: &&str| part.as_ptr() as usize - folded.as_ptr() as usize;
            if let (Some(first), Some(last)) = (parts.get(from), parts.get(to.max(from))) {
                // A word that was cut ends where it was cut, and is cut there again.
                let phrase = &folded[start(first)..start(last) + last.len()];
                prop_assert!(finds(phrase, &[&folded]), "{phrase}");
            }
        }

        #[test]
        fn words_and_runs_hold_nothing_else(text in text()) {
            let Indexed { words, runs } = indexed([text.as_str()]);
            let parts = |list: &str| list.split_terminator(' ').map(str::to_owned).collect::<Vec<_>>();
            let is_word = |word: &String| !word.is_empty() && word != BOUNDARY && !word.contains(|c: char| c.is_whitespace() || is_run(c));
            let is_whole_run = |run: &String| !run.is_empty() && run.chars().all(is_run);
            prop_assert!(parts(&words).iter().all(is_word), "{words}");
            prop_assert!(parts(&runs).iter().all(is_whole_run), "{runs}");
            let asked = pieces(&text);
            let is_asked = |piece: &Piece| match piece {
                Piece::Words(words) => !words.is_empty() && words.iter().all(is_word),
                Piece::Run(run) => is_whole_run(run),
            };
            prop_assert!(asked.iter().all(is_asked), "{asked:?}");
        }
    }
}
