//! [`Handles`]: looks at an account's handle now, for the administrator who asks over XRPC.

use firehouse_ingest::Rechecks;
use firehouse_schema::ActorStatus;
use firehouse_store::Store;
use firehouse_types::{Did, Handle};
use firehouse_xrpc::RecheckError;
use futures_util::future::BoxFuture;

/// The write path, and what it wrote.
pub struct Handles {
    rechecks: Rechecks,
    store: Store,
}

impl Handles {
    /// For this write path.
    pub fn new(rechecks: Rechecks, store: &Store) -> Self {
        Self { rechecks, store: store.clone() }
    }

    async fn recheck_now(&self, did: &Did) -> Result<Box<str>, RecheckError> {
        let actors = [did.actor()];
        let known = self.store.actors(&actors).await?;
        let is_here = |status| !matches!(status, ActorStatus::Mentioned | ActorStatus::Deleted);
        if !known.iter().any(|row| row.did == *did && is_here(row.status)) {
            return Err(RecheckError::Unknown);
        }
        if !self.rechecks.recheck(did).await {
            return Err(RecheckError::Stopping);
        }
        let now = self.store.actors(&actors).await?.pop().map(|row| row.handle);
        let now = now.filter(|handle| !handle.is_empty());
        Ok(now.unwrap_or_else(|| Handle::INVALID.into()))
    }
}

impl firehouse_xrpc::Handles for Handles {
    fn recheck<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Box<str>, RecheckError>> {
        Box::pin(self.recheck_now(did))
    }
}
