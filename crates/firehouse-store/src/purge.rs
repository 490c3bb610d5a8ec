//! Removes what deleted accounts wrote, and what they told only us. That they existed, and are gone, stays in `actors`.

use clickhouse::Row;
use firehouse_types::ActorId;

use crate::private::PRIVATE_TABLES;
use crate::{Store, StoreError};

const DELETIONS: &str = include_str!("deletions.sql");
const PURGE_ROWS: &str = include_str!("purge_rows.sql");

/// Tables with rows that an account made, and the column that names it. `records` comes behind what is derived from it, so that whoever
/// comes back in between still has the records by which the rest is corrected; `repos` is last: it says that something is left to do.
const TABLES: [(&str, &str); 26] = [
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
    ("records", "actor"),
    ("repos", "actor"),
];

/// One deletion of an account. Who comes back and is deleted again has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Row, serde::Deserialize)]
pub struct Deletion {
    /// Whose.
    pub actor: ActorId,
    /// Version of the row in `actors` that says so. Units: microseconds since 1970.
    pub version: u64,
}

impl Store {
    /// Deletions before `before_us` of accounts that still have rows here, at most `limit`.
    /// Units: microseconds since 1970. Errors: [`StoreError::Read`].
    pub async fn deletions(&self, before_us: u64, limit: u32) -> Result<Vec<Deletion>, StoreError> {
        let query = self.client().query(DELETIONS).param("before", before_us).param("limit", limit);
        let deletions = query.fetch_all::<Deletion>().await;
        deletions.map_err(|source| StoreError::Read { query: "deletions", source })
    }

    /// Removes every row that these accounts made, and returns once they are gone from disk. Whoever comes back meanwhile, be it for a
    /// moment, keeps what is there: what is written then may be of before the time that the deletions were asked by. Rewrites the parts
    /// they are in: call it seldom, for many at once. Errors: [`StoreError::Purge`]; calling again is safe.
    pub async fn purge(&self, deletions: &[Deletion]) -> Result<(), StoreError> {
        let actors: Vec<ActorId> = deletions.iter().map(|deletion| deletion.actor).collect();
        let versions: Vec<u64> = deletions.iter().map(|deletion| deletion.version).collect();
        let private = PRIVATE_TABLES.map(|table| (table, "actor"));
        for (table, column) in private.into_iter().chain(TABLES) {
            let query = self.client().query(PURGE_ROWS).param("table", table);
            let query = query.param("actor", column).param("actors", &actors);
            let purged = query.param("versions", &versions).execute().await;
            purged.map_err(|source| StoreError::Purge { table, source })?;
        }
        Ok(())
    }
}
