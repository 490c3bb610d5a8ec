//! [`Network`]: a small network by hand. Accounts write records, the indexer makes rows of them, the engine keeps them.

use std::collections::{HashMap, HashSet};

use firehouse_appview::{Answer, AppView, Caller, Config, ViewError};
use firehouse_identity::Resolver;
use firehouse_indexer::{Indexer, Rows, Witness, told_above};
use firehouse_lexicon::{Catalog, to_dag_cbor};
use firehouse_repo::{RecordOp, sha256};
use firehouse_schema::{
    ActorRow, ActorStatus, PostRow, Proof, Reason, RepoRow, RepoState, newest_first,
};
use firehouse_sim::engine;
use firehouse_store::Store;
use firehouse_types::{ActorId, Cid, Datetime, Did, Nsid, OpAction, Rev, Rkey, RkeyId};
use serde_json::{Value, json};

/// The day on which all is written.
pub const START: &str = "2025-01-01T";
/// When the first record is written: 2025-01-01.
const START_MS: u64 = 1_735_689_600_000;
/// Whose verifications count: the account `trusted`.
const TRUSTED: &str = "did:plc:trustedaaaaaaaaaaaaaaaaa";
/// Who is shown what only some care for: the account `debugger`.
const DEBUGGER: &str = "did:plc:debuggeraaaaaaaaaaaaaaaa";
/// Between two records.
const STEP_MS: u64 = 60_000;

pub struct Network {
    pub store: Store,
    pub app: AppView,
    indexer: Indexer,
    rows: Rows,
    posts: HashMap<(ActorId, RkeyId), PostRow>,
    actors: Vec<ActorRow>,
    repos: Vec<RepoRow>,
    now_ms: u64,
    version: u64,
}

/// A record that was written.
#[derive(Clone, Debug)]
pub struct Written {
    pub uri: String,
    pub cid: String,
    rows: Rows,
}

impl Written {
    pub fn rkey(&self) -> &str {
        self.uri.rsplit('/').next().unwrap()
    }

    pub fn strong_ref(&self) -> Value {
        json!({ "uri": self.uri, "cid": self.cid })
    }
}

impl Network {
    /// On a fresh database; `None` when there is no engine library.
    pub async fn new() -> Option<Self> {
        let store = engine::store().await?;
        let config = Config {
            public_url: "https://view.test".parse().unwrap(),
            did: Did::parse("did:web:view.test").unwrap(),
            cdn_url: None,
            video_playlist_pattern: None,
            video_thumbnail_pattern: None,
            trusted_verifiers: vec![Did::parse(TRUSTED).unwrap()],
            tags: firehouse_appview::TagRules::default(),
            debug_dids: vec![Did::parse(DEBUGGER).unwrap()],
            thread_depth_max: 1_000,
            thread_parents_max: 50,
            big_threads: Vec::new(),
            big_thread_depth: None,
            thread_replies_max: 10_000,
            thread_posts_max: 1_000,
            notifications_delay_ms: 0,
            drafts_max: 5,
            check_email_confirmed: false,
            topics_enabled: false,
            live_now: Vec::new(),
            saved_searches: Vec::new(),
        };
        let app = AppView::new(store.clone(), Resolver::offline([]), config).for_request();
        let indexer = Indexer::new(Catalog::embedded());
        let (rows, actors, repos) = (Rows::default(), Vec::new(), Vec::new());
        Some(Self {
            store,
            app,
            indexer,
            rows,
            posts: HashMap::new(),
            actors,
            repos,
            now_ms: START_MS,
            version: 1,
        })
    }

    /// The same network, answered with another configuration.
    pub fn app_with(&self, change: impl FnOnce(&mut Config)) -> AppView {
        let mut config = self.app.config().clone();
        change(&mut config);
        AppView::new(self.store.clone(), Resolver::offline([]), config)
    }

    /// Knows these identities from now on.
    pub fn resolve_with(&mut self, resolver: Resolver) {
        self.app = AppView::new(self.store.clone(), resolver, self.app.config().clone());
    }

    /// An active account with the handle `NAME.test`.
    pub fn account(&mut self, name: &str) -> Did {
        let did = Did::parse(&format!("did:plc:{name:a<24}")).unwrap();
        self.set_status(&did, name, ActorStatus::Active);
        did
    }

    pub fn set_status(&mut self, did: &Did, name: &str, status: ActorStatus) {
        self.version += 1;
        self.actors.push(ActorRow {
            handle: format!("{name}.test").into(),
            status,
            version: self.version,
            ..ActorRow::mentioned(did.clone())
        });
    }

