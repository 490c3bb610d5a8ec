//! `engaged_texts`: a copy of what the often answered posts are found by, kept up by whoever ingests.
//!
//! How often a post was answered is counted from `links` each time, never added up, so that looking at a post again is always safe. What is
//! copied is what `post_texts` has of the version that the post has now, with a mark for each tier that it reached, and with the count.

use std::collections::{HashMap, HashSet};

use clickhouse::Row;
use firehouse_schema::{EngagedTextRow, EngagementRow, PostTextRow};
use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::read::{Interactions, RecordKey, fetch, fetch_long, tiers_reached};
use crate::{Store, StoreError};

/// Posts whose texts are read at once: their places, three numbers each, travel in a URL.
const PLACES_AT_ONCE: usize = 400;
/// Posts that are looked at and written at once: a row is about half a KiB.
const POSTS_AT_ONCE: usize = 4_000;
/// A reference counts twice at most, so with fewer nobody reaches the first tier.
const LINKS_MIN: u64 = 5;

/// A version of a post, and where its text lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct PostAt {
    sort_at: i64,
    /// Who wrote it.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// The version.
    pub rev: Rev,
}

impl PostAt {
    /// Before all.
    pub fn start() -> Self {
        let (actor, rkey, rev) = (ActorId::from(0), RkeyId::from(0), Rev::from(0));
        Self { sort_at: Datetime::from_ms(i64::MIN).ms(), actor, rkey, rev }
    }

    fn place(&self) -> (i64, ActorId, RkeyId) {
        (self.sort_at, self.actor, self.rkey)
    }
}

#[derive(Row, serde::Deserialize)]
struct Held {
    actor: ActorId,
    rkey: RkeyId,
    sort_at: i64,
    rev: Rev,
}

#[derive(Row, serde::Deserialize)]
struct Went {
    number: u64,
    sort_at: i64,
    actor: ActorId,
    rkey: RkeyId,
    rev: Rev,
}

