//! [`Wildcards`]: the words of the index that begin as a query says, looked up in its dictionary before anything is searched for.
//!
//! A single character of Han, kana or Hangul is such a beginning too: the index knows pairs. Where very many words begin so, the commonest
//! stand for all; of a character that begins very many pairs the texts themselves are looked at, newest first, which soon finds enough.

use std::collections::HashMap;

use firehouse_store::read::Condition;
use firehouse_text::{Leaf, Piece, Query, pairs, pieces};
use futures_util::future::try_join_all;

use crate::{AppView, ViewError};

/// Words that one beginning stands for.
const WORDS_MAX: usize = 200;
/// Pairs that are looked up for one character.
const PAIRS_MAX: usize = 300;
/// Beginnings and characters of one query.
const BEGINNINGS_MAX: usize = 8;

/// What the beginnings and the single characters of a query stand for.
#[derive(Debug, Default)]
pub(super) struct Wildcards {
    words: HashMap<String, Vec<String>>,
    characters: HashMap<String, Vec<String>>,
}

/// Looks up all of a query at once. Errors: there are too many.
pub(super) async fn load(app: &AppView, query: Option<&Query>) -> Result<Wildcards, ViewError> {
    let (mut words, mut characters) = (Vec::new(), Vec::new());
    for leaf in query.map(Query::leaves).unwrap_or_default() {
        let text = match leaf {
            Leaf::Prefix(text) | Leaf::Text(text) | Leaf::Phrase(text) => text,
            _ => continue,
        };
        for piece in pieces(text) {
            match piece {
                Piece::Words(mut parts) if matches!(leaf, Leaf::Prefix(_)) => {
                    words.extend(parts.pop());
                }
                Piece::Run(run) if is_single(&run) => characters.push(run),
                Piece::Words(_) | Piece::Run(_) => {}
            }
        }
    }
    for texts in [&mut words, &mut characters] {
        texts.sort_unstable();
        texts.dedup();
    }
    if words.len() + characters.len() > BEGINNINGS_MAX {
        let what = format!(
            "a search may have {BEGINNINGS_MAX} words with * and single characters: leave some out"
        );
        return Err(ViewError::BadQueryString(what));
    }
    let store = &app.store;
    let (found_words, found_pairs) = tokio::try_join!(
        try_join_all(words.iter().map(|text| store.words_beginning(text, WORDS_MAX))),
        try_join_all(characters.iter().map(|text| store.pairs_beginning(text, PAIRS_MAX + 1))),
    )?;
    Ok(Wildcards {
        words: words.into_iter().zip(found_words).collect(),
        characters: characters.into_iter().zip(found_pairs).collect(),
    })
}

impl Wildcards {
    /// Posts that have a word which begins so, or this in a run: whatever follows there, it is found anyway.
    pub fn beginning(&self, text: &str) -> Condition {
        match pieces(text).pop() {
            Some(Piece::Words(words)) => {
                let beginning = words.last().cloned().unwrap_or_default();
                let begun = self.words.get(&beginning).cloned().unwrap_or_default();
                Condition::Beginning(beginning, begun)
            }
            Some(Piece::Run(run)) => self.run(run),
            None => Condition::everything(),
        }
    }

    /// Posts in a run of which this stands.
    pub fn run(&self, run: String) -> Condition {
        if is_single(&run) {
            return self.character(&run);
        }
        let pairs = pairs(&run).collect();
        Condition::Run(run, pairs)
    }

    /// Posts that have this character in a run.
    fn character(&self, character: &str) -> Condition {
        let pairs = self.characters.get(character).cloned().unwrap_or_default();
        Condition::Character(character.to_owned(), (pairs.len() <= PAIRS_MAX).then_some(pairs))
    }
}

fn is_single(run: &str) -> bool {
    run.chars().nth(1).is_none()
}
