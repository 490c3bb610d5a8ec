//! [`Wildcards`]: the words of the index that begin as a query says, looked up in its dictionary before anything is searched for.
//!
//! A single character of Han, kana or Hangul is such a beginning too: the index knows pairs. Where very many words begin so, the commonest
//! stand for all; of a character that begins very many pairs the texts themselves are looked at, newest first, which soon finds enough.

use std::collections::HashMap;

use firehouse_store::read::Condition;
use firehouse_text::{Leaf, Piece, Query, pieces};
use futures_util::future::try_join_all;

use super::asked::each_leaf;
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
    pairs: HashMap<String, Vec<String>>,
}

/// Looks up all of a query at once. Errors: there are too many.
pub(super) async fn load(app: &AppView, query: Option<&Query>) -> Result<Wildcards, ViewError> {
    let (mut words, mut characters) = (Vec::new(), Vec::new());
    if let Some(query) = query {
        each_leaf(query, &mut |leaf| match leaf {
            Leaf::Prefix(text) => {
                for piece in pieces(text) {
                    match piece {
                        Piece::Words(mut parts) => words.extend(parts.pop()),
                        Piece::Run(run) if is_single(&run) => characters.push(run),
                        Piece::Run(_) => {}
                    }
                }
            }
            Leaf::Text(text) | Leaf::Phrase(text) => {
                let runs = pieces(text).into_iter().filter_map(|piece| match piece {
                    Piece::Run(run) if is_single(&run) => Some(run),
                    _ => None,
                });
                characters.extend(runs);
            }
            _ => {}
        });
    }
    for texts in [&mut words, &mut characters] {
        texts.sort_unstable();
        texts.dedup();
    }
    if words.len() + characters.len() > BEGINNINGS_MAX {
        let what = format!("more than {BEGINNINGS_MAX} words with * or single characters");
        return Err(ViewError::BadQueryString(what));
    }
    let store = &app.store;
    let (found_words, found_pairs) = tokio::try_join!(
        try_join_all(words.iter().map(|text| store.words_beginning(text, WORDS_MAX))),
        try_join_all(characters.iter().map(|text| store.pairs_beginning(text, PAIRS_MAX + 1))),
    )?;
    Ok(Wildcards {
        words: words.into_iter().zip(found_words).collect(),
        pairs: characters.into_iter().zip(found_pairs).collect(),
    })
}

impl Wildcards {
    /// Posts that have a word which begins so. What stands before the last word is a phrase.
    pub fn beginning(&self, text: &str) -> Condition {
        let mut conditions = Vec::new();
        let mut asked = pieces(text);
        match asked.pop() {
            Some(Piece::Words(mut words)) => {
                let last = words.pop().unwrap_or_default();
                let begun = self.words.get(&last).cloned().unwrap_or_default();
                conditions.push(Condition::AnyWord(begun));
                if !words.is_empty() {
                    conditions.push(Condition::Phrase(words));
                }
            }
            // Whatever follows in a run, what stands there is found anyway.
            Some(Piece::Run(run)) => asked.push(Piece::Run(run)),
            None => {}
        }
        conditions.extend(asked.into_iter().map(|piece| match piece {
            Piece::Words(words) => Condition::Phrase(words),
            Piece::Run(run) if is_single(&run) => self.character(&run),
            Piece::Run(run) => {
                let pairs = firehouse_text::pairs(&run).collect();
                Condition::Run(run, pairs)
            }
        }));
        Condition::All(conditions)
    }

    /// Posts that have this character in a run.
    pub fn character(&self, character: &str) -> Condition {
        let pairs = self.pairs.get(character).cloned().unwrap_or_default();
        Condition::Character(character.to_owned(), (pairs.len() <= PAIRS_MAX).then_some(pairs))
    }
}

fn is_single(run: &str) -> bool {
    run.chars().nth(1).is_none()
}
