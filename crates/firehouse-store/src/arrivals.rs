//! [`Arrivals`]: posts as they are written, told within this process.
//!
//! Whoever flushes a batch has its posts numbered, writes the numbers to `post_arrivals` when the posts themselves are in the store, and
//! then tells them here. A batch is one allocation, however many listen, and none when nobody does. The queue is bounded: who does not
//! keep up misses batches, is told so, and reads them from the store.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_schema::{EngagementRow, LinkRow, PostArrivalRow, PostTextRow};
use firehouse_types::{ActorId, Rev, RkeyId};
use lru::LruCache;
use tokio::sync::broadcast;

use crate::read::RecordKey;

/// Batches that wait for the slowest listener: at one every 200 ms, of some 20 posts, less than a megabyte.
const BATCHES_MAX: usize = 256;
/// Versions that are not told twice: an upstream without proofs may be ahead of one with them.
const TOLD_MAX: usize = 16_384;

const POST: &str = "app.bsky.feed.post";
const LIKE: &str = "app.bsky.feed.like";
const REPOST: &str = "app.bsky.feed.repost";
const SUBJECT: &str = ".subject.uri";
const PARENT: &str = ".reply.parent.uri";
const ROOT: &str = ".reply.root.uri";
const EMBEDDED: [&str; 2] = [".embed.record.uri", ".embed.record.record.uri"];

/// What a post refers to, as far as searches ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostLink {
    /// The post that it answers.
    Parent(RecordKey),
    /// The post that its thread begins with.
    Root(RecordKey),
    /// A record that it shows: author, key, collection.
    Embedded(ActorId, RkeyId, Box<str>),
}

impl PostLink {
    /// By path and target of a reference.
    pub(crate) fn new(path: &str, target: RecordKey, collection: &str) -> Option<Self> {
        match path {
            PARENT => (collection == POST).then_some(Self::Parent(target)),
            ROOT => (collection == POST).then_some(Self::Root(target)),
            path if EMBEDDED.contains(&path) => {
                Some(Self::Embedded(target.0, target.1, collection.into()))
            }
            _ => None,
        }
    }

    /// Where in posts such references stand.
    pub(crate) const PATHS: [&str; 4] = [PARENT, ROOT, EMBEDDED[0], EMBEDDED[1]];
}

/// A version of a post that came, or a post that went (`text.deleted`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedPost {
    /// Its number among all, which rises.
    pub number: u64,
    /// What it is found by, and which version of which post it is.
    pub text: PostTextRow,
    /// What it refers to.
    pub links: Vec<PostLink>,
}

/// Posts of one flush, numbered; not told yet.
#[derive(Debug, Default)]
#[must_use]
pub struct Arriving {
    /// To be written before they are told.
    pub rows: Vec<PostArrivalRow>,
    /// Where each one's text stands among those of the flush; `None` of those that went.
    texts: Vec<Option<usize>>,
}

/// Numbers posts and tells them. Cheap to clone; clones tell the same listeners.
#[derive(Clone)]
pub struct Arrivals {
    sender: broadcast::Sender<Arc<[ArrivedPost]>>,
    told: Arc<Mutex<Told>>,
}

struct Told {
    last: u64,
    versions: LruCache<(ActorId, RkeyId, Rev, u8), ()>,
}

impl Default for Arrivals {
    fn default() -> Self {
        let versions = LruCache::new(NonZeroUsize::new(TOLD_MAX).unwrap_or(NonZeroUsize::MIN));
        Self {
            sender: broadcast::channel(BATCHES_MAX).0,
            told: Arc::new(Mutex::new(Told { last: 0, versions })),
        }
    }
}

impl Arrivals {
    /// All that is told from now on. Shape: the posts of one flush, in the order of their numbers.
    pub fn listen(&self) -> broadcast::Receiver<Arc<[ArrivedPost]>> {
        self.sender.subscribe()
    }

