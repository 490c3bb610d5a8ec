//! Page cursors, and pages that are filled up again after the rules have thinned them out.
//!
//! A cursor is `<milliseconds>__<numbers>`: the time of the last row seen and what tells it from others of the same millisecond. The
//! time in front is the reference's form; a cursor of the reference itself (a CID behind the time) continues strictly before its time.

use std::pin::Pin;

use atrium_api::types::LimitedNonZeroU8;
use firehouse_store::read::{FeedPosition, LinkPosition, RankPosition};
use firehouse_types::Datetime;

use crate::ViewError;
use crate::popular::Ranked;

/// Times a page is asked for at most, the first time included: rules take out some of it.
pub(crate) const REQUESTS_MAX: usize = 10;

/// `limit` of the methods with pages of 50.
pub(crate) fn limit_of<const MAX: u8>(limit: Option<LimitedNonZeroU8<MAX>>) -> usize {
    limit_or(50, limit)
}

/// `limit` of the methods with other pages where none is given.
pub(crate) fn limit_or<const MAX: u8>(
    default: usize,
    limit: Option<LimitedNonZeroU8<MAX>>,
) -> usize {
    limit.map_or(default, |limit| usize::from(u8::from(limit)))
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageCursor {
    at: Datetime,
    /// Numbers of the last row, highest first; zeros when the cursor has none: nothing of that millisecond follows.
    tie: [u64; 3],
}

/// What the cursor parameter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// No cursor: the first page.
    Start,
    /// After this row.
    After(PageCursor),
    /// A cursor of the first AppView, which nobody can continue: an empty page, not an error.
    Nowhere,
}

impl From {
    /// Where a list of accounts or records begins.
    pub fn link(self) -> LinkPosition {
        match self {
            Self::After(cursor) => cursor.link(),
            Self::Start | Self::Nowhere => LinkPosition::START,
        }
    }

    /// The kept list of which the page before was cut.
    pub fn list(self) -> Option<u64> {
        match self {
            Self::After(cursor) => Some(cursor.tie[2]).filter(|&list| list != 0),
            Self::Start | Self::Nowhere => None,
        }
    }

    /// Where a feed begins.
    pub fn feed(self) -> FeedPosition {
        match self {
            Self::After(cursor) => cursor.feed(),
            Self::Start | Self::Nowhere => FeedPosition::START,
        }
    }

    /// Where a list by rank begins.
    pub fn rank(self) -> RankPosition {
        match self {
            Self::After(cursor) => RankPosition { rank: cursor.at.ms(), actor: cursor.tie[0] },
            Self::Start | Self::Nowhere => RankPosition::START,
        }
    }

    /// Reads the cursor parameter. Errors: [`ViewError::MalformedCursor`].
    pub fn parse(cursor: Option<&str>) -> Result<Self, ViewError> {
        match cursor.filter(|text| !text.is_empty()) {
            None => Ok(Self::Start),
            Some(text) if text.contains("::") => Ok(Self::Nowhere),
            Some(text) => {
                PageCursor::parse(text).map(Self::After).ok_or(ViewError::MalformedCursor)
            }
        }
    }
}

impl PageCursor {
    fn parse(text: &str) -> Option<Self> {
        let (at, tie) = text.split_once("__").filter(|(_, tie)| !tie.contains("__"))?;
        let ms: i64 = at.parse().ok()?;
        // What a date of the reference can be; beyond it the cursor is as malformed as a word.
        let is_date = (-8_640_000_000_000_000..=8_640_000_000_000_000).contains(&ms);
        (is_date && !tie.is_empty())
            .then(|| Self { at: Datetime::from_ms(ms), tie: parse_tie(tie).unwrap_or_default() })
    }

    /// Behind a row of a list that is kept.
    pub fn in_list(row: LinkPosition, list: u64) -> Self {
        Self { at: row.at, tie: [row.actor, row.rkey, list] }
    }

    /// Behind a row of a list of accounts or records.
    fn link(self) -> LinkPosition {
        LinkPosition { at: self.at, actor: self.tie[0], rkey: self.tie[1] }
    }

    /// Behind a place in an order of generators: its score stands where others have a time.
    pub fn ranked(self) -> Ranked {
        let [second, actor, rkey] = self.tie;
        Ranked { score: (self.at.ms(), second), key: (actor.into(), rkey.into()) }
    }

    /// Behind an item of a feed.
    fn feed(self) -> FeedPosition {
        let kind = i8::try_from(self.tie[1]).unwrap_or(i8::MIN);
        FeedPosition { at: self.at, actor: self.tie[0], kind, rkey: self.tie[2] }
    }
}

impl std::convert::From<Ranked> for PageCursor {
    fn from(Ranked { score: (first, second), key }: Ranked) -> Self {
        Self { at: Datetime::from_ms(first), tie: [second, key.0.get(), key.1.get()] }
    }
}

