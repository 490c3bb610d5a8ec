//! Tombstones for derived rows that a newer version of their record no longer makes.

use std::collections::{HashMap, HashSet};

use firehouse_indexer::{Rows, notification};
use firehouse_schema::{
    FeedItemKind, FeedItemRow, LinkRow, ListItemRow, NotificationRow, PostRow, PostTextRow, Reason,
    newest_first,
};
use firehouse_store::{Previous, SourceKey};
use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

const POST: &str = "app.bsky.feed.post";
const REPOST: &str = "app.bsky.feed.repost";
const LIST_ITEM: &str = "app.bsky.graph.listitem";

/// Adds to `rows` what buries the older versions of the records in `buried`, each at its new rev.
///
/// Older versions stand in the store (`previous`) or in the same batch; a row that the new version makes again needs no tombstone,
/// since the higher rev replaces it. What the store already holds buried is buried again: the flush that did so may have been cut short,
/// so that other tables do not know.
///
/// Returns the posts that are gone, or answer something else now, as they were, each at its new rev: those further up their threads were
/// told of them, which the posts themselves do not say.
pub fn bury(rows: &mut Rows, buried: &[(SourceKey, Rev)], previous: &Previous) -> Vec<PostRow> {
    let mut revs = Revs::new();
    for ((actor, collection, rkey), rev) in buried {
        revs.entry((*actor, collection.as_str(), *rkey)).or_default().push(*rev);
    }
    let made = Made::of(rows, &revs);
    let mut tombstones = Rows::default();

    let links = previous.links.iter().chain(rows.links.iter().filter(|link| link.deleted == 0));
    let mut list_items: HashMap<(ActorId, RkeyId, Rev), Membership> = HashMap::new();
    for link in links {
        let newer = revs
            .get(&(link.actor, link.collection.as_str(), link.rkey))
            .into_iter()
            .flatten()
            .copied();
        for rev in newer.filter(|&rev| is_buried(link.rev, rev)) {
            tombstones.links.extend(buried_link(link, rev, &made));
            tombstones.notifications.extend(buried_notification(link, rev, &made));
            if (link.collection.as_str(), &*link.path) == (REPOST, ".subject.uri") {
                tombstones.feed_items.extend(buried_item(reposted(link), rev, &made));
            }
            if link.collection.as_str() == LIST_ITEM {
                list_items.entry((link.actor, link.rkey, rev)).or_default().add(link);
            }
        }
    }
    tombstones.list_items.extend(
        list_items.into_iter().filter_map(|(key, membership)| membership.buried(key, &made)),
    );

    let mut gone = Vec::new();
    let posts = previous.posts.iter().chain(rows.posts.iter().filter(|post| post.deleted == 0));
    for post in posts {
        let newer = revs.get(&(post.actor, POST, post.rkey)).into_iter().flatten().copied();
        for rev in newer.filter(|&rev| is_buried(post.rev, rev)) {
            let item = buried_item(posted(post), rev, &made);
            tombstones.post_texts.extend(item.as_ref().map(buried_text));
            tombstones.feed_items.extend(item);
            if !made.answers.contains(&(answer(post), rev)) {
                gone.push(PostRow { rev, deleted: 1, ..post.clone() });
            }
            if !made.posts.contains(&(post.actor, post.rkey, rev)) {
                tombstones.posts.push(PostRow { rev, deleted: 1, cid: [0; 32], ..post.clone() });
            }
        }
    }
    rows.append(tombstones);
    gone
}

/// Whether a row of this version is to be buried at `rev`. One of the same version, too: it is made again, or it was never true, told by
/// an upstream that gives no proof.
fn is_buried(version: Rev, rev: Rev) -> bool {
    rev >= version
}

/// The revs at which a record was changed or deleted.
type Revs<'a> = HashMap<(ActorId, &'a str, RkeyId), Vec<Rev>>;

/// Keys of the rows that the new versions make, in this batch.
#[derive(Default)]
struct Made {
    links: HashSet<(LinkKey, Rev)>,
    items: HashSet<(Datetime, ActorId, FeedItemKind, RkeyId, Rev)>,
    posts: HashSet<(ActorId, RkeyId, Rev)>,
    answers: HashSet<(Answer, Rev)>,
    notifications: HashSet<(NotificationKey, Rev)>,
    list_items: HashSet<(ActorId, RkeyId, ActorId, RkeyId, Rev)>,
}

/// A post, when it is from, and what it answers.
type Answer = (ActorId, RkeyId, Datetime, u64, u64);

fn answer(post: &PostRow) -> Answer {
    (post.actor, post.rkey, post.sort_at, post.parent_actor, post.parent_rkey)
}

/// Recipient, time, record, reason.
type NotificationKey = (ActorId, i64, ActorId, RkeyId, Reason);

