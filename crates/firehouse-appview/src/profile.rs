//! app.bsky.actor.getProfile and getProfiles, and internal.bsky.actor.getProfiles for services of the operator.

use atrium_api::app::bsky::actor::{get_profile, get_profiles};
use firehouse_schema::ActorStatus;
use firehouse_types::{ActorId, Did};

use crate::hydrate::Hydration;
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError, actor};

/// The output of getProfiles.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Profiles {
    /// In the order asked for, without those who cannot be seen.
    pub profiles: Vec<ProfileView>,
}

/// What a service of the operator asks for.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InternalParameters {
    dids: Vec<Did>,
    viewer: Option<Did>,
    #[serde(default)]
    social_proof: Vec<Did>,
    #[serde(default)]
    include_takedowns: bool,
}

/// One account in detail. Errors: why it cannot be seen.
pub async fn get_profile(
    app: &AppView,
    caller: &Caller,
    parameters: get_profile::ParametersData,
) -> Result<Answer<ProfileView>, ViewError> {
    let not_found = || ViewError::invalid("Profile not found");
    let did = actor::resolve(app, &parameters.actor).await?;
    let id = did.ok_or_else(not_found)?.actor();
    let mut hydration = Hydration::new(app, caller);
    hydration.detailed = vec![id];
    let (repo_rev, state) = tokio::try_join!(app.repo_rev(caller), hydration.finish())?;
    let actor = state.actors.get(&id);
    let (status, is_redacted) = (actor.map(|a| a.status), actor.is_some_and(|a| a.is_redacted));
    let view = app.views(&state).profile_detailed(id);
    match status.ok_or_else(not_found)? {
        ActorStatus::Mentioned | ActorStatus::Deleted => return Err(not_found()),
        _ if caller.privileged => {}
        ActorStatus::Active if is_redacted => return Err(ViewError::AccountTakedown),
        ActorStatus::Active => {}
        ActorStatus::Takendown | ActorStatus::Suspended => return Err(ViewError::AccountTakedown),
        ActorStatus::Deactivated => return Err(ViewError::AccountDeactivated),
        ActorStatus::Inactive => return Err(not_found()),
    }
    Ok(Answer { body: view.ok_or_else(not_found)?, repo_rev })
}

/// Some accounts in detail.
pub async fn get_profiles(
    app: &AppView,
    caller: &Caller,
    parameters: get_profiles::ParametersData,
) -> Result<Answer<Profiles>, ViewError> {
    let dids = actor::resolve_all(app, &parameters.actors).await?;
    let actors: Vec<_> = dids.into_iter().flatten().map(|did: Did| did.actor()).collect();
    let profiles = profiles(app, Hydration::new(app, caller), actors);
    let (repo_rev, body) = tokio::try_join!(app.repo_rev(caller), profiles)?;
    Ok(Answer { body, repo_rev })
}

/// Some accounts in detail, as somebody else sees them; known followers only of those for whom they are asked.
pub async fn get_profiles_internal(
    app: &AppView,
    caller: &Caller,
    parameters: InternalParameters,
) -> Result<Answer<Profiles>, ViewError> {
    let InternalParameters { dids, viewer, social_proof, include_takedowns } = parameters;
    let caller = Caller { viewer, privileged: include_takedowns, ..caller.clone() };
    let mut hydration = Hydration::new(app, &caller);
    hydration.with_known_followers = Some(social_proof.iter().map(Did::actor).collect());
    let actors = dids.iter().map(Did::actor).collect();
    Ok(Answer::new(profiles(app, hydration, actors).await?))
}

async fn profiles(
    app: &AppView,
    mut hydration: Hydration<'_>,
    actors: Vec<ActorId>,
) -> Result<Profiles, ViewError> {
    hydration.detailed = actors.clone();
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let is_seen = |actor: &_| state.actor(*actor).is_some();
    let profiles = actors.into_iter().filter(is_seen);
    let profiles = profiles.filter_map(|actor| views.profile_detailed(actor)).collect();
    Ok(Profiles { profiles })
}
