//! Which posts a search finds, in which order, page by page: the skeleton.

use std::collections::{HashMap, HashSet};

use firehouse_store::StoreError;
use firehouse_store::read::{
    Among, Condition, Engaged, FoundPost, Interactions, LinkPosition, PostSearch, RecordKey,
};
use firehouse_text::Sort;
use firehouse_types::Datetime;

use super::asked::Least;
use super::rank::Rank;
use super::top::top;
use super::{Search, refused};
use crate::page::{From, Page};
use crate::{AppView, ViewError};

/// Posts that are looked at for those with enough likes, at a time and for one page.
const LOOKED_AT: usize = 500;
const LOOKED_AT_MAX: usize = 5_000;

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

/// A post at the version that matched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub post: FoundPost,
    /// Where it stands among the top ones, and why.
    pub rank: Option<Rank>,
}

impl std::convert::From<FoundPost> for Found {
    fn from(post: FoundPost) -> Self {
        Self { post, rank: None }
    }
}

/// One page of posts.
pub(crate) async fn found_posts(
    app: &AppView,
    search: &Search,
    order: Order,
    from: From,
    limit: usize,
) -> Result<Page<Found>, ViewError> {
    let Page { items, next } = match order {
        Order::Top => return top(app, search, from, limit).await,
        Order::Latest if search.least == Least::default() => {
            let rows = newest_posts(app, &search.posts, Among::All, from.link(), limit + 1).await?;
            Page::cut(rows, limit, FoundPost::position)
        }
        Order::Latest => liked(app, search, from, limit).await?,
    };
    Ok(Page { items: items.into_iter().map(Found::from).collect(), next })
}

async fn newest_posts(
    app: &AppView,
    posts: &PostSearch,
    among: Among,
    from: LinkPosition,
    limit: usize,
) -> Result<Vec<FoundPost>, ViewError> {
    let fetch =
        |posts, limit| async move { app.store.search_posts(&posts, among, from, limit).await };
    newest(app, posts, from, limit, fetch).await
}

/// What is searched for where likes or reposts are asked for: those that reached the tiers below these numbers, so that nobody looks at posts
/// without; exact counts are for whoever searches. Those below the first tier are among all.
pub(super) fn engaged(search: &Search) -> (PostSearch, Among) {
    let Search { posts, least, .. } = search;
    let tiers =
        [Engaged::Likes.mark_below(least.likes), Engaged::Reposts.mark_below(least.reposts)];
    let tiers: Vec<String> = tiers.into_iter().flatten().collect();
    if tiers.is_empty() {
        return (posts.clone(), Among::All);
    }
    (with_marks(posts, tiers), Among::Engaged)
}

/// Those of them that have these marks.
pub(super) fn with_marks(posts: &PostSearch, marks: Vec<String>) -> PostSearch {
    let condition = Condition::All(vec![Condition::Marks(marks), posts.condition.clone()]);
    PostSearch { condition, ..posts.clone() }
}

/// The newest that match, behind a place: those of a span that should hold enough of them, and if it does not, those before it.
pub(super) async fn newest<R, F>(
    app: &AppView,
    posts: &PostSearch,
    from: LinkPosition,
    limit: usize,
    fetch: impl Fn(PostSearch, usize) -> F,
) -> Result<Vec<R>, ViewError>
where
    F: Future<Output = Result<Vec<R>, StoreError>>,
{
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
    let (posts, among) = engaged(search);
    let (mut from, mut found, mut looked_at) = (from.link(), Vec::new(), 0);
    // A row of each tier that a post reached may be there still.
    let mut seen = HashSet::new();
    loop {
        let rows = newest_posts(app, &posts, among, from, LOOKED_AT).await?;
        looked_at += rows.len();
        let is_last = rows.len() < LOOKED_AT;
        let counts = counts(app, &rows).await?;
        let last = rows.last().map(FoundPost::position);
        found.extend(rows.into_iter().filter(|row| {
            is_liked(&counts, row, search.least) && seen.insert((row.key(), row.rev))
        }));
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

pub(super) type Counts = HashMap<RecordKey, Interactions>;

pub(super) async fn counts(app: &AppView, rows: &[FoundPost]) -> Result<Counts, ViewError> {
    let keys: Vec<_> = rows.iter().map(FoundPost::key).collect();
    let counts = app.store.interactions(&keys, None, None).await?;
    Ok(counts.into_iter().map(|row| (row.key(), row)).collect())
}

pub(super) fn is_liked(counts: &Counts, row: &FoundPost, least: Least) -> bool {
    let (likes, reposts) =
        counts.get(&row.key()).map_or((0, 0), |counts| (counts.likes, counts.reposts));
    likes >= least.likes && reposts >= least.reposts
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

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
