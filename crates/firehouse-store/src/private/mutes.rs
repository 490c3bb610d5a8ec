//! Mutes of accounts, lists and threads: said, taken back, looked up for one viewer, listed.

use clickhouse::Row;
use firehouse_schema::{MuteKind, MuteRow};
use firehouse_types::{ActorId, Datetime, RkeyId};

use crate::read::{
    LinkAt, LinkPosition, NUMBERS_PER_QUERY, PAIRS_PER_QUERY, RecordKey, fetch, fetch_each,
};
use crate::{Store, StoreError};

/// Threads of one account that are looked at.
const THREADS_MAX: u32 = 2_000;

/// What a mute is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MuteTarget<'a> {
    /// What it is.
    pub kind: MuteKind,
    /// The account, or the owner of the list or root.
    pub subject: ActorId,
    /// The list or root; 0 for an account.
    pub rkey: RkeyId,
    /// The DID or AT-URI as it was said.
    pub uri: &'a str,
}

/// How much of an account is muted: all when neither field is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct AccountMute {
    /// Who is muted.
    pub subject: ActorId,
    only_reposts: u8,
    only_quotes: u8,
}

/// From when to when somebody muted a thread, the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ThreadMute {
    subject: ActorId,
    rkey: RkeyId,
    since_ms: i64,
    until_ms: i64,
}

impl ThreadMute {
    /// The first post of the thread.
    pub fn root(&self) -> RecordKey {
        (self.subject, self.rkey)
    }

    /// Whether the thread was muted at this time.
    pub fn holds_at(&self, at: Datetime) -> bool {
        (self.since_ms..self.until_ms).contains(&at.ms())
    }
}

#[derive(Row, serde::Deserialize)]
struct RecordMute {
    subject: ActorId,
    rkey: RkeyId,
}

impl AccountMute {
    /// Only what it reposts.
    pub fn only_reposts(&self) -> bool {
        self.only_reposts != 0
    }

    /// Only its posts that quote.
    pub fn only_quotes(&self) -> bool {
        self.only_quotes != 0
    }

    /// Everything.
    pub fn is_full(&self) -> bool {
        !self.only_reposts() && !self.only_quotes()
    }
}

impl Store {
    /// Mutes, and returns once that is durable. Said again, it changes how much is muted, and since when it is stays.
    /// Errors: [`StoreError`]; calling again is safe.
    pub async fn mute(
        &self,
        actor: ActorId,
        target: MuteTarget<'_>,
        only_reposts: bool,
        only_quotes: bool,
    ) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        let (held, version) =
            tokio::try_join!(self.held_mute(actor, target), turn.version::<MuteRow>())?;
        let (only_reposts, only_quotes) = (u8::from(only_reposts), u8::from(only_quotes));
        let is_said =
            |row: &MuteRow| (row.only_reposts, row.only_quotes) == (only_reposts, only_quotes);
        if held.as_ref().is_some_and(is_said) {
            return Ok(());
        }
        let created_at = held.map_or_else(|| at(version), |row| row.created_at);
        let row = mute_row(actor, target, version);
        turn.write(MuteRow { only_reposts, only_quotes, created_at, ..row }).await
    }

    /// Takes a mute back, if there is one, and returns once that is durable. Errors: [`StoreError`]; calling again is safe.
    pub async fn unmute(&self, actor: ActorId, target: MuteTarget<'_>) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        let (held, version) =
            tokio::try_join!(self.held_mute(actor, target), turn.version::<MuteRow>())?;
        let Some(held) = held else { return Ok(()) };
        // From when to when it held is still asked of threads.
        turn.write(MuteRow { version, deleted: 1, ..held }).await
    }

    /// Which of some accounts a viewer mutes, wholly or in part, by naming them. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn account_mutes(
        &self,
        viewer: ActorId,
        accounts: &[ActorId],
    ) -> Result<Vec<AccountMute>, StoreError> {
        let query = |chunk: &[ActorId]| {
            let query = self.query(include_str!("account_mutes.sql"));
            query.param("viewer", viewer).param("actors", chunk)
        };
        fetch_each("account_mutes", accounts, NUMBERS_PER_QUERY, query).await
    }

    /// Which of some threads, named by their roots, a viewer mutes. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn thread_mutes(
        &self,
        viewer: ActorId,
        roots: &[RecordKey],
    ) -> Result<Vec<RecordKey>, StoreError> {
        self.record_mutes(viewer, MuteKind::Thread, roots).await
    }

    /// The threads that an account mutes or has muted, the latest changed ones. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn muted_threads(&self, actor: ActorId) -> Result<Vec<ThreadMute>, StoreError> {
        let query = self.query(include_str!("muted_threads.sql")).param("actor", actor);
        fetch("muted_threads", query.param("limit", THREADS_MAX)).await
    }

    /// Which of some lists a viewer mutes, whatever they are for. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn muted_lists(
        &self,
        viewer: ActorId,
        lists: &[RecordKey],
    ) -> Result<Vec<RecordKey>, StoreError> {
        self.record_mutes(viewer, MuteKind::List, lists).await
    }

    /// The accounts that a viewer mutes wholly, by naming them. Shape: latest first, at most `limit`; `rkey` is 0.
    /// Errors: [`StoreError::Read`].
    pub async fn muted_accounts(
        &self,
        viewer: ActorId,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self.query(include_str!("muted_accounts.sql"));
        let query = query.param("viewer", viewer).param("before_ms", before.at.ms());
        let query = query.param("before_actor", before.actor).param("limit", limit);
        fetch("muted_accounts", query).await
    }

    async fn record_mutes(
        &self,
        viewer: ActorId,
        kind: MuteKind,
        keys: &[RecordKey],
    ) -> Result<Vec<RecordKey>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            let query = self.query(include_str!("record_mutes.sql"));
            query.param("viewer", viewer).param("kind", kind.as_str()).param("keys", chunk)
        };
        let rows: Vec<RecordMute> =
            fetch_each("record_mutes", keys, PAIRS_PER_QUERY, query).await?;
        Ok(rows.into_iter().map(|row| (row.subject, row.rkey)).collect())
    }

    async fn held_mute(
        &self,
        actor: ActorId,
        target: MuteTarget<'_>,
    ) -> Result<Option<MuteRow>, StoreError> {
        let query = self.query(include_str!("held_mute.sql"));
        let query = query.param("actor", actor).param("kind", target.kind.as_str());
        let query = query.param("subject", target.subject).param("rkey", target.rkey);
        Ok(fetch("held_mute", query).await?.pop())
    }
}

fn mute_row(actor: ActorId, target: MuteTarget<'_>, version: u64) -> MuteRow {
    MuteRow {
        actor,
        kind: target.kind,
        subject: target.subject,
        rkey: target.rkey,
        uri: target.uri.into(),
        only_reposts: 0,
        only_quotes: 0,
        created_at: at(version),
        version,
        deleted: 0,
    }
}

/// The time of a version.
fn at(version: u64) -> Datetime {
    Datetime::from_ms(i64::try_from(version / 1_000).unwrap_or(i64::MAX))
}
