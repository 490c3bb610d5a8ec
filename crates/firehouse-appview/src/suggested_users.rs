//! app.bsky.actor.getSuggestions, app.bsky.graph.getSuggestedFollowsByActor and app.bsky.unspecced.getSuggestedUsers, -ForDiscover,
//! -ForExplore, -ForSeeMore and getSuggestedOnboardingUsers: whom an account might want to follow, from the graph alone.
//!
//! The skeleton is the same for all: friends of friends, those on lists with them, those whom many follow. Whoever is the viewer, is
//! followed, muted or behind a block is no suggestion; of those whom a recommender names the muted stay, as in the reference.

use std::collections::HashSet;

use atrium_api::app::bsky::actor::get_suggestions;
use atrium_api::app::bsky::graph::get_suggested_follows_by_actor;
use firehouse_schema::{EditorialList, EditorialRow};
use firehouse_store::read::{RankPosition, Ranked};
use firehouse_types::{ActorId, Did};

use crate::hydrate::Hydration;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::{ProfileView, ProfileViewer};
use crate::{Answer, AppView, Caller, ViewError, actor};

/// Followers of an account by whom those like it are found.
const SEEDS_MAX: usize = 300;
/// Rank of the first account that people suggest by hand; no other comes near.
const EDITORIAL_RANK: i64 = 200_000_000_000_000;
/// Accounts that are looked at besides, where there are no further pages.
const SPARE: usize = 20;
/// Accounts that a recommender may name.
const RECOMMENDED_MAX: usize = 100;
/// Accounts suggested beside one.
const BESIDE_ONE: usize = 10;

/// The output of getSuggestions.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Suggestions {
    /// The best first.
    pub actors: Vec<ProfileView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of getSuggestedFollowsByActor.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SuggestedFollows {
    /// The best first.
    pub suggestions: Vec<ProfileView>,
}

/// The output of getSuggestedUsers and its kin.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedUsers {
    /// The best first.
    pub actors: Vec<ProfileView>,
    /// The recommender's name for its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rec_id: Option<String>,
    /// Likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rec_id_str: Option<String>,
}

/// The parameters of getSuggestedUsers and its kin.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct SuggestedUsersParameters {
    /// What the accounts should be about. For a recommender: from the graph alone nobody knows what an account is about.
    pub category: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// Whom the viewer might want to follow, with followers whom he knows, page by page.
pub async fn get_suggestions(
    app: &AppView,
    caller: &Caller,
    parameters: get_suggestions::ParametersData,
) -> Result<Answer<Suggestions>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move { page(app, caller, &[], Detail::KnownFollowers, from, limit).await })
    });
    let (actors, cursor) = pages.await?;
    Ok(Answer::new(Suggestions { actors, cursor }))
}

/// Whom those who follow an account follow besides. Errors: nobody is named so.
pub async fn get_suggested_follows_by_actor(
    app: &AppView,
    caller: &Caller,
    parameters: get_suggested_follows_by_actor::ParametersData,
) -> Result<Answer<SuggestedFollows>, ViewError> {
    let beside = actor::resolve(app, &parameters.actor).await?;
    let beside = beside.ok_or_else(|| ViewError::invalid("Actor not found"))?.actor();
    let mut seeds = app.store.followers_sample(beside, SEEDS_MAX).await?;
    seeds.push(beside);
    let suggested = some(app, caller, &seeds, Detail::KnownFollowers, BESIDE_ONE);
    Ok(Answer::new(SuggestedFollows { suggestions: suggested.await? }))
}

/// What a recommender answers.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recommended {
    dids: Vec<String>,
    rec_id: Option<String>,
    rec_id_str: Option<String>,
}

