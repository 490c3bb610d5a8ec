//! app.bsky.unspecced.searchPostsSkeleton, searchActorsSkeleton and searchStarterPacksSkeleton: what is found, by name alone, for other
//! AppViews that show it themselves.
//!
//! They say for whom they ask (`viewer`). It is believed, since nothing is told that is not public: `me` and whom he follows are records,
//! and so is whom he blocks.

use atrium_api::app::bsky::actor::{search_actors as actors, search_actors_typeahead as typed};
use atrium_api::app::bsky::feed::search_posts as posts;
use atrium_api::app::bsky::graph::search_starter_packs as packs;
use firehouse_types::Did;

use crate::{
    Answer, AppView, Caller, ViewError, search_actors, search_actors_typeahead, search_posts,
    search_starter_packs_v2,
};

/// What such a search takes: what one for people takes, and for whom it is.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct AskedFor<P> {
    /// Who is going to see what is found; the caller, when nobody is named.
    pub viewer: Option<Did>,
    /// What is asked.
    #[serde(flatten)]
    pub asked: P,
}

/// What searchActorsSkeleton takes beside the viewer.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct ActorsAsked {
    /// Whether the query is what was typed so far.
    pub typeahead: Option<bool>,
    /// What is asked.
    #[serde(flatten)]
    pub asked: actors::ParametersData,
}

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
    parameters: AskedFor<posts::ParametersData>,
) -> Result<Answer<PostsSkeleton>, ViewError> {
    let AskedFor { viewer, asked } = parameters;
    let found = search_posts(app, &asking(caller, viewer), asked).await?.body;
    let posts = found.posts.into_iter().map(|post| NamedRecord { uri: post.uri });
    Ok(Answer::new(PostsSkeleton { posts: posts.collect(), cursor: found.cursor }))
}

/// Accounts, as [`search_actors`] and [`search_actors_typeahead`] find them.
pub async fn search_actors_skeleton(
    app: &AppView,
    caller: &Caller,
    parameters: AskedFor<ActorsAsked>,
) -> Result<Answer<ActorsSkeleton>, ViewError> {
    let AskedFor { viewer, asked: ActorsAsked { typeahead, asked } } = parameters;
    let caller = asking(caller, viewer);
    let found = if typeahead == Some(true) {
        let actors::ParametersData { limit, q, term, .. } = asked;
        let asked = typed::ParametersData { limit, q, term };
        search_actors_typeahead(app, &caller, asked).await?.body
    } else {
        search_actors(app, &caller, asked).await?.body
    };
    let actors = found.actors.into_iter().map(|profile| NamedActor { did: profile.did });
    Ok(Answer::new(ActorsSkeleton { actors: actors.collect(), cursor: found.cursor }))
}

/// Starter packs, as [`search_starter_packs_v2`] finds them.
pub async fn search_starter_packs_skeleton(
    app: &AppView,
    caller: &Caller,
    parameters: AskedFor<packs::ParametersData>,
) -> Result<Answer<StarterPacksSkeleton>, ViewError> {
    let AskedFor { viewer, asked } = parameters;
    let found = search_starter_packs_v2(app, &asking(caller, viewer), asked).await?.body;
    let packs = found.starter_packs.into_iter().map(|pack| NamedRecord { uri: pack.basic.uri });
    let (hits_total, cursor) = (found.hits_total, found.cursor);
    Ok(Answer::new(StarterPacksSkeleton { starter_packs: packs.collect(), hits_total, cursor }))
}

/// On whose behalf.
fn asking(caller: &Caller, viewer: Option<Did>) -> Caller {
    let viewer = viewer.or_else(|| caller.viewer.clone());
    Caller { viewer, ..caller.clone() }
}
