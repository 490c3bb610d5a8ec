//! [`grouped`]: terms that the same posts, or the same accounts, say are one trend.
//!
//! Each term joins the first group whose leading term it goes with, or leads one of its own. It is compared with the leader only: chained
//! by a common word, two things that happen at once would be one.

use firehouse_text::{Piece, pieces};
use firehouse_types::ActorId;

use super::spoken::Spoken;

/// Posts that two terms share, of the geometric mean of what each has. Units: percent, as the next ones.
const POSTS_SHARED: usize = 40;
/// Accounts likewise: people talk of several things.
const ACCOUNTS_SHARED: usize = 60;
/// Posts of the rarer one, where one term is part of the other.
const PART_SHARED: usize = 50;
/// Terms of a group that are kept.
const TERMS_MAX: usize = 12;

/// A term with the posts that say it.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub term: Box<str>,
    /// In their order.
    pub posts: Vec<u32>,
    pub score: f64,
}

/// Terms that belong together, the most telling first.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub terms: Vec<Box<str>>,
    /// Those that say one of them, in their order.
    pub posts: Vec<u32>,
    /// The highest of its terms.
    pub score: f64,
}

/// How much a term tells: two words more than one of them, a tag more than the word in it, and a page, where all link to it, more than what
/// they say of it.
fn telling(said: &Said) -> f64 {
    let weight = match said.term.chars().next() {
        Some('#') => 1.3,
        Some('$') => 1.1,
        _ if said.term.starts_with("url:") => 1.25,
        _ if said.term.contains(' ') => 1.2,
        _ if is_run(&said.term) => 1.2,
        _ => 1.0,
    };
    said.score * weight
}

/// Whether a term is of a script without spaces.
pub(super) fn is_run(term: &str) -> bool {
    matches!(pieces(term).as_slice(), [Piece::Run(_)])
}

/// Trends of one language, the highest first.
pub(super) fn grouped(mut said: Vec<Said>, spoken: &Spoken) -> Vec<Group> {
    // Of equals the longer tells more.
    let lengths =
        |a: &Said, b: &Said| b.term.len().cmp(&a.term.len()).then_with(|| a.term.cmp(&b.term));
    said.sort_by(|a, b| telling(b).total_cmp(&telling(a)).then_with(|| lengths(a, b)));
    let mut groups: Vec<(Term, Group)> = Vec::new();
    for said in said {
        let term = Term::new(&said, spoken);
        match groups.iter_mut().find(|(leader, _)| leader.belongs(&term)) {
            Some((_, group)) => {
                group.score = group.score.max(said.score);
                if group.terms.len() < TERMS_MAX {
                    group.posts.extend(said.posts);
                    group.terms.push(said.term);
                }
            }
            None => {
                let group = Group { terms: vec![said.term], posts: said.posts, score: said.score };
                groups.push((term, group));
            }
        }
    }
    let mut groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
    for group in &mut groups {
        group.posts.sort_unstable();
        group.posts.dedup();
    }
    groups.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.terms.cmp(&b.terms)));
    groups
}

/// What terms are compared by.
struct Term {
    term: Box<str>,
    /// In their order, as the next ones.
    posts: Vec<u32>,
    actors: Vec<ActorId>,
}

impl Term {
    fn new(said: &Said, spoken: &Spoken) -> Self {
        let posts = said.posts.iter();
        let mut actors: Vec<ActorId> =
            posts.filter_map(|&at| Some(spoken.post(at)?.actor)).collect();
        actors.sort_unstable();
        actors.dedup();
        Self { term: said.term.clone(), posts: said.posts.clone(), actors }
    }

    /// Whether another term goes with this one, which leads.
    fn belongs(&self, other: &Self) -> bool {
        let (a, b) = (self.posts.len(), other.posts.len());
        let both = shared(&self.posts, &other.posts);
        let is_part = || is_part(&self.term, &other.term) || is_part(&other.term, &self.term);
        (both * 100 >= a.min(b) * PART_SHARED && is_part())
            || share(both, a, b, POSTS_SHARED)
            || share(
                shared(&self.actors, &other.actors),
                self.actors.len(),
                other.actors.len(),
                ACCOUNTS_SHARED,
            )
    }
}

/// How many two lists have in common, both in order and without doubles.
fn shared<T: Ord>(a: &[T], b: &[T]) -> usize {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.iter().filter(|one| many.binary_search(one).is_ok()).count()
}

/// Whether `both` is that many percent of the geometric mean.
fn share(both: usize, a: usize, b: usize, percent: usize) -> bool {
    both > 0 && (both * 100).pow(2) >= a * b * percent.pow(2)
}

/// A word of a pair, the word in a tag, a part of a run.
fn is_part(of: &str, part: &str) -> bool {
    let of = of.trim_start_matches('#');
    let joined = || of.replace(' ', "") == part.replace(' ', "").trim_start_matches('#');
    of.split(' ').any(|word| word == part) || joined() || (is_run(part) && of.contains(part))
}

#[cfg(test)]
mod tests {
    use super::super::spoken::tests::post;
    use super::*;

    fn said(term: &str, posts: std::ops::Range<u32>, score: f64) -> Said {
        Said { term: term.into(), posts: posts.collect(), score }
    }

    fn check(said: Vec<Said>, expected: &[&[&str]]) {
        let posts = (0..200).map(|actor| post(actor, "", "en", &[], "")).collect();
        let groups = grouped(said, &Spoken::new(posts, &[], 0));
        let terms: Vec<Vec<&str>> =
            groups.iter().map(|group| group.terms.iter().map(|term| &**term).collect()).collect();
        assert_eq!(terms, expected);
    }

    #[test]
    fn terms_of_the_same_posts_are_one_trend_led_by_the_most_telling() {
        check(
            vec![
                said("cup", 0..40, 20.0),
                said("world", 0..60, 18.0),
                said("world cup", 0..40, 19.0),
                said("#worldcup", 0..10, 9.0),
                said("storm", 100..150, 30.0),
            ],
            &[&["storm"], &["world cup", "cup", "world", "#worldcup"]],
        );
    }

    #[test]
    fn a_common_word_joins_no_two_trends() {
        check(
            vec![
                said("breaking", 0..100, 10.0),
                said("election", 0..30, 15.0),
                said("quake", 70..100, 14.0),
            ],
            &[&["election", "breaking"], &["quake"]],
        );
    }

    #[test]
    fn terms_of_the_same_people_are_one_trend_though_no_post_has_both() {
        let posts = (0..80).map(|n| post(n % 40, "", "en", &[], "")).collect();
        let spoken = Spoken::new(posts, &[], 0);
        let groups = grouped(vec![said("goal", 0..40, 9.0), said("striker", 40..80, 8.0)], &spoken);
        assert_eq!((groups.len(), groups[0].posts.len()), (1, 80));
    }
}
