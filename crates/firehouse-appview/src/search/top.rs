//! The order "top": what was answered most, is most about what was asked, and is written by whom others follow; age counts against it.
//!
//! A few hundred candidates are ranked: the newest that match, and of each tier of often answered posts the newest that match, so that the
//! best of a year are among them however many came since. The rank of a post stands in the place of its time: when it would have to be
//! written to stand there without any answer. It does not change while time goes by, but it does with every answer; so pages of one search
//! are cut from one list, which is kept for a while (`kept.rs`).

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use firehouse_store::read::{
    Among, Candidate, Engaged, FoundPost, Interactions, LinkPosition, PostSearch, Standing, TIERS,
};
use firehouse_types::Datetime;
use serde_json::{Value, json};

use super::Search;
use super::found::{Found, counts, engaged, is_liked, newest, with_marks};
use super::relevance::{self, Relevance};
use crate::page::{From, Page, PageCursor};
use crate::{AppView, ViewError};

/// Posts among which the top ones are looked for: the newest that match, and of each tier the newest.
const NEWEST_MAX: usize = 200;
const OF_TIER_MAX: usize = 50;
/// What twice the engagement is worth: a post this much younger stands level. Units: milliseconds.
const DOUBLING_MS: f64 = 12.0 * 3_600_000.0;
/// What being most about what was asked is worth, beside nothing of it: so many times the engagement.
const RELEVANT: f64 = 4.0;
/// What it is worth that an author stands ten times as well with those who follow: little, so that it tells apart what is alike else. From
/// whom nobody follows to whom a million do it is about two and a half times the engagement. Units: milliseconds.
const STANDING_MS: f64 = DOUBLING_MS / 4.0;

/// Where a post stands among the top ones, and the numbers that went into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rank {
    /// When it would have to be written to stand there without any answer.
    at: Datetime,
    relevance: Relevance,
    /// How much it was answered, weighted.
    answers: u32,
    /// How its author stands: a level of [`Standing`].
    standing: u16,
}

/// A post and its rank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked {
    post: FoundPost,
    rank: Rank,
}

/// One page, of the list of which the page before it was cut, if that is still kept.
pub(super) async fn top(
    app: &AppView,
    search: &Search,
    from: From,
    limit: usize,
) -> Result<Page<Found>, ViewError> {
    let kept = from.list().and_then(|list| Some((list, app.kept_tops.get(search.question, list)?)));
    let is_kept = kept.is_some();
    let (list, ranked): (_, Arc<[Ranked]>) = match kept {
        Some(kept) => kept,
        None => (app.kept_tops.number(), ranked(app, search).await?.into()),
    };
    let behind = place(&from.link());
    let start = ranked.partition_point(|ranked| place(&ranked.position()) >= behind);
    let rest: Vec<Ranked> = ranked.iter().skip(start).take(limit + 1).copied().collect();
    let Page { items, next } =
        Page::cut(rest, limit, |ranked| PageCursor::in_list(ranked.position(), list));
    if next.is_some() && !is_kept {
        app.kept_tops.keep(search.question, list, ranked);
    }
    let found = items.into_iter().map(|Ranked { post, rank }| Found { post, rank: Some(rank) });
    Ok(Page { items: found.collect(), next })
}

/// All candidates, the first first.
async fn ranked(app: &AppView, search: &Search) -> Result<Vec<Ranked>, ViewError> {
    let candidates = candidates(app, search).await?;
    let found: Vec<FoundPost> = candidates.iter().map(Candidate::post).collect();
    let authors: HashSet<_> = found.iter().map(|row| row.actor).collect();
    let authors: Vec<_> = authors.into_iter().collect();
    let standings = async { Ok(app.store.standings(&authors).await?) };
    let (counts, standings) = tokio::try_join!(counts(app, &found), standings)?;
    let scored = found.into_iter().zip(relevance::scores(&candidates));
    let liked = scored.filter(|(row, _)| is_liked(&counts, row, search.least));
    let rank = |(post, relevance): (FoundPost, Relevance)| {
        let standing = standings.get(&post.actor).map_or(0, |standing: &Standing| standing.level);
        let answers = counts.get(&post.key()).map_or(0, Interactions::weighted);
        let answers = u32::try_from(answers).unwrap_or(u32::MAX);
        let at = post.position().at.ms();
        let rank = Rank { at: Datetime::EPOCH, relevance, answers, standing };
        let at = Datetime::from_ms(at.saturating_add(rank.bonus_ms()));
        Ranked { post, rank: Rank { at, ..rank } }
    };
    let mut ranked: Vec<Ranked> = liked.map(rank).collect();
    ranked.sort_unstable_by_key(|ranked| Reverse(place(&ranked.position())));
    Ok(ranked)
}

