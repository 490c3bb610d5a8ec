//! What an account may be told, in pages, and what it takes to judge and to show it.

use std::collections::HashMap;

use clickhouse::Row;
use firehouse_schema::{Reason, newest_first};
use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use super::query::{fetch, fetch_wide};
use super::{
    ActorRead, Asked, LinkTarget, PAIRS_PER_QUERY, RecordHead, RecordKey, RecordRead, fetch_each,
};
use crate::{Store, StoreError};

/// Parameters travel in the URL, which may be 64 KiB long: keys with a collection or two.
const KEYS_PER_QUERY: usize = 200;
/// Where `subscribed-post` stands among the reasons: behind all that are written.
pub const SUBSCRIBED_POST: i8 = 11;

/// The last row of a page. The next one holds what comes after it: earlier, or at the same time with higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotificationPosition {
    /// Minus its time. Units: milliseconds since 1970.
    pub newest_first: i64,
    /// Who did it.
    pub actor: u64,
    /// Its record.
    pub rkey: u64,
    /// Its reason as a number.
    pub reason: i8,
}

impl NotificationPosition {
    /// Behind everything of this time and later.
    pub fn before(at: Datetime) -> Self {
        Self { newest_first: newest_first(at), actor: u64::MAX, rkey: u64::MAX, reason: i8::MAX }
    }
}

/// A page of what an account may be told.
#[derive(Clone, Copy, Debug)]
pub struct NotificationsQuery<'a> {
    /// Who.
    pub recipient: ActorId,
    /// By which reasons.
    pub reasons: &'a [Reason],
    /// The last row seen.
    pub after: NotificationPosition,
    /// Nothing of this time or earlier.
    pub since: Option<Datetime>,
    /// Only what accounts did that the recipient follows.
    pub followed: bool,
    /// Rows at most.
    pub limit: usize,
}

/// One reason to tell of a record.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct NotificationRead {
    newest_first: i64,
    /// Who did it.
    pub actor: ActorId,
    /// Key of the record.
    pub rkey: RkeyId,
    /// Why.
    pub reason: Reason,
    lag_ms: i64,
    /// Collection of the recipient's record that it is about; empty without one.
    pub subject_in: Box<str>,
    /// Its key.
    pub subject_rkey: RkeyId,
    root_actor: u64,
    root_rkey: u64,
    /// Of a reply: the posts between it and that record, the nearest first.
    pub between: Vec<RecordKey>,
}

impl NotificationRead {
    /// What pages are ordered by.
    pub fn sort_at(&self) -> Datetime {
        Datetime::from_ms(self.newest_first.saturating_neg())
    }

    /// When the record was made.
    pub fn made_at(&self) -> Datetime {
        Datetime::from_ms(self.newest_first.saturating_neg().saturating_add(self.lag_ms))
    }

    /// The record.
    pub fn key(&self) -> RecordKey {
        (self.actor, self.rkey)
    }

    /// Of a reply: the first post of its thread.
    pub fn root(&self) -> Option<RecordKey> {
        (self.root_actor != 0).then(|| (self.root_actor.into(), self.root_rkey.into()))
    }

    /// Where the page after this row begins.
    pub fn position(&self) -> NotificationPosition {
        NotificationPosition {
            newest_first: self.newest_first,
            actor: self.actor.get(),
            rkey: self.rkey.get(),
            reason: self.reason as i8,
        }
    }
}

/// Whose activity an account hears of.
#[derive(Clone, Copy, Debug)]
pub struct Subscribed {
    /// Whose.
    pub subject: ActorId,
    /// Of what is later than this.
    pub since: Datetime,
    /// Of posts.
    pub posts: bool,
    /// Of replies.
    pub replies: bool,
}

/// A post of somebody whose activity an account hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct Activity {
    newest_first: i64,
    /// Who posted.
    pub actor: ActorId,
    /// The post.
    pub rkey: RkeyId,
    is_reply: u8,
}

impl Activity {
    /// What pages are ordered by.
    pub fn sort_at(&self) -> Datetime {
        Datetime::from_ms(self.newest_first.saturating_neg())
    }

    /// Where the page after this row begins.
    pub fn position(&self) -> NotificationPosition {
        NotificationPosition {
            newest_first: self.newest_first,
            actor: self.actor.get(),
            rkey: self.rkey.get(),
            reason: SUBSCRIBED_POST,
        }
    }
}