fn notification_key(row: &NotificationRow) -> NotificationKey {
    (row.recipient, row.newest_first, row.actor, row.rkey, row.reason)
}

/// What tells two references of one record apart, and the record.
type LinkKey = (ActorId, RkeyId, String, String, String, ActorId, RkeyId);

fn link_key(link: &LinkRow) -> LinkKey {
    let (target_collection, path) = (link.target_collection.to_string(), link.path.to_string());
    (
        link.target_actor,
        link.target_rkey,
        target_collection,
        path,
        link.collection.to_string(),
        link.actor,
        link.rkey,
    )
}

impl Made {
    fn of(rows: &Rows, revs: &Revs<'_>) -> Self {
        let links = rows.links.iter().filter(|l| {
            l.deleted == 0 && revs.contains_key(&(l.actor, l.collection.as_str(), l.rkey))
        });
        let items = rows.feed_items.iter().filter(|item| item.deleted == 0);
        let posts = rows.posts.iter().filter(|post| post.deleted == 0);
        let list_items = rows.list_items.iter().filter(|item| item.deleted == 0);
        let notifications = rows.notifications.iter().filter(|row| row.deleted == 0);
        Self {
            answers: posts.clone().map(|post| (answer(post), post.rev)).collect(),
            notifications: notifications.map(|row| (notification_key(row), row.rev)).collect(),
            links: links.map(|link| (link_key(link), link.rev)).collect(),
            items: items
                .map(|item| (item.sort_at, item.actor, item.kind, item.rkey, item.rev))
                .collect(),
            posts: posts.map(|post| (post.actor, post.rkey, post.rev)).collect(),
            list_items: list_items
                .map(|item| (item.list_actor, item.list_rkey, item.subject, item.rkey, item.rev))
                .collect(),
        }
    }
}

fn buried_link(link: &LinkRow, rev: Rev, made: &Made) -> Option<LinkRow> {
    let tombstone =
        || LinkRow { rev, deleted: 1, target_cid: [0; 32], target_url: "".into(), ..link.clone() };
    (!made.links.contains(&(link_key(link), rev))).then(tombstone)
}

/// What a reference told is taken back, unless the new version tells it again. That somebody verified an account stays told, and that it is
/// no longer so is told as well: once, when the reference is buried that stood.
fn buried_notification(link: &LinkRow, rev: Rev, made: &Made) -> Option<NotificationRow> {
    let row = NotificationRow { rev, deleted: 1, ..notification(link)? };
    let stands = made.links.contains(&(link_key(link), rev));
    // Told once, by the first version of a profile, and true as long as the others say the same.
    if row.reason == Reason::StarterpackJoined && stands {
        return None;
    }
    if row.reason != Reason::Verified {
        return (!made.notifications.contains(&(notification_key(&row), rev))).then_some(row);
    }
    let is_taken_back = link.deleted == 0 && !stands;
    is_taken_back.then(|| NotificationRow {
        newest_first: newest_first(rev.time()),
        reason: Reason::Unverified,
        deleted: 0,
        ..row
    })
}

fn buried_item(item: FeedItemRow, rev: Rev, made: &Made) -> Option<FeedItemRow> {
    (!made.items.contains(&(item.sort_at, item.actor, item.kind, item.rkey, rev)))
        .then_some(FeedItemRow { rev, deleted: 1, ..item })
}

/// What a post was found by lies where its item lies, and goes with it.
fn buried_text(item: &FeedItemRow) -> PostTextRow {
    let &FeedItemRow { sort_at, actor, rkey, rev, deleted, .. } = item;
    PostTextRow {
        sort_at,
        actor,
        rkey,
        rev,
        deleted,
        words: Box::default(),
        runs: Box::default(),
        marks: Vec::new(),
    }
}

fn posted(post: &PostRow) -> FeedItemRow {
    FeedItemRow {
        sort_at: post.sort_at,
        actor: post.actor,
        kind: FeedItemKind::Post,
        rkey: post.rkey,
        post_actor: post.actor,
        post_rkey: post.rkey,
        root_actor: post.root_actor,
        embeds: post.embeds,
        rev: post.rev,
        deleted: 0,
    }
}

fn reposted(link: &LinkRow) -> FeedItemRow {
    FeedItemRow {
        sort_at: link.sort_at,
        actor: link.actor,
        kind: FeedItemKind::Repost,
        rkey: link.rkey,
        post_actor: link.target_actor,
        post_rkey: link.target_rkey,
        root_actor: 0,
        embeds: 0,
        rev: link.rev,
        deleted: 0,
    }
}

/// A list item put together from its two references.
#[derive(Default)]
struct Membership {
    list: Option<(ActorId, RkeyId)>,
    subject: Option<ActorId>,
    sort_at: Option<Datetime>,
}

