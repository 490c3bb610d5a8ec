//! app.bsky.feed.getFeedGenerator, getFeedGenerators and getActorFeeds.

use atrium_api::app::bsky::feed::{get_actor_feeds, get_feed_generator, get_feed_generators};
use firehouse_store::read::{LinkAt, RecordKey};
use firehouse_types::Did;

use crate::hydrate::Hydration;
use crate::nsid::GENERATOR;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::GeneratorView;
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

/// The output of getFeedGenerator.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedGenerator {
    /// The generator.
    pub view: GeneratorView,
    /// Always true: nobody looks.
    pub is_online: bool,
    /// Likewise.
    pub is_valid: bool,
}

/// The output of getFeedGenerators.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FeedGenerators {
    /// In the order asked for, without those that cannot be seen.
    pub feeds: Vec<GeneratorView>,
}

/// The output of getActorFeeds.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ActorFeeds {
    /// Latest first.
    pub feeds: Vec<GeneratorView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One generator. Errors: it cannot be seen, or nobody could ask it for its feed, by its DID document.
pub async fn get_feed_generator(
    app: &AppView,
    caller: &Caller,
    parameters: get_feed_generator::ParametersData,
) -> Result<Answer<FeedGenerator>, ViewError> {
    let not_found = || ViewError::invalid("could not find feed");
    let uri = actor::resolve_uri(app, &parameters.feed).await?;
    let key = uri::generator(&uri).ok_or_else(not_found)?;
    let mut hydration = Hydration::new(app, caller);
    hydration.offered.generators.insert(key);
    let state = hydration.finish().await?;
    let generator = state.offered.generators.get(&key).ok_or_else(not_found)?;
    check_service(app, &generator.fields.did).await?;
    let view = app.views(&state).generator(key).ok_or_else(not_found)?;
    Ok(Answer::new(FeedGenerator { view, is_online: true, is_valid: true }))
}

/// Some generators.
pub async fn get_feed_generators(
    app: &AppView,
    caller: &Caller,
    parameters: get_feed_generators::ParametersData,
) -> Result<Answer<FeedGenerators>, ViewError> {
    let keys = parameters.feeds.iter().filter_map(|uri| uri::generator(uri));
    let keys: Vec<_> = keys.collect();
    Ok(Answer::new(FeedGenerators { feeds: generators(app, caller, &keys).await? }))
}

/// An account's generators.
pub async fn get_actor_feeds(
    app: &AppView,
    caller: &Caller,
    parameters: get_actor_feeds::ParametersData,
) -> Result<Answer<ActorFeeds>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    if from == From::Nowhere {
        return Ok(Answer::new(ActorFeeds { feeds: Vec::new(), cursor: None }));
    }
    let did = actor::resolve(app, &parameters.actor).await?;
    let creator = did.ok_or_else(|| ViewError::invalid("Profile not found"))?.actor();
    let pages = fill_page(from, limit_of(parameters.limit), |from: From, limit| {
        Box::pin(async move {
            let before = from.link();
            let rows = app.store.actor_records(creator, GENERATOR, true, before, limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let keys: Vec<_> = page.items.iter().map(|row| (row.actor, row.rkey)).collect();
            Ok(Page { items: generators(app, caller, &keys).await?, next: page.next })
        })
    });
    let (feeds, cursor) = pages.await?;
    Ok(Answer::new(ActorFeeds { feeds, cursor }))
}

/// Those of these that the caller can see, in this order.
pub(crate) async fn generators(
    app: &AppView,
    caller: &Caller,
    keys: &[RecordKey],
) -> Result<Vec<GeneratorView>, ViewError> {
    let mut hydration = Hydration::new(app, caller);
    hydration.offered.generators.extend(keys);
    let state = hydration.finish().await?;
    let views = app.views(&state);
    Ok(keys.iter().filter_map(|&key| views.generator(key)).collect())
}

/// Whether somebody could be asked for the feed, by the DID document of its service. Errors: there is no such document, or it names nobody.
async fn check_service(app: &AppView, service: &str) -> Result<(), ViewError> {
    let did = Did::parse(service).map_err(|_| unresolved(service))?;
    let identity = app.resolver.resolve(&did).await.map_err(|_| unresolved(service))?;
    let found = identity.service("bsky_fg", "BskyFeedGenerator");
    found.map(|_| ()).ok_or_else(|| no_endpoint(service))
}

/// The service of a feed has no DID document.
pub(crate) fn unresolved(service: &str) -> ViewError {
    ViewError::invalid(format!("could not resolve identity: {service}"))
}

/// The DID document of a feed's service names nobody who could be asked for the feed.
pub(crate) fn no_endpoint(service: &str) -> ViewError {
    let text = "invalid feed generator service details in did document";
    ViewError::invalid(format!("{text}: {service}"))
}
