//! The thread within a thread that its author wrote: from the first post on, at each step his oldest reply.
//!
//! A reply that he deleted keeps its place while anything of his is below it. Once nothing is, only a reply that is younger than the
//! deletion takes its place: an older one beside it was never the continuation.

use std::collections::HashMap;

use firehouse_store::read::{OpReply, RecordKey};

/// The posts of the author's own thread, the first post included; `None` when there is no second.
pub(crate) fn op_thread(root: RecordKey, replies: &[OpReply]) -> Option<Vec<RecordKey>> {
    let mut below: HashMap<RecordKey, Vec<&OpReply>> = HashMap::new();
    for reply in replies {
        // A post that answers what is below it: nothing of the thread can be believed.
        if reply.key() == root {
            return None;
        }
        below.entry(reply.parent()).or_default().push(reply);
    }
    for siblings in below.values_mut() {
        siblings.sort_by_key(|reply| reply.key());
    }
    let mut next: HashMap<RecordKey, RecordKey> = HashMap::new();
    // Whoever answers stands behind what it answers, so from behind all is known of what is below.
    for &post in from_the_top(root, &below).iter().rev() {
        let mut vacated_ms = 0;
        for reply in below.get(&post).into_iter().flatten() {
            let is_younger = || reply.made_ms().is_some_and(|made_ms| made_ms > vacated_ms);
            if vacated_ms != 0 && !is_younger() {
                continue;
            }
            match reply.deleted_ms() {
                Some(deleted_ms) if !next.contains_key(&reply.key()) => {
                    vacated_ms = vacated_ms.max(deleted_ms);
                }
                _ => {
                    next.insert(post, reply.key());
                    break;
                }
            }
        }
    }
    let thread: Vec<_> =
        std::iter::successors(Some(root), |post| next.get(post).copied()).collect();
    (thread.len() > 1).then_some(thread)
}

/// The first post and all that hangs below it.
fn from_the_top(root: RecordKey, below: &HashMap<RecordKey, Vec<&OpReply>>) -> Vec<RecordKey> {
    let mut order = vec![root];
    let mut at = 0;
    while let Some(post) = order.get(at) {
        order.extend(below.get(post).into_iter().flatten().map(|reply| reply.key()));
        at += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use firehouse_types::{ActorId, Rev, RkeyId};

    use super::*;

    fn post(second: u64) -> RecordKey {
        (ActorId::from(1), RkeyId::from((second * 1_000_000) << 10))
    }

    /// The chain of replies given as second, second of the parent, second of the deletion or 0.
    fn chain(replies: &[(u64, u64, u64)]) -> Vec<u64> {
        let reply = |&(made, parent, deleted): &(u64, u64, u64)| {
            let deleted = (deleted != 0).then(|| Rev::from((deleted * 1_000_000) << 10));
            OpReply::new(post(made), post(parent), deleted)
        };
        let replies: Vec<_> = replies.iter().map(reply).collect();
        let thread = op_thread(post(1), &replies).unwrap_or_default();
        thread.iter().map(|key| (key.1.get() >> 10) / 1_000_000).collect()
    }

    #[test]
    fn the_oldest_reply_continues_at_each_step() {
        assert_eq!(chain(&[]), [0; 0]);
        assert_eq!(chain(&[(5, 2, 0), (3, 2, 0), (2, 1, 0), (4, 1, 0)]), [1, 2, 3]);
        assert_eq!(chain(&[(3, 2, 0)]), [0; 0], "what answers others begins nothing");
    }

    #[test]
    fn a_deleted_reply_keeps_its_place_while_anything_is_below_it() {
        assert_eq!(chain(&[(2, 1, 9), (3, 2, 0), (4, 1, 0)]), [1, 2, 3]);
        assert_eq!(chain(&[(2, 1, 9), (3, 2, 8), (10, 1, 0)]), [1, 10]);
    }

    #[test]
    fn its_place_is_free_for_what_is_younger_than_the_deletion_alone() {
        assert_eq!(chain(&[(2, 1, 5), (4, 1, 0)]), [0; 0]);
        assert_eq!(chain(&[(2, 1, 5), (4, 1, 0), (6, 1, 0)]), [1, 6]);
    }

    #[test]
    fn a_circle_is_no_thread() {
        assert_eq!(chain(&[(2, 1, 0), (1, 2, 0)]), [0; 0]);
        assert_eq!(chain(&[(2, 1, 0), (5, 6, 0), (6, 5, 0)]), [1, 2]);
    }
}