impl Membership {
    fn add(&mut self, link: &LinkRow) {
        match &*link.path {
            ".list" => self.list = Some((link.target_actor, link.target_rkey)),
            ".subject" => self.subject = Some(link.target_actor),
            _ => {}
        }
        self.sort_at = Some(link.sort_at);
    }

    fn buried(&self, (_, rkey, rev): (ActorId, RkeyId, Rev), made: &Made) -> Option<ListItemRow> {
        let ((list_actor, list_rkey), subject, sort_at) =
            (self.list?, self.subject?, self.sort_at?);
        let row = ListItemRow { list_actor, list_rkey, subject, rkey, rev, deleted: 1, sort_at };
        (!made.list_items.contains(&(list_actor, list_rkey, subject, rkey, rev))).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::Nsid;

    use super::*;

    const ACTOR: u64 = 1;

    fn link(collection: &str, path: &'static str, target: u64, rev: u64) -> LinkRow {
        LinkRow {
            target_actor: ActorId::from(target),
            target_rkey: RkeyId::from(target),
            target_collection: "app.bsky.feed.post".into(),
            collection: Nsid::parse(collection).unwrap(),
            path: path.into(),
            actor: ActorId::from(ACTOR),
            rkey: RkeyId::from(9),
            rev: Rev::from(rev),
            deleted: 0,
            target_cid: [1; 32],
            target_url: "".into(),
            sort_at: Datetime::from_ms(5),
        }
    }

    fn post(sort_at: i64, rev: u64) -> PostRow {
        PostRow {
            actor: ActorId::from(ACTOR),
            rkey: RkeyId::from(9),
            rev: Rev::from(rev),
            deleted: 0,
            cid: [1; 32],
            created_at: Datetime::from_ms(sort_at),
            sort_at: Datetime::from_ms(sort_at),
            root_actor: 7,
            root_rkey: 8,
            parent_actor: 7,
            parent_rkey: 8,
            quote_actor: 0,
            quote_rkey: 0,
            embeds: 0,
            langs: Vec::new(),
            made_at: Datetime::EPOCH,
        }
    }

    fn buried(collection: &str, rev: u64) -> (SourceKey, Rev) {
        ((ActorId::from(ACTOR), Nsid::parse(collection).unwrap(), RkeyId::from(9)), Rev::from(rev))
    }

    /// Links that `bury` adds, as (target, rev).
    fn tombstones(rows: &Rows) -> Vec<(u64, u64)> {
        rows.links
            .iter()
            .filter(|l| l.deleted == 1)
            .map(|l| (l.target_actor.get(), l.rev.get()))
            .collect()
    }

    #[test]
    fn a_deleted_like_buries_its_reference_at_the_new_rev() {
        let previous = Previous {
            links: vec![link("app.bsky.feed.like", ".subject.uri", 4, 1)],
            posts: Vec::new(),
        };
        let mut rows = Rows::default();
        bury(&mut rows, &[buried("app.bsky.feed.like", 2)], &previous);
        assert_eq!(tombstones(&rows), [(4, 2)]);
        assert!(rows.feed_items.is_empty());
    }

    #[test]
    fn an_update_buries_only_what_it_no_longer_makes() {
        let old = [4, 5].map(|target| link(POST, ".facets[].features[].did", target, 1));
        let previous = Previous { links: old.into(), posts: Vec::new() };
        let mut rows =
            Rows { links: vec![link(POST, ".facets[].features[].did", 5, 2)], ..Rows::default() };
        bury(&mut rows, &[buried(POST, 2)], &previous);
        assert_eq!(tombstones(&rows), [(4, 2)]);
    }

    #[test]
    fn versions_of_one_batch_are_buried_like_stored_ones() {
        let mut rows = Rows {
            links: vec![link("app.bsky.feed.like", ".subject.uri", 4, 1)],
            ..Rows::default()
        };
        bury(&mut rows, &[buried("app.bsky.feed.like", 2)], &Previous::default());
        assert_eq!(tombstones(&rows), [(4, 2)]);
        let mut later = Rows {
            links: vec![link("app.bsky.feed.like", ".subject.uri", 4, 3)],
            ..Rows::default()
        };
        bury(&mut later, &[buried("app.bsky.feed.like", 2)], &Previous::default());
        assert_eq!(tombstones(&later), [], "a version above the delete stays");
    }

    #[test]
    fn what_was_buried_by_a_flush_that_was_cut_short_is_buried_again() {
        let tombstone = LinkRow { deleted: 1, ..link(REPOST, ".subject.uri", 4, 2) };
        let previous =
            Previous { links: vec![tombstone], posts: vec![PostRow { deleted: 1, ..post(5, 2) }] };
        let mut rows = Rows::default();
        bury(&mut rows, &[buried(REPOST, 2), buried(POST, 2)], &previous);
        assert_eq!(
            (tombstones(&rows), rows.feed_items.len(), rows.posts.len()),
            (vec![(4, 2)], 2, 1)
        );
        let mut later = Rows::default();
        bury(&mut later, &[buried(REPOST, 3)], &previous);
        assert_eq!(
            tombstones(&later),
            [(4, 3)],
            "a repo fetched later finishes what a fetch before it began"
        );
    }

    #[test]
    fn a_deleted_repost_leaves_the_feeds() {
        let previous =
            Previous { links: vec![link(REPOST, ".subject.uri", 4, 1)], posts: Vec::new() };
        let mut rows = Rows::default();
        bury(&mut rows, &[buried(REPOST, 2)], &previous);
        let item = &rows.feed_items[0];
        assert_eq!(
            (item.kind, item.deleted, item.sort_at.ms(), item.post_actor.get()),
            (FeedItemKind::Repost, 1, 5, 4)
        );
    }

    #[test]
    fn a_deleted_post_is_buried_with_its_thread_and_an_edited_one_only_where_it_stood() {
        let previous = Previous { links: Vec::new(), posts: vec![post(5, 1)] };
        let mut rows = Rows::default();
        bury(&mut rows, &[buried(POST, 2)], &previous);
        assert_eq!(
            (rows.posts[0].deleted, rows.posts[0].root_actor, rows.posts[0].rev.get()),
            (1, 7, 2)
        );
        assert_eq!((rows.feed_items[0].deleted, rows.feed_items[0].sort_at.ms()), (1, 5));
        assert_eq!((rows.post_texts[0].deleted, rows.post_texts[0].sort_at.ms()), (1, 5));

        let moved = post(3, 2);
        let mut rows = Rows {
            feed_items: vec![FeedItemRow { rev: Rev::from(2), ..posted(&moved) }],
            posts: vec![moved],
            ..Rows::default()
        };
        bury(&mut rows, &[buried(POST, 2)], &previous);
        assert_eq!(rows.posts.len(), 1, "the new version replaces the old one by its rev");
        assert_eq!(
            rows.feed_items
                .iter()
                .filter(|item| item.deleted == 1)
                .map(|item| item.sort_at.ms())
                .collect::<Vec<_>>(),
            [5]
        );
    }

    #[test]
    fn what_a_record_told_is_taken_back_with_it_and_a_lost_verification_is_told() {
        let told = |collection, path, target_collection: &'static str| {
            let target_collection = target_collection.into();
            let link = LinkRow { target_collection, ..link(collection, path, 4, 1) };
            let mut rows = Rows::default();
            let rev = 1_700_000_000_000_000 << 10;
            let previous = Previous { links: vec![link], posts: Vec::new() };
            bury(&mut rows, &[buried(collection, rev)], &previous);
            assert_eq!(rows.notifications.len(), 1);
            rows.notifications.remove(0)
        };
        let row = told("app.bsky.feed.like", ".subject.uri", POST);
        assert_eq!((row.reason, row.deleted, row.newest_first), (Reason::Like, 1, -5));
        let row = told("app.bsky.graph.verification", ".subject", "");
        assert_eq!(
            (row.reason, row.deleted, row.newest_first),
            (Reason::Unverified, 0, -1_700_000_000_000)
        );
    }

