//! app.bsky.feed.getFeed: a page of a feed that a generator puts together.
//!
//! Skeleton: the generator named in the feed's record, found by its DID document, is asked with the caller's own authorization. Hydrate
//! Feeds that are saved searches of ours are put together here. Hydrate
//! and rules: as in a timeline. View: `feedViewPost`, with what the generator said of the item. What the rules take away is not asked for
//! again: a generator may remember what it has shown.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use atrium_api::app::bsky::feed::get_feed::ParametersData;
use firehouse_identity::{Disposition, Service};
use firehouse_store::read::RecordKey;
use firehouse_types::Did;
use serde_json::{Map, Value};
use url::Url;

use crate::feed_generators::{no_endpoint, unresolved};
use crate::feed_page::{hydrate, is_shown};
use crate::nsid::{GENERATOR, REPOST};
use crate::page::limit_of;
use crate::record::RecordJson;
use crate::saved_searches::{self, SavedSearch};
use crate::skeleton::{Skeleton, SkeletonError, SkeletonItem, SkeletonReason, SkeletonRequest};
use crate::view::{FeedViewPost, Shown};
use crate::{Answer, AppView, Caller, ViewError, uri};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct GeneratedFeed {
    /// In the generator's order.
    pub feed: Vec<FeedViewPost>,
    /// Where the next page begins, in the generator's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whatever else the generator says.
    #[serde(flatten)]
    pub more: Map<String, Value>,
    /// The languages that the generator says it is made for.
    #[serde(skip)]
    pub language: Option<String>,
    /// How long the generator took, and what came after.
    #[serde(skip)]
    pub took: (Duration, Duration),
}

#[derive(serde::Deserialize)]
struct GeneratorFields {
    did: Did,
}

/// A page of a feed. Errors: there is no such feed or no generator for it; those of the generator.
pub async fn get_feed(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<GeneratedFeed>, ViewError> {
    let began = Instant::now();
    let limit = limit_of(parameters.limit);
    let cursor = parameters.cursor.as_deref();
    let skeleton = match generator(app, &parameters.feed).await? {
        Generator::Ours(saved) => saved_searches::skeleton(app, saved, limit, cursor).await?,
        Generator::At(endpoint) => {
            let generators = app.generators.as_ref().ok_or(SkeletonError::Unavailable)?;
            let (endpoint, feed, forwarded) = (&endpoint, &*parameters.feed, &*caller.forwarded);
            let asked = SkeletonRequest { endpoint, feed, limit, cursor, forwarded };
            generators.skeleton(asked).await?
        }
    };
    let Skeleton { feed: mut items, cursor, req_id, more, language } = skeleton;
    let answered = Instant::now();
    // An empty page is the last, and one that leads to itself would never end.
    let cursor =
        cursor.filter(|cursor| !items.is_empty() && Some(cursor) != parameters.cursor.as_ref());
    items.truncate(limit);
    let feed = views(app, caller, &items, req_id.as_deref()).await?;
    let took = (answered.duration_since(began), answered.elapsed());
    Ok(Answer::new(GeneratedFeed { feed, cursor, more, language, took }))
}

/// Who puts a feed together.
enum Generator<'a> {
    /// We do.
    Ours(&'a SavedSearch),
    /// Somebody else.
    At(Url),
}

/// Who puts the feed together. A feed that is taken down is still served, as in the reference.
async fn generator<'a>(app: &'a AppView, feed: &str) -> Result<Generator<'a>, ViewError> {
    if let Some(saved) = app.config.saved_search(feed) {
        return Ok(Generator::Ours(saved));
    }
    let unknown = || ViewError::invalid("could not find feed");
    let key = uri::record_of(GENERATOR, feed).ok_or_else(unknown)?;
    let records = app.store.records(&[GENERATOR], &[key]).await?;
    let json = records.first().and_then(|row| RecordJson::new(&row.body));
    let fields = json.and_then(|json| serde_json::from_str(json.get()).ok());
    let GeneratorFields { did } = fields.ok_or_else(unknown)?;
    if did == app.config.did {
        let name = feed.rsplit('/').next().unwrap_or_default();
        return app.config.saved_search_named(name).map(Generator::Ours).ok_or_else(unknown);
    }
    let identity = app.resolver.resolve(&did).await.map_err(|error| match error.disposition() {
        Disposition::Definitive => unresolved(did.as_str()),
        Disposition::Transient => SkeletonError::Unavailable.into(),
    })?;
    let service = identity.service("bsky_fg", "BskyFeedGenerator").and_then(origin);
    service.map(Generator::At).ok_or_else(|| no_endpoint(did.as_str()))
}

fn origin(service: &Service) -> Option<Url> {
    let url = Url::parse(&service.endpoint).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The items that exist and that the rules keep.
async fn views(
    app: &AppView,
    caller: &Caller,
    items: &[SkeletonItem],
    req_id: Option<&str>,
) -> Result<Vec<FeedViewPost>, ViewError> {
    let reposted = reposted(app, items).await?;
    let shown: Vec<_> = items
        .iter()
        .filter_map(|item| Some((shown(item, &reposted)?, item.feed_context.as_deref())))
        .collect();
    let wanted: Vec<_> = shown.iter().map(|(shown, _)| *shown).collect();
    let state = hydrate(app, caller, &wanted, |_| ()).await?;
    let views = app.views(&state);
    let kept = shown.iter().filter(|(shown, _)| is_shown(&views, shown));
    let view = |(shown, context): &(Shown, Option<&str>)| {
        let view = views.feed_post(shown)?;
        let (feed_context, req_id) = (context.map(Into::into), req_id.map(Into::into));
        Some(FeedViewPost { feed_context, req_id, ..view })
    };
    Ok(kept.filter_map(view).collect())
}

/// An item by number; `None` when it names no post, or a repost of something else.
fn shown(item: &SkeletonItem, reposted: &HashMap<RecordKey, RecordKey>) -> Option<Shown> {
    let post = uri::post(&item.post)?;
    Some(match &item.reason {
        Some(SkeletonReason::Repost { repost }) => {
            let repost = uri::record_of(REPOST, repost)?;
            reposted.get(&repost).filter(|&&subject| subject == post)?;
            Shown::Repost { post, repost }
        }
        Some(SkeletonReason::Pin {}) => Shown::Pinned(post),
        Some(SkeletonReason::Unknown) | None => Shown::Post(post),
    })
}

/// The posts that the named reposts repost.
async fn reposted(
    app: &AppView,
    items: &[SkeletonItem],
) -> Result<HashMap<RecordKey, RecordKey>, ViewError> {
    let named = items.iter().filter_map(|item| match &item.reason {
        Some(SkeletonReason::Repost { repost }) => uri::record_of(REPOST, repost),
        Some(SkeletonReason::Pin {} | SkeletonReason::Unknown) | None => None,
    });
    let named: Vec<_> = named.collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = app.store.reposted_posts(&named).await?;
    Ok(rows.iter().map(|row| (row.repost(), row.post())).collect())
}