    /// Writes a record with the next TID as its key, at the next minute. `createdAt` is put in.
    pub fn write(&mut self, did: &Did, collection: &str, record: Value) -> Written {
        self.write_as(did, collection, None, record)
    }

    pub fn write_as(
        &mut self,
        did: &Did,
        collection: &str,
        rkey: Option<&str>,
        mut record: Value,
    ) -> Written {
        self.now_ms += STEP_MS;
        let rev = Rev::from((self.now_ms * 1_000) << 10);
        let rkey = rkey.map_or_else(|| rev.to_string(), str::to_owned);
        record["$type"] = collection.into();
        if record.get("createdAt").is_none() {
            let at = Datetime::from_ms(i64::try_from(self.now_ms).unwrap());
            record["createdAt"] = at.to_string().into();
        }
        let block = to_dag_cbor(&record).unwrap();
        let cid = Cid::dag_cbor(sha256(&block));
        let op = RecordOp {
            did: did.clone(),
            collection: Nsid::parse(collection).unwrap(),
            rkey: Rkey::parse(&rkey).unwrap(),
            action: OpAction::Create,
            cid: Some(cid),
            rev,
            record: block.into(),
        };
        let witness = Witness { witnessed_at_us: 0, proof: Proof::Live, source: "test" };
        let mut rows = Rows::default();
        let indexed = self.indexer.index(&op, &witness, &mut rows);
        assert!(indexed.is_ok(), "{collection} {record}: {indexed:?}");
        for post in &rows.posts {
            rows.notifications.extend(told_above(post, |key| self.posts.get(&key)));
            self.posts.insert((post.actor, post.rkey), post.clone());
        }
        self.rows.append(rows.clone());
        let (actor, data, reason) = (did.actor(), [0; 32], "".into());
        self.repos.push(RepoRow {
            actor,
            rev,
            data,
            state: RepoState::Synchronized,
            reason,
            vouched: rev,
        });
        Written { uri: format!("at://{did}/{collection}/{rkey}"), cid: cid.to_string(), rows }
    }

    /// Nothing is written before this.
    pub fn wait_until(&mut self, at: Datetime) {
        self.now_ms = self.now_ms.max(u64::try_from(at.ms()).unwrap());
    }

    /// When the last record was written.
    pub fn now(&self) -> Datetime {
        Datetime::from_ms(i64::try_from(self.now_ms).unwrap())
    }

    /// Deletes a record: tombstones in every table it has rows in.
    pub fn delete(&mut self, written: &Written) {
        self.now_ms += STEP_MS;
        let rev = Rev::from((self.now_ms * 1_000) << 10);
        let mut rows = written.rows.clone();
        macro_rules! bury {
            ($($table:ident),*) => { $(for row in &mut rows.$table { (row.rev, row.deleted) = (rev, 1); })* };
        }
        bury!(records, links, posts, post_texts, feed_items, profiles, lists, list_items);
        bury!(notifications, offered_texts);
        for row in rows.notifications.iter_mut().filter(|row| row.reason == Reason::Verified) {
            (row.reason, row.deleted) = (Reason::Unverified, 0);
            row.newest_first = newest_first(self.now());
        }
        let made_at = Datetime::from_ms(i64::try_from(self.now_ms).unwrap());
        for row in &mut rows.thread_gates {
            (row.rev, row.made_at, row.is_closed) = (rev, made_at, 0);
        }
        for row in &mut rows.post_gates {
            (row.rev, row.made_at, row.is_closed) = (rev, made_at, 0);
        }
        self.rows.append(rows);
    }

    pub fn post(&mut self, did: &Did, text: &str) -> Written {
        self.write(did, "app.bsky.feed.post", json!({ "text": text }))
    }

    pub fn reply(&mut self, did: &Did, text: &str, root: &Written, parent: &Written) -> Written {
        let reply = json!({ "root": root.strong_ref(), "parent": parent.strong_ref() });
        self.write(did, "app.bsky.feed.post", json!({ "text": text, "reply": reply }))
    }

    pub fn quote(&mut self, did: &Did, text: &str, quoted: &Written) -> Written {
        let embed = json!({ "$type": "app.bsky.embed.record", "record": quoted.strong_ref() });
        self.write(did, "app.bsky.feed.post", json!({ "text": text, "embed": embed }))
    }

    pub fn like(&mut self, did: &Did, what: &Written) -> Written {
        self.write(did, "app.bsky.feed.like", json!({ "subject": what.strong_ref() }))
    }

