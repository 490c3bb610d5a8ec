//! [`Condition`] of one post at a time, without the engine: what a live search asks of posts as they come.
//!
//! Finds what the SQL of `expression.rs` finds; a test holds one against the other on generated posts. What stands in other tables is
//! loaded beforehand ([`Members`]) and grows old; labels of a post that was just written are not there yet, so none is ever met.

use std::cell::OnceCell;
use std::collections::HashSet;

use firehouse_types::{ActorId, RkeyId};

use super::{Condition, PostSearch};
use crate::arrivals::{ArrivedPost, PostLink};
use crate::read::fetch;
use crate::{Store, StoreError};

/// A post, with its words parted once for all who ask.
pub struct PostWords<'a> {
    post: &'a ArrivedPost,
    words: OnceCell<HashSet<&'a str>>,
    padded: OnceCell<String>,
}

/// Accounts that a search asks for by a list, or by who follows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(Vec<(Condition, HashSet<ActorId>)>);

impl Members {
    /// How many there are, in all.
    pub fn count(&self) -> usize {
        self.0.iter().map(|(_, members)| members.len()).sum()
    }

    /// Whether nothing was loaded, so that nothing grows old.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, of: &Condition, actor: ActorId) -> bool {
        self.0.iter().any(|(condition, members)| condition == of && members.contains(&actor))
    }
}

impl Store {
    /// Whom the conditions of a search name by a list, or by who follows them. Shape: of each list at most `limit`, and of those somebody
    /// follows. Errors: [`StoreError::Read`].
    pub async fn members(&self, of: &Condition, limit: usize) -> Result<Members, StoreError> {
        let mut members = Members::default();
        for condition in of.leaves() {
            if members.0.iter().any(|(known, _)| known == condition) {
                continue;
            }
            let found: Vec<ActorId> = match condition {
                Condition::FollowedBy(actor) => self.followed_by(&[*actor], limit).await?,
                Condition::Listed(lists) => {
                    let asked = self.query(include_str!("listed.sql")).param("lists", lists);
                    let listed: Vec<u64> = fetch("listed", asked.param("limit", limit)).await?;
                    listed.into_iter().map(ActorId::from).collect()
                }
                _ => continue,
            };
            members.0.push((condition.clone(), found.into_iter().collect()));
        }
        Ok(members)
    }
}

impl<'a> PostWords<'a> {
    /// Of a post that stands.
    pub fn new(post: &'a ArrivedPost) -> Self {
        Self { post, words: OnceCell::new(), padded: OnceCell::new() }
    }

    fn has_word(&self, word: &str) -> bool {
        self.words.get_or_init(|| words_of(&self.post.text.words)).contains(word)
    }

    fn has_phrase(&self, words: &[String]) -> bool {
        let padded = self.padded.get_or_init(|| format!(" {} ", self.post.text.words));
        self.has_words(words) && padded.contains(&format!(" {} ", words.join(" ")))
    }

    /// All of none are never there, as the engine has it.
    fn has_words(&self, words: &[String]) -> bool {
        !words.is_empty() && words.iter().all(|word| self.has_word(word))
    }

    fn has_pair(&self, pair: &str) -> bool {
        pair.chars().count() == 2 && self.post.text.runs.contains(pair)
    }

    fn has_mark(&self, mark: &str) -> bool {
        self.post.text.marks.iter().any(|known| known == mark)
    }

    fn key(&self) -> (ActorId, RkeyId) {
        (self.post.text.actor, self.post.text.rkey)
    }
}

fn words_of(words: &str) -> HashSet<&str> {
    words.split(' ').filter(|word| !word.is_empty()).collect()
}

impl PostSearch {
    /// Whether a search finds a post.
    pub fn finds(&self, post: &PostWords<'_>, members: &Members) -> bool {
        let at = post.post.text.sort_at;
        (self.after..self.until).contains(&at) && self.condition.is_met(post, members)
    }
}

impl Condition {
    /// All that stands here, but what joins it.
    pub fn leaves(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::leaves).collect(),
            Self::Not(part) => part.leaves(),
            leaf => vec![leaf],
        }
    }

    /// Whether it holds of a post.
    pub fn is_met(&self, post: &PostWords<'_>, members: &Members) -> bool {
        let links = &post.post.links;
        match self {
            Self::All(parts) => parts.iter().all(|part| part.is_met(post, members)),
            Self::Any(parts) => parts.iter().any(|part| part.is_met(post, members)),
            Self::Not(part) => !part.is_met(post, members),
            Self::Words(words) => post.has_words(words),
            Self::AnyWord(words) => words.iter().any(|word| post.has_word(word)),
            // Words that nobody had used before are not among those the index knew.
            Self::Beginning(beginning, _) => {
                let words = post.words.get_or_init(|| words_of(&post.post.text.words));
                words.iter().any(|word| word.starts_with(beginning.as_str()))
            }
            Self::Phrase(words) => post.has_phrase(words),
            Self::Run(run, pairs) => {
                let has_pairs = !pairs.is_empty() && pairs.iter().all(|pair| post.has_pair(pair));
                has_pairs && post.post.text.runs.contains(run)
            }
            Self::Character(character, _) => post.post.text.runs.contains(character),
            Self::Marks(marks) => marks.iter().all(|mark| post.has_mark(mark)),
            Self::AnyMark(marks) => marks.iter().any(|mark| post.has_mark(mark)),
            Self::By(actors) => actors.contains(&post.post.text.actor),
            Self::FollowedBy(_) | Self::Listed(_) => members.has(self, post.post.text.actor),
            Self::Labelled(..) => false,
            Self::Answers(posts) => links
                .iter()
                .any(|link| matches!(link, PostLink::Parent(parent) if posts.contains(parent))),
            Self::InThread(posts) => links
                .iter()
                .any(|link| matches!(link, PostLink::Root(root) if posts.contains(root))),
            Self::Embeds(records) => links.iter().any(|link| match link {
                PostLink::Embedded(actor, rkey, collection) => {
                    records.iter().any(|(a, r, c)| a == actor && r == rkey && **c == **collection)
                }
                PostLink::Parent(_) | PostLink::Root(_) => false,
            }),
            Self::Posts(posts) => posts.contains(&post.key()),
            Self::Since(at) => *at <= post.post.text.sort_at,
        }
    }
}
