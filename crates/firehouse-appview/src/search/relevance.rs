//! How much posts are about what was asked: BM25 over the candidates of a search.
//!
//! How rare a word is, is taken from the candidates themselves: all of them match, so only words of which some have more, or which not all
//! need, tell them apart. Scores are made shares of the best one, so that they weigh the same against age for every query.
//! Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009)

use firehouse_store::read::{Candidate, Condition};

/// How soon more of the same word means no more.
const K1: f64 = 1.2;
/// How much longer posts count less.
const B: f64 = 0.5;
/// Words and runs that are counted in each candidate.
const SOUGHT_MAX: usize = 8;

/// The words and runs that a search asks for; not those that it excludes.
pub(super) fn sought(condition: &Condition) -> (Vec<String>, Vec<String>) {
    let (mut words, mut runs) = (Vec::new(), Vec::new());
    collect(condition, &mut words, &mut runs);
    words.truncate(SOUGHT_MAX);
    runs.truncate(SOUGHT_MAX - words.len());
    (words, runs)
}

fn collect(condition: &Condition, words: &mut Vec<String>, runs: &mut Vec<String>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| collect(part, words, runs));
        }
        Condition::Words(asked) => words.extend(asked.iter().cloned()),
        // A phrase is one long word.
        Condition::Phrase(asked) => words.push(asked.join(" ")),
        Condition::Run(run, _) | Condition::Character(run, _) => runs.push(run.clone()),
        _ => {}
    }
}

/// How much a post is about what was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Relevance {
    pub bm25: f32,
    /// As a share of the best one's; 1 where nothing tells posts apart.
    pub share: f32,
}

/// One for each candidate.
#[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
pub(super) fn scores(candidates: &[Candidate]) -> Vec<Relevance> {
    let number = count(candidates.len());
    let length = candidates.iter().map(|post| f64::from(post.bytes)).sum::<f64>() / number.max(1.0);
    let terms = candidates.first().map_or(0, |post| post.times.len());
    let rarity: Vec<f64> = (0..terms)
        .map(|term| {
            let has = |post: &&Candidate| post.times.get(term).is_some_and(|&times| times > 0);
            let having = count(candidates.iter().filter(has).count());
            (1.0 + (number - having + 0.5) / (having + 0.5)).ln()
        })
        .collect();
    let score = |post: &Candidate| -> f64 {
        let norm = K1 * (1.0 - B + B * f64::from(post.bytes) / length.max(1.0));
        let term = |(&times, rarity): (&u16, &f64)| {
            let times = f64::from(times);
            rarity * times * (K1 + 1.0) / (times + norm)
        };
        post.times.iter().zip(&rarity).map(term).sum()
    };
    let scores: Vec<f64> = candidates.iter().map(score).collect();
    let best = scores.iter().copied().fold(0.0, f64::max);
    let share = |score| if best > 0.0 { score / best } else { 1.0 };
    let relevance = |score| Relevance { bm25: score as f32, share: share(score) as f32 };
    scores.into_iter().map(relevance).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn count(number: usize) -> f64 {
    number as f64
}