/// A record of any collection.
pub type NamedRecord<'a> = (&'a str, ActorId, RkeyId);

/// How an account refers to a record, or to an account: target, its collection, collection and path of the reference, who refers.
pub type FirstKey<'a> = (ActorId, RkeyId, &'a str, &'a str, &'a str, ActorId);

#[derive(Row, serde::Deserialize)]
struct FirstRow {
    target_actor: ActorId,
    target_rkey: RkeyId,
    collection_of: Box<str>,
    path_of: Box<str>,
    actor: ActorId,
    first_rkey: RkeyId,
}

#[derive(Row, serde::Deserialize)]
struct TargetRow {
    collection_of: Box<str>,
    actor: ActorId,
    rkey: RkeyId,
    stands_at: Box<str>,
    target_actor: ActorId,
    target_rkey: RkeyId,
    target_in: Box<str>,
    target_cid: [u8; 32],
}

#[derive(Row, serde::Deserialize)]
struct SubjectRow {
    actor: ActorId,
    rkey: RkeyId,
    root_actor: u64,
    root_rkey: u64,
}

impl Store {
    /// What an account may be told. Shape: newest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn notifications(
        &self,
        asked: NotificationsQuery<'_>,
    ) -> Result<Vec<NotificationRead>, StoreError> {
        let reasons: Vec<i8> = asked.reasons.iter().map(|&reason| reason as i8).collect();
        let query = self
            .query(include_str!("notifications.sql"))
            .param("recipient", asked.recipient)
            .param("reasons", reasons)
            .param("followed", u8::from(asked.followed));
        let query = behind(query, asked.after, asked.since, asked.limit);
        fetch("notifications", query).await
    }

    /// What some accounts posted since somebody subscribed to them. Shape: newest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn activity(
        &self,
        of: &[Subscribed],
        after: NotificationPosition,
        since: Option<Datetime>,
        limit: usize,
    ) -> Result<Vec<Activity>, StoreError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let flags = |flag: fn(&Subscribed) -> bool| -> Vec<u8> {
            of.iter().map(|subscribed| u8::from(flag(subscribed))).collect()
        };
        let query = self
            .query(include_str!("activity.sql"))
            .param("subjects", of.iter().map(|of| of.subject).collect::<Vec<_>>())
            .param("since_ms", of.iter().map(|of| of.since.ms()).collect::<Vec<_>>())
            .param("posts", flags(|of| of.posts))
            .param("replies", flags(|of| of.replies))
            .param("reason", SUBSCRIBED_POST);
        fetch_wide("activity", behind(query, after, since, limit)).await
    }

    /// Of each of these references the first record that makes it. Shape: those that stand. Errors: [`StoreError::Read`].
    pub async fn first_of_kind(
        &self,
        keys: &[FirstKey<'_>],
    ) -> Result<HashMap<(RecordKey, Box<str>, Box<str>, ActorId), RkeyId>, StoreError> {
        let query = |chunk: &[FirstKey<'_>]| {
            self.query(include_str!("first_of_kind.sql")).param("keys", chunk)
        };
        let rows: Vec<FirstRow> = fetch_each("first_of_kind", keys, KEYS_PER_QUERY, query).await?;
        let first = |row: FirstRow| {
            let target = (row.target_actor, row.target_rkey);
            ((target, row.collection_of, row.path_of, row.actor), row.first_rkey)
        };
        Ok(rows.into_iter().map(first).collect())
    }

    /// Records of any collections. Shape: any order; invalid and deleted ones are missing. Errors: [`StoreError::Read`].
    pub async fn named_records(
        &self,
        keys: &[NamedRecord<'_>],
    ) -> Result<Vec<RecordRead>, StoreError> {
        let query = |chunk: &[NamedRecord<'_>]| {
            self.query(include_str!("named_records.sql"))
                .param("epoch_ms", self.index_time_after().ms())
                .param("keys", chunk)
        };
        fetch_each("named_records", keys, KEYS_PER_QUERY, query).await
    }

    /// As [`Store::named_records`], without the bodies. Errors: [`StoreError::Read`].
    pub async fn named_heads(
        &self,
        keys: &[NamedRecord<'_>],
    ) -> Result<Vec<RecordHead>, StoreError> {
        let query = |chunk: &[NamedRecord<'_>]| {
            self.query(include_str!("named_heads.sql")).param("keys", chunk)
        };
        fetch_each("named_heads", keys, KEYS_PER_QUERY, query).await
    }

    /// What records refer to whose bodies are left out. Errors: [`StoreError::Read`].
    pub async fn link_targets(
        &self,
        keys: &[NamedRecord<'_>],
    ) -> Result<HashMap<(Box<str>, RecordKey), Vec<LinkTarget>>, StoreError> {
        let query = |chunk: &[NamedRecord<'_>]| {
            self.query(include_str!("link_targets.sql")).param("keys", chunk)
        };
        let rows: Vec<TargetRow> = fetch_each("link_targets", keys, KEYS_PER_QUERY, query).await?;
        let mut targets: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let of = (row.collection_of, (row.actor, row.rkey));
            targets.entry(of).or_default().push(LinkTarget {
                stands_at: row.stands_at,
                target_actor: row.target_actor,
                target_rkey: row.target_rkey,
                target_in: row.target_in,
                target_cid: row.target_cid,
            });
        }
        Ok(targets)
    }

    /// Who the accounts are that these records refer to, by themselves or by a record of theirs. Shape: any order, some perhaps twice.
    /// Errors: [`StoreError::Read`].
    pub async fn target_actors(
        &self,
        keys: &[NamedRecord<'_>],
    ) -> Result<Vec<ActorRead>, StoreError> {
        let query = |chunk: &[NamedRecord<'_>]| {
            self.query(include_str!("target_actors.sql")).param("keys", chunk)
        };
        fetch_each("target_actors", keys, KEYS_PER_QUERY, query).await
    }

    /// Which of some posts are gone, and when they went. Errors: [`StoreError::Read`].
    pub async fn gone_posts(
        &self,
        posts: &[RecordKey],
    ) -> Result<HashMap<RecordKey, Datetime>, StoreError> {
        let query =
            |chunk: &[RecordKey]| self.query(include_str!("gone_posts.sql")).param("keys", chunk);
        let rows: Vec<(u64, u64, i64)> =
            fetch_each("gone_posts", posts, PAIRS_PER_QUERY, query).await?;
        let gone = |(actor, rkey, at): (u64, u64, i64)| {
            ((actor.into(), rkey.into()), Datetime::from_ms(at / 1_000))
        };
        Ok(rows.into_iter().map(gone).collect())
    }

    /// Which answers the authors of some threads hide, by the first posts: (thread, answer) and since when. Errors: [`StoreError::Read`].
    pub async fn hidden_answers(
        &self,
        roots: &[RecordKey],
    ) -> Result<HashMap<(RecordKey, RecordKey), Datetime>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("hidden_answers.sql")).param("roots", chunk)
        };
        let rows: Vec<(u64, u64, u64, u64, i64)> =
            fetch_each("hidden_answers", roots, PAIRS_PER_QUERY, query).await?;
        let hidden = |(actor, rkey, of, key, at): (u64, u64, u64, u64, i64)| {
            let (root, answer) = ((actor.into(), rkey.into()), (of.into(), key.into()));
            ((root, answer), Datetime::from_ms(at / 1_000))
        };
        Ok(rows.into_iter().map(hidden).collect())
    }

    /// The first posts of the threads that some posts are in; of one that is no reply itself. Shape: posts that exist.
    /// Errors: [`StoreError::Read`].
    pub async fn thread_roots(
        &self,
        posts: &[RecordKey],
    ) -> Result<HashMap<RecordKey, RecordKey>, StoreError> {
        let query =
            |chunk: &[RecordKey]| self.query(include_str!("thread_roots.sql")).param("keys", chunk);
        let rows: Vec<SubjectRow> =
            fetch_each("thread_roots", posts, PAIRS_PER_QUERY, query).await?;
        let root = |row: SubjectRow| {
            let post = (row.actor, row.rkey);
            match row.root_actor {
                0 => (post, post),
                actor => (post, (actor.into(), row.root_rkey.into())),
            }
        };
        Ok(rows.into_iter().map(root).collect())
    }
}

impl Subscribed {
    /// A subscription made at the time of `key`.
    pub fn made_at(key: Rev) -> Datetime {
        key.time()
    }
}

fn behind(
    query: Asked<'_>,
    after: NotificationPosition,
    since: Option<Datetime>,
    limit: usize,
) -> Asked<'_> {
    query
        .param("after_ms", after.newest_first)
        .param("after_actor", after.actor)
        .param("after_rkey", after.rkey)
        .param("after_reason", after.reason)
        .param("until_ms", since.map_or(i64::MAX, newest_first))
        .param("limit", limit)
}