    #[test]
    fn a_reply_that_is_gone_or_answers_something_else_is_named_as_it_was() {
        let previous = Previous { links: Vec::new(), posts: vec![post(5, 1)] };
        let mut rows = Rows::default();
        let gone = bury(&mut rows, &[buried(POST, 2)], &previous);
        assert_eq!((gone.len(), gone[0].deleted, gone[0].rev.get()), (1, 1, 2));
        let mut rows = Rows { posts: vec![post(5, 2)], ..Rows::default() };
        assert!(bury(&mut rows, &[buried(POST, 2)], &previous).is_empty());
        let mut rows =
            Rows { posts: vec![PostRow { parent_rkey: 1, ..post(5, 2) }], ..Rows::default() };
        assert_eq!(bury(&mut rows, &[buried(POST, 2)], &previous)[0].parent_rkey, 8);
    }

    #[test]
    fn a_removed_member_is_buried_by_both_of_its_references() {
        let links = vec![link(LIST_ITEM, ".list", ACTOR, 1), link(LIST_ITEM, ".subject", 6, 1)];
        let mut rows = Rows::default();
        bury(&mut rows, &[buried(LIST_ITEM, 2)], &Previous { links, posts: Vec::new() });
        let item = &rows.list_items[0];
        assert_eq!(
            (item.list_actor.get(), item.subject.get(), item.deleted, item.rev.get()),
            (ACTOR, 6, 1, 2)
        );
    }
}
