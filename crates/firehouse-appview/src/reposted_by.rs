//! app.bsky.feed.getRepostedBy.

use atrium_api::app::bsky::feed::get_reposted_by::ParametersData;
use firehouse_store::read::{LinkAt, LinkSource};

use crate::hydrate::Hydration;
use crate::nsid::REPOST;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError, uri};

const REPOSTS: LinkSource<'_> = LinkSource { collection: REPOST, path: ".subject.uri" };

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// What is reposted.
    pub uri: String,
    /// As asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// By whom, latest first.
    pub reposted_by: Vec<ProfileView>,
}

/// Who reposted a record, without those behind a block of the viewer's or whose repost is taken down.
pub async fn get_reposted_by(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let reposted = &parameters.uri;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let Some((key, collection)) = uri::record(reposted) else { return Ok(Page::empty()) };
            let rows = app.store.links_to(key, collection, REPOSTS, from.link(), limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let mut hydration = Hydration::new(app, caller);
            hydration.actors.extend(page.items.iter().map(|row| row.actor));
            let state = hydration.finish().await?;
            let views = app.views(&state);
            let is_shown = |row: &&LinkAt| {
                let is_gone = state.is_taken_down((row.actor, row.rkey), REPOST);
                !is_gone && !views.viewer_blocks(row.actor)
            };
            let reposts = page.items.iter().filter(is_shown);
            Ok(Page {
                items: reposts.filter_map(|row| views.profile(row.actor)).collect(),
                next: page.next,
            })
        })
    });
    let (reposted_by, cursor) = pages.await?;
    let cid = parameters.cid.map(|cid| cid.as_ref().to_string());
    Ok(Answer::new(Output { uri: parameters.uri, cid, cursor, reposted_by }))
}
