//! What search reads of posts, names and what accounts offer, written again where a newer build reads them differently.
//!
//! It is made of `records` and `profiles`, by code whose version is [`firehouse_text::VERSION`]. When that has risen, all are read again in
//! the order of their keys, beside everything else and never faster than half of the time. Where a walk stands is saved in `positions`;
//! a process that ends goes on there. Rows of the same version of a record replace each other.

use std::time::{Duration, Instant};

use firehouse_indexer::{OfferedVersion, PostVersion, name_rows, offered_text, post_text};
use firehouse_store::{Store, StoreError};
use firehouse_types::{ActorId, Nsid, RkeyId};
use tokio::time::sleep;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;

/// Records that are read at once.
const READ: usize = 5_000;
/// How often it is said how far it is.
const SAID_EVERY: Duration = Duration::from_secs(30);

/// What is walked over, each in the order of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    Posts,
    Names,
    /// Lists, starter packs and feed generators: a walk each.
    Offered(&'static str),
}

const WALKS: [Walk; 5] = [
    Walk::Names,
    Walk::Offered("app.bsky.feed.generator"),
    Walk::Offered("app.bsky.graph.starterpack"),
    Walk::Offered("app.bsky.graph.list"),
    // By far the longest.
    Walk::Posts,
];

/// What was read last: account and key, where there are several of an account.
type At = (ActorId, RkeyId);

/// Writes all texts again unless that is done. Returns when it is.
pub async fn write_texts_again(store: Store, metrics: Metrics) -> Result<(), IngestError> {
    for walk in WALKS {
        walk.run(&store, &metrics).await?;
    }
    Ok(())
}

impl Walk {
    async fn run(self, store: &Store, metrics: &Metrics) -> Result<(), IngestError> {
        let (walk, name) = (self.position(), self.name());
        let positions = retried(metrics, || store.positions(&walk)).await?;
        let saved = positions.lists.first();
        if saved.is_some_and(|(_, cursor)| cursor.is_none()) {
            return Ok(());
        }
        let saved = saved.and_then(|(_, cursor)| key_of(cursor.as_deref()?));
        let mut after = saved.unwrap_or((ActorId::from(0), RkeyId::from(0)));
        let (began, mut said, mut records) = (Instant::now(), Instant::now(), 0_u64);
        loop {
            let chunk = Instant::now();
            let read = retried(metrics, || self.write(store, after)).await?;
            let Some((last, count)) = read else { break };
            after = last;
            records += count as u64;
            let cursor = format!("{:x}.{:x}", after.0.get(), after.1.get());
            retried(metrics, || store.save_position(&walk, 0, name, Some(&cursor))).await?;
            if said.elapsed() >= SAID_EVERY {
                said = Instant::now();
                let a_second = records / began.elapsed().as_secs().max(1);
                // Accounts are numbered by hash: how far the numbers are is how far the work is.
                let percent = after.0.get() / (u64::MAX / 100);
                tracing::info!(name, records, a_second, percent, "reading again for search");
            }
            sleep(chunk.elapsed()).await;
        }
        retried(metrics, || store.save_position(&walk, 0, name, None)).await?;
        if records > 0 {
            let seconds = began.elapsed().as_secs();
            tracing::info!(name, records, seconds, "all are read again for search");
        }
        Ok(())
    }

    /// As `positions` calls it.
    fn position(self) -> String {
        let version = firehouse_text::VERSION;
        match self {
            Self::Posts => format!("texts {version}"),
            Self::Names => format!("names {version}"),
            Self::Offered(collection) => format!("offered {collection} {version}"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Names => "names",
            Self::Offered(collection) => collection,
        }
    }

    /// Writes what search reads of the next records behind a key. Returns the last of them, and how many they were; `None` at the end.
    async fn write(self, store: &Store, after: At) -> Result<Option<(At, usize)>, StoreError> {
        match self {
            Self::Posts => {
                let rows = store.posts_to_read(after, READ).await?;
                let read = rows.last().map(|last| ((last.actor, last.rkey), rows.len()));
                // A block that is no post is none that the store calls valid.
                let texts = rows.iter().filter_map(|row| {
                    let (actor, rkey, rev, sort_at) = (row.actor, row.rkey, row.rev, row.sort_at());
                    post_text(PostVersion { sort_at, actor, rkey, rev }, &row.body).ok()
                });
                let _ = store.insert(&texts.collect::<Vec<_>>()).await?;
                Ok(read)
            }
            Self::Names => {
                let rows = store.names_to_read(after.0, READ).await?;
                let read = rows.last().map(|last| ((last.actor, RkeyId::from(0)), rows.len()));
                let words = rows.iter().flat_map(|row| name_rows(row.actor, &row.display_name));
                let _ = store.insert(&words.collect::<Vec<_>>()).await?;
                Ok(read)
            }
            Self::Offered(collection) => {
                let rows = store.offered_to_read(collection, after, READ).await?;
                let read = rows.last().map(|last| ((last.actor, last.rkey), rows.len()));
                let texts = rows.iter().filter_map(|row| {
                    let version = OfferedVersion {
                        collection: Nsid::parse(collection).ok()?,
                        actor: row.actor,
                        rkey: row.rkey,
                        rev: row.rev,
                        sort_at: row.sort_at(),
                    };
                    offered_text(version, &row.body).ok()
                });
                let _ = store.insert(&texts.collect::<Vec<_>>()).await?;
                Ok(read)
            }
        }
    }
}

fn key_of(cursor: &str) -> Option<At> {
    let (actor, rkey) = cursor.split_once('.')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(actor)?.into(), number(rkey)?.into()))
}

