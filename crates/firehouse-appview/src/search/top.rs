//! The order "top": what was answered most, is most about what was asked, and is written by whom others follow; age counts against it.
//!
//! Ranked are the posts that were answered often: of each tier the newest that match, so that the best of a year are among them however many
//! came since, and how much they were answered stands beside their words. Only where these do not fill the page, the newest of all others
//! that match are ranked, too, whose answers have to be counted. The rank of a post stands in the place of its time. It does not change
//! while time goes by, but it does with every answer; so pages of one search are cut from one list, which is kept for a while (`kept.rs`).

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use firehouse_store::read::{
    Among, Candidate, Engaged, FoundPost, Interactions, LinkPosition, PostSearch, Standing, TIERS,
};
use firehouse_types::Datetime;

use super::Search;
use super::asked::Least;
use super::found::{Found, counts, engaged, is_liked, newest, with_marks};
use super::rank::Rank;
use super::relevance;
use crate::page::{From, Page, PageCursor};
use crate::{AppView, ViewError, clock};

/// Posts among which the top ones are looked for: those of the lowest tier, of each higher one, and of all; the newest of each.
const ANSWERED_MAX: usize = 200;
const OF_TIER_MAX: usize = 50;
const NEWEST_MAX: usize = 100;

/// The posts that a search ranks, the first first.
#[derive(Clone, Debug)]
pub(crate) struct Top {
    pub posts: Arc<[Ranked]>,
    /// Whether those are among them that were not answered often.
    is_whole: bool,
}

/// A post and its rank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked {
    post: FoundPost,
    rank: Rank,
    /// Where it stands: at its rank, unless what stands there was shown before it was ranked.
    at: Datetime,
}

/// One page, of the list of which the page before it was cut, if that is still kept.
pub(super) async fn top(
    app: &AppView,
    search: &Search,
    from: From,
    limit: usize,
) -> Result<Page<Found>, ViewError> {
    let kept = from.list().and_then(|list| Some((list, app.kept_tops.get(search.question, list)?)));
    let mut is_new = kept.is_none();
    let (list, mut top) = match kept {
        Some(kept) => kept,
        None => {
            // What is behind a place is known only of a whole list; and where few were answered often it is wanted anyway.
            let is_whole = from != From::Start || hardly_fills(app, &search.posts, limit).await;
            (app.kept_tops.number(), Top::new(app, search, is_whole).await?)
        }
    };
    let behind = from.link();
    let latest = search.posts.until.min(clock::now());
    let fills = |ranked: &&Ranked| match from {
        // What was written last stands before what was answered often, but long ago.
        From::Start => ranked.at >= latest,
        From::After(_) | From::Nowhere => true,
    };
    if !top.is_whole && top.behind(behind).iter().filter(fills).count() <= limit {
        top = top.whole(app, search, behind).await?;
        is_new = true;
    }
    let rest = top.behind(behind).iter().take(limit + 1).copied().collect();
    let Page { items, next } =
        Page::cut(rest, limit, |ranked| PageCursor::in_list(ranked.position(), list));
    if next.is_some() && is_new {
        app.kept_tops.keep(search.question, list, top);
    }
    let found = items.into_iter().map(|Ranked { post, rank, .. }| Found { post, rank: Some(rank) });
    Ok(Page { items: found.collect(), next })
}

/// Whether those that were answered often are hardly expected to fill a page.
async fn hardly_fills(app: &AppView, posts: &PostSearch, limit: usize) -> bool {
    let answered = with_marks(posts, vec![Engaged::Answers.mark(TIERS[0])]);
    app.sampled.are_few(&answered, limit).await
}

/// The newest of each tier that match; a post may be there more than once. Who reached a tier has the marks of those below, so where a tier
/// has few, all of the higher ones are among them.
async fn often_answered(app: &AppView, posts: &PostSearch) -> Result<Vec<Candidate>, ViewError> {
    let mut found = Vec::new();
    let mut limit = ANSWERED_MAX;
    for tier in TIERS {
        let posts = with_marks(posts, vec![Engaged::Answers.mark(tier)]);
        let of_tier = candidates(app, posts, Among::Engaged, limit).await?;
        let are_all = of_tier.len() < limit;
        found.extend(of_tier);
        if are_all {
            break;
        }
        limit = OF_TIER_MAX;
    }
    Ok(found)
}

