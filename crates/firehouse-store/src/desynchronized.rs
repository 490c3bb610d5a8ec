//! Repos that are not in step, for those who bring them back.

use std::collections::BTreeMap;

use clickhouse::Row;
use firehouse_types::{ActorId, Did, Rev};

use crate::{Store, StoreError};

const DESYNCHRONIZED: &str = include_str!("desynchronized.sql");
const REPO_COUNTS: &str = include_str!("repo_counts.sql");

/// A repo of which something is missing here.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct Desynchronized {
    /// Whose repo, as a number.
    pub actor: ActorId,
    /// Whose repo.
    pub did: Did,
    /// The last commit applied.
    pub rev: Rev,
    /// Why it is not in step.
    pub reason: Box<str>,
    /// 0 = the account is deactivated, deleted, suspended or taken down: nobody would give its repo.
    pub is_active: u8,
    /// Where it lives, as a URL; empty when nobody knows.
    pub pds: Box<str>,
}

impl Store {
    /// The next of them behind `after`, in the order of their numbers; with `all` also those that were never fetched.
    ///
    /// Shape: fewer than `limit` are the last. Errors: [`StoreError::Read`].
    pub async fn desynchronized(
        &self,
        after: ActorId,
        all: bool,
        limit: u32,
    ) -> Result<Vec<Desynchronized>, StoreError> {
        let query = self.client().query(DESYNCHRONIZED);
        let query = query.param("after", after).param("all", u8::from(all)).param("limit", limit);
        let repos = query.fetch_all::<Desynchronized>().await;
        repos.map_err(|source| StoreError::Read { query: "desynchronized", source })
    }

    /// How many of them there are, by reason. Looks at every repo: not to be asked with every request. Errors: [`StoreError::Read`].
    pub async fn repo_counts(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let counts = self.client().query(REPO_COUNTS).fetch_all::<(String, u64)>().await;
        let counts = counts.map_err(|source| StoreError::Read { query: "repo_counts", source })?;
        Ok(counts.into_iter().collect())
    }
}
