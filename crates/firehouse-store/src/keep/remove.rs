//! Removes what is not kept, for good. Every statement names a state, not a change: doing it again is safe, also after a crash.
//!
//! Rewrites the parts that hold such rows: few statements, each for as much as possible. Whoever calls this has made sure that no such
//! rows are on their way; those that are kept may come meanwhile.

use clickhouse::Row;
use clickhouse::query::Query;
use firehouse_schema::UnwantedRow;
use firehouse_types::{ActorId, Rev, RkeyId};

use crate::{Store, StoreError};

const PROFILE: &str = "app.bsky.actor.profile";
/// Posts that are removed at once. Units: posts, some 100 bytes of the engine's memory each.
const POSTS_AT_ONCE: u64 = 1_000_000;
/// Posts that break their lexicon, read at once.
const INVALID_PER_QUERY: u32 = 1_000;

/// Tables with rows that an account made, and the column that names it. What accounts tell only us is not among them: whoever is not kept
/// may still ask, and what is removed here can be fetched again, which that cannot.
const OF_ACCOUNTS: [(&str, &str); 25] = [
    ("records", "actor"),
    ("links", "actor"),
    ("links_by_source", "actor"),
    ("generator_likes", "actor"),
    ("posts", "actor"),
    ("thread_items", "actor"),
    ("post_texts", "actor"),
    ("engaged_texts", "actor"),
    ("post_arrivals", "actor"),
    ("feed_items", "actor"),
    ("author_items", "actor"),
    ("notifications", "actor"),
    ("profiles", "actor"),
    ("name_words", "actor"),
    ("account_words", "actor"),
    ("ranked_names", "actor"),
    ("best_names", "actor"),
    ("standings", "actor"),
    ("lists", "actor"),
    ("offered_texts", "actor"),
    ("offered_words", "actor"),
    ("list_items", "list_actor"),
    ("list_memberships", "list_actor"),
    ("thread_gates", "actor"),
    ("post_gates", "actor"),
];
const WITH_COLLECTION: [&str; 4] = ["links", "links_by_source", "notifications", "records"];
/// They have a collection too, which is never that of posts.
const OFFERED: [&str; 2] = ["offered_texts", "offered_words"];
const FEEDS: [&str; 2] = ["feed_items", "author_items"];
const OF_POSTS: [&str; 4] = ["thread_items", "post_texts", "engaged_texts", "posts"];

/// Tables, and kinds of feed items, whose rows come from one collection.
const DERIVED: [(&str, &[&str], Option<&str>); 8] = [
    ("app.bsky.feed.post", &OF_POSTS, Some("post")),
    ("app.bsky.feed.repost", &[], Some("repost")),
    ("app.bsky.feed.like", &["generator_likes"], None),
    (PROFILE, &["profiles"], None),
    ("app.bsky.graph.list", &["lists"], None),
    ("app.bsky.graph.listitem", &["list_items", "list_memberships"], None),
    ("app.bsky.feed.threadgate", &["thread_gates"], None),
    ("app.bsky.feed.postgate", &["post_gates"], None),
];

/// Whose accounts are kept, when not everybody's are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Who left the table `kept` later is kept still. Units: microseconds since 1970.
    pub since_us: u64,
    /// Names, or names and ports, of PDSes, in lower case.
    pub hosts: Vec<String>,
    /// Ends of such names, with their dot.
    pub suffixes: Vec<String>,
}

/// What is kept; the rest goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// `None`: everybody's.
    pub accounts: Option<Accounts>,
    /// Collections and namespaces, those with the last dot; `None`: every collection.
    pub collections: Option<(Vec<String>, Vec<String>)>,
    /// In lower case; none: every language.
    pub languages: Vec<String>,
}

#[derive(Row, serde::Deserialize)]
struct InvalidPost {
    actor: ActorId,
    rkey: RkeyId,
    rev: Rev,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
}

impl Accounts {
    pub(crate) fn bind(&self, query: Query) -> Query {
        let query = query.param("since", self.since_us).param("hosts", &self.hosts);
        query.param("suffixes", &self.suffixes)
    }
}

impl Removal {
    fn keeps(&self, collection: &str) -> bool {
        self.collections.as_ref().is_none_or(|(names, prefixes)| {
            names.iter().any(|name| name == collection)
                || prefixes.iter().any(|prefix| collection.starts_with(prefix.as_str()))
        })
    }
}

impl Store {
    /// Lets `repos` hold nobody who is not kept: from then on whoever has no row there is to be fetched from the beginning.
    /// Errors: [`StoreError::Purge`].
    pub async fn part(&self, kept: &Accounts) -> Result<(), StoreError> {
        self.remove_of_accounts(kept, "repos", "actor").await
    }

    /// How many accounts have a row in `repos` and are not kept. Errors: [`StoreError::Read`].
    pub async fn held_unkept(&self, kept: &Accounts) -> Result<u64, StoreError> {
        let query = kept.bind(self.client().query(include_str!("held_unkept.sql")));
        let count = query.fetch_one::<u64>().await;
        count.map_err(|source| StoreError::Read { query: "held_unkept", source })
    }

