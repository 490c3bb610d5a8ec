//! [`Condition`]: what a post must be to be found. `expression.rs` makes SQL of it, `matches.rs` looks at one post.

use firehouse_types::{ActorId, Datetime, RkeyId};

/// What must hold of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Each of these; nothing when there are none.
    All(Vec<Condition>),
    /// One of these, at least; none of none.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// All these words, anywhere.
    Words(Vec<String>),
    /// One of these words.
    AnyWord(Vec<String>),
    /// A word that begins so: those that do, as far as the index has them.
    Beginning(String, Vec<String>),
    /// These words, one behind the other.
    Phrase(Vec<String>),
    /// This text, of two characters or more, in a run of Han, kana or Hangul. The second: its pairs.
    Run(String, Vec<String>),
    /// This character, somewhere in such a run: the pairs it begins, if they are few enough to be told.
    Character(String, Option<Vec<String>>),
    /// All these marks.
    Marks(Vec<String>),
    /// One of these marks.
    AnyMark(Vec<String>),
    /// Written by one of these.
    By(Vec<ActorId>),
    /// Written by somebody whom this account follows.
    FollowedBy(ActorId),
    /// Written by somebody on one of these lists.
    Listed(Vec<(ActorId, RkeyId)>),
    /// One of these labelers calls the post so.
    Labelled(Vec<ActorId>, String),
    /// Answers one of these posts.
    Answers(Vec<(ActorId, RkeyId)>),
    /// In the thread of one of these posts, which begin it.
    InThread(Vec<(ActorId, RkeyId)>),
    /// Embeds one of these records: author, key, collection.
    Embeds(Vec<(ActorId, RkeyId, String)>),
    /// One of these posts.
    Posts(Vec<(ActorId, RkeyId)>),
    /// Not before.
    Since(Datetime),
}

impl Condition {
    /// Everything is found.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Whether posts that say nothing and are of no kind may meet it: then tombstones have to be told apart, which have nothing else.
    pub(super) fn is_met_by_silence(&self) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(Self::is_met_by_silence),
            Self::Any(conditions) => conditions.iter().any(Self::is_met_by_silence),
            Self::Marks(marks) => marks.is_empty(),
            Self::Words(_)
            | Self::AnyWord(_)
            | Self::Beginning(..)
            | Self::Phrase(_)
            | Self::Run(..)
            | Self::Character(..)
            | Self::AnyMark(_) => false,
            _ => true,
        }
    }

    /// Whether more than the text indexes has to be read to know which posts meet it.
    pub fn reads_posts(&self) -> bool {
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                conditions.iter().any(Self::reads_posts)
            }
            Self::Not(condition) => condition.reads_posts(),
            Self::Phrase(words) => words.len() > 1,
            Self::Run(run, _) => run.chars().nth(2).is_some(),
            Self::Words(_)
            | Self::AnyWord(_)
            | Self::Beginning(..)
            | Self::Character(_, Some(_))
            | Self::Marks(_)
            | Self::AnyMark(_)
            | Self::By(_)
            | Self::Since(_) => false,
            _ => true,
        }
    }

    /// How long its texts are as parameters of a URL, and what else it has, roughly. Units: bytes.
    pub fn bytes(&self) -> usize {
        let escaped = |text: &String| {
            text.bytes().map(|b| if b.is_ascii_alphanumeric() { 1 } else { 3 }).sum::<usize>() + 9
        };
        let all = |texts: &[String]| texts.iter().map(escaped).sum::<usize>();
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                conditions.iter().map(Self::bytes).sum()
            }
            Self::Not(condition) => condition.bytes(),
            Self::Words(texts)
            | Self::AnyWord(texts)
            | Self::Marks(texts)
            | Self::AnyMark(texts) => all(texts),
            // They stand there as they are and once more as tokens.
            Self::Phrase(texts) => 2 * all(texts),
            Self::Run(run, pairs) => escaped(run) + all(pairs),
            Self::Beginning(_, words) => all(words),
            Self::Character(character, pairs) => {
                escaped(character) + all(pairs.as_deref().unwrap_or_default())
            }
            Self::By(actors) | Self::Labelled(actors, _) => 30 * actors.len(),
            Self::Embeds(records) => records.len() * 120,
            Self::Listed(keys) | Self::Answers(keys) | Self::InThread(keys) | Self::Posts(keys) => {
                60 * keys.len()
            }
            Self::FollowedBy(_) | Self::Since(_) => 30,
        }
    }

    /// The token of what lacks a mark, where there is one: of posts that answer nothing.
    pub(super) fn token_without(mark: &str) -> Option<&'static str> {
        (mark == "is:reply").then_some("is:post")
    }

    /// The token of what an account wrote.
    pub fn author_token(actor: ActorId) -> String {
        format!("by:{}", actor.get())
    }
}
