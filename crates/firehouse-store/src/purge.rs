//! Removes what deleted accounts wrote. That they existed, and are gone, stays in `actors`.

use firehouse_types::ActorId;

use crate::{Store, StoreError};

const DELETED_ACCOUNTS: &str = include_str!("deleted_accounts.sql");
const PURGE_ROWS: &str = include_str!("purge_rows.sql");

/// Tables with rows that an account made, and the column that names it. `records` comes behind what is derived from it, so that whoever
/// comes back in between still has the records by which the rest is corrected; `repos` is last: it says that something is left to do.
const TABLES: [(&str, &str); 12] = [
    ("links", "actor"),
    ("links_by_source", "actor"),
    ("posts", "actor"),
    ("thread_items", "actor"),
    ("feed_items", "actor"),
    ("author_items", "actor"),
    ("profiles", "actor"),
    ("lists", "actor"),
    ("list_items", "list_actor"),
    ("list_memberships", "list_actor"),
    ("records", "actor"),
    ("repos", "actor"),
];

impl Store {
    /// Accounts that were deleted before `before_us` and still have rows here, at most `limit`.
    /// Units: microseconds since 1970. Errors: [`StoreError::Read`].
    pub async fn deleted_accounts(
        &self,
        before_us: u64,
        limit: u32,
    ) -> Result<Vec<ActorId>, StoreError> {
        let query = self.client().query(DELETED_ACCOUNTS);
        let actors =
            query.param("before", before_us).param("limit", limit).fetch_all::<u64>().await;
        let actors =
            actors.map_err(|source| StoreError::Read { query: "deleted_accounts", source })?;
        Ok(actors.into_iter().map(ActorId::from).collect())
    }

    /// Removes every row that those of these accounts made which are deleted since before `before_us`, and returns once they are gone from
    /// disk. Whoever comes back meanwhile keeps what is there. Rewrites the parts they are in: call it seldom, for many at once.
    /// Units: microseconds since 1970. Errors: [`StoreError::Purge`]; calling again is safe.
    pub async fn purge(&self, actors: &[ActorId], before_us: u64) -> Result<(), StoreError> {
        for (table, column) in TABLES {
            let query = self.client().query(PURGE_ROWS).param("table", table);
            let query = query.param("actor", column).param("actors", actors);
            let purged = query.param("before", before_us).execute().await;
            purged.map_err(|source| StoreError::Purge { table, source })?;
        }
        Ok(())
    }
}
