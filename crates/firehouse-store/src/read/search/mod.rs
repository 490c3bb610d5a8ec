//! Posts by what they say. Which words and marks a post has is for `firehouse-text` to know; here they are texts that are equal or not.

mod condition;
mod expression;
mod facets;
mod usual;
mod offered;
mod matches;
mod arrived;
mod engaged;

use std::collections::HashSet;

use clickhouse::Row;
use firehouse_schema::PostTextRow;
use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use super::query::fetch_search;
use super::{Asked, LinkPosition, RecordKey, fetch, fetch_wide};
use crate::{Store, StoreError};

pub use arrived::Arrived;
pub use condition::Condition;
pub(crate) use engaged::tiers_reached;
pub use engaged::{Engaged, TIERS};
use expression::Tokens;
pub use facets::{Facet, FacetCount, FacetKind};
pub use matches::{Members, PostWords};
pub use offered::{FoundOffer, OfferToRead, OfferedSearch};
pub use usual::Usual;

/// Where in a file the conditions come.
const CONDITION: &str = "/* condition */";

/// What posts are searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostSearch {
    /// What must hold of them.
    pub condition: Condition,
    /// Not before.
    pub after: Datetime,
    /// Before.
    pub until: Datetime,
}

/// Among which posts is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// All.
    All,
    /// Those that were answered often, with marks of the tiers they reached ([`Engaged`]).
    Engaged,
}

impl Among {
    fn table(self) -> &'static str {
        match self {
            Self::All => "post_texts",
            Self::Engaged => "engaged_texts",
        }
    }
}

/// A post that matched at some version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Row, serde::Deserialize)]
pub struct FoundPost {
    /// Who wrote it.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    sort_at: i64,
    /// The version that matched; the post is found only if it has no other by now.
    pub rev: Rev,
}

impl FoundPost {
    /// A version that matched elsewhere.
    pub fn of(text: &PostTextRow) -> Self {
        let &PostTextRow { sort_at, actor, rkey, rev, .. } = text;
        Self { actor, rkey, sort_at: sort_at.ms(), rev }
    }

    /// Author and key.
    pub fn key(&self) -> RecordKey {
        (self.actor, self.rkey)
    }

    /// Where it stands among all.
    pub fn position(&self) -> LinkPosition {
        let at = Datetime::from_ms(self.sort_at);
        LinkPosition { at, actor: self.actor.get(), rkey: self.rkey.get() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Row, serde::Deserialize)]
struct PostRev {
    actor: ActorId,
    rkey: RkeyId,
    rev: Rev,
}

/// A post that matched, and how much it is about what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct Candidate {
    actor: ActorId,
    rkey: RkeyId,
    sort_at: i64,
    rev: Rev,
    /// How long its texts are.
    pub bytes: u32,
    /// How often each word that was asked for stands in it, then each run.
    pub times: Vec<u16>,
    /// How much it was answered, as [`Interactions::weighted`] tells, when it was copied to those that were answered often; 0 among all.
    ///
    /// [`Interactions::weighted`]: crate::read::Interactions::weighted
    pub answers: u32,
    /// How its author stood then: a level of [`Standing`](crate::read::Standing).
    pub standing: u16,
}

impl Candidate {
    /// The post by itself.
    pub fn post(&self) -> FoundPost {
        FoundPost { actor: self.actor, rkey: self.rkey, sort_at: self.sort_at, rev: self.rev }
    }
}

/// A post whose text is read again.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct PostToRead {
    /// Who wrote it.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// The version.
    pub rev: Rev,
    sort_at: i64,
    /// DAG-CBOR.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

impl PostToRead {
    /// What answers sort it by.
    pub fn sort_at(&self) -> Datetime {
        Datetime::from_ms(self.sort_at)
    }
}

impl Store {
    /// Posts behind a key, in the order of keys, as they are now: to be read again. Errors: [`StoreError::Read`].
    pub async fn posts_to_read(
        &self,
        after: RecordKey,
        limit: usize,
    ) -> Result<Vec<PostToRead>, StoreError> {
        let asked = self
            .query(include_str!("../posts_to_read.sql"))
            .param("after_actor", after.0)
            .param("after_rkey", after.1)
            .param("limit", limit);
        fetch("posts_to_read", asked).await
    }

