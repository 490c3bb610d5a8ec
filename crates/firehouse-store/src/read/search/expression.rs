//! [`Condition`] as SQL.
//!
//! A tree of a query becomes one expression. Its leaves are the files of `conditions/`, in which the names of parameters are numbered so
//! that no two are the same; between them stand AND, OR and NOT, and nothing that anybody typed. Words, marks and the author are tokens of
//! one index, pairs of characters of another, and the engine answers what asks for these from the indexes alone.

use super::super::Asked;
use super::Condition;

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
    /// Adds what this asks for to a query, behind what stands there: the expression, and its parameters.
    pub(super) fn write<'a>(&self, mut asked: Asked<'a>, index: Tokens) -> Asked<'a> {
        let mut all = Vec::new();
        self.all_of(&mut all);
        // One question for everything that the index of tokens knows: which rows have all of them it tells without reading any.
        let mut tokens: Vec<String> = all.iter().flat_map(|part| part.tokens()).collect();
        tokens.sort_unstable();
        tokens.dedup();
        let mut between = "";
        if !tokens.is_empty() {
            asked = asked.part(index.all).value("tokens", tokens);
            between = " AND ";
        }
        for part in all.into_iter().filter(|part| !part.is_tokens()) {
            asked.push(between);
            asked.push("(");
            asked = part.write_rest(asked, index);
            asked.push(")");
            between = " AND ";
        }
        if between.is_empty() {
            asked.push("1");
        }
        asked
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
            Self::Not(condition) => condition.lacked().into_iter().map(str::to_owned).collect(),
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
            Self::Not(condition) => condition.lacked().is_some(),
            _ => false,
        }
    }

    /// The token of what this does not hold of.
    fn lacked(&self) -> Option<&'static str> {
        match self {
            Self::Marks(marks) | Self::AnyMark(marks) => match marks.as_slice() {
                [mark] => Self::token_without(mark),
                _ => None,
            },
            _ => None,
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
