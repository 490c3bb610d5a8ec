//! Activity subscriptions: made, changed, removed, looked up, listed.

use clickhouse::Row;
use firehouse_schema::ActivitySubscriptionRow;
use firehouse_types::{ActorId, Did, Rev};

use super::bookmarks::tid;
use crate::read::{NUMBERS_PER_QUERY, fetch, fetch_each};
use crate::{Store, StoreError};

/// A viewer's subscription to one account.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ActivitySubscription {
    /// Whose activity.
    pub subject: ActorId,
    /// When it was made: where the next page begins.
    pub key: Rev,
    /// The subject's DID.
    pub did: Box<str>,
    post: u8,
    reply: u8,
}

impl ActivitySubscription {
    /// Whether of its posts.
    pub fn post(&self) -> bool {
        self.post != 0
    }

    /// Whether of its replies.
    pub fn reply(&self) -> bool {
        self.reply != 0
    }
}

impl Store {
    /// Subscribes to an account's posts, replies or both, or to neither: then the subscription ends. Returns once that is durable.
    /// Errors: [`StoreError`]; calling again is safe.
    pub async fn subscribe(
        &self,
        actor: ActorId,
        subject: &Did,
        post: bool,
        reply: bool,
    ) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        let of = [subject.actor()];
        let (mut held, version) = tokio::try_join!(
            self.activity_subscriptions(actor, &of),
            turn.version::<ActivitySubscriptionRow>()
        )?;
        let (held, is_wanted) = (held.pop(), post || reply);
        if held.is_none() && !is_wanted {
            return Ok(());
        }
        let row = ActivitySubscriptionRow {
            actor,
            subject: subject.actor(),
            key: held.map_or_else(|| tid(version), |held| held.key),
            did: subject.as_str().into(),
            post: u8::from(post),
            reply: u8::from(reply),
            version,
            deleted: u8::from(!is_wanted),
        };
        turn.write(row).await
    }

    /// A viewer's subscriptions to some accounts. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn activity_subscriptions(
        &self,
        viewer: ActorId,
        accounts: &[ActorId],
    ) -> Result<Vec<ActivitySubscription>, StoreError> {
        let query = |chunk: &[ActorId]| {
            let query = self.query(include_str!("activity_subscriptions.sql"));
            query.param("viewer", viewer).param("actors", chunk)
        };
        fetch_each("activity_subscriptions", accounts, NUMBERS_PER_QUERY, query).await
    }

    /// What an account subscribed to before `before`. Shape: latest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn activity_subscriptions_by(
        &self,
        actor: ActorId,
        before: Rev,
        limit: usize,
    ) -> Result<Vec<ActivitySubscription>, StoreError> {
        let query = self.query(include_str!("activity_subscriptions_by.sql"));
        let query = query.param("actor", actor).param("before", before).param("limit", limit);
        fetch("activity_subscriptions_by", query).await
    }
}