/// A method of this name, and the method of a recommender that it asks.
macro_rules! suggested_users {
    ($($(#[$doc:meta])* $name:ident $method:literal),+ $(,)?) => {
        $($(#[$doc])*
        pub async fn $name(
            app: &AppView,
            caller: &Caller,
            parameters: SuggestedUsersParameters,
        ) -> Result<Answer<SuggestedUsers>, ViewError> {
            suggested_users(app, caller, concat!("app.bsky.unspecced.", $method), parameters).await
        })+
    };
}

suggested_users! {
    /// Whom the viewer might want to follow.
    get_suggested_users "getSuggestedUsersSkeleton",
    /// Likewise, between the posts of a feed.
    get_suggested_users_for_discover "getSuggestedUsersForDiscoverSkeleton",
    /// Likewise, on a page of its own.
    get_suggested_users_for_explore "getSuggestedUsersForExploreSkeleton",
    /// Likewise, with more of them.
    get_suggested_users_for_see_more "getSuggestedUsersForSeeMoreSkeleton",
    /// Likewise, for who is new.
    get_suggested_onboarding_users "getOnboardingSuggestedUsersSkeleton",
}

async fn suggested_users(
    app: &AppView,
    caller: &Caller,
    method: &'static str,
    SuggestedUsersParameters { category, limit }: SuggestedUsersParameters,
) -> Result<Answer<SuggestedUsers>, ViewError> {
    let limit = limit.unwrap_or(25).clamp(1, 50);
    let mut asked = vec![("limit", limit.to_string())];
    asked.extend(category.map(|category| ("category", category)));
    let Some(said) = app.recommended::<Recommended>(caller, method, asked).await else {
        let actors = some(app, caller, &[], Detail::Plain, limit).await?;
        return Ok(Answer::new(SuggestedUsers { actors, rec_id: None, rec_id_str: None }));
    };
    let mut seen = HashSet::new();
    let dids = said.dids.iter().filter(|did| Did::is_valid(did)).map(|did| ActorId::of(did));
    let ids: Vec<_> = dids.filter(|&actor| seen.insert(actor)).take(RECOMMENDED_MAX).collect();
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(&ids);
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let profiles = ids.into_iter().filter(|&actor| !views.viewer_blocks(actor));
    let profiles = profiles.filter_map(|actor| views.profile(actor));
    let is_new = |profile: &ProfileView| {
        let is_viewer = caller.viewer.as_ref() == Some(&profile.did);
        !is_viewer && profile.viewer.as_ref().is_none_or(|viewer| viewer.following.is_none())
    };
    let (rec_id, rec_id_str) = (said.rec_id, said.rec_id_str);
    Ok(Answer::new(SuggestedUsers {
        actors: profiles.filter(is_new).collect(),
        rec_id,
        rec_id_str,
    }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Plain,
    KnownFollowers,
}

/// The first of them; some more are looked at, since rules take some out.
async fn some(
    app: &AppView,
    caller: &Caller,
    seeds: &[ActorId],
    detail: Detail,
    limit: usize,
) -> Result<Vec<ProfileView>, ViewError> {
    let mut found = page(app, caller, seeds, detail, From::Start, limit + SPARE).await?.items;
    found.truncate(limit);
    Ok(found)
}

/// First whom people suggest by hand, in their order, then whom the graph suggests.
async fn skeleton(
    app: &AppView,
    caller: &Caller,
    seeds: &[ActorId],
    before: RankPosition,
    wanted: usize,
) -> Result<Vec<Ranked>, ViewError> {
    let store = &app.store;
    let chosen = async {
        match seeds {
            [] => store.editorial(EditorialList::Accounts).await,
            _ => Ok(Vec::new()),
        }
    };
    let near = store.suggested_actors(seeds, caller.actor(), before, wanted);
    let (chosen, near) = tokio::try_join!(chosen, near)?;
    let ranked =
        |(row, rank): (&EditorialRow, i64)| Ranked { actor: ActorId::of(&row.subject), rank };
    let ranks = (0..=EDITORIAL_RANK).rev();
    let mut rows: Vec<_> = chosen.iter().zip(ranks).map(ranked).collect();
    let by_hand: HashSet<_> = rows.iter().map(|row| row.actor).collect();
    rows.retain(|row| (row.rank, row.actor.get()) < (before.rank, before.actor));
    rows.extend(near.into_iter().filter(|row| !by_hand.contains(&row.actor)));
    rows.truncate(wanted);
    Ok(rows)
}

/// One page, all four steps.
async fn page(
    app: &AppView,
    caller: &Caller,
    seeds: &[ActorId],
    detail: Detail,
    from: From,
    limit: usize,
) -> Result<Page<ProfileView>, ViewError> {
    let rows = skeleton(app, caller, seeds, from.rank(), limit + 1).await?;
    let page = Page::cut(rows, limit, |row: &Ranked| RankPosition::from(*row));
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(page.items.iter().map(|row| row.actor));
    if detail == Detail::KnownFollowers {
        hydration.detailed = page.items.iter().map(|row| row.actor).collect();
    }
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let is_suggested = |profile: &ProfileView| {
        let is_viewer = caller.viewer.as_ref() == Some(&profile.did);
        let is_free = |viewer: &ProfileViewer| !viewer.muted && viewer.following.is_none();
        !is_viewer && profile.viewer.as_ref().is_none_or(is_free)
    };
    let actors =
        page.items.iter().map(|row| row.actor).filter(|&actor| !views.viewer_blocks(actor));
    let actors = actors.filter_map(|actor| match detail {
        Detail::Plain => views.profile(actor),
        Detail::KnownFollowers => views.profile_known_followers(actor),
    });
    Ok(Page { items: actors.filter(is_suggested).collect(), next: page.next })
}
