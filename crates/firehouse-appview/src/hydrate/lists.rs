//! Lists by key, with their length and what the viewer has to do with them.

use std::collections::{HashMap, HashSet};

use firehouse_store::Store;
use firehouse_store::read::{ListKey, RecordKey, RecordRead};
use firehouse_types::{ActorId, Did};

use super::actors::parse;
use super::state::List;
use crate::ViewError;
use crate::nsid::{LIST, LIST_BLOCK};
use crate::record::{ListFields, RecordJson};

/// Lists whose accounts may opt out; they moderate nobody.
pub(crate) const REFERENCE_LIST: &str = "app.bsky.graph.defs#referencelist";

/// The lists among these that exist, without those that are taken down unless `privileged`. Small queries, at once; none for no keys.
pub(crate) async fn load_lists(
    store: &Store,
    keys: &[RecordKey],
    viewer: Option<ActorId>,
    privileged: bool,
) -> Result<HashMap<RecordKey, List>, ViewError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let creators: HashSet<_> = keys.iter().map(|key| key.0).collect();
    let creators: Vec<_> = creators.into_iter().collect();
    let subscriptions = async {
        match viewer {
            Some(viewer) => store.list_subscriptions(viewer, keys).await,
            None => Ok(Vec::new()),
        }
    };
    let memberships = async {
        match viewer {
            Some(viewer) => store.list_memberships(viewer, keys).await,
            None => Ok(Vec::new()),
        }
    };
    let muted = async {
        match viewer {
            Some(viewer) => store.muted_lists(viewer, keys).await,
            None => Ok(Vec::new()),
        }
    };
    let (records, creators, taken_down, sizes, subscriptions, memberships, muted) = tokio::try_join!(
        store.records(&[LIST], keys),
        store.actors(&creators),
        store.taken_down(&creators),
        store.list_sizes(keys),
        subscriptions,
        memberships,
        muted,
    )?;
    let dids: HashMap<_, _> = creators.into_iter().map(|row| (row.actor, row.did)).collect();
    let mut lists: HashMap<_, _> =
        records.iter().filter_map(|row| read_list(row, dids.get(&row.actor)?)).collect();
    for row in taken_down.iter().filter(|row| !privileged && &*row.collection == LIST) {
        lists.remove(&(row.actor, row.rkey));
    }
    for size in sizes {
        if let Some(list) = lists.get_mut(&size.key()) {
            list.members = size.value;
        }
    }
    for subscription in subscriptions {
        if let Some(list) = lists.get_mut(&subscription.key()) {
            let by_viewer = match &*subscription.collection {
                LIST_BLOCK => &mut list.blocked_by,
                _ => &mut list.opt_out,
            };
            *by_viewer = Some(subscription.rkey);
        }
    }
    for key in muted {
        if let Some(list) = lists.get_mut(&key) {
            list.is_muted = true;
        }
    }
    for key in memberships.iter().map(ListKey::key) {
        if let Some(list) = lists.get_mut(&key) {
            list.has_viewer = true;
        }
    }
    Ok(lists)
}

fn read_list(row: &RecordRead, creator: &Did) -> Option<(RecordKey, List)> {
    let head = row.head();
    let list = List {
        uri: format!("at://{creator}/{LIST}/{}", head.rkey()?),
        cid: head.cid().to_string(),
        sort_at: head.sort_at(),
        fields: parse::<ListFields>(&RecordJson::new(&row.body)?)?,
        members: 0,
        blocked_by: None,
        opt_out: None,
        is_muted: false,
        has_viewer: false,
    };
    Some(((row.actor, row.rkey), list))
}
