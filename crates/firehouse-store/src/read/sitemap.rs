//! Accounts for search engines: by the day on which they were first seen here.

use clickhouse::Row;

use super::fetch_wide;
use crate::{Store, StoreError};

/// A day on which accounts were first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct SitemapDay {
    /// Days since 1970.
    pub day: u16,
    /// How many accounts of it may be shown.
    pub accounts: u64,
}

impl Store {
    /// The days with accounts, at most so many, the latest first. Reads every account. Errors: [`StoreError::Read`].
    pub async fn sitemap_days(&self, days_max: u32) -> Result<Vec<SitemapDay>, StoreError> {
        let query = self.query(include_str!("sitemap_days.sql")).param("days", days_max);
        fetch_wide("sitemap_days", query).await
    }

    /// Handles of the accounts of one day, without the first so many. Reads every account. Errors: [`StoreError::Read`].
    pub async fn sitemap_page(
        &self,
        day: u16,
        skipped: u64,
        handles_max: u32,
    ) -> Result<Vec<String>, StoreError> {
        let query = self
            .query(include_str!("sitemap_page.sql"))
            .param("day", day)
            .param("skipped", skipped)
            .param("handles", handles_max);
        fetch_wide("sitemap_page", query).await
    }
}
