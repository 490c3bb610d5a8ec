//! Accounts by their names: where words begin so, ranked.

use clickhouse::Row;
use firehouse_types::ActorId;

use super::fetch_wide;
use crate::{Store, StoreError};

/// Accounts that are looked at, of all whose names fit.
const CANDIDATES: u32 = 200;

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

impl Store {
    /// Accounts with a word that begins so for each of `beginnings`, of which the first three count. `whole`: the query as one word.
    /// Shape: those whom the viewer follows first, then by how well the name fits and how many follow; at most `limit`. A name may have
    /// changed since. Errors: [`StoreError::Read`].
    pub async fn search_actors(
        &self,
        beginnings: &[String],
        whole: &str,
        viewer: Option<ActorId>,
        before: RankPosition,
        limit: usize,
    ) -> Result<Vec<Ranked>, StoreError> {
        let beginning = |at: usize| beginnings.get(at).map_or("", String::as_str);
        let query = self
            .query(include_str!("search_actors.sql"))
            .param("first", beginning(0))
            .param("second", beginning(1))
            .param("third", beginning(2))
            .param("whole", whole)
            .param("viewer", viewer.map_or(0, ActorId::get))
            .param("before_rank", before.rank)
            .param("before_actor", before.actor)
            .param("candidates", CANDIDATES)
            .param("limit", limit);
        fetch_wide("search_actors", query).await
    }
}
