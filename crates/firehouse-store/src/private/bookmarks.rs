//! Bookmarks: made, removed, counted, listed.

use clickhouse::Row;
use firehouse_schema::BookmarkRow;
use firehouse_types::{ActorId, Rev, RkeyId};

use crate::read::{PAIRS_PER_QUERY, RecordKey, fetch, fetch_each};
use crate::{Store, StoreError};

/// What is bookmarked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bookmark<'a> {
    /// The post.
    pub subject: RecordKey,
    /// Its AT-URI, as it was said.
    pub uri: &'a str,
    /// Its CID, as it was said.
    pub cid: &'a str,
}

/// One bookmark of a page of them.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct BookmarkRead {
    subject_actor: ActorId,
    subject_rkey: RkeyId,
    /// When it was made: where the next page begins.
    pub key: Rev,
    /// AT-URI of the post.
    pub uri: Box<str>,
    /// CID of the post as it was when bookmarked.
    pub cid: Box<str>,
}

impl BookmarkRead {
    /// The post.
    pub fn subject(&self) -> RecordKey {
        (self.subject_actor, self.subject_rkey)
    }
}

/// How often a post is bookmarked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct Bookmarks {
    subject_actor: ActorId,
    subject_rkey: RkeyId,
    /// By how many accounts.
    pub count: u64,
    by_viewer: u8,
}

impl Bookmarks {
    /// The post.
    pub fn subject(&self) -> RecordKey {
        (self.subject_actor, self.subject_rkey)
    }

    /// Whether by the viewer.
    pub fn by_viewer(&self) -> bool {
        self.by_viewer != 0
    }
}

impl Store {
    /// Bookmarks a post, unless it is already, and returns once that is durable. Errors: [`StoreError`]; calling again is safe.
    pub async fn bookmark(&self, actor: ActorId, bookmark: Bookmark<'_>) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        let (held, version) = tokio::try_join!(
            self.held_bookmark(actor, bookmark.subject),
            turn.version::<BookmarkRow>()
        )?;
        if held.is_some() {
            return Ok(());
        }
        let row = BookmarkRow {
            actor,
            subject_actor: bookmark.subject.0,
            subject_rkey: bookmark.subject.1,
            key: tid(version),
            uri: bookmark.uri.into(),
            cid: bookmark.cid.into(),
            version,
            deleted: 0,
        };
        turn.write(row).await
    }

    /// Removes a bookmark, if there is one, and returns once that is durable. Errors: [`StoreError`]; calling again is safe.
    pub async fn unbookmark(&self, actor: ActorId, subject: RecordKey) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        let (held, version) =
            tokio::try_join!(self.held_bookmark(actor, subject), turn.version::<BookmarkRow>())?;
        let Some(held) = held else { return Ok(()) };
        turn.write(BookmarkRow { version, deleted: 1, uri: "".into(), cid: "".into(), ..held })
            .await
    }

    /// By how many accounts some posts are bookmarked, and whether by the viewer. Shape: any order; those by nobody are missing.
    /// Errors: [`StoreError::Read`].
    pub async fn bookmarks_of(
        &self,
        viewer: Option<ActorId>,
        posts: &[RecordKey],
    ) -> Result<Vec<Bookmarks>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            let query = self.query(include_str!("bookmarks_of.sql"));
            query.param("viewer", viewer.map_or(0, ActorId::get)).param("keys", chunk)
        };
        fetch_each("bookmarks_of", posts, PAIRS_PER_QUERY, query).await
    }

    /// What an account bookmarked before `before`. Shape: latest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn bookmarks_by(
        &self,
        actor: ActorId,
        before: Rev,
        limit: usize,
    ) -> Result<Vec<BookmarkRead>, StoreError> {
        let query = self.query(include_str!("bookmarks_by.sql")).param("actor", actor);
        let query = query.param("before", before).param("limit", limit);
        fetch("bookmarks_by", query).await
    }

    async fn held_bookmark(
        &self,
        actor: ActorId,
        subject: RecordKey,
    ) -> Result<Option<BookmarkRow>, StoreError> {
        let query = self.query(include_str!("held_bookmark.sql")).param("actor", actor);
        let query = query.param("subject", subject.0).param("rkey", subject.1);
        Ok(fetch("held_bookmark", query).await?.pop())
    }
}

/// A TID of the time of a version, which is its owner's alone.
pub(super) fn tid(version: u64) -> Rev {
    Rev::from(version << 10)
}
