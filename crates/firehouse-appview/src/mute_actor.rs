//! app.bsky.graph.muteActor and unmuteActor: the viewer does not want to see an account, or only not what it reposts or quotes.

use atrium_api::app::bsky::graph::{mute_actor, unmute_actor};
use atrium_api::types::string::AtIdentifier;
use firehouse_schema::MuteKind;
use firehouse_store::MuteTarget;
use firehouse_types::{Did, RkeyId};

use crate::{AppView, Caller, ViewError, actor};

/// Mutes an account, and returns once that is durable. Muted again, it is muted as far as was said last.
/// Errors: a handle of nobody; the viewer itself.
pub async fn mute_actor(
    app: &AppView,
    caller: &Caller,
    input: mute_actor::InputData,
) -> Result<(), ViewError> {
    let viewer = caller.account()?;
    let did = named(app, &input.actor).await?;
    if did == *viewer {
        return Err(ViewError::invalid("Actor cannot mute themselves"));
    }
    let only_reposts = input.only_reposts.unwrap_or_default();
    let only_quotes = input.only_quoteposts.unwrap_or_default();
    Ok(app.store.mute(viewer.actor(), target(&did), only_reposts, only_quotes).await?)
}

/// Takes the mute of an account back, if there is one. Errors: a handle of nobody.
pub async fn unmute_actor(
    app: &AppView,
    caller: &Caller,
    input: unmute_actor::InputData,
) -> Result<(), ViewError> {
    let viewer = caller.account()?;
    let did = named(app, &input.actor).await?;
    Ok(app.store.unmute(viewer.actor(), target(&did)).await?)
}

async fn named(app: &AppView, actor: &AtIdentifier) -> Result<Did, ViewError> {
    actor::resolve(app, actor).await?.ok_or_else(|| ViewError::invalid("Actor not found"))
}

fn target(did: &Did) -> MuteTarget<'_> {
    let (subject, rkey) = (did.actor(), RkeyId::from(0));
    MuteTarget { kind: MuteKind::Account, subject, rkey, uri: did.as_str() }
}
