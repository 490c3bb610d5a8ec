//! Who further up its thread is told of an answer: the authors of up to three posts above the one it answers, whom `notification.rs` tells.
//!
//! Pure as the rest, but it takes the posts above: whoever has them asks.

use firehouse_schema::{NotificationRow, PostRow, Reason, newest_first};
use firehouse_types::{ActorId, Nsid, RkeyId};

use crate::post::COLLECTION;

/// Heights above an answer whose authors are told: 1 is what it answers.
pub const HEIGHT_MAX: usize = 4;

type Key = (ActorId, RkeyId);

/// Who above the parent of an answer is told of it: each account by the nearest of its posts. Tombstones lead on: whether a post was gone
/// before the answer came is for the reader to judge, since the deletion may arrive last. The tombstone of an answer takes all of it back.
pub fn told_above<'a>(
    answer: &PostRow,
    post: impl Fn((ActorId, RkeyId)) -> Option<&'a PostRow>,
) -> Vec<NotificationRow> {
    let (mut rows, mut between) = (Vec::new(), Vec::new());
    let mut told = vec![answer.actor];
    let mut at = answer.parent();
    for height in 1..=HEIGHT_MAX {
        let Some(key) = at else { break };
        if !told.contains(&key.0) {
            told.push(key.0);
            if height > 1 {
                rows.extend(row(answer, key, &between));
            }
        }
        between.push((key.0.get(), key.1.get()));
        at = post(key).and_then(PostRow::parent);
    }
    rows
}

fn row(answer: &PostRow, subject: Key, between: &[(u64, u64)]) -> Option<NotificationRow> {
    Some(NotificationRow {
        recipient: subject.0,
        newest_first: newest_first(answer.sort_at),
        actor: answer.actor,
        rkey: answer.rkey,
        reason: Reason::Reply,
        collection: Nsid::parse(COLLECTION).ok()?,
        rev: answer.rev,
        deleted: answer.deleted,
        lag_ms: answer.made_at.ms().saturating_sub(answer.sort_at.ms()),
        subject_collection: COLLECTION.into(),
        subject_rkey: subject.1,
        root_actor: answer.root_actor,
        root_rkey: answer.root_rkey,
        between: between.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use firehouse_types::{Datetime, Rev};

    use super::*;

    /// Post `n` of account `n`, answering that of account `parent`; 0 for none.
    fn post(n: u64, parent: u64, rev: u64) -> PostRow {
        PostRow {
            actor: ActorId::from(n),
            rkey: RkeyId::from(n),
            rev: Rev::from(rev),
            deleted: 0,
            cid: [1; 32],
            created_at: Datetime::EPOCH,
            sort_at: Datetime::from_ms(7),
            root_actor: 1,
            root_rkey: 1,
            parent_actor: parent,
            parent_rkey: parent,
            quote_actor: 0,
            quote_rkey: 0,
            embeds: 0,
            langs: Vec::new(),
            made_at: Datetime::EPOCH,
        }
    }

    fn told(thread: &[PostRow], answer: &PostRow) -> Vec<u64> {
        let thread: HashMap<_, _> =
            thread.iter().map(|post| ((post.actor, post.rkey), post)).collect();
        let rows = told_above(answer, |key| thread.get(&key).copied());
        rows.iter().map(|row| row.recipient.get()).collect()
    }

    #[test]
    fn three_above_the_parent_are_told_and_no_more() {
        let thread: Vec<_> = (1..=6).map(|n| post(n, n - 1, n)).collect();
        assert_eq!(told(&thread, &post(7, 6, 7)), [5, 4, 3]);
        assert_eq!(told(&thread, &post(7, 2, 7)), [1]);
        assert!(told(&thread, &post(7, 1, 7)).is_empty());
    }

    #[test]
    fn nobody_is_told_twice_or_of_his_own() {
        let mut thread: Vec<_> = (1..=5).map(|n| post(n, n - 1, n)).collect();
        thread.push(PostRow { actor: ActorId::from(4), ..post(6, 5, 6) });
        let answer = PostRow { parent_actor: 4, ..post(7, 6, 7) };
        assert_eq!(told(&thread, &answer), [5, 3], "4 wrote the parent");
        let own = PostRow { actor: ActorId::from(3), ..post(9, 5, 7) };
        assert_eq!(told(&thread, &own), [4, 2]);
    }

    #[test]
    fn what_is_gone_leads_on_and_what_nobody_saw_does_not() {
        let thread = [post(1, 0, 1), PostRow { deleted: 1, ..post(2, 1, 5) }, post(3, 2, 3)];
        assert_eq!(told(&thread, &post(4, 3, 6)), [2, 1]);
        assert!(told(&[post(1, 0, 1)], &post(4, 3, 6)).is_empty());
    }
}
