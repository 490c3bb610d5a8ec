//! Drafts: made, changed, deleted, listed.

use clickhouse::Row;
use firehouse_schema::DraftRow;
use firehouse_types::{ActorId, Rev};

use super::bookmarks::tid;
use crate::read::fetch;
use crate::{Store, StoreError};

/// One draft.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct Draft {
    /// Its name: the TID of when it was made.
    pub id: Rev,
    /// `app.bsky.draft.defs#draft` as JSON.
    pub draft: Box<str>,
    /// When it was made. Units: microseconds since 1970.
    pub created_at: u64,
    /// When it was changed last, no two of one account at the same time: where the next page begins. Units: microseconds since 1970.
    #[serde(rename = "version")]
    pub updated_at: u64,
}

impl Store {
    /// Keeps a new draft and returns its name once that is durable; `None` when the account has `drafts_max` already.
    /// Errors: [`StoreError`]; calling again may make a second draft.
    pub async fn create_draft(
        &self,
        actor: ActorId,
        draft: &str,
        drafts_max: u64,
    ) -> Result<Option<Rev>, StoreError> {
        let turn = self.turn(actor).await;
        let (count, version) =
            tokio::try_join!(self.draft_count(actor), turn.version::<DraftRow>())?;
        if count >= drafts_max {
            return Ok(None);
        }
        let (id, draft) = (tid(version), draft.into());
        turn.write(DraftRow { actor, id, draft, created_at: version, version, deleted: 0 }).await?;
        Ok(Some(id))
    }

    /// Changes a draft, if there is one of this name, and returns once that is durable. Errors: [`StoreError`]; calling again is safe.
    pub async fn update_draft(
        &self,
        actor: ActorId,
        id: Rev,
        draft: &str,
    ) -> Result<(), StoreError> {
        self.change_draft(actor, id, |held| DraftRow { draft: draft.into(), ..held }).await
    }

    /// Deletes a draft, if there is one of this name, and returns once that is durable. Errors: [`StoreError`]; calling again is safe.
    pub async fn delete_draft(&self, actor: ActorId, id: Rev) -> Result<(), StoreError> {
        let deleted = |held| DraftRow { draft: "".into(), deleted: 1, ..held };
        self.change_draft(actor, id, deleted).await
    }

    /// An account's drafts, last changed before `before`. Shape: latest change first, at most `limit`.
    /// Units: microseconds since 1970. Errors: [`StoreError::Read`].
    pub async fn drafts(
        &self,
        actor: ActorId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<Draft>, StoreError> {
        let query = self.query(include_str!("drafts.sql")).param("actor", actor);
        fetch("drafts", query.param("before", before).param("limit", limit)).await
    }

    async fn change_draft(
        &self,
        actor: ActorId,
        id: Rev,
        change: impl FnOnce(DraftRow) -> DraftRow,
    ) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        let query = self.query(include_str!("held_draft.sql"));
        let held = fetch::<DraftRow>("held_draft", query.param("actor", actor).param("id", id));
        let (mut held, version) = tokio::try_join!(held, turn.version::<DraftRow>())?;
        let Some(held) = held.pop() else { return Ok(()) };
        turn.write(DraftRow { version, ..change(held) }).await
    }

    async fn draft_count(&self, actor: ActorId) -> Result<u64, StoreError> {
        let query = self.query(include_str!("draft_count.sql")).param("actor", actor);
        Ok(fetch("draft_count", query).await?.pop().unwrap_or(0))
    }
}
