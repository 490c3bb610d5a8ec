//! [`Verifier`]: holds a repo, as its PDS gives it, against what the store holds of it.
//!
//! Receipts first, which say in a few numbers that all is equal; only where they differ is every record compared. What the store holds
//! at a higher rev than the fetched one came since, and is no difference. Reads only: it may run beside whatever writes.

use std::sync::Arc;

use firehouse_backfill::{FetchError, FetchedRepo, Host, ReadError, SyncClient};
use firehouse_identity::{Identity, IdentityError, Resolver};
use firehouse_schema::{RepoRow, RepoState};
use firehouse_store::{HeldRecord, RepoReceipts, Store, StoreError};
use firehouse_types::{Did, Rev, RkeyId};

use crate::difference::{Difference, Found};
use crate::keep::{Keeper, Selection};

/// Compares repos. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    /// What is held.
    pub store: Store,
    /// Fetches repos.
    pub client: SyncClient,
    /// Says where they are and who signs them.
    pub resolver: Resolver,
    /// What is kept: other records are neither missing nor extra.
    pub keeper: Keeper,
    /// Paths that are named of each kind of difference; counts are always whole.
    pub paths_max: usize,
}

/// A repo could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Its identity is not known.
    #[error("identity of the account")]
    Identity(#[source] IdentityError),
    /// Its document names no PDS or no key.
    #[error("the account's document names no PDS and key")]
    NoPds,
    /// Its PDS did not give it, or not a proven one.
    #[error("fetch of the repo")]
    Fetch(#[source] FetchError),
    /// The store did not answer.
    #[error("what is held of the repo")]
    Store(#[from] StoreError),
    /// The file of a spilled repo could not be read.
    #[error("reading the fetched repo back")]
    Read(#[source] ReadError),
    /// The comparing thread was torn down.
    #[error("the comparison was interrupted")]
    Interrupted,
}

/// A repo beside what is held of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Whose repo.
    pub did: Did,
    /// Where it was fetched.
    pub host: Host,
    /// Its rev there.
    pub rev: Rev,
    /// Its records there.
    pub records: u64,
    /// The last commit applied here, and whether the repo was thought to be whole; `None` when nothing is known of it.
    pub held: Option<RepoRow>,
    /// What differs.
    pub findings: Findings,
}

/// What differs between a repo and what is held of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// There and not here.
    pub missing: Paths,
    /// Here and not there.
    pub extra: Paths,
    /// Here with other contents.
    pub different: Paths,
    /// Here at a higher rev than the fetched one: no difference when the last commit applied here is above it, too.
    pub newer: u64,
}

/// Some paths, `collection/rkey`, and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// All of them.
    pub count: u64,
    /// As many as are to be named, in the order of the tree.
    pub named: Vec<String>,
}

impl Paths {
    fn add(&mut self, named_max: usize, path: impl FnOnce() -> String) {
        self.count += 1;
        if self.named.len() < named_max {
            self.named.push(path());
        }
    }
}

impl Comparison {
    /// Whether the store holds this repo and nothing else of it.
    pub fn is_equal(&self) -> bool {
        let Findings { missing, extra, different, newer } = &self.findings;
        missing.count + extra.count + different.count == 0
            && (*newer == 0 || self.held_rev() > Some(self.rev))
    }

    /// Whether commits that are still on their way here may explain the difference: the repo is newer than the last one applied.
    pub fn is_behind(&self) -> bool {
        self.held_rev() < Some(self.rev)
    }

    /// Whether it was known already that something is missing.
    pub fn is_known(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.state == RepoState::Desynchronized)
    }

    /// The rev of the last commit applied here.
    pub fn held_rev(&self) -> Option<Rev> {
        self.held.as_ref().map(|held| held.rev)
    }
}

