//! Posts in the order in which they came: for whoever did not listen while they were told, or listens in another process.

use std::collections::HashMap;

use clickhouse::Row;
use firehouse_schema::{PostArrivalRow, PostTextRow};
use firehouse_types::{ActorId, Rev, RkeyId};

use super::{FoundPost, LinkPosition, PostSearch, searched};
use crate::arrivals::{ArrivedPost, PostLink};
use crate::read::{TRIPLES_PER_QUERY, fetch, fetch_wide};
use crate::{Store, StoreError};

const POST: &str = "app.bsky.feed.post";
/// What a process had not acknowledged when it ended is not older than this. Units: microseconds.
const KNOWN_AGAIN_US: u64 = 120_000_000;

/// A post that came while nobody listened, and matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct Arrived {
    /// Its number among all.
    pub number: u64,
    actor: ActorId,
    rkey: RkeyId,
    sort_at: i64,
    rev: Rev,
}

impl Arrived {
    /// The post by itself.
    pub fn post(&self) -> FoundPost {
        FoundPost { actor: self.actor, rkey: self.rkey, sort_at: self.sort_at, rev: self.rev }
    }
}

#[derive(Row, serde::Deserialize)]
struct LinkRead {
    actor: ActorId,
    rkey: RkeyId,
    rev: Rev,
    path: String,
    target_actor: ActorId,
    target_rkey: RkeyId,
    target_collection: String,
}

impl Store {
    /// The first and the last number of what came and is still remembered; zeros when nothing is. Errors: [`StoreError::Read`].
    pub async fn arrivals_held(&self) -> Result<(u64, u64), StoreError> {
        let held: Vec<(u64, u64)> =
            fetch("last_arrival", self.query(include_str!("last_arrival.sql"))).await?;
        Ok(held.first().copied().unwrap_or_default())
    }

    /// Goes on numbering behind what another process numbered last. What it was cut off from acknowledging comes again, and is known then.
    /// Errors: [`StoreError::Read`].
    pub async fn go_on_numbering(&self) -> Result<(), StoreError> {
        let (_, engaged) = self.engagements_held().await?;
        self.arrivals().go_on_behind_number(engaged);
        let (_, last) = self.arrivals_held().await?;
        let after = last.saturating_sub(KNOWN_AGAIN_US);
        let asked = self.query(include_str!("arrivals.sql")).param("after", after);
        let rows: Vec<PostArrivalRow> = fetch("arrivals", asked.param("limit", u32::MAX)).await?;
        self.arrivals().go_on_behind(&rows);
        Ok(())
    }

    /// What came behind a number, in its order, as [`Arrivals`](crate::Arrivals) told it; a few hundred at most. A post that is gone by now,
    /// or has another version, is one that went. Errors: [`StoreError::Read`].
    pub async fn arrivals_behind(&self, number: u64) -> Result<Vec<ArrivedPost>, StoreError> {
        let asked = self.query(include_str!("arrivals.sql")).param("after", number);
        let rows: Vec<PostArrivalRow> =
            fetch("arrivals", asked.param("limit", TRIPLES_PER_QUERY)).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<_> =
            rows.iter().map(|row| (row.sort_at.ms(), row.actor, row.rkey)).collect();
        let keys: Vec<_> = rows.iter().map(|row| (row.actor, POST, row.rkey)).collect();
        let texts = self.query(include_str!("arrived_texts.sql")).param("keys", &places);
        let links = self.query(include_str!("arrived_links.sql")).param("keys", &keys);
        let (texts, links) = tokio::try_join!(
            fetch::<PostTextRow>("arrived_texts", texts),
            fetch::<LinkRead>("arrived_links", links.param("paths", PostLink::PATHS.to_vec())),
        )?;
        let mut texts: HashMap<_, _> =
            texts.into_iter().map(|text| ((text.actor, text.rkey, text.rev), text)).collect();
        let mut of: HashMap<_, Vec<PostLink>> = HashMap::new();
        for link in links {
            let target = (link.target_actor, link.target_rkey);
            let found = PostLink::new(&link.path, target, &link.target_collection);
            of.entry((link.actor, link.rkey, link.rev)).or_default().extend(found);
        }
        let arrived = rows.into_iter().map(|row| {
            let version = (row.actor, row.rkey, row.rev);
            let text = texts.remove(&version).filter(|_| row.deleted == 0);
            let links = text.is_some().then(|| of.remove(&version)).flatten();
            ArrivedPost::new(row, text, links.unwrap_or_default())
        });
        Ok(arrived.collect())
    }

    /// Posts that match among those that came behind one number and not behind another, in their order, at most `limit`.
    /// Errors: [`StoreError::Read`].
    pub async fn search_arrived(
        &self,
        search: &PostSearch,
        (after, through): (u64, u64),
        limit: usize,
    ) -> Result<Vec<Arrived>, StoreError> {
        let asked =
            searched(self.query(""), include_str!("arrived.sql"), search, LinkPosition::START);
        let asked = asked.param("after", after).param("through", through).param("limit", limit);
        fetch_wide("search_arrived", asked).await
    }
}
