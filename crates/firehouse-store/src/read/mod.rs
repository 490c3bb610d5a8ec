//! Read queries: one `.rs` per question, its `.sql` beside it.
//!
//! Every look-up takes many keys at once and is one query. Rows carry numbers, never texts that can be made from numbers; what a caller
//! asked for and does not get back does not exist, is deleted, or broke its lexicon.
//!
//! Conditions on key columns stand in PREWHERE: with FINAL that filters before versions are merged, which is right for key columns
//! only, and reads five times less. Conditions on other columns stand in WHERE.

mod actors;
mod feeds;
mod gates;
mod timeline;
mod graph;
mod interactions;
mod labels;
mod lists;
mod notifications;
mod records;
mod threads;
mod reposts;
mod generators;
mod sitemap;
mod starter_packs;
mod query;
mod together;
mod param;
mod row;
mod takedowns;
mod tags;
mod editorial;
mod search;
mod names;
mod standings;
mod suggested_packs;
mod suggestions;
mod trends;

use clickhouse::{Row, RowOwned, RowRead};
use firehouse_types::{ActorId, Datetime, RkeyId};

use crate::StoreError;

pub use actors::{ActorRead, HandleRead, KnownFollowersRead, ProfileCount};
pub use feeds::{AuthorFeed, FeedItem, FeedPosition, ThreadReply};
pub use gates::{ClosedGates, Refused};
pub use generators::LikedGenerator;
pub use graph::{LikedPost, LinkAt, LinkPosition, LinkSource, LinkTarget, Relation};
pub use interactions::{Interactions, Likes};
pub use labels::{LabelPosition, LabelQuery, LabelRead, LabelledRecord};
pub use lists::{ListBlock, ListKey, ListMember, ListSubscription};
pub use names::{FollowedName, NameToRead, RankPosition, Ranked};
pub use notifications::{
    Activity, FirstKey, NamedRecord, NotificationPosition, NotificationRead, NotificationsQuery,
    SUBSCRIBED_POST, Subscribed,
};
pub(crate) use query::Asked;
use query::fetch_wide;
pub(crate) use query::{fetch, fetch_long};
pub use records::{RecordHead, RecordRead};
pub use reposts::RepostedPost;
pub(crate) use search::tiers_reached;
pub use search::{
    Among, Arrived, Candidate, Condition, Engaged, Facet, FacetCount, FacetKind, FoundOffer,
    FoundPost, Members, OfferToRead, OfferedSearch, PostSearch, PostToRead, PostWords, TIERS,
    Usual,
};
pub use sitemap::SitemapDay;
pub use standings::Standing;
pub use starter_packs::{ListSample, StarterPackJoins};
pub use tags::TagsRead;
pub use takedowns::{TakedownSubject, TakenDown};
pub use threads::{KnownLikersRead, OpReply};
pub(crate) use together::Round;
pub use trends::{PastTrend, TrendInterval};

/// A record of a collection that goes without saying: whose it is, and its key.
pub type RecordKey = (ActorId, RkeyId);

/// Parameters travel in the URL, which may be 64 KiB long: 800 pairs of numbers with their punctuation escaped.
pub(crate) const PAIRS_PER_QUERY: usize = 800;
/// As [`PAIRS_PER_QUERY`], for single numbers.
pub(crate) const NUMBERS_PER_QUERY: usize = 2_000;

/// As [`PAIRS_PER_QUERY`], with a collection in front of each.
const TRIPLES_PER_QUERY: usize = 400;

/// Runs a look-up of many keys, as many of them at once as fit into a URL. Shape: any order.
pub(crate) async fn fetch_each<'q, K, R>(
    name: &'static str,
    keys: &[K],
    keys_per_query: usize,
    query: impl Fn(&[K]) -> Asked<'q>,
) -> Result<Vec<R>, StoreError>
where
    R: Row + RowOwned + RowRead,
{
    let mut rows = Vec::new();
    for chunk in keys.chunks(keys_per_query) {
        rows.append(&mut fetch(name, query(chunk)).await?);
    }
    Ok(rows)
}

/// A point before which every row lies: the first page starts here.
const END_OF_TIME: Datetime = Datetime::from_ms(i64::MAX);
