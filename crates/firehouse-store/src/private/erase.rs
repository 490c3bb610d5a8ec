//! All private state of one account: handed out, or removed for good.

use clickhouse::{Row, RowOwned, RowRead};
use firehouse_schema::{
    ActivitySubscriptionRow, BookmarkRow, DraftRow, MuteRow, SettingRow, Table,
};
use firehouse_types::ActorId;

use crate::read::fetch;
use crate::{Store, StoreError};

/// Tables with what accounts tell only us, by `actor`; second orders before what they are derived from, as in a purge.
pub(crate) const PRIVATE_TABLES: [&str; 6] = [
    "private_bookmarks_by_subject",
    "private_mutes",
    "private_bookmarks",
    "private_drafts",
    "private_settings",
    "private_activity_subscriptions",
];

const ERASE: &str = include_str!("erase.sql");

/// Drafts handed out at once: each may be as long as the body of a request.
const DRAFTS_AT_ONCE: usize = 50;

/// A part of what holds of all that an account told only us. Shape: each in the order in which it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateState {
    /// Of accounts, lists and threads.
    pub mutes: Vec<MuteRow>,
    /// Of posts.
    pub bookmarks: Vec<BookmarkRow>,
    /// Not yet posts.
    pub drafts: Vec<DraftRow>,
    /// About notifications.
    pub settings: Vec<SettingRow>,
    /// To others' activity.
    pub subscriptions: Vec<ActivitySubscriptionRow>,
    /// Where the rest begins, if there may be any.
    pub next: Option<PrivatePosition>,
}

/// The last row seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrivatePosition {
    /// Which of the tables, in the order of the fields of [`PrivateState`].
    pub table: u8,
    /// When the row was said. Units: microseconds since 1970.
    pub version: u64,
}

impl PrivatePosition {
    /// Of a table: behind which version it is asked, and for how many rows.
    fn of(self, table: u8, limit: usize) -> (u64, usize) {
        match table.cmp(&self.table) {
            std::cmp::Ordering::Less => (0, 0),
            std::cmp::Ordering::Equal => (self.version, limit),
            std::cmp::Ordering::Greater => (0, limit),
        }
    }
}

/// Where it is seen whether a table has anything of an account: in the table that a second order is derived from, which is removed behind
/// it and has the account first in its key.
fn seen_in(table: &str) -> &str {
    table.strip_suffix("_by_subject").unwrap_or(table)
}

impl Store {
    /// What an account told only us behind `after`, as it holds now. Shape: at most `limit` rows in all. What is said again meanwhile comes
    /// once more; nothing is left out. Errors: [`StoreError::Read`].
    pub async fn private_state(
        &self,
        actor: ActorId,
        after: PrivatePosition,
        limit: usize,
    ) -> Result<PrivateState, StoreError> {
        let drafts_max = limit.min(DRAFTS_AT_ONCE);
        let (mut mutes, mut bookmarks, mut drafts, mut settings, mut subscriptions) = tokio::try_join!(
            self.private_rows::<MuteRow>(actor, after.of(0, limit)),
            self.private_rows::<BookmarkRow>(actor, after.of(1, limit)),
            self.private_rows::<DraftRow>(actor, after.of(2, drafts_max)),
            self.private_rows::<SettingRow>(actor, after.of(3, limit)),
            self.private_rows::<ActivitySubscriptionRow>(actor, after.of(4, limit)),
        )?;
        let (mut left, mut next) = (limit, None);
        macro_rules! cut {
            ($table:literal, $rows:ident, $limit:expr) => {
                let (from, asked) = after.of($table, $limit);
                let is_cut = asked > 0 && ($rows.len() >= asked || $rows.len() > left);
                $rows.truncate(left);
                left = if is_cut { 0 } else { left - $rows.len() };
                if is_cut && next.is_none() {
                    let version = $rows.last().map_or(from, |row| row.version);
                    next = Some(PrivatePosition { table: $table, version });
                }
            };
        }
        cut!(0, mutes, limit);
        cut!(1, bookmarks, limit);
        cut!(2, drafts, drafts_max);
        cut!(3, settings, limit);
        cut!(4, subscriptions, limit);
        let _ = left;
        Ok(PrivateState { mutes, bookmarks, drafts, settings, subscriptions, next })
    }

    /// Removes all that an account told only us, and returns once it is gone from disk. Rewrites the parts it is in.
    /// Errors: [`StoreError`]; calling again is safe.
    pub async fn erase_private_state(&self, actor: ActorId) -> Result<(), StoreError> {
        let _turn = self.turn(actor).await;
        for table in PRIVATE_TABLES {
            let query = self.query(include_str!("newest_version.sql"));
            let query = query.param("table", seen_in(table)).param("actor", actor);
            // A look is cheaper than a rewrite.
            if fetch::<u64>("newest_version", query).await?.pop().unwrap_or_default() == 0 {
                continue;
            }
            let query = self.client().query(ERASE);
            let erased = query.param("table", table).param("actor", actor).execute().await;
            erased.map_err(|source| StoreError::Purge { table, source })?;
        }
        Ok(())
    }

    async fn private_rows<T>(
        &self,
        actor: ActorId,
        (after, limit): (u64, usize),
    ) -> Result<Vec<T>, StoreError>
    where
        T: Table + Row + RowOwned + RowRead,
    {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = self.query(include_str!("private_rows.sql"));
        let query = query.param("table", T::TABLE).param("actor", actor);
        fetch("private_rows", query.param("after", after).param("limit", limit)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_account_has_is_seen_without_reading_what_others_have() {
        for (at, table) in PRIVATE_TABLES.into_iter().enumerate() {
            let seen_in = seen_in(table);
            let file = format!("{}/../../schema/tables/{seen_in}.sql", env!("CARGO_MANIFEST_DIR"));
            let sql = std::fs::read_to_string(file).unwrap();
            assert!(sql.contains("\nORDER BY (actor, "), "{table} is seen in {seen_in}");
            // Until the second order is rid of the account, it must be seen that there is something to do.
            assert!(PRIVATE_TABLES[at..].contains(&seen_in), "{table}");
        }
    }
}