impl Store {
    /// Posts that were answered behind a number, in their order, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn engagements_behind(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<EngagementRow>, StoreError> {
        let asked = self.query(include_str!("engaged/engagements.sql")).param("after", number);
        fetch("engagements", asked.param("limit", limit)).await
    }

    /// The first and the last number of the posts that were answered, as far as they are remembered; zeros when none is.
    /// Errors: [`StoreError::Read`].
    pub async fn engagements_held(&self) -> Result<(u64, u64), StoreError> {
        let asked = self.query(include_str!("engaged/last_engagement.sql"));
        let held: Vec<(u64, u64)> = fetch("last_engagement", asked).await?;
        Ok(held.first().copied().unwrap_or_default())
    }

    /// Posts that went, or became others, behind a number, in their order, each with its number; at most `limit`. `rev` is that at which they
    /// did. Errors: [`StoreError::Read`].
    pub async fn went_behind(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<(u64, PostAt)>, StoreError> {
        let asked = self.query(include_str!("engaged/went.sql")).param("after", number);
        let rows: Vec<Went> = fetch("went", asked.param("limit", limit)).await?;
        let of = |Went { number, sort_at, actor, rkey, rev }| {
            (number, PostAt { sort_at, actor, rkey, rev })
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// How many references there are, in all versions: how long a sweep takes. Errors: [`StoreError::Read`].
    pub async fn links_held(&self) -> Result<u64, StoreError> {
        let counts: Vec<u64> =
            fetch("links", self.query(include_str!("engaged/links.sql"))).await?;
        Ok(counts.first().copied().unwrap_or_default())
    }

    /// Posts of the accounts from `first` to `last` that may have been answered often. Errors: [`StoreError::Read`].
    pub async fn answered_posts(
        &self,
        first: u64,
        last: u64,
    ) -> Result<Vec<RecordKey>, StoreError> {
        let asked = self.query(include_str!("engaged/answered.sql")).param("first", first);
        let asked = asked.param("last", last).param("links", LINKS_MIN);
        let keys: Vec<(u64, u64)> = fetch_long("answered", asked).await?;
        Ok(keys.into_iter().map(|(actor, rkey)| (actor.into(), rkey.into())).collect())
    }

    /// Counts how often some posts were answered, and copies those that reached a tier. Answers how many were copied. Memory: that of a few
    /// thousand texts, however many posts. Errors: [`StoreError`]; doing it again is safe.
    pub async fn copy_engaged(&self, posts: &[RecordKey]) -> Result<usize, StoreError> {
        let mut copied = 0;
        for posts in posts.chunks(POSTS_AT_ONCE) {
            let counts = self.interactions(posts, None, None).await?;
            let reached = counts.iter().filter_map(|row| Some((row.key(), reached(row)?)));
            let mut reached: HashMap<_, _> = reached.collect();
            let keys: Vec<RecordKey> = reached.keys().copied().collect();
            let authors: HashSet<ActorId> = keys.iter().map(|(actor, _)| *actor).collect();
            let standings = self.standings(&authors.into_iter().collect::<Vec<_>>()).await?;
            let mut rows = Vec::new();
            for text in self.texts_now(&keys).await? {
                let Some(reached) = reached.remove(&(text.actor, text.rkey)) else {
                    continue;
                };
                let standing = standings.get(&text.actor).map_or(0, |standing| standing.level);
                rows.push(row(text, reached, standing));
            }
            copied += self.insert(&rows).await?.rows;
        }
        Ok(copied)
    }

    /// Takes back what is here of posts that went, or became others, at the given revs. Answers how many were here.
    /// Errors: [`StoreError`]; doing it again is safe.
    pub async fn bury_engaged(&self, went: &[PostAt]) -> Result<usize, StoreError> {
        let mut buried = 0;
        for went in went.chunks(PLACES_AT_ONCE) {
            let places: Vec<_> = went.iter().map(PostAt::place).collect();
            let asked = self.query(include_str!("engaged/held_texts.sql"));
            let held: Vec<PostAt> = fetch("held_texts", asked.param("places", &places)).await?;
            let gone = held.iter().filter_map(|held| {
                let is_it = |went: &&PostAt| went.place() == held.place() && held.rev < went.rev;
                went.iter()
                    .filter(is_it)
                    .max_by_key(|went| went.rev)
                    .map(|went| tombstone(went, OTHER))
            });
            let mut gone: Vec<_> = gone.collect();
            // Two tiers of a post may be here still.
            gone.dedup();
            buried += self.insert(&gone).await?.rows;
        }
        Ok(buried)
    }

    /// Takes back what is no longer so of the next rows behind a place, in the order of time, and answers where the last of them stands; `None`
    /// at the end. Errors: [`StoreError`]; doing it again is safe.
    pub async fn check_engaged(&self, after: PostAt) -> Result<Option<PostAt>, StoreError> {
        let asked = self
            .query(include_str!("engaged/texts_behind.sql"))
            .param("after_ms", after.sort_at)
            .param("after_actor", after.actor)
            .param("after_rkey", after.rkey)
            .param("limit", POSTS_AT_ONCE);
        let held: Vec<PostAt> = fetch_long("texts_behind", asked).await?;
        let keys: Vec<RecordKey> = held.iter().map(|held| (held.actor, held.rkey)).collect();
        let mut now = HashMap::new();
        for keys in keys.chunks(PLACES_AT_ONCE) {
            for post in self.held_posts(keys).await? {
                now.insert((post.actor, post.rkey), post);
            }
        }
        let (mut gone, mut changed) = (Vec::new(), Vec::new());
        for held in &held {
            match now.get(&(held.actor, held.rkey)) {
                Some(post) if post.rev == held.rev && post.sort_at == held.sort_at => {}
                Some(post) => {
                    gone.push(tombstone(&PostAt { rev: post.rev, ..*held }, OTHER));
                    changed.push((held.actor, held.rkey));
                }
                // At which rev it went is not known here any more; a later version of it has a greater one.
                None => gone.push(tombstone(held, GONE)),
            }
        }
        let _ = self.insert(&gone).await?;
        self.copy_engaged(&changed).await?;
        Ok(held.last().copied())
    }

    async fn held_posts(&self, keys: &[RecordKey]) -> Result<Vec<PostAt>, StoreError> {
        let asked = self.query(include_str!("engaged/held_posts.sql")).param("keys", keys);
        let rows: Vec<Held> = fetch("held_posts", asked).await?;
        let of = |Held { actor, rkey, sort_at, rev }| PostAt { sort_at, actor, rkey, rev };
        Ok(rows.into_iter().map(of).collect())
    }

    /// What some posts are found by, as they are now.
    async fn texts_now(&self, keys: &[RecordKey]) -> Result<Vec<PostTextRow>, StoreError> {
        let mut texts = Vec::new();
        for keys in keys.chunks(PLACES_AT_ONCE) {
            let posts = self.held_posts(keys).await?;
            let places: Vec<_> = posts.iter().map(PostAt::place).collect();
            let asked = self.query(include_str!("read/search/arrived_texts.sql"));
            let found: Vec<PostTextRow> =
                fetch("arrived_texts", asked.param("keys", &places)).await?;
            let revs: HashMap<_, _> =
                posts.iter().map(|post| ((post.actor, post.rkey), post.rev)).collect();
            let is_now = |text: &PostTextRow| revs.get(&(text.actor, text.rkey)) == Some(&text.rev);
            texts.extend(found.into_iter().filter(is_now));
        }
        Ok(texts)
    }
}

/// How far a post came.
struct Reached {
    tiers: Vec<String>,
    answers: u32,
}

/// `None` of posts that reached no tier.
fn reached(counts: &Interactions) -> Option<Reached> {
    let tiers = tiers_reached(counts);
    let answers = u32::try_from(counts.weighted()).unwrap_or(u32::MAX);
    (!tiers.is_empty()).then_some(Reached { tiers, answers })
}

fn row(text: PostTextRow, reached: Reached, standing: u16) -> EngagedTextRow {
    let PostTextRow { sort_at, actor, rkey, rev, deleted, words, runs, mut marks } = text;
    let Reached { tiers, answers } = reached;
    marks.extend(tiers);
    let version = version(rev, state(answers));
    EngagedTextRow {
        sort_at,
        actor,
        rkey,
        rev,
        version,
        deleted,
        words,
        runs,
        marks,
        answers,
        standing,
    }
}

/// What says that nothing of before this rev is here any more, or at it.
fn tombstone(gone: &PostAt, state: u16) -> EngagedTextRow {
    let &PostAt { sort_at, actor, rkey, rev } = gone;
    EngagedTextRow {
        sort_at: Datetime::from_ms(sort_at),
        actor,
        rkey,
        rev,
        version: version(rev, state),
        deleted: 1,
        words: "".into(),
        runs: "".into(),
        marks: Vec::new(),
        answers: 0,
        standing: 0,
    }
}

/// Below every state of the same rev: another version may be here.
const OTHER: u16 = 0;
/// Above every state of the same rev.
const GONE: u16 = (1 << STATE_BITS) - 1;
/// What a rev leaves of 64 bits.
const STATE_BITS: u32 = 11;
/// States of each doubling of the answers: 32 doublings fit. Of two rows with the same state the later one stands.
const PER_DOUBLING: f64 = 60.0;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "1 to 1920, as is tested"
)]
fn state(answers: u32) -> u16 {
    1 + (PER_DOUBLING * f64::from(answers.max(1)).log2()) as u16
}

/// Rises with the rev, of which the ten bits that tell writers of a microsecond apart are left out, and for one rev with the state.
fn version(rev: Rev, state: u16) -> u64 {
    (rev.get() >> 10) << STATE_BITS | u64::from(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_rises_with_the_rev_then_with_the_answers_and_last_of_all_the_post_is_gone() {
        assert!(state(1) > OTHER && state(u32::MAX) < GONE);
        assert!(state(10) < state(11) && state(10_000) < state(11_000));
        let at = |us: u64| Rev::from(us << 10 | 1_023);
        assert!(version(at(5), GONE) < version(at(6), OTHER));
        let latest = Rev::from(u64::MAX >> 1);
        assert_eq!(version(latest, GONE), u64::MAX, "nothing is cut off");
    }
}
