//! Lists are read page by page while all of them grow, or lose what was shown: what was there at the start comes once, in its order.

use firehouse_appview::{
    AppView, Caller, create_bookmark, create_draft, delete_bookmark, delete_draft, get_actor_feeds,
    get_actor_starter_packs, get_blocks, get_bookmarks, get_drafts, get_followers, get_follows,
    get_known_followers, get_likes, get_list, get_list_blocks, get_list_mutes, get_lists,
    get_lists_with_membership, get_mutes, get_quotes, get_reposted_by,
    get_starter_packs_with_membership, list_activity_subscriptions, list_notifications, mute_actor,
    mute_actor_list, put_activity_subscription, search_actors, search_posts, search_posts_v2,
    search_starter_packs, unmute_actor, unmute_actor_list,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};
use crate::offered::{generator, starter_pack};

/// Members of each list at the start.
const COUNT: u8 = 6;

/// Every paged list of accounts, records or the viewer's own things: the method, where its items are, and what tells them apart.
const LISTS: [(&str, &str, &str); 25] = [
    ("app.bsky.bookmark.getBookmarks", "bookmarks", "/subject/uri"),
    ("app.bsky.draft.getDrafts", "drafts", "/id"),
    ("app.bsky.feed.getActorFeeds", "feeds", "/uri"),
    ("app.bsky.feed.getLikes", "likes", "/actor/did"),
    ("app.bsky.feed.getQuotes", "posts", "/uri"),
    ("app.bsky.feed.getRepostedBy", "repostedBy", "/did"),
    ("app.bsky.feed.searchPosts", "posts", "/uri"),
    ("app.bsky.feed.searchPostsV2", "posts", "/uri"),
    ("app.bsky.actor.searchActors", "actors", "/did"),
    ("app.bsky.graph.getActorStarterPacks", "starterPacks", "/uri"),
    ("app.bsky.graph.getBlocks", "blocks", "/did"),
    ("app.bsky.graph.getFollowers", "followers", "/did"),
    ("app.bsky.graph.getFollows", "follows", "/did"),
    ("app.bsky.graph.getKnownFollowers", "followers", "/did"),
    ("app.bsky.graph.getList", "items", "/uri"),
    ("app.bsky.graph.getListBlocks", "lists", "/uri"),
    ("app.bsky.graph.getListMutes", "lists", "/uri"),
    ("app.bsky.graph.getLists", "lists", "/uri"),
    ("app.bsky.graph.getListsWithMembership", "listsWithMembership", "/list/uri"),
    ("app.bsky.graph.getMutes", "mutes", "/did"),
    (
        "app.bsky.graph.getStarterPacksWithMembership",
        "starterPacksWithMembership",
        "/starterPack/uri",
    ),
    ("app.bsky.graph.searchStarterPacks", "starterPacks", "/uri"),
    ("app.bsky.notification.listActivitySubscriptions", "subscriptions", "/did"),
    ("app.bsky.notification.listNotifications", "notifications", "/uri"),
    // Best first, where the others have the latest first.
    ("app.bsky.feed.searchPosts top", "posts", "/uri"),
];

/// Alice, whose lists they are, and what the lists are about.
struct Town {
    network: Network,
    alice: Did,
    star: Did,
    post: Written,
    list: Written,
    members: Written,
    grown: Vec<Grown>,
}

/// One of everything, to be taken away again.
struct Grown {
    records: Vec<Written>,
    /// The follow of the account that Alice wants to hear of.
    follow: Written,
    open: Did,
    muted: Did,
    modlist: String,
    saved: String,
    draft: String,
}

impl Town {
    async fn new() -> Option<Self> {
        let mut network = Network::new().await?;
        network.app = network.app_with(|config| config.drafts_max = 100);
        let [alice, star] = ["alice", "star"].map(|name| network.account(name));
        let post = network.post(&alice, "popular");
        let list = network.list(&alice, "curatelist", &[]);
        let members = network.list(&alice, "referencelist", &[]);
        let mut town = Self { network, alice, star, post, list, members, grown: Vec::new() };
        for number in 0..COUNT {
            town.grow(number).await;
        }
        Some(town)
    }