    /// Goes on behind what was numbered before, by another process, the newest last: no number is given again, whatever the clock says, and
    /// no version has two.
    pub fn go_on_behind(&self, rows: &[PostArrivalRow]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            told.last = told.last.max(row.number);
            told.versions.put((row.actor, row.rkey, row.rev, row.deleted), ());
        }
    }

    /// Numbers the posts of a flush. `changed`: those whose older versions it buries; they go before they come.
    pub fn number(&self, texts: &[PostTextRow], changed: &HashSet<RecordKey>) -> Arriving {
        let stays: HashSet<_> =
            texts.iter().filter(|text| text.deleted == 0).map(version).collect();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut arriving = Arriving::default();
        for (at, text) in texts.iter().enumerate() {
            let is_gone = text.deleted != 0;
            // The text of a post that only lies elsewhere now.
            if is_gone && stays.contains(&version(text)) {
                continue;
            }
            let goes = is_gone || changed.contains(&(text.actor, text.rkey));
            for (deleted, place) in [(1, goes.then_some(None)), (0, (!is_gone).then_some(Some(at)))]
            {
                let Some(place) = place else { continue };
                if let Some(row) = told.numbered(text, deleted) {
                    arriving.rows.push(row);
                    arriving.texts.push(place);
                }
            }
        }
        arriving
    }

    /// Numbers posts that were answered; each is there once, however often.
    pub fn number_engagements(&self, links: &[LinkRow]) -> Vec<EngagementRow> {
        let answers = links.iter().filter(|link| link.deleted == 0 && is_answer(link));
        let posts: HashSet<_> = answers.map(|link| (link.target_actor, link.target_rkey)).collect();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = |(target_actor, target_rkey)| EngagementRow {
            number: told.next(),
            target_actor,
            target_rkey,
        };
        posts.into_iter().map(numbered).collect()
    }

    /// Goes on behind this number, too.
    pub(crate) fn go_on_behind_number(&self, number: u64) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.last = told.last.max(number);
    }

    /// Tells what was numbered, now that it is in the store. `texts` are those it was numbered by; `links`: references of the same flush, of
    /// any records.
    pub fn tell(&self, arriving: Arriving, texts: Vec<PostTextRow>, links: &[LinkRow]) {
        if arriving.rows.is_empty() || self.sender.receiver_count() == 0 {
            return;
        }
        let mut of: HashMap<_, Vec<PostLink>> = HashMap::new();
        for link in
            links.iter().filter(|link| link.deleted == 0 && link.collection.as_str() == POST)
        {
            let target = (link.target_actor, link.target_rkey);
            if let Some(found) = PostLink::new(&link.path, target, &link.target_collection) {
                of.entry((link.actor, link.rkey, link.rev)).or_default().push(found);
            }
        }
        let mut texts: Vec<_> = texts.into_iter().map(Some).collect();
        let posts = arriving.rows.into_iter().zip(arriving.texts).map(|(row, place)| {
            let text = place.and_then(|at| texts.get_mut(at)?.take());
            let links = of.remove(&(row.actor, row.rkey, row.rev)).filter(|_| text.is_some());
            ArrivedPost::new(row, text, links.unwrap_or_default())
        });
        // Whoever listened may have gone since.
        let _ = self.sender.send(posts.collect());
    }
}

impl Told {
    /// The next number, unless this was told before.
    fn numbered(&mut self, text: &PostTextRow, deleted: u8) -> Option<PostArrivalRow> {
        let &PostTextRow { sort_at, actor, rkey, rev, .. } = text;
        if self.versions.put((actor, rkey, rev, deleted), ()).is_some() {
            return None;
        }
        Some(PostArrivalRow { number: self.next(), sort_at, actor, rkey, rev, deleted })
    }

    /// A number above all others, and about what the clock says.
    fn next(&mut self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.last = u64::try_from(now.as_micros()).unwrap_or_default().max(self.last + 1);
        self.last
    }
}

impl ArrivedPost {
    /// Of a post without a text nothing is known but that it went, or will go.
    pub(crate) fn new(
        row: PostArrivalRow,
        text: Option<PostTextRow>,
        links: Vec<PostLink>,
    ) -> Self {
        let PostArrivalRow { number, sort_at, actor, rkey, rev, .. } = row;
        let (words, runs, marks) = (Box::default(), Box::default(), Vec::new());
        let gone = PostTextRow { sort_at, actor, rkey, rev, deleted: 1, words, runs, marks };
        Self { number, text: text.unwrap_or(gone), links }
    }
}

/// Whether it is a like, a repost, a reply or a quote of a post.
fn is_answer(link: &LinkRow) -> bool {
    let answers = match link.collection.as_str() {
        LIKE | REPOST => link.path == SUBJECT,
        POST => link.path == PARENT || EMBEDDED.contains(&&*link.path),
        _ => false,
    };
    answers && link.target_collection == POST
}

fn version(text: &PostTextRow) -> (ActorId, RkeyId, Rev) {
    (text.actor, text.rkey, text.rev)
}

#[cfg(test)]
mod tests {
    use firehouse_types::{Datetime, Nsid};

    use super::*;

    fn text(rkey: u64, rev: u64, deleted: u8) -> PostTextRow {
        PostTextRow {
            sort_at: Datetime::EPOCH,
            actor: ActorId::from(1),
            rkey: RkeyId::from(rkey),
            rev: Rev::from(rev),
            deleted,
            words: "a".into(),
            runs: "".into(),
            marks: Vec::new(),
        }
    }

