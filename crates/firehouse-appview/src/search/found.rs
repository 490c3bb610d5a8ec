//! Which posts a search finds, in which order, page by page: the skeleton.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use firehouse_store::StoreError;
use firehouse_store::read::{
    Candidate, FoundPost, Interactions, LinkPosition, PostSearch, RecordKey, Standing,
};
use firehouse_text::Sort;
use firehouse_types::Datetime;

use super::asked::Least;
use super::{Search, refused, relevance};
use crate::page::{From, Page};
use crate::{AppView, ViewError};

/// Posts among which the top ones are looked for, the newest that match.
const CANDIDATES_MAX: usize = 2_000;
/// Posts that are looked at for those with enough likes, at a time and for one page.
const LOOKED_AT: usize = 500;
const LOOKED_AT_MAX: usize = 5_000;
/// What twice the engagement is worth: a post this much younger stands level. Units: milliseconds.
const DOUBLING_MS: f64 = 12.0 * 3_600_000.0;
/// What being most about what was asked is worth, beside nothing of it: so many times the engagement.
const RELEVANT: f64 = 4.0;
/// What it is worth that an author stands ten times as well with those who follow: little, so that it tells apart what is alike else. From
/// whom nobody follows to whom a million do it is about two and a half times the engagement. Units: milliseconds.
const STANDING_MS: f64 = DOUBLING_MS / 4.0;

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Newest first.
    Latest,
    /// The most answered first, where age counts against it.
    Top,
}

impl Order {
    /// As the query text says, if it says it.
    pub fn or(self, said: Option<Sort>) -> Self {
        match said {
            Some(Sort::Latest) => Self::Latest,
            Some(Sort::Top) => Self::Top,
            None => self,
        }
    }
}

/// One page of posts at the versions that matched.
pub(crate) async fn found_posts(
    app: &AppView,
    search: &Search,
    order: Order,
    from: From,
    limit: usize,
) -> Result<Page<FoundPost>, ViewError> {
    match order {
        Order::Latest if search.least == Least::default() => {
            let fetch = |posts, limit| async move {
                app.store.search_posts(&posts, from.link(), limit).await
            };
            let rows = newest(app, search, from.link(), limit + 1, fetch).await?;
            Ok(Page::cut(rows, limit, FoundPost::position))
        }
        Order::Latest => liked(app, search, from, limit).await,
        Order::Top => {
            let behind = place(&from.link());
            let mut ranked = ranked(app, search).await?;
            ranked.retain(|(row, _)| place(row) < behind);
            ranked.sort_unstable_by_key(|(row, _)| Reverse(place(row)));
            ranked.truncate(limit + 1);
            let Page { items, next } = Page::cut(ranked, limit, |(row, _)| *row);
            Ok(Page { items: items.into_iter().map(|(_, post)| post).collect(), next })
        }
    }
}

/// The newest that match, behind a place: those of a span that should hold enough of them, and if it does not, those before it.
async fn newest<R, F>(
    app: &AppView,
    search: &Search,
    from: LinkPosition,
    limit: usize,
    fetch: impl Fn(PostSearch, usize) -> F,
) -> Result<Vec<R>, ViewError>
where
    F: Future<Output = Result<Vec<R>, StoreError>>,
{
    let posts = &search.posts;
    let latest = posts.until.min(from.at);
    let start = app.sampled.start(&posts.condition, latest, limit).await;
    spanned(posts, start, limit, fetch).await.map_err(refused)
}

/// Those of the span behind `start` first, and only if they are too few those before it.
async fn spanned<R, F>(
    posts: &PostSearch,
    start: Option<Datetime>,
    limit: usize,
    fetch: impl Fn(PostSearch, usize) -> F,
) -> Result<Vec<R>, StoreError>
where
    F: Future<Output = Result<Vec<R>, StoreError>>,
{
    let Some(start) = start.filter(|start| *start > posts.after) else {
        return fetch(posts.clone(), limit).await;
    };
    let mut rows = fetch(PostSearch { after: start, ..posts.clone() }, limit).await?;
    if rows.len() < limit {
        let before = PostSearch { until: posts.until.min(start), ..posts.clone() };
        rows.extend(fetch(before, limit - rows.len()).await?);
    }
    Ok(rows)
}

/// The newest that have likes enough. What is looked at for one page is bounded: where nearly none have, pages are short, and go on.
async fn liked(
    app: &AppView,
    search: &Search,
    from: From,
    limit: usize,
) -> Result<Page<FoundPost>, ViewError> {
    let (mut from, mut found, mut looked_at) = (from.link(), Vec::new(), 0);
    loop {
        let fetch = |posts, limit| async move { app.store.search_posts(&posts, from, limit).await };
        let rows = newest(app, search, from, LOOKED_AT, fetch).await?;
        looked_at += rows.len();
        let is_last = rows.len() < LOOKED_AT;
        let counts = counts(app, &rows).await?;
        let last = rows.last().map(FoundPost::position);
        found.extend(rows.into_iter().filter(|row| is_liked(&counts, row, search.least)));
        let is_full = found.len() > limit;
        match last {
            Some(last) if !is_last && !is_full && looked_at < LOOKED_AT_MAX => from = last,
            Some(last) if !is_last && !is_full => {
                return Ok(Page { items: found, next: Some(last.into()) });
            }
            _ => return Ok(Page::cut(found, limit, FoundPost::position)),
        }
    }
}

