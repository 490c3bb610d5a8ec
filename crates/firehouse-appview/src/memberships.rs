//! app.bsky.graph.getListsWithMembership and getStarterPacksWithMembership: the viewer's own, and whether an account is on them.

use std::collections::HashMap;

use atrium_api::app::bsky::graph::{get_lists_with_membership, get_starter_packs_with_membership};
use firehouse_store::read::{LinkAt, RecordHead, RecordKey};
use firehouse_types::ActorId;

use crate::hydrate::Hydration;
use crate::list::accepted_purposes;
use crate::nsid::{LIST_ITEM, STARTER_PACK};
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::{ListItemView, ListView, StarterPackView, Views};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

/// The output of getListsWithMembership.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListsWithMembership {
    /// Latest first.
    pub lists_with_membership: Vec<ListWithMembership>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A list of the viewer's.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListWithMembership {
    /// The list.
    pub list: ListView,
    /// The account, where it is on the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_item: Option<ListItemView>,
}

/// The output of getStarterPacksWithMembership.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StarterPacksWithMembership {
    /// Latest first.
    pub starter_packs_with_membership: Vec<StarterPackWithMembership>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A starter pack of the viewer's.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StarterPackWithMembership {
    /// The pack.
    pub starter_pack: StarterPackView,
    /// The account, where it is on the pack's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_item: Option<ListItemView>,
}

/// The viewer's lists, and whether an account is on them.
pub async fn get_lists_with_membership(
    app: &AppView,
    caller: &Caller,
    parameters: get_lists_with_membership::ParametersData,
) -> Result<Answer<ListsWithMembership>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let did = actor::resolve(app, &parameters.actor).await?;
    let member = did.ok_or_else(|| ViewError::invalid("Profile not found"))?.actor();
    let purposes = &accepted_purposes(parameters.purposes.as_deref());
    let pages = fill_page(from, limit_of(parameters.limit), |from: From, limit| {
        Box::pin(async move {
            let Some(viewer) = caller.actor() else { return Ok(Page::empty()) };
            let rows = app.store.actor_lists(viewer, from.link(), limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let keys: Vec<_> = page.items.iter().map(|row| (row.actor, row.rkey)).collect();
            let mut hydration = Hydration::new(app, caller);
            hydration.actors.insert(member);
            hydration.lists.extend(&keys);
            let items = Items::load(app, member, &keys);
            let (state, items) = tokio::try_join!(hydration.finish(), items)?;
            let views = app.views(&state);
            let list = |key| {
                let list = views.list(key).filter(|list| purposes.contains(&&*list.purpose))?;
                Some(ListWithMembership { list, list_item: items.view(&views, key) })
            };
            Ok(Page { items: keys.into_iter().filter_map(list).collect(), next: page.next })
        })
    });
    let (lists_with_membership, cursor) = pages.await?;
    Ok(Answer::new(ListsWithMembership { lists_with_membership, cursor }))
}

/// The viewer's starter packs, and whether an account is on their lists.
pub async fn get_starter_packs_with_membership(
    app: &AppView,
    caller: &Caller,
    parameters: get_starter_packs_with_membership::ParametersData,
) -> Result<Answer<StarterPacksWithMembership>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let did = actor::resolve(app, &parameters.actor).await?;
    let member = did.ok_or_else(|| ViewError::invalid("Profile not found"))?.actor();
    let pages = fill_page(from, limit_of(parameters.limit), |from: From, limit| {
        Box::pin(async move {
            let Some(viewer) = caller.actor() else { return Ok(Page::empty()) };
            let before = from.link();
            let rows =
                app.store.actor_records(viewer, STARTER_PACK, false, before, limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let keys: Vec<_> = page.items.iter().map(|row| (row.actor, row.rkey)).collect();
            let mut hydration = Hydration::new(app, caller);
            hydration.actors.insert(member);
            hydration.load_starter_packs(&keys).await?;
            let lists: Vec<_> = hydration.lists.iter().copied().collect();
            let items = Items::load(app, member, &lists);
            let (state, items) = tokio::try_join!(hydration.finish(), items)?;
            let views = app.views(&state);
            let pack = |key| {
                let fields = &state.offered.starter_packs.get(&key)?.fields;
                let list = uri::list(&fields.list);
                Some(StarterPackWithMembership {
                    starter_pack: views.starter_pack(key)?,
                    list_item: list.and_then(|list| items.view(&views, list)),
                })
            };
            Ok(Page { items: keys.into_iter().filter_map(pack).collect(), next: page.next })
        })
    });
    let (starter_packs_with_membership, cursor) = pages.await?;
    Ok(Answer::new(StarterPacksWithMembership { starter_packs_with_membership, cursor }))
}

/// By which records one account is on some lists.
struct Items {
    member: ActorId,
    by_list: HashMap<RecordKey, RecordHead>,
}

impl Items {
    async fn load(app: &AppView, member: ActorId, lists: &[RecordKey]) -> Result<Self, ViewError> {
        let found = app.store.list_memberships(member, lists).await?;
        // An item lies in the repo of its list's creator.
        let keys: Vec<_> = found.iter().map(|row| (row.key().0, row.value.into())).collect();
        let heads = app.store.record_heads(&[LIST_ITEM], &keys).await?;
        let heads: HashMap<_, _> =
            heads.into_iter().map(|head| ((head.actor, head.rkey), head)).collect();
        let by_list = found.iter().filter_map(|row| {
            let key = row.key();
            Some((key, heads.get(&(key.0, row.value.into()))?.clone()))
        });
        Ok(Self { member, by_list: by_list.collect() })
    }

    fn view(&self, views: &Views<'_>, list: RecordKey) -> Option<ListItemView> {
        let head = self.by_list.get(&list)?;
        let creator = &views.state.actors.get(&list.0)?.did;
        Some(ListItemView {
            uri: format!("at://{creator}/{LIST_ITEM}/{}", head.rkey()?),
            subject: views.profile(self.member)?,
            subject_opted_out: None,
        })
    }
}
