//! What older versions of records made: the rows that an update or a delete must bury.
//!
//! An op names only collection and rkey; tombstones need the whole key of each derived row. One query per table and flush.
//! Tombstones are among the answers: a flush that was cut short may have buried a record in one table and not in the next.

use clickhouse::Row;
use firehouse_schema::{LinkRow, PostRow};
use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};

use crate::{Store, StoreError};

const PREVIOUS_LINKS: &str = include_str!("previous_links.sql");
const PREVIOUS_POSTS: &str = include_str!("previous_posts.sql");
const ANSWERS_TO: &str = include_str!("answers_to.sql");

/// Parameters travel in the URL, which may be 64 KiB long.
const KEYS_PER_QUERY: usize = 400;
/// As [`KEYS_PER_QUERY`], for keys without a collection.
const POSTS_PER_QUERY: usize = 800;

/// Whose rows are asked for: the record that made them.
pub type SourceKey = (ActorId, Nsid, RkeyId);

/// Derived rows of the asked records: of each the newest version, tombstones included.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// References they make or made. `target_cid` and `target_url` are empty: keys do not need them.
    pub links: Vec<LinkRow>,
    /// Those of them that are posts.
    pub posts: Vec<PostRow>,
}

#[derive(Row, serde::Deserialize)]
struct PreviousLink {
    actor: ActorId,
    collection: Nsid,
    rkey: RkeyId,
    path: String,
    target_actor: ActorId,
    target_rkey: RkeyId,
    target_collection: String,
    rev: Rev,
    deleted: u8,
    sort_at: i64,
}

impl Store {
    /// The derived rows of these records. Shape: any order; at most a few hundred keys are asked per query.
    /// Errors: [`StoreError::Read`].
    pub async fn previous(&self, keys: &[SourceKey]) -> Result<Previous, StoreError> {
        let mut previous = Previous::default();
        for chunk in keys.chunks(KEYS_PER_QUERY) {
            let posts: Vec<_> = chunk
                .iter()
                .filter(|key| key.1.as_str() == "app.bsky.feed.post")
                .map(|key| (key.0, key.2))
                .collect();
            let (links, posts) =
                tokio::try_join!(self.previous_links(chunk), self.posts_at(&posts))?;
            previous.links.extend(links);
            previous.posts.extend(posts);
        }
        Ok(previous)
    }

    async fn previous_links(&self, keys: &[SourceKey]) -> Result<Vec<LinkRow>, StoreError> {
        let rows = self
            .client()
            .query(PREVIOUS_LINKS)
            .param("keys", keys)
            .fetch_all::<PreviousLink>()
            .await;
        let rows = rows.map_err(|source| StoreError::Read { query: "previous_links", source })?;
        Ok(rows.into_iter().map(LinkRow::from).collect())
    }

    /// Posts by key: of each the newest version, tombstones included. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn posts_at(&self, keys: &[(ActorId, RkeyId)]) -> Result<Vec<PostRow>, StoreError> {
        let mut posts = Vec::new();
        for chunk in keys.chunks(POSTS_PER_QUERY) {
            let query = self.client().query(PREVIOUS_POSTS).param("keys", chunk);
            let rows = query.fetch_all::<PostRow>().await;
            let rows =
                rows.map_err(|source| StoreError::Read { query: "previous_posts", source })?;
            posts.extend(rows);
        }
        Ok(posts)
    }

    /// The posts that answer some posts, or did before they were deleted. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn answers_to(
        &self,
        posts: &[(ActorId, RkeyId)],
    ) -> Result<Vec<(ActorId, RkeyId)>, StoreError> {
        let mut answers = Vec::new();
        for chunk in posts.chunks(POSTS_PER_QUERY) {
            let query = self.client().query(ANSWERS_TO).param("keys", chunk);
            let rows = query.fetch_all::<(u64, u64)>().await;
            let rows = rows.map_err(|source| StoreError::Read { query: "answers_to", source })?;
            answers.extend(rows.into_iter().map(|(actor, rkey)| (actor.into(), rkey.into())));
        }
        Ok(answers)
    }
}

impl From<PreviousLink> for LinkRow {
    fn from(row: PreviousLink) -> Self {
        Self {
            target_actor: row.target_actor,
            target_rkey: row.target_rkey,
            target_collection: row.target_collection.into(),
            collection: row.collection,
            path: row.path.into(),
            actor: row.actor,
            rkey: row.rkey,
            rev: row.rev,
            deleted: row.deleted,
            target_cid: [0; 32],
            target_url: "".into(),
            sort_at: Datetime::from_ms(row.sort_at),
        }
    }
}
