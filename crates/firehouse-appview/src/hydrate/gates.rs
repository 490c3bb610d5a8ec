//! Thread gates (who may reply) and post gates (who may quote) of the posts that are shown. They lie under their post's key.
//!
//! What is shown of a gate is its record as it stands. Whom it let in was decided when they came: the store judges that by what was then.

use std::collections::{HashMap, HashSet};

use firehouse_store::Store;
use firehouse_store::read::{ClosedGates, RecordHead, RecordKey, RecordRead};

use super::actors::parse;
use super::posts::{Posts, post_key};
use super::state::Gate;
use crate::nsid::{POSTGATE, THREADGATE};
use crate::record::{PostgateFields, RecordJson, RuleFields, ThreadgateFields};
use crate::{ViewError, uri};

/// Gates by the key of their post.
pub(crate) type Gates<F> = HashMap<RecordKey, Gate<F>>;

/// The gates of shown posts and of the roots of their threads, and which of them were ever closed. Two queries, at once.
pub(crate) async fn load_gates(
    store: &Store,
    posts: &Posts,
) -> Result<(Gates<ThreadgateFields>, Gates<PostgateFields>, ClosedGates), ViewError> {
    let (mut roots, mut quoted) = (posts.shown.clone(), HashSet::new());
    for post in posts.shown.iter().filter_map(|key| posts.found.get(key)) {
        roots.extend(post.fields.reply.as_ref().and_then(|reply| post_key(&reply.root)));
        quoted.extend(post.fields.embedded().and_then(post_key));
    }
    let keys: Vec<_> = roots.into_iter().collect();
    let quoted: Vec<_> = quoted.into_iter().collect();
    let (mut threadgates, mut postgates) = (Gates::new(), Gates::new());
    if keys.is_empty() {
        return Ok((threadgates, postgates, ClosedGates::default()));
    }
    let (rows, closed) = tokio::try_join!(
        store.records(&[THREADGATE, POSTGATE], &keys),
        store.closed_gates(&keys, &quoted)
    )?;
    for row in rows {
        let key = (row.actor, row.rkey);
        if &*row.collection == THREADGATE {
            let gate = read_gate(&row, |gate: &ThreadgateFields| &gate.post);
            threadgates.extend(gate.map(|gate| (key, gate)));
        } else {
            let gate = read_gate(&row, |gate: &PostgateFields| &gate.post);
            postgates.extend(gate.map(|gate| (key, gate)));
        }
    }
    Ok((threadgates, postgates, closed))
}

/// Lists whose members may reply.
pub(crate) fn lists_of(gates: &Gates<ThreadgateFields>) -> impl Iterator<Item = RecordKey> {
    let rules = gates.values().flat_map(|gate| gate.fields.allow.iter().flatten());
    rules.filter_map(|rule| match rule {
        RuleFields::List { list } => uri::list(list),
        RuleFields::Mention
        | RuleFields::Follower
        | RuleFields::Following
        | RuleFields::Unknown => None,
    })
}

/// A gate that is its post's: same repo, same key.
fn read_gate<F>(row: &RecordRead, post: impl Fn(&F) -> &str) -> Option<Gate<F>>
where
    F: serde::de::DeserializeOwned,
{
    let json = RecordJson::new(&row.body)?;
    let fields: F = parse(&json)?;
    let is_its_own = uri::post(post(&fields)) == Some((row.actor, row.rkey));
    let head: RecordHead = row.head();
    let rkey = head.rkey().filter(|_| is_its_own)?;
    Some(Gate { cid: head.cid().to_string(), rkey, json, fields })
}
