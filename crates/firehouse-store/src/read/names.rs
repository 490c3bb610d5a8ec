//! Accounts by their names: where words begin so, ranked.

use clickhouse::Row;
use firehouse_types::ActorId;

use super::{fetch, fetch_wide};
use crate::standings::NAMES_READ;
use crate::{Store, StoreError};

/// Beginnings that count.
const BEGINNINGS_MAX: usize = 8;
/// Beginnings that are looked up have so many. Units: bytes.
const LONG_BYTES: usize = 3;
/// Accounts that are looked at when there are several beginnings.
const NAMES_CHECKED: u32 = 300;
/// Follows of one account whose names are looked at.
const FOLLOWS_MAX: u32 = 5_000;
/// More than any level; as in search_actors.sql.
const WORD: i64 = 1_000_000;
/// More than any rank without it.
const FOLLOWED: i64 = 1_000_000_000;

/// An account and what it is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct Ranked {
    /// Who.
    #[serde(rename = "who")]
    pub actor: ActorId,
    /// The more the better.
    pub rank: i64,
}

/// The last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankPosition {
    /// Its rank.
    pub rank: i64,
    /// Its account.
    pub actor: u64,
}

impl RankPosition {
    /// In front of the best.
    pub const START: Self = Self { rank: i64::MAX, actor: u64::MAX };
}

impl From<Ranked> for RankPosition {
    fn from(row: Ranked) -> Self {
        Self { rank: row.rank, actor: row.actor.get() }
    }
}

/// An account that somebody follows, by the words of its names.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct FollowedName {
    /// Who.
    #[serde(rename = "who")]
    pub actor: ActorId,
    /// How it stands, as [`Standing::level`](super::Standing::level).
    pub level: u16,
    /// Words that its names have or had, folded.
    pub words: Vec<Box<str>>,
}

/// A display name that is read again.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct NameToRead {
    /// Whose.
    pub actor: ActorId,
    /// Not empty.
    pub display_name: String,
}

impl Ranked {
    /// What an account goes by whose name has the word itself, or only begins with it.
    pub fn new(actor: ActorId, is_word: bool, level: u16) -> Self {
        let rank = if is_word { WORD } else { 0 } + i64::from(level);
        Self { actor, rank }
    }

    /// In front of all whom the viewer does not follow.
    pub fn followed(self) -> Self {
        Self { rank: self.rank + FOLLOWED, ..self }
    }
}

impl Store {
    /// Display names behind an account, in the order of accounts, as they are now: to be read again. Errors: [`StoreError::Read`].
    pub async fn names_to_read(
        &self,
        after: ActorId,
        limit: usize,
    ) -> Result<Vec<NameToRead>, StoreError> {
        let asked = self.query(include_str!("names_to_read.sql")).param("after_actor", after);
        fetch("names_to_read", asked.param("limit", limit)).await
    }

    /// Accounts with a word that begins so for each of `beginnings`, of which the first eight count; the longest first is fastest.
    /// Shape: by how well the name fits and how the account stands, at most `limit`, without `except`. Of beginnings that very many have,
    /// those that stand best. A name may have changed since. Errors: [`StoreError::Read`].
    pub async fn search_actors(
        &self,
        beginnings: &[String],
        except: &[ActorId],
        before: RankPosition,
        limit: usize,
    ) -> Result<Vec<Ranked>, StoreError> {
        let Some(first) = beginnings.first() else { return Ok(Vec::new()) };
        let query = if beginnings.len() == 1 {
            self.query(include_str!("search_actors.sql"))
                .param("beginning", first)
                .param("names", NAMES_READ)
        } else {
            let beginnings = beginnings.get(..BEGINNINGS_MAX).unwrap_or(beginnings);
            // A short one is half of the network.
            let mut long = beginnings
                .iter()
                .skip(1)
                .filter(|word| word.len() >= LONG_BYTES)
                .map(String::as_str);
            self.query(include_str!("search_actors_words.sql"))
                .param("beginnings", beginnings)
                .param("first", first)
                .param("second", long.next().unwrap_or_default())
                .param("third", long.next().unwrap_or_default())
                .param("names", NAMES_CHECKED)
        };
        let query = query
            .param("except", except)
            .param("before_rank", before.rank)
            .param("before_actor", before.actor)
            .param("limit", limit);
        if beginnings.len() == 1 {
            fetch("search_actors", query).await
        } else {
            fetch_wide("search_actors_words", query).await
        }
    }

    /// Whom an account follows, with the words of their names: of 5,000 follows, those made last. Shape: any order.
    /// Reads a granule for each: keep the answer for a while. Errors: [`StoreError::Read`].
    pub async fn followed_names(&self, viewer: ActorId) -> Result<Vec<FollowedName>, StoreError> {
        let query = self
            .query(include_str!("followed_names.sql"))
            .param("viewer", viewer)
            .param("limit", FOLLOWS_MAX);
        fetch_wide("followed_names", query).await
    }
}
