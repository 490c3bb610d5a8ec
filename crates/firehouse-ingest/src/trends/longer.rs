//! [`longest`]: what those say in full who say a pair of characters.
//!
//! Scripts without spaces have no words to count, so the store counts pairs of characters, which any two posts about the same thing share.
//! A pair that bursts is part of something: it is grown by the character that most accounts have beside it, on either side, as long as
//! nearly all of them still agree. So no dictionary is needed that would not know the names which trend, and what is read are the posts
//! of a few pairs instead of all substrings of all posts.

use std::collections::HashMap;

use firehouse_types::ActorId;

/// Of the accounts that say the pair, so many percent must say what it grows to.
const AGREE_PERCENT: usize = 60;
/// Longer is a sentence that many copy. Units: characters.
const CHARS_MAX: usize = 20;

/// The longest text around a pair that most of those who say it say. `said`: an account once for each of its runs.
pub(super) fn longest(pair: &str, said: &[(ActorId, &str)]) -> String {
    let mut text = pair.to_owned();
    let of_pair = accounts(said.iter().filter(|(_, runs)| runs.contains(pair)).map(|(a, _)| *a));
    while text.chars().count() < CHARS_MAX {
        let mut beside: HashMap<(bool, char), Vec<ActorId>> = HashMap::new();
        for (actor, runs) in said {
            for (at, found) in runs.match_indices(&text) {
                let before = runs.get(..at).and_then(|before| before.chars().next_back());
                let after = runs.get(at + found.len()..).and_then(|after| after.chars().next());
                for (is_before, c) in [(true, before), (false, after)] {
                    if let Some(c) = c.filter(|&c| c != ' ') {
                        beside.entry((is_before, c)).or_default().push(*actor);
                    }
                }
            }
        }
        let most = beside.into_iter().map(|(side, actors)| (accounts(actors.into_iter()), side));
        // Of equals always the same.
        match most.max() {
            Some((agree, (is_before, c))) if agree * 100 >= of_pair * AGREE_PERCENT => {
                text.insert(if is_before { 0 } else { text.len() }, c);
            }
            _ => break,
        }
    }
    text
}

fn accounts(actors: impl Iterator<Item = ActorId>) -> usize {
    let mut actors: Vec<ActorId> = actors.collect();
    actors.sort_unstable();
    actors.dedup();
    actors.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pair: &str, said: &[(u64, &str)], expected: &str) {
        let said: Vec<_> = said.iter().map(|&(actor, runs)| (actor.into(), runs)).collect();
        assert_eq!(longest(pair, &said), expected, "{pair}");
    }

    #[test]
    fn a_pair_grows_to_what_most_say() {
        let said = [
            (1, "大谷翔平がホームラン "),
            (2, "今日の大谷翔平 "),
            (3, "やっぱり 大谷翔平すごい "),
            (4, "谷翔 "),
        ];
        for pair in ["大谷", "谷翔", "翔平"] {
            check(pair, &said, "大谷翔平");
        }
        check("한글", &[(1, "한글날은 "), (2, "오늘 한글날 "), (3, "한글날이 ")], "한글날");
    }

    #[test]
    fn runs_end_where_they_end() {
        check("地震", &[(1, "地震 揺 "), (2, "地震 揺 "), (3, "地震 ")], "地震");
        check("nowhere", &[(1, "地震 ")], "nowhere");
    }

    #[test]
    fn one_account_alone_makes_nothing_longer() {
        let mut said = vec![(1, "地震です "); 9];
        said.extend([(2, "地震だ "), (3, "地震か ")]);
        check("地震", &said, "地震");
    }

    #[test]
    fn a_copied_sentence_ends_somewhere() {
        let sentence = "あいうえおかきくけこさしすせそたちつてとなにぬねの ";
        let said = [(1, sentence), (2, sentence)];
        let said: Vec<_> = said.iter().map(|&(actor, runs)| (actor.into(), runs)).collect();
        assert_eq!(longest("かき", &said).chars().count(), CHARS_MAX);
    }
}
