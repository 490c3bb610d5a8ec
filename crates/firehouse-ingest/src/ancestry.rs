//! Who further up a thread is told of an answer: the authors of up to three posts above the one it answers.
//!
//! The indexer tells the author of the parent; who stands above it only the thread knows. The posts of a flush are looked up here once they
//! are in the store: upwards from each answer, and downwards from each post, since an answer may have come before what it answers. Rows
//! depend on the posts alone, so whoever comes last, and whoever comes twice, writes the same rows.

use std::collections::{HashMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_schema::{NotificationRow, PostRow, Reason, newest_first};
use firehouse_store::Store;
use firehouse_types::{ActorId, Nsid, Rev, RkeyId};

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;

const POST: &str = "app.bsky.feed.post";
/// Heights above an answer whose authors are told: 1 is what it answers.
const HEIGHT_MAX: usize = 4;
/// Answers looked at below the posts of one flush, on each level.
const DESCENDANTS_MAX: usize = 20_000;
/// What is older when it comes is not looked up: a repo of years would cost more than all the rest of its fetch, for pages that nobody
/// turns to. Units: microseconds.
const AGE_MAX_US: u64 = 30 * 24 * 3_600 * 1_000_000;

type Key = (ActorId, RkeyId);

/// Rows for the authors above `written`, and above what is already here below them; tombstones for those above `gone`.
pub async fn ancestors_told(
    store: &Store,
    metrics: &Metrics,
    written: &[PostRow],
    gone: &[PostRow],
) -> Result<Vec<NotificationRow>, IngestError> {
    let young = oldest();
    let written: Vec<&PostRow> =
        written.iter().filter(|post| post.deleted == 0 && post.rev >= young).collect();
    let below = descendants(store, metrics, written.iter().map(|post| key(post)).collect()).await?;
    let answers = written.into_iter().chain(gone).chain(&below);
    let answers: Vec<&PostRow> = answers.filter(|post| post.parent_actor != 0).collect();
    if answers.is_empty() {
        return Ok(Vec::new());
    }
    let mut thread = Thread::default();
    for _ in 1..HEIGHT_MAX {
        let missing = thread.missing(&answers);
        if missing.is_empty() {
            break;
        }
        let found = retried(metrics, || store.posts_at(&missing)).await?;
        thread.add(missing, found);
    }
    let Ok(collection) = Nsid::parse(POST) else { return Ok(Vec::new()) };
    Ok(answers.into_iter().flat_map(|answer| thread.told(answer, &collection)).collect())
}

fn oldest() -> Rev {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let now = u64::try_from(now).unwrap_or(u64::MAX >> 10);
    Rev::from(now.saturating_sub(AGE_MAX_US) << 10)
}

/// The answers that are in the store below these posts, down to the depth at which the uppermost is still told.
async fn descendants(
    store: &Store,
    metrics: &Metrics,
    posts: Vec<Key>,
) -> Result<Vec<PostRow>, IngestError> {
    let mut seen: HashSet<Key> = posts.iter().copied().collect();
    let (mut level, mut found) = (posts, Vec::new());
    for _ in 0..HEIGHT_MAX {
        if level.is_empty() {
            break;
        }
        let mut below = retried(metrics, || store.answers_to(&level)).await?;
        below.retain(|answer| seen.insert(*answer));
        below.truncate(DESCENDANTS_MAX);
        if !below.is_empty() {
            let rows = retried(metrics, || store.posts_at(&below)).await?;
            found.extend(rows.into_iter().filter(|post| post.deleted == 0));
        }
        level = below;
    }
    Ok(found)
}

fn key(post: &PostRow) -> Key {
    (post.actor, post.rkey)
}

fn parent(post: &PostRow) -> Option<Key> {
    (post.parent_actor != 0).then(|| (post.parent_actor.into(), post.parent_rkey.into()))
}

/// Posts by key; `None` for those that nobody has ever seen.
#[derive(Default)]
struct Thread(HashMap<Key, Option<PostRow>>);

impl Thread {
    /// The first post above each answer that was not looked up.
    fn missing(&self, answers: &[&PostRow]) -> Vec<Key> {
        let mut missing: HashSet<Key> = HashSet::new();
        for answer in answers {
            let mut at = parent(answer);
            for _ in 1..HEIGHT_MAX {
                let Some(key) = at else { break };
                match self.0.get(&key) {
                    None => {
                        missing.insert(key);
                        break;
                    }
                    Some(post) => at = post.as_ref().and_then(parent),
                }
            }
        }
        missing.into_iter().collect()
    }

    fn add(&mut self, asked: Vec<Key>, found: Vec<PostRow>) {
        self.0.extend(asked.into_iter().map(|key| (key, None)));
        self.0.extend(found.into_iter().map(|post| (key(&post), Some(post))));
    }

    /// Who above the parent of an answer is told of it: each account by the nearest of its posts. Tombstones lead on: whether a post was
    /// gone before the answer came is for the reader to judge, since the deletion may arrive last.
    fn told(&self, answer: &PostRow, collection: &Nsid) -> Vec<NotificationRow> {
        let (mut rows, mut between) = (Vec::new(), Vec::new());
        let mut told = vec![answer.actor];
        let mut at = parent(answer);
        for height in 1..=HEIGHT_MAX {
            let Some(key) = at else { break };
            if !told.contains(&key.0) {
                told.push(key.0);
                if height > 1 {
                    rows.push(row(answer, key, &between, collection));
                }
            }
            between.push((key.0.get(), key.1.get()));
            let Some(post) = self.0.get(&key).and_then(Option::as_ref) else { break };
            at = parent(post);
        }
        rows
    }
}

fn row(
    answer: &PostRow,
    subject: Key,
    between: &[(u64, u64)],
    collection: &Nsid,
) -> NotificationRow {
    NotificationRow {
        recipient: subject.0,
        newest_first: newest_first(answer.sort_at),
        actor: answer.actor,
        rkey: answer.rkey,
        reason: Reason::Reply,
        collection: collection.clone(),
        rev: answer.rev,
        deleted: answer.deleted,
        lag_ms: answer.made_at.ms().saturating_sub(answer.sort_at.ms()),
        subject_collection: POST.into(),
        subject_rkey: subject.1,
        root_actor: answer.root_actor,
        root_rkey: answer.root_rkey,
        between: between.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::Datetime;

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
        let mut known = Thread::default();
        known.add(Vec::new(), thread.to_vec());
        let collection = Nsid::parse(POST).unwrap();
        known.told(answer, &collection).iter().map(|row| row.recipient.get()).collect()
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
