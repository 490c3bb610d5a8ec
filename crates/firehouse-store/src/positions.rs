//! Where walks through lists of repos are resumed.

use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_schema::PositionRow;

use crate::{Store, StoreError};

const POSITIONS: &str = include_str!("positions.sql");

/// Where a walk stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// How often it was begun, the round that is under way included.
    pub round: u64,
    /// By host: what its next page is asked for with; `None` when its list is done. Hosts that are not here are at their beginning.
    pub lists: Vec<(Box<str>, Option<Box<str>>)>,
}

impl Store {
    /// Where a walk stands; at the beginning of round 0 when it was never begun. Errors: [`StoreError::Read`].
    pub async fn positions(&self, walk: &str) -> Result<Positions, StoreError> {
        let rows = self.client().query(POSITIONS).param("walk", walk).fetch_all::<PositionRow>();
        let rows = rows.await.map_err(|source| StoreError::Read { query: "positions", source })?;
        let round = rows.first().map_or(0, |row| row.round);
        let lists = rows.into_iter().filter(|row| !row.host.is_empty());
        let lists = lists.map(|row| (row.host, (row.done == 0).then_some(row.cursor))).collect();
        Ok(Positions { round, lists })
    }

    /// Saves where one list of a walk stands, `None` when it is done, and returns once that is durable. Errors: [`StoreError::Insert`].
    pub async fn save_position(
        &self,
        walk: &str,
        round: u64,
        host: &str,
        cursor: Option<&str>,
    ) -> Result<(), StoreError> {
        let version = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| u64::try_from(d.as_micros()).unwrap_or(u64::MAX));
        let row = PositionRow {
            walk: walk.into(),
            host: host.into(),
            round,
            cursor: cursor.unwrap_or_default().into(),
            done: u8::from(cursor.is_none()),
            version,
        };
        self.insert(&[row]).await.map(drop)
    }

    /// Lets a walk begin anew the next time, in this round. Errors: [`StoreError::Insert`].
    pub async fn begin_round(&self, walk: &str, round: u64) -> Result<(), StoreError> {
        self.save_position(walk, round, "", Some("")).await
    }
}
