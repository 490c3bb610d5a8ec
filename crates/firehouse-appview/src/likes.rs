//! app.bsky.feed.getLikes.

use std::collections::HashMap;

use atrium_api::app::bsky::feed::get_likes::ParametersData;
use firehouse_store::read::{LinkAt, LinkSource, RecordKey};
use firehouse_types::{ActorId, Datetime};

use crate::hydrate::Hydration;
use crate::nsid::LIKE;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError, uri};

const LIKES: LinkSource<'_> = LinkSource { collection: LIKE, path: ".subject.uri" };

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
    let liked = &parameters.uri;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let Some((key, collection)) = uri::record(liked) else { return Ok(Page::empty()) };
            let rows = app.store.links_to(key, collection, LIKES, from.link(), limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let items = views(app, caller, key.0, &page.items).await?;
            Ok(Page { items, next: page.next })
        })
    });
    let (likes, cursor) = pages.await?;
    let cid = parameters.cid.map(|cid| cid.as_ref().to_string());
    Ok(Answer::new(Output { uri: parameters.uri, cid, cursor, likes }))
}

async fn views(
    app: &AppView,
    caller: &Caller,
    author: ActorId,
    rows: &[LinkAt],
) -> Result<Vec<Like>, ViewError> {
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(rows.iter().map(|row| row.actor));
    rows.iter().for_each(|row| hydration.pairs.add(author, row.actor));
    let keys: Vec<RecordKey> = rows.iter().map(|row| (row.actor, row.rkey)).collect();
    let heads = async { Ok(app.store.record_heads(&[LIKE], &keys).await?) };
    let (state, heads) = tokio::try_join!(hydration.finish(), heads)?;
    let heads: HashMap<_, _> = heads.into_iter().map(|row| ((row.actor, row.rkey), row)).collect();
    let views = app.views(&state);
    let like = |row: &LinkAt| {
        if views.viewer_blocks(row.actor) || views.others_block(row.actor, Some(author)) {
            return None;
        }
        let key = (row.actor, row.rkey);
        let head = heads.get(&key).filter(|_| !state.is_taken_down(key, LIKE))?;
        Some(Like {
            indexed_at: head.sort_at().to_string(),
            created_at: Datetime::from_ms(head.created_at).to_string(),
            actor: views.profile(row.actor)?,
        })
    };
    Ok(rows.iter().filter_map(like).collect())
}
