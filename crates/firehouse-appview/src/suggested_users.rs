//! app.bsky.actor.getSuggestions, app.bsky.graph.getSuggestedFollowsByActor and app.bsky.unspecced.getSuggestedUsers, -ForDiscover,
//! -ForExplore, -ForSeeMore and getSuggestedOnboardingUsers: whom an account might want to follow, from the graph alone.
//!
//! The skeleton is the same for all: friends of friends, those on lists with them, those whom many follow. Whoever is the viewer, is
//! followed, muted or behind a block is no suggestion.

use std::collections::HashSet;

use atrium_api::app::bsky::actor::get_suggestions;
use atrium_api::app::bsky::graph::get_suggested_follows_by_actor;
use firehouse_schema::{EditorialList, EditorialRow};
use firehouse_store::read::{RankPosition, Ranked};
use firehouse_types::ActorId;

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
pub struct SuggestedUsers {
    /// The best first.
    pub actors: Vec<ProfileView>,
}

/// The parameters of getSuggestedUsers and its kin.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct SuggestedUsersParameters {
    /// What the accounts should be about. Nothing tells us yet what an account is about: it is not asked.
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

/// Whom the viewer might want to follow.
pub async fn get_suggested_users(
    app: &AppView,
    caller: &Caller,
    parameters: SuggestedUsersParameters,
) -> Result<Answer<SuggestedUsers>, ViewError> {
    let limit = parameters.limit.unwrap_or(25).clamp(1, 50);
    Ok(Answer::new(SuggestedUsers { actors: some(app, caller, &[], Detail::Plain, limit).await? }))
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
