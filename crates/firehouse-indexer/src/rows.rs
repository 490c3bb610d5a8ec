//! [`Rows`]: what ops turn into, by table.

use firehouse_schema::{
    FeedItemRow, LinkRow, ListItemRow, ListRow, NameWordRow, NotificationRow, OfferedTextRow,
    PostGateRow, PostRow, PostTextRow, ProfileRow, Proof, RecordRow, ThreadGateRow,
};
use firehouse_types::Did;

/// Rows of every table that records make. Order means nothing: the rev of each row decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Truth: every record that can be stored at all, and tombstones.
    pub records: Vec<RecordRow>,
    /// References of valid records.
    pub links: Vec<LinkRow>,
    /// `app.bsky.feed.post`.
    pub posts: Vec<PostRow>,
    /// What posts are found by.
    pub post_texts: Vec<PostTextRow>,
    /// Posts and reposts.
    pub feed_items: Vec<FeedItemRow>,
    /// Whom a record tells something, as far as it says so by itself.
    pub notifications: Vec<NotificationRow>,
    /// `app.bsky.actor.profile`.
    pub profiles: Vec<ProfileRow>,
    /// What display names are found by.
    pub name_words: Vec<NameWordRow>,
    /// `app.bsky.graph.list`.
    pub lists: Vec<ListRow>,
    /// `app.bsky.graph.listitem`.
    pub list_items: Vec<ListItemRow>,
    /// What lists, starter packs and feed generators are found by.
    pub offered_texts: Vec<OfferedTextRow>,
    /// `app.bsky.feed.threadgate`.
    pub thread_gates: Vec<ThreadGateRow>,
    /// `app.bsky.feed.postgate`.
    pub post_gates: Vec<PostGateRow>,
    /// Accounts that records refer to: `actors` must be able to turn their numbers back into DIDs.
    pub mentioned: Vec<Did>,
}

impl Rows {
    /// Takes over all rows of `other`.
    pub fn append(&mut self, mut other: Self) {
        self.records.append(&mut other.records);
        self.links.append(&mut other.links);
        self.posts.append(&mut other.posts);
        self.post_texts.append(&mut other.post_texts);
        self.feed_items.append(&mut other.feed_items);
        self.notifications.append(&mut other.notifications);
        self.profiles.append(&mut other.profiles);
        self.name_words.append(&mut other.name_words);
        self.lists.append(&mut other.lists);
        self.list_items.append(&mut other.list_items);
        self.offered_texts.append(&mut other.offered_texts);
        self.thread_gates.append(&mut other.thread_gates);
        self.post_gates.append(&mut other.post_gates);
        self.mentioned.append(&mut other.mentioned);
    }
}

/// How we came to know of an op. Stands in `records`; of it, answers depend only on whether the rev is that of the op, or of a whole fetched
/// repo and so says nothing of when the op was made.
#[derive(Clone, Copy, Debug)]
pub struct Witness<'a> {
    /// Units: microseconds since 1970, by our clock.
    pub witnessed_at_us: i64,
    /// How the record was proven.
    pub proof: Proof,
    /// The upstream it came from.
    pub source: &'a str,
}
