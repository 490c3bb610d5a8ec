//! [`Standing`]: whether a blob may be shown at all, which is for moderators and its owner to say.

use firehouse_schema::ActorStatus;
use firehouse_store::{Store, StoreError};
use firehouse_types::{Cid, Did};
use futures_util::future::BoxFuture;

/// Knows which accounts and blobs are there for everybody.
pub trait Standing: Send + Sync {
    /// Whether this blob of this account may be shown now. Asked for every answer, cached ones too.
    fn shows<'a>(&'a self, did: &'a Did, cid: Cid) -> BoxFuture<'a, Result<bool, Unknown>>;
}

/// Nobody knows at the moment.
#[derive(Debug, thiserror::Error)]
#[error("whether the blob may be shown")]
pub struct Unknown(#[from] StoreError);

impl Standing for Store {
    fn shows<'a>(&'a self, did: &'a Did, cid: Cid) -> BoxFuture<'a, Result<bool, Unknown>> {
        Box::pin(async move {
            let (account, cid) = ([did.actor()], cid.to_string());
            let store = self.for_request();
            let (accounts, is_taken_down) = tokio::try_join!(
                store.actors(&account),
                store.is_taken_down_blob(did.actor(), &cid)
            )?;
            let is_there = accounts.first().is_none_or(|account| match account.status {
                // Of whom nothing is held here, the PDS decides.
                ActorStatus::Active | ActorStatus::Mentioned => true,
                ActorStatus::Deactivated
                | ActorStatus::Suspended
                | ActorStatus::Takendown
                | ActorStatus::Deleted
                | ActorStatus::Inactive => false,
            });
            Ok(is_there && !is_taken_down)
        })
    }
}
