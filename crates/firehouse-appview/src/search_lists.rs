//! dev.firehouse.graph.searchLists: lists by their names and descriptions, the best first.

use atrium_api::types::LimitedNonZeroU8;

use crate::hydrate::Hydration;
use crate::list::accepted_purposes;
use crate::page::{From, Page, fill_page, limit_or};
use crate::search::{Offered, offered_hits, offered_page};
use crate::view::ListView;
use crate::{Answer, AppView, Caller, ViewError};

/// The parameters.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Parameters {
    /// Words that name or description have.
    pub q: String,
    /// `modlist`, `curatelist`; both when absent. Others select nothing.
    pub purposes: Option<Vec<String>>,
    /// Units: lists.
    pub limit: Option<LimitedNonZeroU8<100>>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Best first.
    pub lists: Vec<ListView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many there are; those that this viewer does not see are among them.
    pub hits_total: usize,
}

/// Lists that say what is asked for, without those of creators behind a block. Reference lists are never shown.
pub async fn search_lists(
    app: &AppView,
    caller: &Caller,
    parameters: Parameters,
) -> Result<Answer<Output>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let limit = limit_or(25, parameters.limit);
    let purposes = &accepted_purposes(parameters.purposes.as_deref());
    let hits = match purposes.is_empty() {
        true => Vec::new(),
        false => offered_hits(app, Offered::Lists, &parameters.q, purposes).await?,
    };
    let hits = &hits;
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move {
            let page = offered_page(hits, from, limit);
            let mut hydration = Hydration::new(app, caller);
            hydration.lists.extend(&page.items);
            hydration.actors.extend(page.items.iter().map(|key| key.0));
            let state = hydration.finish().await?;
            let views = app.views(&state);
            let lists = page.items.iter().filter(|key| !views.viewer_blocks(key.0));
            let lists = lists.filter_map(|&key| views.list(key));
            Ok(Page { items: lists.collect(), next: page.next })
        })
    });
    let (lists, cursor) = pages.await?;
    Ok(Answer::new(Output { lists, cursor, hits_total: hits.len() }))
}