    /// One more of everything.
    async fn grow(&mut self, number: u8) {
        let Self { network, alice, star, post, list, members, grown } = self;
        let letter = char::from(b'b' + number);
        let mut account = |name: &str| network.account(&format!("{name}{letter}x"));
        let [fan, muted, blocked, open] = ["fan", "muted", "blocked", "open"].map(&mut account);
        // Accounts are found by how many follow them, and this follow stays.
        network.follow(alice, &fan);
        let mut records = vec![
            network.follow(&fan, alice),
            network.follow(&fan, star),
            network.like(&fan, post),
            network.repost(&fan, post),
            network.quote(&fan, "searched for", post),
        ];
        for list in [&*list, &*members] {
            let item = json!({ "list": list.uri, "subject": fan.as_str() });
            records.push(network.write(alice, "app.bsky.graph.listitem", item));
        }
        records.push(network.list(alice, "curatelist", &[]));
        let modlist = network.list(star, "modlist", &[]);
        records.push(network.list_block(alice, &modlist));
        records.push(network.block(alice, &blocked));
        records.push(generator(network, alice, &format!("feed{letter}")));
        records.push(starter_pack(network, alice, members, &[]));
        let declaration = json!({ "allowSubscriptions": "followers" });
        let subscribable = "app.bsky.notification.declaration";
        network.write_as(&open, subscribable, Some("self"), declaration);
        let follow = network.follow(alice, &open);
        let saved = network.post(&open, "saved");
        network.settle().await;

        let (app, me) = (&network.app, viewer(alice));
        mute_actor(app, &me, parameters(json!({ "actor": muted.as_str() }))).await.unwrap();
        mute_actor_list(app, &me, parameters(json!({ "list": modlist.uri }))).await.unwrap();
        create_bookmark(app, &me, parameters(saved.strong_ref())).await.unwrap();
        let draft = json!({ "draft": { "posts": [{ "text": "a draft" }] } });
        let draft = create_draft(app, &me, parameters(draft)).await.unwrap().body.id;
        subscribe(app, &me, &open, true).await;
        let (modlist, saved) = (modlist.uri, saved.uri);
        grown.push(Grown { records, follow, open, muted, modlist, saved, draft });
    }

    /// Takes away what was shown on the page of this number, the last of it. Accounts that Alice follows are two for each of the others.
    async fn shrink(&mut self, page: usize) {
        let last = usize::from(COUNT) - 1;
        if let Some(grown) = last.checked_sub(page).and_then(|at| self.grown.get(at)) {
            self.network.delete(&grown.follow);
        }
        let at = (last - 1).checked_sub(2 * page);
        if let Some(grown) = at.and_then(|at| self.grown.get(at)) {
            grown.records.iter().for_each(|record| self.network.delete(record));
            let (app, me) = (&self.network.app, viewer(&self.alice));
            let muted = json!({ "actor": grown.muted.as_str() });
            unmute_actor(app, &me, parameters(muted)).await.unwrap();
            let list = json!({ "list": grown.modlist });
            unmute_actor_list(app, &me, parameters(list)).await.unwrap();
            let saved = json!({ "uri": grown.saved });
            delete_bookmark(app, &me, parameters(saved)).await.unwrap();
            let draft = json!({ "id": grown.draft });
            delete_draft(app, &me, parameters(draft)).await.unwrap();
            subscribe(app, &me, &grown.open, false).await;
        }
        self.network.settle().await;
    }

