//! app.bsky.feed.getLikes.

use std::collections::HashMap;

use atrium_api::app::bsky::feed::get_likes::ParametersData;
use firehouse_store::read::{LinkAt, LinkSource, RecordKey};
use firehouse_types::{ActorId, AtUri, Datetime};

use crate::hydrate::{Hydration, uri_actor};
use crate::page::{From, Page, fill_page};
use crate::view::{ProfileView, Views};
use crate::{Answer, AppView, Caller, ViewError, clock, limit};

const LIKE: LinkSource<'_> = LinkSource { collection: "app.bsky.feed.like", path: ".subject.uri" };

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// What is liked.
    pub uri: String,
    /// As asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Latest first.
    pub likes: Vec<Like>,
}

/// One account's like.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Like {
    /// When it came.
    pub indexed_at: String,
    /// When the account says.
    pub created_at: String,
    /// Who.
    pub actor: ProfileView,
}

/// Who likes a record, without those behind a block of the viewer's or of the record's author.
pub async fn get_likes(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    // Cursors were DIDs once.
    if parameters
        .cursor
        .as_deref()
        .is_some_and(|cursor| cursor.starts_with("did:") && !cursor.contains("::"))
    {
        return Err(ViewError::invalid("Cursor appear to be out of date, please try reloading."));
    }
    let from = From::parse(parameters.cursor.as_deref())?;
    let uri = &parameters.uri;
    let pages = fill_page(from, limit::of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let Some((key, collection)) = target(uri) else { return Ok(Page::empty()) };
            let rows = app.store.links_to(key, collection, LIKE, from.link(), limit + 1).await?;
            let page = Page::cut(rows, limit, |row| row.position().into());
            let items = views(app, caller, uri_actor(uri), &page.items).await?;
            Ok(Page { items, next: page.next })
        })
    });
    let (likes, cursor) = pages.await?;
    let cid = parameters.cid.map(|cid| cid.as_ref().to_string());
    Ok(Answer::new(Output { uri: parameters.uri, cid, cursor, likes }))
}

/// The record an AT-URI names, with its collection.
pub(crate) fn target(uri: &str) -> Option<(RecordKey, &str)> {
    let (actor, collection, rkey) = AtUri::parse(uri).ok()?.record()?;
    Some(((actor, rkey), collection))
}

async fn views(
    app: &AppView,
    caller: &Caller,
    author: Option<ActorId>,
    rows: &[LinkAt],
) -> Result<Vec<Like>, ViewError> {
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(rows.iter().map(|row| row.actor));
    author.into_iter().for_each(|author| {
        rows.iter().for_each(|row| hydration.pairs.add(author, row.actor));
    });
    let keys: Vec<RecordKey> = rows.iter().map(|row| (row.actor, row.rkey)).collect();
    let heads = async { Ok(app.store.record_heads(&[LIKE.collection], &keys).await?) };
    let (state, heads) = tokio::try_join!(hydration.finish(), heads)?;
    let heads: HashMap<_, _> = heads.into_iter().map(|row| ((row.actor, row.rkey), row)).collect();
    let views = Views::new(&state, &app.config, clock::now());
    let like = |row: &LinkAt| {
        if views.viewer_blocks(row.actor) || views.others_block(row.actor, author) {
            return None;
        }
        let head = heads.get(&(row.actor, row.rkey))?;
        Some(Like {
            indexed_at: head.sort_at().to_string(),
            created_at: Datetime::from_ms(head.created_at).to_string(),
            actor: views.profile(row.actor)?,
        })
    };
    Ok(rows.iter().filter_map(like).collect())
}
