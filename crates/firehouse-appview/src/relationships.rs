//! app.bsky.graph.getRelationships.

use atrium_api::app::bsky::graph::get_relationships::ParametersData;
use atrium_api::types::string::AtIdentifier;
use firehouse_schema::ActorStatus;
use firehouse_types::{ActorId, Did, RkeyId};

use crate::hydrate::{Hydration, State};
use crate::nsid::{BLOCK, FOLLOW};
use crate::{Answer, AppView, Caller, ViewError, actor};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Whose relationships; absent for a handle of nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Did>,
    /// One for each of the others, in their order.
    pub relationships: Vec<RelationshipView>,
}

/// The union in the output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum RelationshipView {
    #[serde(rename = "app.bsky.graph.defs#relationship")]
    Relationship {
        did: Did,
        #[serde(skip_serializing_if = "Option::is_none")]
        following: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        followed_by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        blocking: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        blocked_by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        blocking_by_list: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        blocked_by_list: Option<String>,
    },
    #[serde(rename = "app.bsky.graph.defs#notFoundActor")]
    NotFound { actor: String, not_found: bool },
}

/// How one account and some others follow and block each other. Others are DIDs: handles are not looked up, as in the reference.
pub async fn get_relationships(
    app: &AppView,
    _caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let others = parameters.others.unwrap_or_default();
    let actor = actor::resolve(app, &parameters.actor).await?;
    let Some(did) = actor.clone().filter(|_| !others.is_empty()) else {
        let relationships = others.iter().map(not_found).collect();
        return Ok(Answer::new(Output { actor, relationships }));
    };
    let dids: Vec<_> = others.iter().map(|other| Did::parse(other.as_ref()).ok()).collect();
    // As if the account itself looked at the others: its own records get their addresses.
    let caller = Caller { viewer: Some(did.clone()), ..Caller::default() };
    let mut hydration = Hydration::new(app, &caller);
    hydration.actors.insert(did.actor());
    hydration.actors.extend(dids.iter().flatten().map(Did::actor));
    let state = hydration.finish().await?;
    let view = |(other, named): (&AtIdentifier, Option<Did>)| match named {
        Some(named) => relationship(&state, &did, named),
        None => not_found(other),
    };
    let relationships = others.iter().zip(dids).map(view).collect();
    Ok(Answer::new(Output { actor, relationships }))
}

fn relationship(state: &State, this: &Did, other: Did) -> RelationshipView {
    let (a, b) = (this.actor(), other.actor());
    let relations = &state.relations;
    // What the deleted did is no longer so, though it may be here for some hours yet.
    let is_deleted = |id| state.actors.get(&id).is_some_and(|it| it.status == ActorStatus::Deleted);
    let uri = |did: &Did, collection: &str, rkey: Option<RkeyId>| {
        rkey.and_then(|rkey| state.record_uri(did, collection, rkey))
    };
    let list = |from: ActorId, to: ActorId| {
        relations.list_block(from, to).and_then(|list| Some(state.lists.get(&list)?.uri.clone()))
    };
    let (this_is_here, other_is_here) = (!is_deleted(a), !is_deleted(b));
    let by_this = |uri: Option<String>| uri.filter(|_| this_is_here);
    let by_other = |uri: Option<String>| uri.filter(|_| other_is_here);
    RelationshipView::Relationship {
        following: by_this(uri(this, FOLLOW, relations.follow(a, b))),
        followed_by: by_other(uri(&other, FOLLOW, relations.follow(b, a))),
        blocking: by_this(uri(this, BLOCK, relations.block(a, b))),
        blocked_by: by_other(uri(&other, BLOCK, relations.block(b, a))),
        blocking_by_list: by_this(list(a, b)),
        blocked_by_list: by_other(list(b, a)),
        did: other,
    }
}

fn not_found(other: &AtIdentifier) -> RelationshipView {
    RelationshipView::NotFound { actor: other.as_ref().to_owned(), not_found: true }
}
