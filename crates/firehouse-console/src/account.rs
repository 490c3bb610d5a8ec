//! `GET /account/{actor}`: is all of this account here? Asks what `dev.firehouse.sync.getCompleteness` asks.

use std::sync::Arc;

use askama::Template;
use atrium_api::com::atproto::identity::resolve_handle::ParametersData;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use firehouse_appview::{Answer, Caller, Completeness, ViewError};
use firehouse_schema::ActorRow;
use firehouse_types::{Did, Handle};
use url::form_urlencoded::byte_serialize;

use crate::page::{Problem, page};
use crate::router::{Console, Sources};
use crate::words::{Meaning, grouped, meaning, status};

/// Longest name that is looked at: a DID has 2,048 bytes at most.
const ACTOR_BYTES_MAX: usize = 2_048;

/// The form's only field.
#[derive(serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    actor: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    did: String,
    handle: Option<String>,
    pds: Option<String>,
    status: Option<&'static str>,
    means: Meaning,
    rev: Option<String>,
    proven_at: Option<String>,
    records: String,
    collections: Vec<Collection>,
}

/// One collection, as a row.
struct Collection {
    nsid: String,
    records: String,
    hash: String,
}

/// From the form to the page, whose address can be kept.
pub(crate) async fn find(Query(asked): Query<Asked>) -> Response {
    let actor = asked.actor.trim().trim_start_matches('@');
    if actor.is_empty() {
        return Redirect::to("/").into_response();
    }
    let encoded: String = byte_serialize(actor.as_bytes()).collect();
    // In a path a plus is a plus.
    Redirect::to(&format!("/account/{}", encoded.replace('+', "%20"))).into_response()
}

/// Shows what is here of an account.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path(actor): Path<String>,
) -> Result<Response, Problem> {
    let sources = &console.sources;
    let did = named(sources, actor.trim().trim_start_matches('@')).await?;
    let (actors, caller) = ([did.actor()], Caller::default());
    let parameters = firehouse_appview::CompletenessParameters { did: did.clone() };
    let (rows, complete) = tokio::join!(
        sources.store.accounts(&actors),
        firehouse_appview::get_completeness(&sources.appview, &caller, parameters)
    );
    let Answer { body, .. } = complete.map_err(|error| match error {
        ViewError::Store(error) => Problem::Store(error),
        _ => Problem::Unknown(did.to_string()),
    })?;
    // Two DIDs may share a number.
    let row = rows?.into_iter().map(|account| account.actor).find(|row| row.did == did);
    Ok(page(&account_page(body, row.as_ref())))
}

/// Whose account is meant.
async fn named(sources: &Sources, actor: &str) -> Result<Did, Problem> {
    let shown: String = actor.chars().take(100).collect();
    if actor.len() > ACTOR_BYTES_MAX {
        return Err(Problem::NotAnActor(shown));
    }
    if actor.starts_with("did:") {
        return Did::parse(actor).map_err(|_| Problem::NotAnActor(shown));
    }
    let handle = Handle::parse(actor).map_err(|_| Problem::NotAnActor(shown.clone()))?;
    let handle = handle.as_str().parse().map_err(|_| Problem::NotAnActor(shown.clone()))?;
    let asked = ParametersData { handle };
    match firehouse_appview::resolve_handle(&sources.appview, &Caller::default(), asked).await {
        Ok(answer) => Ok(answer.body.did),
        Err(ViewError::Store(error)) => Err(error.into()),
        Err(_) => Err(Problem::Unknown(shown)),
    }
}

fn account_page(complete: Completeness, row: Option<&ActorRow>) -> AccountPage {
    let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    AccountPage {
        did: complete.did.to_string(),
        handle: row.and_then(|row| known(&row.handle)),
        pds: row.and_then(|row| known(&row.pds)),
        status: row.and_then(|row| status(row.status)),
        means: meaning(complete.state, complete.reason.as_deref()),
        rev: complete.rev,
        proven_at: complete.proven_at,
        records: grouped(complete.records),
        collections: complete
            .collections
            .into_iter()
            .map(|one| Collection {
                nsid: one.collection.to_string(),
                records: grouped(one.records),
                hash: one.hash,
            })
            .collect(),
    }
}
