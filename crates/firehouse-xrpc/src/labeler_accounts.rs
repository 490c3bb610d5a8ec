//! [`LabelerAccounts`]: which of the labelers a caller names are accounts that may be shown.
//!
//! Clients send the same few labelers with every request, so what is known of them is kept for a moment and costs no query.

use std::time::Duration;

use firehouse_schema::ActorStatus;
use firehouse_store::{Store, StoreError};
use firehouse_types::Did;
use moka::sync::Cache;

use crate::labelers::Labelers;

/// How long a takedown of a labeler's account may go unnoticed here.
const BELIEVED: Duration = Duration::from_secs(10);
/// A caller may name any DID, so the memory of them is bounded.
const ACCOUNTS_MAX: u64 = 10_000;

/// The accounts of labelers.
pub(crate) struct LabelerAccounts {
    /// Applied whether their accounts are known or not.
    configured: Vec<Did>,
    statuses: Cache<Did, ActorStatus>,
}

impl LabelerAccounts {
    pub(crate) fn new(configured: &[Did]) -> Self {
        let statuses = Cache::builder().max_capacity(ACCOUNTS_MAX).time_to_live(BELIEVED).build();
        Self { configured: configured.to_vec(), statuses }
    }

    /// Looks at all of them again: somebody was taken down, or given back.
    pub(crate) fn forget(&self) {
        self.statuses.invalidate_all();
    }

    /// Those of `named` that apply, in their order. `store` is one made for the request, which is sent at most one statement.
    /// `privileged`: also accounts that are taken down.
    pub(crate) async fn applied(
        &self,
        mut named: Labelers,
        store: &Store,
        privileged: bool,
    ) -> Result<Labelers, StoreError> {
        let unknown = named.0.iter().map(|labeler| &labeler.did);
        let unknown: Vec<_> = unknown
            .filter(|did| !self.configured.contains(did) && !self.statuses.contains_key(*did))
            .collect();
        if !unknown.is_empty() {
            let ids: Vec<_> = unknown.iter().map(|did| did.actor()).collect();
            let (found, taken_down) = tokio::try_join!(store.actors(&ids), store.taken_down(&ids))?;
            for did in unknown {
                // The DID is compared, since two of them can share a number.
                let row = found.iter().find(|row| row.did == *did);
                let is_taken_down = taken_down
                    .iter()
                    .any(|down| down.actor == did.actor() && down.collection.is_empty());
                let status = match row.map_or(ActorStatus::Mentioned, |row| row.status) {
                    ActorStatus::Active if is_taken_down => ActorStatus::Takendown,
                    status => status,
                };
                self.statuses.insert(did.clone(), status);
            }
        }
        named.0.retain(|labeler| {
            self.configured.contains(&labeler.did)
                || match self.statuses.get(&labeler.did) {
                    None | Some(ActorStatus::Mentioned) => false,
                    Some(status) => privileged || status == ActorStatus::Active,
                }
        });
        Ok(named)
    }
}