type Counts = HashMap<RecordKey, Interactions>;

async fn counts(app: &AppView, rows: &[FoundPost]) -> Result<Counts, ViewError> {
    let keys: Vec<_> = rows.iter().map(FoundPost::key).collect();
    let counts = app.store.interactions(&keys, None, None).await?;
    Ok(counts.into_iter().map(|row| (row.key(), row)).collect())
}

fn is_liked(counts: &Counts, row: &FoundPost, least: Least) -> bool {
    let (likes, reposts) =
        counts.get(&row.key()).map_or((0, 0), |counts| (counts.likes, counts.reposts));
    likes >= least.likes && reposts >= least.reposts
}

/// The candidates by rank, which stands in the place of their time: when each would have to be written to stand there without any
/// answer. It does not change while time goes by, so that pages stay what they are.
async fn ranked(
    app: &AppView,
    search: &Search,
) -> Result<Vec<(LinkPosition, FoundPost)>, ViewError> {
    let (words, runs) = relevance::sought(&search.posts.condition);
    let (sought, start) = ((words.as_slice(), runs.as_slice()), LinkPosition::START);
    let fetch = |posts, limit| async move {
        app.store.search_candidates(&posts, sought, start, limit).await
    };
    let candidates = newest(app, search, start, CANDIDATES_MAX, fetch).await?;
    let found: Vec<FoundPost> = candidates.iter().map(Candidate::post).collect();
    let authors: HashSet<_> = found.iter().map(|row| row.actor).collect();
    let authors: Vec<_> = authors.into_iter().collect();
    let standings = async { Ok(app.store.standings(&authors).await?) };
    let (counts, standings) = tokio::try_join!(counts(app, &found), standings)?;
    let rank = |(post, relevance): (FoundPost, f64)| {
        let standing = standings.get(&post.actor).copied().unwrap_or_default();
        let bonus = bonus_ms(counts.get(&post.key()), relevance, standing);
        let row = post.position();
        let at = Datetime::from_ms(row.at.ms().saturating_add(bonus));
        (LinkPosition { at, ..row }, post)
    };
    let scored = found.into_iter().zip(relevance::scores(&candidates));
    let liked = scored.filter(|(row, _)| is_liked(&counts, row, search.least));
    Ok(liked.map(rank).collect())
}

fn place(row: &LinkPosition) -> (Datetime, u64, u64) {
    (row.at, row.actor, row.rkey)
}

/// How much later a post stands for its answers, for being about what was asked (at most as for RELEVANT times the answers), and for how
/// its author stands.
#[expect(clippy::cast_possible_truncation, reason = "64 doublings of 12 hours fit")]
#[expect(clippy::cast_precision_loss, reason = "a few answers more or less move nothing")]
fn bonus_ms(counts: Option<&Interactions>, relevance: f64, standing: Standing) -> i64 {
    let weighted = counts
        .map_or(0, |counts| counts.likes + counts.replies + 2 * (counts.reposts + counts.quotes));
    let doublings = (1.0 + weighted as f64).log2() + relevance * RELEVANT.log2();
    // Levels are logarithms: a thousand are a tenfold.
    (doublings * DOUBLING_MS + f64::from(standing.level) / 1_000.0 * STANDING_MS) as i64
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use firehouse_store::read::Condition;

    use super::*;

    /// Posts at 0, 1, 2 … 99, the newest first.
    #[tokio::test]
    async fn a_short_span_is_gone_beyond_when_it_holds_too_few_and_nothing_is_lost_at_its_edge() {
        let at = Datetime::from_ms;
        for (start, after, until, limit, expected, times) in [
            (None, 0, 100, 3, vec![99, 98, 97], 1),
            (Some(90), 0, 100, 3, vec![99, 98, 97], 1),
            (Some(98), 0, 100, 4, vec![99, 98, 97, 96], 2),
            (Some(98), 97, 100, 4, vec![99, 98, 97], 2),
            (Some(98), 98, 100, 4, vec![99, 98], 1),
            (Some(98), 0, 50, 2, vec![49, 48], 2),
        ] {
            let (after, until) = (at(after), at(until));
            let posts = PostSearch { condition: Condition::everything(), after, until };
            let asked = Cell::new(0);
            let fetch = |posts: PostSearch, limit| {
                asked.set(asked.get() + 1);
                let found = (0..100)
                    .rev()
                    .filter(move |&ms| posts.after.ms() <= ms && ms < posts.until.ms());
                async move { Ok(found.take(limit).collect::<Vec<i64>>()) }
            };
            let found = spanned(&posts, start.map(at), limit, fetch).await.unwrap();
            assert_eq!((found, asked.get()), (expected, times), "{start:?} {posts:?}");
        }
    }
}
