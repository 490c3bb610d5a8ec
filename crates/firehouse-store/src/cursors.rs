//! Where each upstream is resumed.

use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_schema::CursorRow;
use firehouse_types::Seq;

use crate::{Store, StoreError};

const SAVED_CURSOR: &str = include_str!("saved_cursor.sql");

impl Store {
    /// Saves the seq up to which every row of `upstream` is acknowledged, and returns once that is durable.
    /// Errors: [`StoreError::Insert`]; calling again is safe.
    pub async fn save_cursor(&self, upstream: &str, seq: Seq) -> Result<(), StoreError> {
        self.save_cursors(&[(upstream, seq)]).await
    }

    /// As [`Store::save_cursor`], for several upstreams at once.
    pub async fn save_cursors(&self, cursors: &[(&str, Seq)]) -> Result<(), StoreError> {
        let version = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| u64::try_from(d.as_micros()).unwrap_or(u64::MAX));
        let row = |&(upstream, seq): &(&str, Seq)| CursorRow {
            upstream: upstream.into(),
            seq: seq.get(),
            version,
        };
        let rows: Vec<_> = cursors.iter().map(row).collect();
        self.insert(&rows).await.map(drop)
    }

    /// The seq saved last; `None` for an upstream never followed. Errors: [`StoreError::Read`].
    pub async fn saved_cursor(&self, upstream: &str) -> Result<Option<Seq>, StoreError> {
        let query = self.client().query(SAVED_CURSOR).param("upstream", upstream);
        let seq = query.fetch_optional::<u64>().await;
        let seq = seq.map_err(|source| StoreError::Read { query: "saved_cursor", source })?;
        Ok(seq.and_then(|seq| Seq::new(i64::try_from(seq).ok()?)))
    }
}