    pub fn repost(&mut self, did: &Did, what: &Written) -> Written {
        self.write(did, "app.bsky.feed.repost", json!({ "subject": what.strong_ref() }))
    }

    pub fn follow(&mut self, did: &Did, whom: &Did) -> Written {
        self.write(did, "app.bsky.graph.follow", json!({ "subject": whom.as_str() }))
    }

    pub fn block(&mut self, did: &Did, whom: &Did) -> Written {
        self.write(did, "app.bsky.graph.block", json!({ "subject": whom.as_str() }))
    }

    /// A list with these members. `kind`: `modlist`, `curatelist` or `referencelist`.
    pub fn list(&mut self, did: &Did, kind: &str, members: &[&Did]) -> Written {
        let purpose = format!("app.bsky.graph.defs#{kind}");
        let list =
            self.write(did, "app.bsky.graph.list", json!({ "name": kind, "purpose": purpose }));
        for member in members {
            let item = json!({ "list": list.uri, "subject": member.as_str() });
            self.write(did, "app.bsky.graph.listitem", item);
        }
        list
    }

    pub fn list_block(&mut self, did: &Did, list: &Written) -> Written {
        self.write(did, "app.bsky.graph.listblock", json!({ "subject": list.uri }))
    }

    /// Closes a thread to all but those whom `allow` lets in.
    pub fn thread_gate(&mut self, did: &Did, post: &Written, allow: Value) -> Written {
        let gate = json!({ "post": post.uri, "allow": allow });
        self.write_as(did, "app.bsky.feed.threadgate", Some(post.rkey()), gate)
    }

    /// Closes a post to quotes.
    pub fn post_gate(&mut self, did: &Did, post: &Written) -> Written {
        let rule = json!({ "$type": "app.bsky.feed.postgate#disableRule" });
        let gate = json!({ "post": post.uri, "embeddingRules": [rule] });
        self.write_as(did, "app.bsky.feed.postgate", Some(post.rkey()), gate)
    }

    /// As [`Network::settle`], but every row comes alone, the latest first.
    pub async fn settle_backwards(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        macro_rules! insert {
            ($($table:ident),*) => { $(for row in std::mem::take(&mut rows.$table).into_iter().rev() {
                self.store.insert(&[row]).await.map(drop).unwrap();
            })* };
        }
        insert!(records, links, posts, feed_items, profiles, lists, list_items, notifications);
        insert!(thread_gates, post_gates, name_words, offered_texts);
        self.rows = rows;
        self.settle().await;
    }

    /// Works out how everybody stands by the follows that are settled.
    pub async fn rank(&self) {
        self.store.rank_accounts(1).await.unwrap();
    }

    /// Inserts everything written so far.
    pub async fn settle(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let (mut actors, repos) =
            (std::mem::take(&mut self.actors), std::mem::take(&mut self.repos));
        actors.extend(rows.mentioned.into_iter().map(ActorRow::mentioned));
        macro_rules! insert {
            ($($rows:expr),*) => { $(self.store.insert(&$rows).await.map(drop).unwrap();)* };
        }
        insert!(rows.records, rows.links, rows.posts, rows.post_texts, rows.feed_items);
        insert!(rows.profiles, rows.notifications, rows.lists, rows.list_items);
        insert!(rows.thread_gates, rows.post_gates, rows.name_words, rows.offered_texts);
        insert!(actors, repos);
        let arriving = self.store.arrivals().number(&rows.post_texts, &HashSet::new());
        insert!(arriving.rows);
        self.store.arrivals().tell(arriving, rows.post_texts, &rows.links);
    }
}

/// A caller with this viewer.
pub fn viewer(did: &Did) -> Caller {
    Caller { viewer: Some(did.clone()), ..Caller::default() }
}

/// A method's answer as JSON, which its lexicon must allow.
pub fn json<T: serde::Serialize>(nsid: &str, answer: Result<Answer<T>, ViewError>) -> Value {
    let body = serde_json::to_vec(&answer.unwrap().body).unwrap();
    let checked = Catalog::embedded().validate_output(nsid, &body);
    assert!(checked.is_ok(), "{nsid}: {checked:?}\n{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

/// Parameters from JSON, as firehouse-xrpc makes them.
pub fn parameters<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// The strings found under a JSON pointer in each element of an array.
pub fn pluck(value: &Value, pointer: &str) -> Vec<String> {
    let items = value.as_array().unwrap().iter();
    items
        .map(|item| item.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned())
        .collect()
}
