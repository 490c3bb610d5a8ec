//! [`Proving`]: compares and repairs whole repos while this process runs, for those who ask over XRPC.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use firehouse_ingest::{Findings, RepoEnd, Verifier, VerifyError};
use firehouse_types::Did;
use firehouse_xrpc::{Comparison, Paths, RepairError};
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

/// Repos compared at once: each may be as large as a repo can be, and the stream goes on meanwhile.
pub const AT_ONCE: usize = 2;
/// Paths that are named of each kind of difference.
pub const PATHS_NAMED: usize = 20;

/// Cheap to clone; clones share the places.
#[derive(Clone)]
pub struct Proving {
    verifier: Verifier,
    /// To the write path.
    repairs: firehouse_ingest::Repairs,
    places: Arc<Semaphore>,
    under_way: Arc<Mutex<HashSet<Did>>>,
}

impl Proving {
    /// Nothing is compared yet.
    pub fn new(verifier: Verifier, repairs: firehouse_ingest::Repairs) -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self { verifier, repairs, places, under_way: Arc::default() }
    }

    async fn prove(&self, did: &Did, repairs: bool) -> Result<Comparison, RepairError> {
        let _turn = Turn::of(&self.under_way, did).ok_or(RepairError::UnderWay)?;
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| RepairError::Busy { at_once: AT_ONCE })?;
        prove(&self.verifier, repairs.then_some(&self.repairs), did).await
    }
}

impl firehouse_xrpc::Repairs for Proving {
    fn verify<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Comparison, RepairError>> {
        Box::pin(self.prove(did, false))
    }

    fn repair<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Comparison, RepairError>> {
        Box::pin(self.prove(did, true))
    }
}

/// Compares one repo, and writes the difference if there is one and there is somebody who writes it.
pub async fn prove(
    verifier: &Verifier,
    repairs: Option<&firehouse_ingest::Repairs>,
    did: &Did,
) -> Result<Comparison, RepairError> {
    let (comparison, repo) = verifier.verify(did).await.map_err(|error| match error {
        VerifyError::Store(error) => RepairError::Store(error),
        error => RepairError::NotCompared { reason: reason(&error) },
    })?;
    let repairs = repairs.filter(|_| !comparison.is_equal());
    let end = match repairs {
        Some(repairs) => Some(repairs.repair(repo, &comparison.host).await),
        None => None,
    };
    Ok(view(comparison, end))
}

fn view(comparison: firehouse_ingest::Comparison, repair: Option<Option<RepoEnd>>) -> Comparison {
    let (equal, behind) = (comparison.is_equal(), comparison.is_behind());
    let (known_to_be_incomplete, held_rev) = (comparison.is_known(), comparison.held_rev());
    let not_repaired = match repair {
        None | Some(Some(RepoEnd::Written { .. })) => None,
        Some(Some(RepoEnd::InStep)) => {
            Some("what came meanwhile has settled it, or the account is gone")
        }
        Some(Some(RepoEnd::Gone(gone))) => Some(gone.as_str()),
        Some(Some(RepoEnd::GaveUp(reason))) => Some(reason),
        Some(None) => Some("the process is stopping"),
    };
    let paths = |paths: firehouse_ingest::Paths| Paths { count: paths.count, paths: paths.named };
    let Findings { missing, extra, different, newer } = comparison.findings;
    Comparison {
        did: comparison.did,
        host: comparison.host.as_str().to_owned(),
        rev: comparison.rev.to_string(),
        records: comparison.records,
        held_rev: held_rev.filter(|rev| rev.get() != 0).map(|rev| rev.to_string()),
        equal,
        behind,
        known_to_be_incomplete,
        missing: paths(missing),
        extra: paths(extra),
        different: paths(different),
        newer,
        repaired: repair.is_some() && not_repaired.is_none(),
        not_repaired: not_repaired.map(str::to_owned),
    }
}

fn reason(error: &VerifyError) -> String {
    match error {
        VerifyError::Fetch(error) => error.as_str().to_owned(),
        VerifyError::Identity(_) => "identity".to_owned(),
        error => error.to_string(),
    }
}

/// An account's turn, which ends when this is dropped.
struct Turn {
    did: Did,
    under_way: Arc<Mutex<HashSet<Did>>>,
}

impl Turn {
    /// `None` while the account has one.
    fn of(under_way: &Arc<Mutex<HashSet<Did>>>, did: &Did) -> Option<Self> {
        let is_new = locked(under_way).insert(did.clone());
        is_new.then(|| Self { did: did.clone(), under_way: Arc::clone(under_way) })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        locked(&self.under_way).remove(&self.did);
    }
}

fn locked(under_way: &Mutex<HashSet<Did>>) -> std::sync::MutexGuard<'_, HashSet<Did>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_turn_at_a_time() {
        let under_way = Arc::default();
        let [alice, bob] = ["did:plc:alice", "did:plc:bob"].map(|did| Did::parse(did).unwrap());
        let turn = Turn::of(&under_way, &alice);
        assert!(turn.is_some() && Turn::of(&under_way, &bob).is_some());
        assert!(Turn::of(&under_way, &alice).is_none());
        drop(turn);
        assert!(Turn::of(&under_way, &alice).is_some());
    }
}