impl Verifier {
    /// Fetches a repo and compares. Shape: what was found, and the repo, to be written where it differs. Errors: nothing may be concluded
    /// about the account; asking again is safe.
    pub async fn verify(&self, did: &Did) -> Result<(Comparison, FetchedRepo), VerifyError> {
        let (repo, host) = self.fetch(did).await?;
        let actor = did.actor();
        // The rev first: whatever is written meanwhile is above it.
        let held = self.store.accounts(&[actor]).await?.pop().and_then(|account| account.repo);
        let ours = self.store.receipts(&[actor]).await?.remove(&actor).unwrap_or_default();
        let kept = self.keeper.selection();
        let selection = Arc::clone(&kept);
        let (repo, theirs) = reading(repo, move |repo| receipts_of(repo, &selection)).await?;
        let (repo, findings) = if theirs == ours {
            (repo, Findings::default())
        } else {
            let (records, named_max) = (self.store.repo_records(&[actor]).await?, self.paths_max);
            reading(repo, move |repo| compare(repo, &kept, records, named_max)).await?
        };
        let (rev, records) = (repo.head().rev, repo.record_count());
        Ok((Comparison { did: did.clone(), host, rev, records, held, findings }, repo))
    }

    /// Once more with a fresh identity where the first try could mean that the account has moved or changed its key.
    async fn fetch(&self, did: &Did) -> Result<(FetchedRepo, Host), VerifyError> {
        let identity = self.resolver.resolve(did).await.map_err(VerifyError::Identity)?;
        match self.fetch_as(did, &identity).await {
            Err(error @ (VerifyError::NoPds | VerifyError::Fetch(_))) => {
                let newer = self.resolver.refresh(did).await.map_err(VerifyError::Identity)?;
                if newer.pds == identity.pds && newer.key == identity.key {
                    return Err(error);
                }
                self.fetch_as(did, &newer).await
            }
            result => result,
        }
    }

    async fn fetch_as(
        &self,
        did: &Did,
        identity: &Identity,
    ) -> Result<(FetchedRepo, Host), VerifyError> {
        let host = identity.pds.as_ref().and_then(|pds| Host::of_url(pds).ok());
        let (Some(host), Some(key)) = (host, &identity.key) else { return Err(VerifyError::NoPds) };
        let repo = self.client.fetch_repo(&host, did, key, None).await;
        Ok((repo.map_err(VerifyError::Fetch)?, host))
    }
}

/// Reads a repo on a thread of its own: one that was spilled makes it wait for the disk.
async fn reading<T: Send + 'static>(
    repo: FetchedRepo,
    read: impl FnOnce(&FetchedRepo) -> Result<T, ReadError> + Send + 'static,
) -> Result<(FetchedRepo, T), VerifyError> {
    let reading = tokio::task::spawn_blocking(move || {
        let read = read(&repo);
        (repo, read)
    });
    let (repo, read) = reading.await.map_err(|_| VerifyError::Interrupted)?;
    Ok((repo, read.map_err(VerifyError::Read)?))
}

/// The receipts of what is kept of a fetched repo, as the store would have them.
fn receipts_of(repo: &FetchedRepo, selection: &Selection) -> Result<RepoReceipts, ReadError> {
    let mut receipts = RepoReceipts::new();
    let mut records = repo.records();
    while let Some(record) = records.next()? {
        if !selection.keeps_record(record.collection, &record.record) {
            continue;
        }
        let receipt = match receipts.get_mut(record.collection) {
            Some(receipt) => receipt,
            None => receipts.entry(record.collection.clone()).or_default(),
        };
        receipt.add(RkeyId::of(record.rkey), &record.cid.digest);
    }
    Ok(receipts)
}

fn compare(
    repo: &FetchedRepo,
    selection: &Selection,
    held: Vec<HeldRecord>,
    named_max: usize,
) -> Result<Findings, ReadError> {
    let mut difference =
        Difference::new(repo.did().clone(), repo.head().rev, repo.head().rev, held);
    let mut findings = Findings::default();
    let mut records = repo.records();
    while let Some(record) = records.next()? {
        if !selection.keeps_record(record.collection, &record.record) {
            continue;
        }
        let path = || format!("{}/{}", record.collection, record.rkey);
        let rkey = RkeyId::of(record.rkey);
        match difference.find(record.collection, rkey, &record.cid.digest) {
            Found::Same | Found::Unvouched => {}
            Found::Missing | Found::Buried => findings.missing.add(named_max, path),
            Found::Other => findings.different.add(named_max, path),
            Found::Newer => findings.newer += 1,
        }
    }
    findings.newer += difference.newer() as u64;
    for op in difference.surplus() {
        findings.extra.add(named_max, || format!("{}/{}", op.collection, op.rkey));
    }
    Ok(findings)
}