#[cfg(test)]
mod tests {
    use clickhouse::Client;
    use firehouse_indexer::{Indexer, Rows, Witness};
    use firehouse_lexicon::{Catalog, to_dag_cbor};
    use firehouse_repo::{RecordOp, sha256};
    use firehouse_schema::Proof;
    use firehouse_sim::engine;
    use firehouse_types::{Cid, Did, OpAction, Rkey};
    use prometheus::Registry;
    use serde_json::{Value, json};

    use super::*;

    fn indexed(collection: &str, rkey: &str, record: &Value, rows: &mut Rows) {
        let record = to_dag_cbor(record).unwrap();
        let op = RecordOp {
            did: Did::parse("did:plc:44ybard66vv44zksje25o7dz").unwrap(),
            collection: Nsid::parse(collection).unwrap(),
            rkey: Rkey::parse(rkey).unwrap(),
            action: OpAction::Create,
            cid: Some(Cid::dag_cbor(sha256(&record))),
            rev: "3jwdwj2ctlk27".parse().unwrap(),
            record: record.into(),
        };
        let witness = Witness { witnessed_at_us: 0, proof: Proof::Live, source: "test" };
        Indexer::new(Catalog::embedded()).index(&op, &witness, rows).unwrap();
    }

    #[tokio::test]
    async fn what_another_build_wrote_is_written_again_once() {
        let Some(store) = engine::store().await else { return };
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let at = "2024-01-01T00:00:00.000Z";
        let (key, mut rows) = ("3jwdwj2ctlk26", Rows::default());
        for (collection, key, record) in [
            ("app.bsky.feed.post", key, json!({ "text": "words" })),
            ("app.bsky.actor.profile", "self", json!({ "displayName": "Élodie" })),
            (
                "app.bsky.graph.list",
                key,
                json!({ "name": "words", "purpose": "app.bsky.graph.defs#modlist" }),
            ),
            (
                "app.bsky.graph.starterpack",
                key,
                json!({ "name": "words", "list": "at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.graph.list/3jwdwj2ctlk26" }),
            ),
            (
                "app.bsky.feed.generator",
                key,
                json!({ "displayName": "words", "did": "did:web:a.test" }),
            ),
        ] {
            let mut record = record;
            (record["$type"], record["createdAt"]) = (collection.into(), at.into());
            indexed(collection, key, &record, &mut rows);
        }
        // Nothing of what search reads.
        let _ = store.insert(&rows.records).await.unwrap();
        let _ = store.insert(&rows.profiles).await.unwrap();
        let client = Client::default().with_url(engine::url().unwrap());
        let client = client.with_database(store.database());
        let counts = async || {
            let mut counts = Vec::new();
            for table in
                ["post_texts", "name_words", "account_words", "offered_texts", "offered_words"]
            {
                let count = format!("SELECT count() FROM {table} FINAL");
                counts.push(client.query(&count).fetch_one::<u64>().await.unwrap());
            }
            counts
        };
        assert_eq!(counts().await, [0; 5]);
        write_texts_again(store.clone(), metrics.clone()).await.unwrap();
        assert_eq!(counts().await, [1, 1, 1, 3, 3]);
        let word: String = client.query("SELECT word FROM name_words").fetch_one().await.unwrap();
        assert_eq!(word, "elodie");
        let texts: Vec<firehouse_schema::OfferedTextRow> = client
            .query("SELECT * FROM offered_texts ORDER BY collection")
            .fetch_all()
            .await
            .unwrap();
        let mut written = rows.offered_texts.clone();
        written.sort_by_key(|row| row.collection.to_string());
        assert_eq!(texts, written, "as they are written at first");

        let mut profile = rows.profiles[0].clone();
        profile.display_name = "Somebody else".into();
        profile.rev = firehouse_types::Rev::from(profile.rev.get() + 1);
        let _ = store.insert(&[profile]).await.unwrap();
        write_texts_again(store.clone(), metrics.clone()).await.unwrap();
        assert_eq!(counts().await[1], 1, "that is done");
    }
}