    /// Posts that match. Shape: newest first, at most `limit`, behind `before`; a post may be there in two versions.
    /// Errors: [`StoreError::Read`].
    pub async fn search_posts(
        &self,
        search: &PostSearch,
        among: Among,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<FoundPost>, StoreError> {
        let asked = searched(self.query(""), include_str!("posts.sql"), search, before);
        let asked = asked.param("table", among.table()).param("limit", limit);
        fetch_search("search_posts", asked).await
    }

    /// As [`Store::search_posts`], with how often `words` and `runs` stand in each.
    pub async fn search_candidates(
        &self,
        search: &PostSearch,
        among: Among,
        (words, runs): (&[String], &[String]),
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        let (answers, standing) = match among {
            Among::All => ("unanswered", "unknown"),
            Among::Engaged => ("answers", "standing"),
        };
        let asked = searched(self.query(""), include_str!("candidates.sql"), search, before)
            .param("table", among.table())
            .param("answers", answers)
            .param("standing", standing);
        let asked = asked.param("words", words).param("runs", runs).param("limit", limit);
        fetch_search("search_candidates", asked).await
    }

    /// How many posts match, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn search_hits(&self, search: &PostSearch, limit: usize) -> Result<u64, StoreError> {
        let asked = searched(self.query(""), include_str!("hits.sql"), search, LinkPosition::START);
        let asked = asked.param("limit", limit);
        let counts: Vec<u64> = fetch_search("search_hits", asked).await?;
        Ok(counts.first().copied().unwrap_or_default())
    }

    /// Those of these posts that still are the version that was found, in their order, each once. Errors: [`StoreError::Read`].
    pub async fn still_so(&self, found: &[FoundPost]) -> Result<Vec<RecordKey>, StoreError> {
        let keys: Vec<RecordKey> = found.iter().map(FoundPost::key).collect();
        let asked = self.query(include_str!("../post_revs.sql")).param("keys", &keys);
        let mut now: HashSet<PostRev> = fetch("post_revs", asked).await?.into_iter().collect();
        let is_so = |post: &&FoundPost| {
            let FoundPost { actor, rkey, rev, .. } = **post;
            now.remove(&PostRev { actor, rkey, rev })
        };
        Ok(found.iter().filter(is_so).map(FoundPost::key).collect())
    }

    /// Words of posts that begin so, the commonest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn words_beginning(
        &self,
        beginning: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let asked = self.query(include_str!("words.sql")).param("beginning", beginning);
        fetch_wide("words", asked.param("limit", limit)).await
    }

    /// Pairs of characters of posts that begin so, likewise. Errors: [`StoreError::Read`].
    pub async fn pairs_beginning(
        &self,
        beginning: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let asked = self.query(include_str!("pairs.sql")).param("beginning", beginning);
        fetch_wide("pairs", asked.param("limit", limit)).await
    }

    /// How the engine goes about a search: its plan, line by line. Errors: [`StoreError::Read`].
    pub async fn explain_search(&self, search: &PostSearch) -> Result<Vec<String>, StoreError> {
        let explained = self.query("EXPLAIN actions = 1, indexes = 1\n");
        let asked = searched(explained, include_str!("posts.sql"), search, LinkPosition::START);
        let asked = asked.param("table", Among::All.table()).param("limit", 1);
        fetch_search("explain_search", asked).await
    }
}

/// A file with the conditions where they come: those of the search, the span of time, and the last row seen. What always holds is not
/// asked for, since every comparison costs about what finding a rare word does.
fn searched<'a>(
    mut asked: Asked<'a>,
    sql: &'static str,
    search: &PostSearch,
    behind: LinkPosition,
) -> Asked<'a> {
    let (before, rest) = sql.split_once(CONDITION).unwrap_or((sql, ""));
    asked.push(before);
    asked.push("(");
    asked = search.condition.write(asked, Tokens::OF_POSTS);
    asked.push(")");
    if search.condition.is_met_by_silence() {
        asked.push(" AND deleted = 0");
    }
    if search.after > Datetime::from_ms(i64::MIN) {
        asked.push(" AND ");
        asked = Condition::Since(search.after).write(asked, Tokens::OF_POSTS);
    }
    if search.until < Datetime::from_ms(i64::MAX) {
        asked.push(" AND ");
        asked = asked.part(include_str!("conditions/until.sql"));
        asked = asked.value("until_ms", search.until.ms());
    }
    if behind != LinkPosition::START {
        asked.push(" AND ");
        asked = asked
            .part(include_str!("conditions/behind.sql"))
            .value("before_ms", behind.at.ms())
            .value("actor", behind.actor)
            .value("rkey", behind.rkey);
    }
    asked.push(rest);
    asked
}