async fn candidates(
    app: &AppView,
    posts: PostSearch,
    among: Among,
    limit: usize,
) -> Result<Vec<Candidate>, ViewError> {
    let (words, runs) = relevance::sought(&posts.condition);
    let (sought, start) = ((words.as_slice(), runs.as_slice()), LinkPosition::START);
    let fetch = |posts, limit| async move {
        app.store.search_candidates(&posts, among, sought, start, limit).await
    };
    newest(app, &posts, start, limit, fetch).await
}

/// Candidates with their ranks, the first first; each version of a post once, and none that was seen.
async fn ranked(
    app: &AppView,
    search: &Search,
    mut candidates: Vec<Candidate>,
    mut seen: HashSet<FoundPost>,
) -> Result<Vec<Ranked>, ViewError> {
    // Of two rows of a post the one that knows of more answers is the later one.
    candidates.sort_by_key(|candidate| Reverse(candidate.answers));
    candidates.retain(|candidate| seen.insert(candidate.post()));
    let posts: Vec<FoundPost> = candidates.iter().map(Candidate::post).collect();
    // Of often answered posts the row tells; but whoever asks for so many likes is told of exactly so many.
    let is_exact = search.least != Least::default();
    let is_unknown = |candidate: &&Candidate| is_exact || candidate.answers == 0;
    let unknown: Vec<_> = candidates.iter().filter(is_unknown).map(Candidate::post).collect();
    let authors: HashSet<_> = unknown.iter().map(|row| row.actor).collect();
    let authors: Vec<_> = authors.into_iter().collect();
    let standings = async { Ok(app.store.standings(&authors).await?) };
    let (counts, standings) = tokio::try_join!(counts(app, &unknown), standings)?;
    let rank = |((candidate, post), relevance): ((&Candidate, FoundPost), _)| {
        if is_exact && !is_liked(&counts, &post, search.least) {
            return None;
        }
        let standing = standings.get(&post.actor).map_or(0, |standing: &Standing| standing.level);
        let answers = counts.get(&post.key()).map_or(0, Interactions::weighted);
        let answers = u32::try_from(answers).unwrap_or(u32::MAX).max(candidate.answers);
        let written_at = post.position().at;
        let rank = Rank::of(written_at, relevance, answers, standing.max(candidate.standing));
        Some(Ranked { post, rank, at: rank.at })
    };
    let scored = candidates.iter().zip(posts).zip(relevance::scores(&candidates));
    let mut ranked: Vec<Ranked> = scored.filter_map(rank).collect();
    ranked.sort_unstable_by_key(|ranked| Reverse(place(&ranked.position())));
    Ok(ranked)
}

impl Top {
    /// Nothing of it was shown yet.
    async fn new(app: &AppView, search: &Search, is_whole: bool) -> Result<Self, ViewError> {
        let (posts, among) = engaged(search);
        let newest = async {
            if !is_whole {
                return Ok(Vec::new());
            }
            candidates(app, posts.clone(), among, NEWEST_MAX).await
        };
        let (mut found, newest) = tokio::try_join!(often_answered(app, &posts), newest)?;
        found.extend(newest);
        let posts = ranked(app, search, found, HashSet::new()).await?.into();
        Ok(Self { posts, is_whole })
    }

    /// Those behind a place.
    fn behind(&self, place_of_last: LinkPosition) -> &[Ranked] {
        let last = place(&place_of_last);
        let start = self.posts.partition_point(|ranked| place(&ranked.position()) >= last);
        self.posts.get(start..).unwrap_or_default()
    }

    /// With the newest of all that match. What would stand before the place where a page begins comes next.
    async fn whole(
        self,
        app: &AppView,
        search: &Search,
        begins: LinkPosition,
    ) -> Result<Self, ViewError> {
        let (posts, among) = engaged(search);
        let newest = candidates(app, posts, among, NEWEST_MAX).await?;
        let seen = self.posts.iter().map(|ranked| ranked.post).collect();
        let mut more = ranked(app, search, newest, seen).await?;
        for ranked in &mut more {
            if place(&ranked.position()) >= place(&begins) {
                ranked.at = Datetime::from_ms(begins.at.ms().saturating_sub(1));
            }
        }
        let mut posts: Vec<Ranked> = self.posts.iter().copied().chain(more).collect();
        posts.sort_unstable_by_key(|ranked| Reverse(place(&ranked.position())));
        Ok(Self { posts: posts.into(), is_whole: true })
    }
}

fn place(row: &LinkPosition) -> (Datetime, u64, u64) {
    (row.at, row.actor, row.rkey)
}

impl Ranked {
    fn position(&self) -> LinkPosition {
        LinkPosition { at: self.at, ..self.post.position() }
    }
}