    fn told(posts: &[ArrivedPost]) -> Vec<(u64, u64, u8)> {
        let told =
            |post: &ArrivedPost| (post.text.rkey.get(), post.text.rev.get(), post.text.deleted);
        posts.iter().map(told).collect()
    }

    #[test]
    fn each_version_is_told_once_and_what_changes_goes_before_it_comes() {
        let arrivals = Arrivals::default();
        let mut listener = arrivals.listen();
        let changed = [(ActorId::from(1), RkeyId::from(2)), (ActorId::from(1), RkeyId::from(3))];
        let texts = vec![text(1, 1, 0), text(2, 5, 0), text(2, 5, 1), text(3, 6, 1)];
        let arriving = arrivals.number(&texts, &changed.into());
        assert!(arriving.rows.is_sorted_by(|a, b| a.number < b.number));
        arrivals.tell(arriving, texts, &[]);
        let heard = listener.try_recv().unwrap();
        assert_eq!(told(&heard), [(1, 1, 0), (2, 5, 1), (2, 5, 0), (3, 6, 1)]);
        let again = vec![text(1, 1, 0), text(3, 6, 1)];
        let arriving = arrivals.number(&again, &HashSet::new());
        assert!(arriving.rows.is_empty(), "the same versions again");
    }

    #[test]
    fn posts_that_were_answered_are_numbered_once_and_nothing_else_is() {
        let link =
            |collection, path: &'static str, target: u64, of: &'static str, deleted| LinkRow {
                target_actor: ActorId::from(target),
                target_rkey: RkeyId::from(1),
                target_collection: of.into(),
                collection: Nsid::parse(collection).unwrap(),
                path: path.into(),
                actor: ActorId::from(1),
                rkey: RkeyId::from(1),
                rev: Rev::from(1),
                deleted,
                target_cid: [0; 32],
                target_url: "".into(),
                sort_at: Datetime::EPOCH,
            };
        let generator = "app.bsky.feed.generator";
        let links = [
            link(LIKE, SUBJECT, 1, POST, 0),
            link(LIKE, SUBJECT, 1, POST, 0),
            link(REPOST, SUBJECT, 2, POST, 0),
            link(POST, PARENT, 3, POST, 0),
            link(POST, EMBEDDED[1], 4, POST, 0),
            link(LIKE, SUBJECT, 5, generator, 0),
            link(LIKE, SUBJECT, 6, POST, 1),
            link(LIKE, ".via.uri", 7, POST, 0),
            link(POST, ROOT, 8, POST, 0),
        ];
        let arrivals = Arrivals::default();
        let rows = arrivals.number_engagements(&links);
        assert!(rows.is_sorted_by(|a, b| a.number < b.number));
        let mut posts: Vec<_> = rows.iter().map(|row| row.target_actor.get()).collect();
        posts.sort_unstable();
        assert_eq!(posts, [1, 2, 3, 4]);
        let [next] = &arrivals.number_engagements(&links[..1])[..] else { panic!("one") };
        assert!(rows.iter().all(|row| row.number < next.number));
    }

    #[test]
    fn numbers_rise_behind_those_of_the_last_run_whatever_the_clock_says() {
        let arrivals = Arrivals::default();
        let far_ahead = 1 << 62;
        let mut before = Arrivals::default().number(&[text(3, 1, 0)], &HashSet::new());
        before.rows[0].number = far_ahead;
        arrivals.go_on_behind(&before.rows);
        let texts = [text(1, 1, 0), text(2, 1, 0), text(3, 1, 0)];
        let arriving = arrivals.number(&texts, &HashSet::new());
        let numbers: Vec<_> =
            arriving.rows.iter().map(|row| (row.rkey.get(), row.number)).collect();
        assert_eq!(numbers, [(1, far_ahead + 1), (2, far_ahead + 2)]);
    }

    #[test]
    fn who_does_not_keep_up_misses_batches_and_keeps_nobody_waiting() {
        let arrivals = Arrivals::default();
        let (mut slow, mut quick) = (arrivals.listen(), arrivals.listen());
        for rkey in 0..BATCHES_MAX as u64 + 3 {
            let texts = vec![text(rkey, 1, 0)];
            arrivals.tell(arrivals.number(&texts, &HashSet::new()), texts, &[]);
            assert_eq!(told(&quick.try_recv().unwrap()), [(rkey, 1, 0)]);
        }
        let missed = slow.try_recv().unwrap_err();
        assert_eq!(missed, broadcast::error::TryRecvError::Lagged(3));
    }
}
