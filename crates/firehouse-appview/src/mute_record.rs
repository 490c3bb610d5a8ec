//! app.bsky.graph.muteActorList, unmuteActorList, muteThread and unmuteThread: the viewer does not want to see a list's members, or to
//! hear of a thread.
//!
//! What is muted follows from the URI, whichever of the methods it is given to, as at the reference.

use atrium_api::app::bsky::graph::{
    mute_actor_list, mute_thread, unmute_actor_list, unmute_thread,
};
use firehouse_schema::MuteKind;
use firehouse_store::MuteTarget;

use crate::nsid::{LIST, POST};
use crate::{AppView, Caller, ViewError, actor, uri};

/// Mutes the members of a list. It need not exist, and only one for moderation has an effect. Errors: the URI is of something else.
pub async fn mute_actor_list(
    app: &AppView,
    caller: &Caller,
    input: mute_actor_list::InputData,
) -> Result<(), ViewError> {
    mute(app, caller, &input.list).await
}

/// Takes that back. Errors: as [`mute_actor_list`].
pub async fn unmute_actor_list(
    app: &AppView,
    caller: &Caller,
    input: unmute_actor_list::InputData,
) -> Result<(), ViewError> {
    unmute(app, caller, &input.list).await
}

/// Mutes a thread, named by its root: no notifications come from it any more. Errors: the URI is of something else.
pub async fn mute_thread(
    app: &AppView,
    caller: &Caller,
    input: mute_thread::InputData,
) -> Result<(), ViewError> {
    mute(app, caller, &input.root).await
}

/// Takes that back. Errors: as [`mute_thread`].
pub async fn unmute_thread(
    app: &AppView,
    caller: &Caller,
    input: unmute_thread::InputData,
) -> Result<(), ViewError> {
    unmute(app, caller, &input.root).await
}

async fn mute(app: &AppView, caller: &Caller, said: &str) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    let uri = actor::resolve_uri(app, said).await?;
    Ok(app.store.mute(viewer, target(&uri)?, false, false).await?)
}

async fn unmute(app: &AppView, caller: &Caller, said: &str) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    let uri = actor::resolve_uri(app, said).await?;
    Ok(app.store.unmute(viewer, target(&uri)?).await?)
}

fn target(uri: &str) -> Result<MuteTarget<'_>, ViewError> {
    let refused = || ViewError::invalid("subject aturis must reference a list or post record");
    let ((subject, rkey), collection) = uri::record(uri).ok_or_else(refused)?;
    let kind = match collection {
        LIST => MuteKind::List,
        POST => MuteKind::Thread,
        _ => return Err(refused()),
    };
    Ok(MuteTarget { kind, subject, rkey, uri })
}