impl std::convert::From<LinkPosition> for PageCursor {
    fn from(row: LinkPosition) -> Self {
        Self { at: row.at, tie: [row.actor, row.rkey, 0] }
    }
}

/// A rank stands where a time would.
impl std::convert::From<RankPosition> for PageCursor {
    fn from(row: RankPosition) -> Self {
        Self { at: Datetime::from_ms(row.rank), tie: [row.actor, 0, 0] }
    }
}

impl std::convert::From<FeedPosition> for PageCursor {
    fn from(item: FeedPosition) -> Self {
        Self { at: item.at, tie: [item.actor, u64::from(item.kind.unsigned_abs()), item.rkey] }
    }
}

impl std::fmt::Display for PageCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c] = self.tie;
        write!(f, "{}__{a:x}-{b:x}-{c:x}", self.at.ms())
    }
}

/// `a-b-c` in hexadecimal. `None` for anything else, such as a CID.
fn parse_tie(text: &str) -> Option<[u64; 3]> {
    let mut numbers = text.split('-').map(|part| u64::from_str_radix(part, 16).ok());
    let tie = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(tie)
}

/// One fetch of a page: what is left of its rows after the rules, and where the next begins.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<PageCursor>,
}

impl<T> Page<T> {
    /// Nothing, and nothing after it.
    pub fn empty() -> Self {
        Self { items: Vec::new(), next: None }
    }

    /// Cuts rows to `limit`; one more than that was fetched where there are more.
    pub fn cut<P: Into<PageCursor>>(
        mut rows: Vec<T>,
        limit: usize,
        position: impl Fn(&T) -> P,
    ) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(|row| position(row).into());
        Self { items: rows, next }
    }
}

/// A page on its way. Boxed, because the compiler cannot prove a borrowing closure's own future to be `Send` for every lifetime.
pub(crate) type PageFuture<'f, T> =
    Pin<Box<dyn Future<Output = Result<Page<T>, ViewError>> + Send + 'f>>;

/// Fetches until half of the page is filled, at most ten times, each time for what is missing.
pub(crate) async fn fill_page<'f, T>(
    from: From,
    limit: usize,
    mut fetch: impl FnMut(From, usize) -> PageFuture<'f, T>,
) -> Result<(Vec<T>, Option<String>), ViewError> {
    if from == From::Nowhere {
        return Ok((Vec::new(), None));
    }
    let Page { mut items, mut next } = fetch(from, limit).await?;
    for _ in 1..REQUESTS_MAX {
        let Some(cursor) = next.filter(|_| items.len() < limit.div_ceil(2)) else { break };
        let page = fetch(From::After(cursor), limit - items.len()).await?;
        items.extend(page.items);
        next = page.next.filter(|&next| next != cursor);
    }
    Ok((items, next.map(|cursor| cursor.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_cursor_is_malformed_and_what_was_one_long_ago_leads_nowhere() {
        let check = |text, expected: Option<From>| {
            assert_eq!(From::parse(Some(text)).ok(), expected, "{text}")
        };
        check("", Some(From::Start));
        check("garbage", None);
        check("0", None);
        check("1__", None);
        check("x__bafy", None);
        check("1__2__3", None);
        check("99999999999999999__bafy", None);
        check("1::2", Some(From::Nowhere));
        check("2026-06-01T12:00:00.000Z::bafy", Some(From::Nowhere));
    }

    #[test]
    fn a_cursor_of_the_reference_continues_before_its_time() {
        let Ok(From::After(cursor)) = From::parse(Some("1641038400000__bafyx")) else { panic!() };
        let expected = LinkPosition { at: Datetime::from_ms(1_641_038_400_000), actor: 0, rkey: 0 };
        assert_eq!(cursor.link(), expected);
    }

    #[test]
    fn a_cursor_says_where_it_came_from() {
        let item = FeedPosition { at: Datetime::from_ms(-5), actor: u64::MAX, kind: 2, rkey: 7 };
        let text = PageCursor::from(item).to_string();
        let Ok(From::After(cursor)) = From::parse(Some(&text)) else { panic!("{text}") };
        assert_eq!(cursor.feed(), item);
    }

    #[tokio::test]
    async fn a_page_the_rules_emptied_is_filled_from_the_next_ones() {
        let rows = |at: i64| LinkPosition { at: Datetime::from_ms(at), actor: 1, rkey: 1 };
        let mut calls = Vec::new();
        let filled = fill_page(From::Start, 4, |_, limit| {
            calls.push(limit);
            let page = match calls.len() {
                1 => Page { items: vec![1], next: Some(rows(9).into()) },
                2 => Page { items: vec![], next: Some(rows(8).into()) },
                _ => Page { items: vec![2, 3], next: Some(rows(7).into()) },
            };
            Box::pin(async { Ok(page) })
        });
        let (items, cursor) = filled.await.unwrap();
        assert_eq!((items, calls), (vec![1, 2, 3], vec![4, 3, 3]));
        assert_eq!(cursor, Some("7__1-1-0".into()));
    }
}
