//! The blocks of usual likes, reposts, follows and blocks, which are not stored: written again from what the records refer to.

use firehouse_schema::{Referred, usual_body};
use firehouse_store::read::{LinkTarget, RecordRead};
use firehouse_types::{ActorId, Datetime, Did};

/// The block of a record without a body; `None` when a target has no text here any more. `did`: names of the accounts referred to.
pub(crate) fn written_again(
    record: &RecordRead,
    targets: &[LinkTarget],
    did: impl Fn(ActorId) -> Option<Did>,
) -> Option<Vec<u8>> {
    let referred = |paths: &[&str]| {
        let target = targets.iter().find(|target| paths.contains(&&*target.stands_at))?;
        let text = target_text(target, &did(target.target_actor)?)?;
        Some(Referred { text, cid: target.target_cid() })
    };
    let (subject, via) = (referred(&[".subject", ".subject.uri"])?, referred(&[".via.uri"]));
    let is_whole = targets.len() == 1 + usize::from(via.is_some());
    let created_at = Datetime::from_ms(record.created_at);
    is_whole.then(|| usual_body(&record.collection, &subject, via.as_ref(), created_at))
}

/// An account's DID or a record's AT-URI. Only keys that are TIDs are left out of bodies.
fn target_text(target: &LinkTarget, did: &Did) -> Option<String> {
    if target.target_in.is_empty() {
        return Some(did.to_string());
    }
    Some(format!("at://{did}/{}/{}", target.target_in, target.target_rkey.tid()?))
}
