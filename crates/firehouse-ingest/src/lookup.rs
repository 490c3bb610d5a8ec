//! Finds out about accounts for the workers: first in the store, all askers in one query, then at the DID's own directory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use firehouse_identity::{Disposition, Identity, IdentityError, Resolver, Verified};
use firehouse_store::{Account, HeldRecord, Store};
use firehouse_types::{ActorId, Did};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;
use crate::status::Status;
use crate::work::{Found, HandleCheck, Lookup, LookupReason, Work, tell};

/// Accounts asked for in one query.
const ACCOUNTS_PER_QUERY: usize = 1_000;
/// Longest wait for a handle when nothing but a ticket waits for it.
pub const HANDLE_PATIENCE: Duration = Duration::from_secs(10);

/// The task that answers look-ups.
pub struct Lookups {
    pub store: Store,
    pub resolver: Resolver,
    pub status: Status,
    pub inbox: mpsc::Receiver<Lookup>,
    /// Weak: look-ups under way must not keep the workers from ending.
    pub workers: Vec<mpsc::WeakSender<Work>>,
    /// Bounds the identity look-ups under way.
    pub permits: Arc<Semaphore>,
    pub identity_patience: Duration,
    pub handle_patience: Duration,
    pub metrics: Metrics,
}

impl Lookups {
    /// Runs until every worker is gone.
    pub async fn run(mut self) -> Result<(), IngestError> {
        let mut has_unverified = retried(&self.metrics, || self.store.has_unverified()).await?;
        let mut lookups = Vec::new();
        let mut under_way = JoinSet::new();
        while self.inbox.recv_many(&mut lookups, ACCOUNTS_PER_QUERY).await > 0 {
            self.metrics.queue_depth.with_label_values(&["lookups"]).set(self.inbox.len() as i64);
            while under_way.try_join_next().is_some() {}
            has_unverified = has_unverified || self.status.has_jetstream();
            let mut stored = self.stored(&lookups).await?;
            let mut unproven =
                if has_unverified { self.unproven(&stored).await? } else { HashMap::new() };
            for lookup in lookups.drain(..) {
                let unproven = unproven.remove(&lookup.actor).unwrap_or_default();
                let stored = stored.remove(&lookup.actor);
                let is_enough =
                    stored.as_ref().is_some_and(|account| !account.actor.key.is_empty());
                if lookup.reason == LookupReason::First && is_enough {
                    self.metrics.lookups.with_label_values(&["stored"]).inc();
                    let handle = HandleCheck::Unknown;
                    self.answer(Found {
                        actor: lookup.actor,
                        reason: lookup.reason,
                        stored,
                        unproven,
                        identity: None,
                        handle,
                    })
                    .await;
                } else {
                    under_way.spawn(self.asker(lookup, stored, unproven));
                }
            }
        }
        under_way.shutdown().await;
        Ok(())
    }

    async fn stored(&self, lookups: &[Lookup]) -> Result<HashMap<ActorId, Account>, IngestError> {
        let first = lookups.iter().filter(|lookup| lookup.reason == LookupReason::First);
        let actors: Vec<ActorId> = first.map(|lookup| lookup.actor).collect();
        if actors.is_empty() {
            return Ok(HashMap::new());
        }
        let accounts = retried(&self.metrics, || self.store.accounts(&actors)).await?;
        Ok(accounts.into_iter().map(|account| (account.actor.actor, account)).collect())
    }

    /// What the accounts among these have without proof.
    async fn unproven(
        &self,
        stored: &HashMap<ActorId, Account>,
    ) -> Result<HashMap<ActorId, Vec<HeldRecord>>, IngestError> {
        let actors: Vec<ActorId> = stored.keys().copied().collect();
        let mut unproven: HashMap<ActorId, Vec<HeldRecord>> = HashMap::new();
        if !actors.is_empty() {
            let records = retried(&self.metrics, || self.store.unverified_records(&actors)).await?;
            for record in records {
                unproven.entry(record.actor).or_default().push(record);
            }
        }
        Ok(unproven)
    }

    async fn answer(&self, found: Found) {
        answer(&self.workers, found).await;
    }

    /// Asks the network about one account, beside the others.
    fn asker(
        &self,
        lookup: Lookup,
        stored: Option<Account>,
        unproven: Vec<HeldRecord>,
    ) -> impl Future<Output = ()> + use<> {
        let (resolver, workers, permits) =
            (self.resolver.clone(), self.workers.clone(), Arc::clone(&self.permits));
        let (identity_patience, metrics) = (self.identity_patience, self.metrics.clone());
        let handle_patience = if lookup.reason == LookupReason::First {
            self.handle_patience
        } else {
            HANDLE_PATIENCE
        };
        async move {
            // Closed never: the semaphore lives as long as this future.
            let Ok(_permit) = permits.acquire_owned().await else { return };
            let refresh = lookup.reason == LookupReason::Refresh;
            let identity = resolved(&resolver, &lookup.did, refresh, identity_patience).await;
            let outcome = match &identity {
                Ok(_) => "resolved",
                Err(error) if error.disposition() == Disposition::Definitive => "gone",
                Err(_) => "unavailable",
            };
            metrics.lookups.with_label_values(&[outcome]).inc();
            let handle = match &identity {
                Ok(_) if lookup.reason == LookupReason::Authority => HandleCheck::Unknown,
                Ok(identity) => handle_check(&resolver, identity, handle_patience).await,
                Err(_) => HandleCheck::Unknown,
            };
            if let Err(error) = &identity {
                tracing::debug!(did = %lookup.did, error = error as &dyn std::error::Error, "identity not resolved");
            }
            answer(
                &workers,
                Found {
                    actor: lookup.actor,
                    reason: lookup.reason,
                    stored,
                    unproven,
                    identity: Some(identity),
                    handle,
                },
            )
            .await;
        }
    }
}

async fn answer(workers: &[mpsc::WeakSender<Work>], found: Found) {
    tell(workers, found.actor, Work::Found(Box::new(found))).await;
}

/// Asks until there is an answer or patience ends.
async fn resolved(
    resolver: &Resolver,
    did: &Did,
    refresh: bool,
    patience: Duration,
) -> Result<Arc<Identity>, IdentityError> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(250);
    loop {
        let answer =
            if refresh { resolver.refresh(did).await } else { resolver.resolve(did).await };
        match answer {
            Err(error)
                if error.disposition() == Disposition::Transient
                    && Instant::now() + pause < deadline =>
            {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(8));
                resolver.forget(did);
            }
            answer => return answer,
        }
    }
}

pub async fn handle_check(
    resolver: &Resolver,
    identity: &Identity,
    patience: Duration,
) -> HandleCheck {
    match timeout(patience, resolver.verified_handle(identity)).await {
        Ok(Verified::Valid(handle)) => HandleCheck::Verified(handle),
        Ok(Verified::Invalid) => HandleCheck::Invalid,
        Ok(Verified::Unknown) | Err(_) => HandleCheck::Unknown,
    }
}