    /// Removes everything that is not kept. `is_wanted` says of the bytes of a post whether its languages are.
    /// Units: `now_us` is microseconds since 1970. Errors: [`StoreError`]; calling again is safe.
    pub async fn remove(
        &self,
        kept: &Removal,
        now_us: u64,
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<(), StoreError> {
        if !kept.keeps(PROFILE) {
            self.forget_display_names().await?;
        }
        if let Some(accounts) = &kept.accounts {
            for (table, column) in OF_ACCOUNTS {
                self.remove_of_accounts(accounts, table, column).await?;
            }
            self.forget_accounts(accounts, now_us).await?;
        }
        if let Some((names, prefixes)) = &kept.collections {
            for (collection, tables, kind) in DERIVED {
                if !kept.keeps(collection) {
                    self.remove_derived(tables, kind).await?;
                }
            }
            for table in WITH_COLLECTION.into_iter().chain(OFFERED) {
                let query = self.client().query(include_str!("remove_collections.sql"));
                let query = query.param("names", names).param("prefixes", prefixes);
                removed(table, query).await?;
            }
        }
        if !kept.languages.is_empty() && kept.keeps("app.bsky.feed.post") {
            self.remove_languages(&kept.languages, is_wanted).await?;
        }
        Ok(())
    }

    async fn remove_of_accounts(
        &self,
        kept: &Accounts,
        table: &'static str,
        column: &str,
    ) -> Result<(), StoreError> {
        let query = kept.bind(self.client().query(include_str!("remove_accounts.sql")));
        removed(table, query.param("actor", column)).await
    }

    /// Removes the words of display names, before the profiles, which say that there are any. A word does not say what it is of, so those of
    /// handles are written again: until that is done searches find fewer accounts, and behind it those who are not kept have to go.
    async fn forget_display_names(&self) -> Result<(), StoreError> {
        let count = self.client().query(include_str!("held_profiles.sql")).fetch_one::<u64>().await;
        if count.map_err(|source| StoreError::Read { query: "held_profiles", source })? == 0 {
            return Ok(());
        }
        // The view fills the words by account again, too; the ranked ones are made anew with the standings.
        for table in ["best_names", "ranked_names", "account_words", "name_words"] {
            removed(table, self.client().query(include_str!("remove_all.sql"))).await?;
        }
        let refilled = self.client().query(include_str!("refill_name_words.sql")).execute().await;
        refilled.map_err(|source| StoreError::Purge { table: "name_words", source })
    }

    /// Of those who are gone stays that others mention them; where hosts select accounts, also where they live.
    async fn forget_accounts(&self, kept: &Accounts, now_us: u64) -> Result<(), StoreError> {
        if kept.hosts.is_empty() && kept.suffixes.is_empty() {
            let query = self.client().query(include_str!("forget_identities.sql"));
            let query = query.param("since", kept.since_us).param("version", now_us);
            let forgotten = query.execute().await;
            forgotten.map_err(|source| StoreError::Purge { table: "actors", source })?;
        }
        let query = self.client().query(include_str!("forget_left.sql"));
        let forgotten = query.param("since", kept.since_us).execute().await;
        forgotten.map_err(|source| StoreError::Purge { table: "kept", source })
    }

    async fn remove_derived(
        &self,
        tables: &[&'static str],
        kind: Option<&str>,
    ) -> Result<(), StoreError> {
        for table in FEEDS {
            let Some(kind) = kind else { break };
            let query = self.client().query(include_str!("remove_items.sql")).param("kind", kind);
            removed(table, query).await?;
        }
        for table in tables {
            removed(table, self.client().query(include_str!("remove_all.sql"))).await?;
        }
        Ok(())
    }

    async fn remove_languages(
        &self,
        languages: &[String],
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<(), StoreError> {
        self.remove_unwanted().await?;
        loop {
            let query = self.client().query(include_str!("collect_foreign_posts.sql"));
            let query = query.param("languages", languages).param("limit", POSTS_AT_ONCE);
            let collected = query.execute().await;
            collected.map_err(|source| StoreError::Purge { table: "unwanted", source })?;
            if self.remove_unwanted().await? == 0 {
                break;
            }
        }
        let mut after = (ActorId::from(0), RkeyId::from(0));
        loop {
            let query = self.client().query(include_str!("invalid_posts.sql"));
            let query = query.param("after_actor", after.0).param("after_rkey", after.1);
            let posts = query.param("limit", INVALID_PER_QUERY).fetch_all::<InvalidPost>().await;
            let posts =
                posts.map_err(|source| StoreError::Read { query: "invalid_posts", source })?;
            let Some(last) = posts.last() else { break };
            after = (last.actor, last.rkey);
            let unwanted = posts.iter().filter(|post| !is_wanted(&post.body));
            let unwanted = unwanted.map(|&InvalidPost { actor, rkey, rev, .. }| UnwantedRow {
                actor,
                rkey,
                rev,
            });
            let _ = self.insert(&unwanted.collect::<Vec<_>>()).await?;
        }
        self.remove_unwanted().await.map(drop)
    }

    /// Removes the posts that were collected to be removed, and returns how many there were. To be called before anything else is kept
    /// than when they were collected. Errors: [`StoreError`]; calling again is safe.
    pub async fn remove_unwanted(&self) -> Result<u64, StoreError> {
        let count = self.client().query(include_str!("unwanted.sql")).fetch_one::<u64>().await;
        let count = count.map_err(|source| StoreError::Read { query: "unwanted", source })?;
        if count == 0 {
            return Ok(0);
        }
        let collected = self.client().query(include_str!("collect_earlier_posts.sql")).execute();
        collected.await.map_err(|source| StoreError::Purge { table: "unwanted", source })?;
        for table in WITH_COLLECTION {
            removed(table, self.client().query(include_str!("remove_unwanted_records.sql")))
                .await?;
        }
        for table in FEEDS {
            removed(table, self.client().query(include_str!("remove_unwanted_items.sql"))).await?;
        }
        for table in OF_POSTS {
            removed(table, self.client().query(include_str!("remove_unwanted_posts.sql"))).await?;
        }
        removed("unwanted", self.client().query(include_str!("remove_all.sql"))).await?;
        Ok(count)
    }
}

async fn removed(table: &'static str, query: Query) -> Result<(), StoreError> {
    let removed = query.param("table", table).execute().await;
    removed.map_err(|source| StoreError::Purge { table, source })
}
