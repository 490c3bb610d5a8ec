//! What AT-URIs name, as the numbers that the store knows. Addresses by handle name nothing for good: they have no numbers.

use firehouse_store::read::RecordKey;
use firehouse_types::{ActorId, AtUri};

use crate::nsid::{GENERATOR, LABELER, LIST, POST, STARTER_PACK};

/// The account.
pub(crate) fn account(uri: &str) -> Option<ActorId> {
    let uri = AtUri::parse(uri).ok()?;
    uri.authority.starts_with("did:").then(|| ActorId::of(uri.authority))
}

/// The record, with its collection.
pub(crate) fn record(uri: &str) -> Option<(RecordKey, &str)> {
    let (actor, collection, rkey) = AtUri::parse(uri).ok()?.record()?;
    Some(((actor, rkey), collection))
}

/// The post; `None` for other records.
pub(crate) fn post(uri: &str) -> Option<RecordKey> {
    record_of(POST, uri)
}

/// The list; `None` for other records.
pub(crate) fn list(uri: &str) -> Option<RecordKey> {
    record_of(LIST, uri)
}

/// The feed generator; `None` for other records.
pub(crate) fn generator(uri: &str) -> Option<RecordKey> {
    record_of(GENERATOR, uri)
}

/// The starter pack; `None` for other records.
pub(crate) fn starter_pack(uri: &str) -> Option<RecordKey> {
    record_of(STARTER_PACK, uri)
}

/// The account whose labeler service it is; `None` for other records.
pub(crate) fn labeler(uri: &str) -> Option<ActorId> {
    record_of(LABELER, uri).map(|(actor, _)| actor)
}

/// The record of this collection; `None` for others.
pub(crate) fn record_of(collection: &str, uri: &str) -> Option<RecordKey> {
    record(uri).filter(|(_, of)| *of == collection).map(|(key, _)| key)
}
