//! Accounts: identity, profile, and the declarations they keep under the key `self`.

use std::collections::HashMap;

use firehouse_store::Store;
use firehouse_store::read::{
    ActorRead, KnownFollowersRead, KnownLikersRead, RecordKey, RecordRead,
};
use firehouse_types::{ActorId, Cid, Datetime, RkeyId};
use serde::de::DeserializeOwned;

use super::state::{Actor, KnownFollowers, LiveStatus, Profile, ProfileCounts};
use super::takedowns::{self, TakenDownRecords};
use crate::ViewError;
use crate::nsid::{GENERATOR, LABELER, LIST, PROFILE, STARTER_PACK, STATUS};
use crate::record::{
    ChatFields, GermFields, NotificationFields, ProfileFields, RecordJson, StatusFields,
};

const CHAT: &str = "chat.bsky.actor.declaration";
const NOTIFICATION: &str = "app.bsky.notification.declaration";
pub(super) const GERM: &str = "com.germnetwork.declaration";

/// The accounts among these that exist, whatever their status. Three queries, at once. `privileged`: with what of them is taken down.
pub(crate) async fn load_actors(
    store: &Store,
    actors: &[ActorId],
    privileged: bool,
) -> Result<HashMap<ActorId, Actor>, ViewError> {
    if actors.is_empty() {
        return Ok(HashMap::new());
    }
    let this = RkeyId::of("self");
    let keys: Vec<RecordKey> = actors.iter().map(|&actor| (actor, this)).collect();
    let collections = [PROFILE, STATUS, LABELER, CHAT, NOTIFICATION, GERM];
    let (rows, records, taken_down) = tokio::try_join!(
        store.actors(actors),
        store.records(&collections, &keys),
        store.taken_down(actors),
    )?;
    let mut found: HashMap<_, _> = rows.into_iter().map(|row| (row.actor, bare(row))).collect();
    for record in records {
        if let Some(actor) = found.get_mut(&record.actor) {
            declare(actor, &record);
        }
    }
    takedowns::apply(&mut found, taken_down, privileged);
    Ok(found)
}

fn bare(row: ActorRead) -> Actor {
    Actor {
        did: row.did,
        handle: Some(row.handle).filter(|handle| !handle.is_empty()),
        status: row.status,
        is_redacted: false,
        taken_down: TakenDownRecords::default(),
        profile: None,
        is_labeler: false,
        chat: None,
        allow_subscriptions: "followers".into(),
        germ: None,
        live_status: None,
    }
}

/// Puts what a record says into its account.
fn declare(actor: &mut Actor, record: &RecordRead) {
    let cid = Cid::dag_cbor(record.cid).to_string();
    let sort_at = Datetime::from_ms(record.sort_at);
    let Some(json) = RecordJson::new(&record.body) else { return };
    match &*record.collection {
        PROFILE => {
            actor.profile =
                parse::<ProfileFields>(&json).map(|fields| Profile { fields, cid, sort_at });
        }
        STATUS => {
            actor.live_status = parse::<StatusFields>(&json).map(|fields| LiveStatus {
                fields,
                json,
                cid,
                sort_at,
                is_taken_down: false,
            });
        }
        LABELER => actor.is_labeler = true,
        CHAT => actor.chat = parse::<ChatFields>(&json),
        NOTIFICATION => {
            let allowed = parse::<NotificationFields>(&json).map(|n| n.allow_subscriptions);
            if let Some(allowed) = allowed.filter(|who| matches!(&**who, "mutuals" | "none")) {
                actor.allow_subscriptions = allowed;
            }
        }
        GERM => actor.germ = parse::<GermFields>(&json).and_then(|germ| germ.message_me),
        _ => {}
    }
}

/// The fields that views need; `None` when they are not what the lexicon says.
pub(crate) fn parse<T: DeserializeOwned>(json: &RecordJson) -> Option<T> {
    serde_json::from_str(json.get()).ok()
}

/// What detailed profiles count. Accounts without anything are missing.
pub(crate) async fn load_counts(
    store: &Store,
    actors: &[ActorId],
) -> Result<HashMap<ActorId, ProfileCounts>, ViewError> {
    let mut counts: HashMap<ActorId, ProfileCounts> = HashMap::new();
    for row in store.profile_counts(actors).await? {
        let of = counts.entry(row.counted).or_default();
        let what = match &*row.what {
            "followers" => &mut of.followers,
            "follows" => &mut of.follows,
            "posts" => &mut of.posts,
            LIST => &mut of.lists,
            GENERATOR => &mut of.generators,
            STARTER_PACK => &mut of.starter_packs,
            _ => continue,
        };
        *what = row.n;
    }
    Ok(counts)
}

/// Followers whom the viewer follows. Empty for anonymous callers; of the viewer himself, those he follows back.
pub(crate) async fn load_known_followers(
    store: &Store,
    actors: &[ActorId],
    viewer: Option<ActorId>,
) -> Result<HashMap<ActorId, KnownFollowers>, ViewError> {
    let Some(viewer) = viewer else { return Ok(HashMap::new()) };
    let rows = store.known_followers(actors, viewer).await?;
    let known = |row: KnownFollowersRead| {
        (row.target_actor, KnownFollowers { count: row.n, some: row.followers })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Accounts the viewer follows among those who like some posts. Empty for anonymous callers.
pub(crate) async fn load_known_likers(
    store: &Store,
    posts: &[RecordKey],
    viewer: Option<ActorId>,
) -> Result<HashMap<RecordKey, KnownFollowers>, ViewError> {
    let Some(viewer) = viewer else { return Ok(HashMap::new()) };
    let rows = store.known_likers(posts, viewer).await?;
    let known =
        |row: KnownLikersRead| (row.key(), KnownFollowers { count: row.n, some: row.likers });
    Ok(rows.into_iter().map(known).collect())
}
