//! app.bsky.graph.getList and getLists.

use std::sync::OnceLock;

use atrium_api::app::bsky::graph::{get_list, get_lists};
use firehouse_store::read::{LinkAt, ListMember, RecordKey};

use crate::hydrate::{Hydration, REFERENCE_LIST};
use crate::nsid::LIST_ITEM;
use crate::page::{From, Page, PageFuture, fill_page, limit_of};
use crate::view::{ListItemView, ListView};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

const MODLIST: &str = "app.bsky.graph.defs#modlist";
const CURATELIST: &str = "app.bsky.graph.defs#curatelist";

/// The output of getList.
#[derive(Clone, Debug, serde::Serialize)]
pub struct List {
    /// The list.
    pub list: ListView,
    /// Its members, latest first.
    pub items: Vec<ListItemView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of getLists.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Lists {
    /// Latest first.
    pub lists: Vec<ListView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A list and its members. Of lists that do not moderate, members in a block with the creator are left out, for everybody but the creator.
pub async fn get_list(
    app: &AppView,
    caller: &Caller,
    parameters: get_list::ParametersData,
) -> Result<Answer<List>, ViewError> {
    let uri = actor::resolve_uri(app, &parameters.list).await?;
    let not_found = || ViewError::invalid("List not found");
    let key = uri::list(&uri).ok_or_else(not_found)?;
    let from = From::parse(parameters.cursor.as_deref())?;
    let list = &OnceLock::new();
    let page = |from: From, limit| -> PageFuture<'_, ListItemView> {
        Box::pin(async move {
            let rows = match from {
                From::Nowhere => Vec::new(),
                From::Start | From::After(_) => {
                    let viewer = caller.actor();
                    app.store.list_members(key, viewer, from.link(), limit + 1).await?
                }
            };
            let page = Page::cut(rows, limit, ListMember::position);
            let (view, items) = members(app, caller, key, &page.items).await?;
            list.get_or_init(|| view);
            Ok(Page { items, next: page.next })
        })
    };
    let (items, cursor) = fill_page(from, limit_of(parameters.limit), page).await?;
    if from == From::Nowhere {
        page(from, 0).await?;
    }
    let list = list.get().cloned().flatten().ok_or_else(not_found)?;
    Ok(Answer::new(List { list, items, cursor }))
}

async fn members(
    app: &AppView,
    caller: &Caller,
    key: RecordKey,
    rows: &[ListMember],
) -> Result<(Option<ListView>, Vec<ListItemView>), ViewError> {
    let creator = key.0;
    let mut hydration = Hydration::new(app, caller);
    hydration.lists.insert(key);
    for row in rows {
        hydration.actors.insert(row.subject);
        hydration.pairs.add(creator, row.subject);
    }
    let items: Vec<RecordKey> = rows.iter().map(|row| (creator, row.item)).collect();
    let heads = async { Ok(app.store.record_heads(&[LIST_ITEM], &items).await?) };
    let (state, heads) = tokio::try_join!(hydration.finish(), heads)?;
    let views = app.views(&state);
    let Some(view) = views.list(key) else { return Ok((None, Vec::new())) };
    let is_creator = state.viewer == Some(creator);
    let shows_all = is_creator || &*view.purpose == MODLIST;
    let shows_opt_outs = is_creator && &*view.purpose == REFERENCE_LIST;
    let rkey_of = |row: &ListMember| heads.iter().find(|head| head.rkey == row.item)?.rkey();
    let item = |row: &ListMember| {
        if !shows_all && views.others_block(creator, Some(row.subject)) {
            return None;
        }
        let did = &state.actors.get(&creator)?.did;
        let uri = format!("at://{did}/{LIST_ITEM}/{}", rkey_of(row)?);
        Some(ListItemView {
            uri,
            subject: views.profile(row.subject)?,
            subject_opted_out: (shows_opt_outs && row.opted_out()).then_some(true),
        })
    };
    let items = rows.iter().filter_map(item).collect();
    Ok((Some(view), items))
}

/// An account's lists. Reference lists are never shown; a purpose that is none of ours selects nothing.
pub async fn get_lists(
    app: &AppView,
    caller: &Caller,
    parameters: get_lists::ParametersData,
) -> Result<Answer<Lists>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    if from == From::Nowhere {
        return Ok(Answer::new(Lists { lists: Vec::new(), cursor: None }));
    }
    let not_found = || ViewError::invalid("Profile not found");
    let did = actor::resolve(app, &parameters.actor).await?.ok_or_else(not_found)?;
    let purposes = &accepted_purposes(parameters.purposes.as_deref());
    let creator = did.actor();
    let pages = fill_page(from, limit_of(parameters.limit), |from: From, limit| {
        Box::pin(async move {
            let rows = app.store.actor_lists(creator, from.link(), limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let keys: Vec<_> = page.items.iter().map(|row| (row.actor, row.rkey)).collect();
            let mut hydration = Hydration::new(app, caller);
            hydration.actors.insert(creator);
            hydration.lists.extend(&keys);
            let state = hydration.finish().await?;
            let views = app.views(&state);
            let lists = keys.into_iter().filter_map(|key| views.list(key));
            let lists = lists.filter(|list| purposes.contains(&&*list.purpose));
            Ok(Page { items: lists.collect(), next: page.next })
        })
    });
    let (lists, cursor) = pages.await?;
    Ok(Answer::new(Lists { lists, cursor }))
}

/// The purposes of lists that a caller asks for; all but reference lists when he names none.
pub(crate) fn accepted_purposes(purposes: Option<&[String]>) -> Vec<&'static str> {
    let Some(purposes) = purposes else { return vec![MODLIST, CURATELIST] };
    let purpose = |name: &String| match name.as_str() {
        "modlist" | MODLIST => Some(MODLIST),
        "curatelist" | CURATELIST => Some(CURATELIST),
        _ => None,
    };
    purposes.iter().filter_map(purpose).collect()
}
