//! What the write path must know of an account before it takes its next event.

use std::collections::HashMap;

use firehouse_schema::{ActorRow, ActorStatus, RepoRow};
use firehouse_types::ActorId;

use crate::{Store, StoreError};

const ACCOUNTS: &str = include_str!("accounts.sql");
const HOLDERS: &str = include_str!("holders.sql");
const REPOS: &str = include_str!("repos.sql");

/// Parameters travel in the URL, which may be 64 KiB long.
const ACTORS_PER_QUERY: usize = 2_000;

/// One account as the store has it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Identity and status. Never [`ActorStatus::Mentioned`].
    pub actor: ActorRow,
    /// The last applied commit, if any.
    pub repo: Option<RepoRow>,
}

/// An account and the handle it has.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Deserialize)]
pub struct Holder {
    /// Whose.
    pub did: Box<str>,
    /// Lower case.
    pub handle: Box<str>,
}

impl Store {
    /// The accounts that have one of these handles; more than one while it is contested. Errors: [`StoreError::Read`].
    pub async fn holders(&self, handles: &[&str]) -> Result<Vec<Holder>, StoreError> {
        let query = self.client().query(HOLDERS).param("handles", handles);
        query.fetch_all().await.map_err(|source| StoreError::Read { query: "holders", source })
    }

    /// The accounts among `actors` that were seen themselves; those only mentioned are left out. Errors: [`StoreError::Read`].
    pub async fn accounts(&self, actors: &[ActorId]) -> Result<Vec<Account>, StoreError> {
        let mut accounts = Vec::with_capacity(actors.len());
        for chunk in actors.chunks(ACTORS_PER_QUERY) {
            let identities =
                self.client().query(ACCOUNTS).param("actors", chunk).fetch_all::<ActorRow>();
            let repos = self.client().query(REPOS).param("actors", chunk).fetch_all::<RepoRow>();
            let (identities, repos) = tokio::join!(identities, repos);
            let identities =
                identities.map_err(|source| StoreError::Read { query: "accounts", source })?;
            let repos = repos.map_err(|source| StoreError::Read { query: "repos", source })?;
            let mut repos: HashMap<ActorId, RepoRow> =
                repos.into_iter().map(|row| (row.actor, row)).collect();
            let seen = identities.into_iter().filter(|row| row.status != ActorStatus::Mentioned);
            accounts.extend(seen.map(|actor| Account { repo: repos.remove(&actor.actor), actor }));
        }
        Ok(accounts)
    }
}