    async fn page(&self, what: &str, limit: usize, cursor: &Value) -> Value {
        let (app, me) = (&self.network.app, &viewer(&self.alice));
        let (alice, star) = (self.alice.as_str(), self.star.as_str());
        let nsid = what.split(' ').next().unwrap();
        macro_rules! ask {
            ($method:ident, $parameters:tt) => {{
                let mut asked = json!($parameters);
                asked["limit"] = limit.into();
                if cursor.is_string() {
                    asked["cursor"] = cursor.clone();
                }
                json(nsid, Box::pin($method(app, me, parameters(asked))).await)
            }};
        }
        let fan = format!("did:plc:{:a<24}", "fanbx");
        match what {
            "app.bsky.bookmark.getBookmarks" => ask!(get_bookmarks, {}),
            "app.bsky.draft.getDrafts" => ask!(get_drafts, {}),
            "app.bsky.feed.getActorFeeds" => ask!(get_actor_feeds, { "actor": alice }),
            "app.bsky.feed.getLikes" => ask!(get_likes, { "uri": self.post.uri }),
            "app.bsky.feed.getQuotes" => ask!(get_quotes, { "uri": self.post.uri }),
            "app.bsky.feed.getRepostedBy" => ask!(get_reposted_by, { "uri": self.post.uri }),
            "app.bsky.feed.searchPosts" => {
                ask!(search_posts, { "q": "searched", "sort": "latest" })
            }
            "app.bsky.feed.searchPosts top" => {
                ask!(search_posts, { "q": "searched", "sort": "top" })
            }
            "app.bsky.feed.searchPostsV2" => {
                ask!(search_posts_v2, { "query": "searched", "sort": "recent", "allTime": true })
            }
            "app.bsky.actor.searchActors" => ask!(search_actors, { "q": "fan" }),
            "app.bsky.graph.getActorStarterPacks" => {
                ask!(get_actor_starter_packs, { "actor": alice })
            }
            "app.bsky.graph.getBlocks" => ask!(get_blocks, {}),
            "app.bsky.graph.getFollowers" => ask!(get_followers, { "actor": alice }),
            "app.bsky.graph.getFollows" => ask!(get_follows, { "actor": alice }),
            "app.bsky.graph.getKnownFollowers" => ask!(get_known_followers, { "actor": star }),
            "app.bsky.graph.getList" => ask!(get_list, { "list": self.list.uri }),
            "app.bsky.graph.getListBlocks" => ask!(get_list_blocks, {}),
            "app.bsky.graph.getListMutes" => ask!(get_list_mutes, {}),
            "app.bsky.graph.getLists" => ask!(get_lists, { "actor": alice }),
            "app.bsky.graph.getListsWithMembership" => {
                ask!(get_lists_with_membership, { "actor": fan })
            }
            "app.bsky.graph.getMutes" => ask!(get_mutes, {}),
            "app.bsky.graph.getStarterPacksWithMembership" => {
                ask!(get_starter_packs_with_membership, { "actor": fan })
            }
            "app.bsky.graph.searchStarterPacks" => ask!(search_starter_packs, { "q": "pack" }),
            "app.bsky.notification.listActivitySubscriptions" => {
                ask!(list_activity_subscriptions, {})
            }
            "app.bsky.notification.listNotifications" => ask!(list_notifications, {}),
            other => panic!("{other} is no list"),
        }
    }
}

async fn subscribe(app: &AppView, me: &Caller, to: &Did, posts: bool) {
    let wanted = json!({ "post": posts, "reply": false });
    let input = json!({ "subject": to.as_str(), "activitySubscription": wanted });
    put_activity_subscription(app, me, parameters(input)).await.unwrap();
}

/// Where a reader of one list is.
struct Reader {
    whole: Vec<String>,
    joined: Vec<String>,
    cursor: Value,
    pages: usize,
    is_done: bool,
}

#[tokio::test]
async fn what_is_written_between_pages_is_no_loss_and_no_repetition() {
    read_all(async |town, page| town.grow(COUNT + u8::try_from(page).unwrap()).await).await;
}

#[tokio::test]
async fn what_is_deleted_after_it_was_shown_takes_nothing_along() {
    read_all(async |town, page| town.shrink(page).await).await;
}

/// Reads all lists in step, two items a page; what happens between the pages is told their number.
async fn read_all(between: impl AsyncFn(&mut Town, usize)) {
    let Some(mut town) = Town::new().await else { return };
    let mut readers = Vec::new();
    for (what, items, key) in LISTS {
        let answer = town.page(what, 100, &Value::Null).await;
        let whole = pluck(&answer[items], key);
        assert!(whole.len() >= usize::from(COUNT), "{what}: {whole:?}");
        let cursor = Value::Null;
        readers.push(Reader { whole, joined: Vec::new(), cursor, pages: 0, is_done: false });
    }
    let mut page_number = 0;
    while readers.iter().any(|reader| !reader.is_done) {
        for (reader, (what, items, key)) in readers.iter_mut().zip(LISTS) {
            if reader.is_done {
                continue;
            }
            let limit = 2 + usize::from(what.ends_with("listNotifications")) * 6;
            let answer = town.page(what, limit, &reader.cursor).await;
            let page = pluck(&answer[items], key);
            assert!(page.len() <= limit, "{what}: {page:?}");
            reader.joined.extend(page);
            reader.cursor = answer["cursor"].clone();
            reader.pages += 1;
            reader.is_done = reader.cursor.as_str().is_none_or(str::is_empty);
            assert!(reader.pages < 20, "{what} goes in a circle");
        }
        between(&mut town, page_number).await;
        page_number += 1;
    }
    for (Reader { whole, joined, pages, .. }, (what, ..)) in readers.iter().zip(LISTS) {
        let mut once = joined.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), joined.len(), "{what} repeats: {joined:?}");
        let of_start: Vec<_> = joined.iter().filter(|item| whole.contains(item)).collect();
        assert_eq!(of_start, whole.iter().collect::<Vec<_>>(), "{what}");
        assert!(*pages >= 3, "{what}: {pages} pages");
    }
}
