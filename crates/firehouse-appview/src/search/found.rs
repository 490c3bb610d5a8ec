//! Which posts a search finds, in which order, page by page: the skeleton.

use std::cmp::Reverse;
use std::collections::HashMap;

use firehouse_store::read::{Interactions, LinkAt, LinkPosition, PostSearch, RecordKey};
use firehouse_types::Datetime;

use crate::page::{From, Page};
use crate::{AppView, ViewError, clock};

/// How far back the first look reaches; the second reaches all times. Units: hours.
const LATEST_SPAN_H: i64 = 48;
const TOP_SPAN_H: i64 = 30 * 24;
/// Posts among which the top ones are looked for, the newest that match.
const CANDIDATES_MAX: usize = 2_000;
/// What twice the engagement is worth: a post this much younger stands level. Units: milliseconds.
const DOUBLING_MS: f64 = 12.0 * 3_600_000.0;

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Newest first.
    Latest,
    /// The most answered first, where age counts against it.
    Top,
}

/// One page of keys.
pub(crate) async fn found_posts(
    app: &AppView,
    search: &PostSearch,
    order: Order,
    from: From,
    limit: usize,
) -> Result<Page<RecordKey>, ViewError> {
    let page = match order {
        Order::Latest => {
            let rows = matching(app, search, from.link(), LATEST_SPAN_H, limit + 1).await?;
            let rows = rows.iter().map(|row| row.position()).collect();
            Page::cut(rows, limit, |row: &LinkPosition| *row)
        }
        Order::Top => {
            let mut ranked = ranked(app, search).await?;
            let behind = from.link();
            let place = |row: &LinkPosition| (row.at, row.actor, row.rkey);
            ranked.retain(|row| place(row) < place(&behind));
            ranked.sort_unstable_by_key(|row| Reverse(place(row)));
            ranked.truncate(limit + 1);
            Page::cut(ranked, limit, |row: &LinkPosition| *row)
        }
    };
    let keys = page.items.iter().map(|row| (row.actor.into(), row.rkey.into())).collect();
    Ok(Page { items: keys, next: page.next })
}

/// The newest that match. First those of late: a word that stands in every second post is found there, without reading all times.
async fn matching(
    app: &AppView,
    search: &PostSearch,
    before: LinkPosition,
    span_h: i64,
    wanted: usize,
) -> Result<Vec<LinkAt>, ViewError> {
    let start = clock::now().min(before.at).min(search.until);
    let after = Datetime::from_ms(start.ms().saturating_sub(span_h * 3_600_000));
    let rows = app.store.search_posts(search, after, before, wanted).await?;
    if rows.len() == wanted || after <= search.after {
        return Ok(rows);
    }
    Ok(app.store.search_posts(search, search.after, before, wanted).await?)
}

/// The candidates by rank, which stands in the place of their time: when each would have to be written to stand there without any
/// answer. It does not change while time goes by, so that pages stay what they are.
async fn ranked(app: &AppView, search: &PostSearch) -> Result<Vec<LinkPosition>, ViewError> {
    let found = matching(app, search, LinkPosition::START, TOP_SPAN_H, CANDIDATES_MAX).await?;
    let keys: Vec<_> = found.iter().map(|row| (row.actor, row.rkey)).collect();
    let counts = app.store.interactions(&keys, None, None).await?;
    let counts: HashMap<_, _> = counts.into_iter().map(|row| (row.key(), row)).collect();
    let rank = |row: &LinkAt| {
        let bonus = counts.get(&(row.actor, row.rkey)).map_or(0, bonus_ms);
        let at = Datetime::from_ms(row.at().ms().saturating_add(bonus));
        LinkPosition { at, ..row.position() }
    };
    Ok(found.iter().map(rank).collect())
}

#[expect(clippy::cast_possible_truncation, reason = "64 doublings of 12 hours fit")]
#[expect(clippy::cast_precision_loss, reason = "a few answers more or less move nothing")]
fn bonus_ms(counts: &Interactions) -> i64 {
    let weighted = counts.likes + counts.replies + 2 * (counts.reposts + counts.quotes);
    ((1.0 + weighted as f64).log2() * DOUBLING_MS) as i64
}
