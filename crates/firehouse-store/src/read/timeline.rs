//! Skeletons of feeds of many accounts: what those one follows posted and reposted, what those on a list posted.

use clickhouse::Row;
use firehouse_schema::FeedItemKind;
use firehouse_types::{ActorId, RkeyId};

use super::feeds::ItemRow;
use super::{Asked, FeedItem, FeedPosition, RecordKey, fetch_wide};
use crate::{Store, StoreError};

#[derive(Row, serde::Deserialize)]
struct NearRow {
    sort_at: i64,
    actor: ActorId,
    kind: FeedItemKind,
    rkey: RkeyId,
    post_actor: ActorId,
    post_rkey: RkeyId,
    near: u8,
}

impl From<NearRow> for FeedItem {
    fn from(row: NearRow) -> Self {
        let NearRow { sort_at, actor, kind, rkey, post_actor, post_rkey, near: _ } = row;
        Self::from(ItemRow { sort_at, actor, kind, rkey, post_actor, post_rkey })
    }
}

impl Store {
    /// What those an account follows posted and reposted. Shape: newest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn timeline_items(
        &self,
        viewer: ActorId,
        before: FeedPosition,
        limit: usize,
    ) -> Result<Vec<FeedItem>, StoreError> {
        let query = || self.query(include_str!("timeline.sql")).param("viewer", viewer);
        items("timeline", query, before, limit).await
    }

    /// What those on a list posted, replies included. Shape: newest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn list_feed_items(
        &self,
        list: RecordKey,
        before: FeedPosition,
        limit: usize,
    ) -> Result<Vec<FeedItem>, StoreError> {
        let query = || {
            self.query(include_str!("list_feed.sql"))
                .param("list_actor", list.0)
                .param("list_rkey", list.1)
        };
        items("list_feed", query, before, limit).await
    }
}

/// By time as far as that goes. Nearly always one statement: a second one only where most of what is near is deleted or double.
async fn items<'q>(
    name: &'static str,
    query: impl Fn() -> Asked<'q>,
    before: FeedPosition,
    limit: usize,
) -> Result<Vec<FeedItem>, StoreError> {
    let asked = |by_author: bool| {
        query()
            .param("candidates", 2 * limit + 50)
            .param("by_author", u8::from(by_author))
            .param("before_ms", before.at.ms())
            .param("before_actor", before.actor)
            .param("before_kind", before.kind)
            .param("before_rkey", before.rkey)
            .param("limit", limit)
    };
    let mut rows: Vec<NearRow> = fetch_wide(name, asked(false)).await?;
    // An empty answer does not say which way it came; it is as empty by author, or as quickly found.
    if rows.len() < limit && rows.first().is_none_or(|row| row.near == 1) {
        rows = fetch_wide(name, asked(true)).await?;
    }
    Ok(rows.into_iter().map(FeedItem::from).collect())
}
