//! [`Attempt`]: one try at one repo: its document, then its host.
//!
//! The document decides where a repo is and who signs it. It is read anew before a repo is fetched again, and once more when what the
//! host says could mean that the account has moved or changed its key.

use std::sync::Arc;

use firehouse_identity::{Disposition, Identity, IdentityError, Resolver};
use firehouse_types::{Did, Rev};

use crate::assembly::Claim;
use crate::client::SyncClient;
use crate::error::FetchError;
use crate::host::Host;
use crate::hosts::FetchPlace;
use crate::repo::FetchedRepo;

/// Tries.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) client: SyncClient,
    pub(crate) resolver: Resolver,
}

/// What to try.
pub(crate) struct Task {
    pub(crate) did: Did,
    /// At the host where the repo is thought to be; `None` when that is to be found out.
    pub(crate) place: Option<FetchPlace>,
    pub(crate) not_before: Option<Rev>,
    /// Whether the document must be read anew.
    pub(crate) fresh: bool,
}

/// How a try ended.
pub(crate) enum Ended {
    Fetched(Box<FetchedRepo>),
    /// The repo is at this host, for which no place was taken.
    Routed(Host),
    Failed(FetchError),
}

impl Attempt {
    pub(crate) async fn run(&self, task: Task) -> Ended {
        let identity = match self.identity(&task.did, task.fresh).await {
            Ok(identity) => identity,
            Err(error) => return Ended::Failed(FetchError::Identity(error)),
        };
        let ended = self.fetch(&task, &identity).await;
        let Ended::Failed(error) = &ended else { return ended };
        if !error.doubts_identity() {
            return ended;
        }
        match self.resolver.refresh(&task.did).await {
            Ok(newer) if !is_same(&identity, &newer) => self.fetch(&task, &newer).await,
            Ok(_) | Err(_) => ended,
        }
    }

    async fn identity(&self, did: &Did, fresh: bool) -> Result<Arc<Identity>, IdentityError> {
        if fresh {
            match self.resolver.refresh(did).await {
                // Better an older document than none while the directory is away.
                Err(error) if error.disposition() == Disposition::Transient => {}
                result => return result,
            }
        }
        self.resolver.resolve(did).await
    }

    async fn fetch(&self, task: &Task, identity: &Identity) -> Ended {
        let host = identity.pds.as_ref().and_then(|pds| Host::of_url(pds).ok());
        let Some(host) = host else { return Ended::Failed(FetchError::NoPds) };
        let Some(key) = identity.key.clone() else { return Ended::Failed(FetchError::NoKey) };
        let Some(place) = task.place.as_ref().filter(|place| *place.host() == host) else {
            return Ended::Routed(host);
        };
        let claim = Claim { did: task.did.clone(), key, not_before: task.not_before };
        match self.client.fetch_at(place, claim).await {
            Ok(repo) => Ended::Fetched(Box::new(repo)),
            Err(error) => Ended::Failed(error),
        }
    }
}

fn is_same(one: &Identity, other: &Identity) -> bool {
    one.pds == other.pds && one.key == other.key
}
