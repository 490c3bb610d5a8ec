//! Who further up a thread is told of an answer: the authors of up to three posts above the one it answers.
//!
//! The posts of a flush are looked up once they are in the store: upwards from each answer, and downwards from each post, since an answer
//! may have come before what it answers. Rows depend on the posts alone, so whoever comes last, and whoever comes twice, writes the same.

use std::collections::{HashMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_indexer::{HEIGHT_MAX, told_above};
use firehouse_schema::{NotificationRow, PostRow};
use firehouse_store::Store;
use firehouse_types::{ActorId, Rev, RkeyId};

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;

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
    let post = |key: Key| thread.0.get(&key).and_then(Option::as_ref);
    Ok(answers.into_iter().flat_map(|answer| told_above(answer, post)).collect())
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

/// Posts by key; `None` for those that nobody has ever seen.
#[derive(Default)]
struct Thread(HashMap<Key, Option<PostRow>>);

impl Thread {
    /// The first post above each answer that was not looked up.
    fn missing(&self, answers: &[&PostRow]) -> Vec<Key> {
        let mut missing: HashSet<Key> = HashSet::new();
        for answer in answers {
            let mut at = answer.parent();
            for _ in 1..HEIGHT_MAX {
                let Some(key) = at else { break };
                match self.0.get(&key) {
                    None => {
                        missing.insert(key);
                        break;
                    }
                    Some(post) => at = post.as_ref().and_then(PostRow::parent),
                }
            }
        }
        missing.into_iter().collect()
    }

    fn add(&mut self, asked: Vec<Key>, found: Vec<PostRow>) {
        self.0.extend(asked.into_iter().map(|key| (key, None)));
        self.0.extend(found.into_iter().map(|post| (key(&post), Some(post))));
    }
}