/// The newest that match and, unless these are all, the newest of each tier, each post once. The tiers travel as one statement.
async fn candidates(app: &AppView, search: &Search) -> Result<Vec<Candidate>, ViewError> {
    let (words, runs) = relevance::sought(&search.posts.condition);
    let (sought, start) = ((words.as_slice(), runs.as_slice()), LinkPosition::START);
    let newest_among = async |posts: PostSearch, among, limit| {
        let fetch = |posts, limit| async move {
            app.store.search_candidates(&posts, among, sought, start, limit).await
        };
        newest(app, &posts, start, limit, fetch).await
    };
    let (posts, among) = engaged(search);
    let mut found = newest_among(posts.clone(), among, NEWEST_MAX).await?;
    if found.len() == NEWEST_MAX {
        let tier = |tier| {
            let posts = with_marks(&posts, vec![Engaged::Answers.mark(tier)]);
            newest_among(posts, Among::Engaged, OF_TIER_MAX)
        };
        let [tens, hundreds, thousands, others] = TIERS.map(tier);
        let tiers = tokio::try_join!(tens, hundreds, thousands, others)?;
        found.extend([tiers.0, tiers.1, tiers.2, tiers.3].into_iter().flatten());
    }
    let mut seen = HashSet::new();
    let mut is_new = |candidate: &Candidate| {
        let FoundPost { actor, rkey, rev, .. } = candidate.post();
        seen.insert((actor, rkey, rev))
    };
    found.retain(|candidate| is_new(candidate));
    Ok(found)
}

fn place(row: &LinkPosition) -> (Datetime, u64, u64) {
    (row.at, row.actor, row.rkey)
}

impl Ranked {
    /// Its rank, in the place of its time.
    fn position(&self) -> LinkPosition {
        LinkPosition { at: self.rank.at, ..self.post.position() }
    }
}

impl Rank {
    /// How much later a post stands for its answers.
    fn engagement_ms(&self) -> f64 {
        (1.0 + f64::from(self.answers)).log2() * DOUBLING_MS
    }

    /// For being about what was asked: at most as for RELEVANT times the answers.
    fn relevance_ms(&self) -> f64 {
        f64::from(self.relevance.share) * RELEVANT.log2() * DOUBLING_MS
    }

    /// For how its author stands. Levels are logarithms: a thousand are a tenfold.
    fn standing_ms(&self) -> f64 {
        f64::from(self.standing) / 1_000.0 * STANDING_MS
    }

    fn bonus_ms(&self) -> i64 {
        whole(self.engagement_ms() + self.relevance_ms() + self.standing_ms())
    }

    /// What it is made of, for those who look after the order. Units: milliseconds by which each part lets a post stand later; times as text.
    pub fn explained(&self) -> Value {
        let Self { at, relevance, answers, standing } = self;
        let written_at = Datetime::from_ms(at.ms().saturating_sub(self.bonus_ms()));
        let (bm25, share) = (relevance.bm25, relevance.share);
        // Numbers with a fraction have no place in answers.
        json!({
            "at": at.to_string(),
            "age": { "writtenAt": written_at.to_string() },
            "engagement": { "answers": answers, "ms": whole(self.engagement_ms()) },
            "relevance": {
                "bm25": format!("{bm25:.3}"),
                "share": format!("{share:.3}"),
                "ms": whole(self.relevance_ms()),
            },
            "standing": { "level": standing, "ms": whole(self.standing_ms()) },
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "64 doublings of 12 hours fit")]
fn whole(ms: f64) -> i64 {
    ms as i64
}
