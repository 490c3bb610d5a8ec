//! app.bsky.unspecced.searchPostsSkeleton, searchActorsSkeleton and searchStarterPacksSkeleton: what is found, by name alone, for other
//! AppViews that show it themselves.
//!
//! They say for whom they ask (`viewer`). It is believed, since nothing is told that is not public: `me` and whom he follows are records,
//! and so is whom he blocks.

use atrium_api::app::bsky::actor::{search_actors as actors, search_actors_typeahead as typed};
use atrium_api::app::bsky::feed::search_posts as posts;
use atrium_api::app::bsky::graph::search_starter_packs as packs;
use atrium_api::app::bsky::unspecced::{
    search_actors_skeleton as actors_skeleton, search_posts_skeleton as posts_skeleton,
    search_starter_packs_skeleton as packs_skeleton,
};
use firehouse_types::Did;

use crate::{
    Answer, AppView, Caller, ViewError, search_actors, search_actors_typeahead, search_posts,
    search_starter_packs_v2,
};

/// A post or a starter pack.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NamedRecord {
    /// Its AT-URI.
    pub uri: String,
}

/// An account.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NamedActor {
    /// Who.
    pub did: Did,
}

/// The output of searchPostsSkeleton.
#[derive(Clone, Debug, serde::Serialize)]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct PostsSkeleton {
    pub posts: Vec<NamedRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of searchActorsSkeleton.
#[derive(Clone, Debug, serde::Serialize)]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ActorsSkeleton {
    pub actors: Vec<NamedActor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of searchStarterPacksSkeleton.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct StarterPacksSkeleton {
    pub starter_packs: Vec<NamedRecord>,
    pub hits_total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Posts, as [`search_posts`] finds them. Errors: [`ViewError::BadQueryString`].
pub async fn search_posts_skeleton(
    app: &AppView,
    caller: &Caller,
    parameters: posts_skeleton::ParametersData,
) -> Result<Answer<PostsSkeleton>, ViewError> {
    let posts_skeleton::ParametersData {
        author,
        cursor,
        domain,
        lang,
        limit,
        mentions,
        q,
        since,
        sort,
        tag,
        until,
        url,
        viewer,
    } = parameters;
    let asked = posts::ParametersData {
        author,
        cursor,
        domain,
        lang,
        limit,
        mentions,
        q,
        since,
        sort,
        tag,
        until,
        url,
    };
    let found = search_posts(app, &asking(caller, viewer)?, asked).await?.body;
    let posts = found.posts.into_iter().map(|post| NamedRecord { uri: post.uri });
    Ok(Answer::new(PostsSkeleton { posts: posts.collect(), cursor: found.cursor }))
}

/// Accounts, as [`search_actors`] and [`search_actors_typeahead`] find them.
pub async fn search_actors_skeleton(
    app: &AppView,
    caller: &Caller,
    parameters: actors_skeleton::ParametersData,
) -> Result<Answer<ActorsSkeleton>, ViewError> {
    let actors_skeleton::ParametersData { cursor, limit, q, typeahead, viewer } = parameters;
    let caller = asking(caller, viewer)?;
    let (q, term) = (Some(q), None);
    let found = if typeahead == Some(true) {
        let asked = typed::ParametersData { limit, q, term };
        search_actors_typeahead(app, &caller, asked).await?.body
    } else {
        let asked = actors::ParametersData { cursor, limit, q, term };
        search_actors(app, &caller, asked).await?.body
    };
    let actors = found.actors.into_iter().map(|profile| NamedActor { did: profile.did });
    Ok(Answer::new(ActorsSkeleton { actors: actors.collect(), cursor: found.cursor }))
}

/// Starter packs, as [`search_starter_packs_v2`] finds them.
pub async fn search_starter_packs_skeleton(
    app: &AppView,
    caller: &Caller,
    parameters: packs_skeleton::ParametersData,
) -> Result<Answer<StarterPacksSkeleton>, ViewError> {
    let packs_skeleton::ParametersData { cursor, limit, q, viewer } = parameters;
    let asked = packs::ParametersData { cursor, limit, q };
    let found = search_starter_packs_v2(app, &asking(caller, viewer)?, asked).await?.body;
    let packs = found.starter_packs.into_iter().map(|pack| NamedRecord { uri: pack.basic.uri });
    let (hits_total, cursor) = (found.hits_total, found.cursor);
    Ok(Answer::new(StarterPacksSkeleton { starter_packs: packs.collect(), hits_total, cursor }))
}

/// On whose behalf. Errors: [`ViewError::InvalidRequest`] for what is no DID, which the lexicon has refused before.
fn asking(
    caller: &Caller,
    viewer: Option<atrium_api::types::string::Did>,
) -> Result<Caller, ViewError> {
    let Some(viewer) = viewer else { return Ok(caller.clone()) };
    let viewer = Did::parse(viewer.as_str())
        .map_err(|error| ViewError::InvalidRequest { message: error.to_string() })?;
    Ok(Caller { viewer: Some(viewer), ..caller.clone() })
}
