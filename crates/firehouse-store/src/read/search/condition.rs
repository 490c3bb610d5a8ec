//! [`Condition`]: what a post must be to be found, as SQL.
//!
//! A tree of a query becomes one expression. Its leaves are the files of `conditions/`, in which the names of parameters are numbered so
//! that no two are the same; between them stand AND, OR and NOT, and nothing that anybody typed. Words, marks and the author are tokens of
//! one index, pairs of characters of another, and the engine answers what asks for these from the indexes alone.

use firehouse_types::{ActorId, Datetime, RkeyId};

use super::super::Asked;

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

/// How the index of tokens of a table is asked for all of some, and for any.
#[derive(Clone, Copy)]
pub(super) struct Tokens {
    all: &'static str,
    any: &'static str,
}

impl Tokens {
    /// Words, marks and authors of posts.
    pub const OF_POSTS: Self = Self {
        all: include_str!("conditions/tokens.sql"),
        any: include_str!("conditions/any_token.sql"),
    };
    /// Words of lists, starter packs and feed generators, which have no marks.
    pub const OF_OFFERS: Self = Self {
        all: include_str!("conditions/words.sql"),
        any: include_str!("conditions/any_word.sql"),
    };
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

    /// The token of what an account wrote.
    pub fn author_token(actor: ActorId) -> String {
        format!("by:{}", actor.get())
    }

    /// Adds what this asks for to a query, behind what stands there: the expression, and its parameters.
    pub(super) fn write<'a>(&self, asked: Asked<'a>, index: Tokens) -> Asked<'a> {
        let mut all = Vec::new();
        self.all_of(&mut all);
        // One question for everything that the index of tokens knows: which rows have all of them it tells without reading any.
        let mut tokens: Vec<String> = all.iter().flat_map(|part| part.tokens()).collect();
        tokens.sort_unstable();
        tokens.dedup();
        let rest = all.into_iter().filter(|part| !part.is_tokens());
        let mut written = Written { asked, is_first: true };
        if !tokens.is_empty() {
            let asked = written.and().part(index.all);
            written = Written { asked: asked.value("tokens", tokens), is_first: false };
        }
        for part in rest {
            let mut asked = written.and();
            asked.push("(");
            asked = part.write_rest(asked, index);
            asked.push(")");
            written = Written { asked, is_first: false };
        }
        if written.is_first {
            written.asked.push("1");
        }
        written.asked
    }

    /// What must hold besides what is named before: itself, or what joins it.
    fn all_of<'c>(&'c self, among: &mut Vec<&'c Self>) {
        match self {
            Self::All(parts) => parts.iter().for_each(|part| part.all_of(among)),
            part => among.push(part),
        }
    }

    /// Tokens that a post must have, in the index of words, marks and authors.
    fn tokens(&self) -> Vec<String> {
        match self {
            Self::Words(texts) | Self::Phrase(texts) | Self::Marks(texts) => texts.clone(),
            Self::By(actors) if actors.len() == 1 => {
                actors.iter().copied().map(Self::author_token).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether these say everything. No words at all are in no post, as the engine has it.
    fn is_tokens(&self) -> bool {
        match self {
            Self::Words(words) => !words.is_empty(),
            Self::Phrase(words) => words.len() == 1,
            Self::Marks(_) => true,
            Self::By(actors) => actors.len() == 1,
            _ => false,
        }
    }

    /// What [`Condition::tokens`] does not say.
    fn write_rest<'a>(&self, mut asked: Asked<'a>, index: Tokens) -> Asked<'a> {
        match self {
            Self::All(_) | Self::Marks(_) => {
                asked.push("1");
                asked
            }
            Self::Any(conditions) => any(asked, conditions, index),
            Self::Not(condition) => {
                asked.push("NOT (");
                asked = condition.write(asked, index);
                asked.push(")");
                asked
            }
            Self::Words(_) => {
                asked.push("0");
                asked
            }
            Self::AnyWord(tokens) | Self::Beginning(_, tokens) | Self::AnyMark(tokens) => {
                any_token(asked, tokens.clone(), index)
            }
            Self::By(actors) => {
                any_token(asked, actors.iter().copied().map(Self::author_token).collect(), index)
            }
            Self::Phrase(words) => asked
                .part(include_str!("conditions/phrase.sql"))
                .value("phrase", format!(" {} ", words.join(" "))),
            Self::Run(run, pairs) if run.chars().nth(2).is_none() => {
                asked.part(include_str!("conditions/pairs.sql")).value("pairs", pairs)
            }
            Self::Run(run, pairs) => asked
                .part(include_str!("conditions/run.sql"))
                .value("pairs", pairs)
                .value("run", run),
            Self::Character(_, Some(pairs)) => {
                asked.part(include_str!("conditions/any_pair.sql")).value("pairs", pairs)
            }
            Self::Character(character, None) => {
                asked.part(include_str!("conditions/character.sql")).value("run", character)
            }
            Self::FollowedBy(actor) => {
                asked.part(include_str!("conditions/followed_by.sql")).value("follower", actor)
            }
            Self::Listed(lists) => {
                asked.part(include_str!("conditions/listed.sql")).value("lists", lists)
            }
            Self::Labelled(sources, val) => asked
                .part(include_str!("conditions/labelled.sql"))
                .value("sources", sources)
                .value("val", val),
            Self::Answers(posts) => asked
                .part(include_str!("conditions/answers.sql"))
                .value("posts", posts)
                .value("path", ".reply.parent.uri"),
            Self::InThread(posts) => asked
                .part(include_str!("conditions/answers.sql"))
                .value("posts", posts)
                .value("path", ".reply.root.uri"),
            Self::Embeds(records) => {
                asked.part(include_str!("conditions/embeds.sql")).value("records", records)
            }
            Self::Posts(posts) => {
                asked.part(include_str!("conditions/posts.sql")).value("posts", posts)
            }
            Self::Since(at) => {
                asked.part(include_str!("conditions/since.sql")).value("since_ms", at.ms())
            }
        }
    }
}

/// A query, and whether nothing was added yet that must hold.
struct Written<'a> {
    asked: Asked<'a>,
    is_first: bool,
}

impl<'a> Written<'a> {
    fn and(mut self) -> Asked<'a> {
        self.asked.push(if self.is_first { "" } else { " AND " });
        self.asked
    }
}

fn any<'a>(mut asked: Asked<'a>, conditions: &[Condition], index: Tokens) -> Asked<'a> {
    if conditions.is_empty() {
        asked.push("0");
    }
    for (at, condition) in conditions.iter().enumerate() {
        asked.push(if at > 0 { " OR " } else { "" });
        asked.push("(");
        asked = condition.write(asked, index);
        asked.push(")");
    }
    asked
}

fn any_token(asked: Asked<'_>, tokens: Vec<String>, index: Tokens) -> Asked<'_> {
    asked.part(index.any).value("tokens", tokens)
}
