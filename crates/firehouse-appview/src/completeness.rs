//! dev.firehouse.sync.getCompleteness: whether all of an account is here, from the store alone.

use firehouse_schema::RepoState;
use firehouse_types::{Datetime, Did, Nsid};

use crate::{Answer, AppView, Caller, ViewError};

/// The reason of a repo that had commits before anybody listened: nothing is wrong with it, it was just never fetched.
const NEVER_FETCHED: &str = "unknown_start";

/// The reason of a repo in step with records that nobody proved although the signed commits have passed them.
const UNVERIFIED: &str = "unverified";

/// The parameters.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Parameters {
    /// Whose account.
    pub did: Did,
}

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Whose account.
    pub did: Did,
    /// `synchronized`, `desynchronized` or `neverFetched`.
    pub state: &'static str,
    /// Why it is desynchronized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last commit applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rev: Option<String>,
    /// When a record was last written with its proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<String>,
    /// Live records.
    pub records: u64,
    /// Records, and deletions of some, that nothing proves.
    pub unverified: u64,
    /// What there is of each collection.
    pub collections: Vec<Collection>,
}

/// What there is of one collection.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Collection {
    /// Which.
    pub collection: Nsid,
    /// Live records.
    pub records: u64,
    /// Tells whether they are the same as elsewhere.
    pub hash: String,
}

/// What is here of an account. Errors: nothing is known of it.
pub async fn get_completeness(
    app: &AppView,
    _caller: &Caller,
    parameters: Parameters,
) -> Result<Answer<Output>, ViewError> {
    let Parameters { did } = parameters;
    let actors = [did.actor()];
    // The rev before the rest: what is written meanwhile is above it, and what it vouches for is there.
    let account = app.store.accounts(&actors).await?.pop();
    let account = account.filter(|account| account.actor.did == did);
    let account = account.ok_or_else(|| ViewError::AccountNotFound { did: did.clone() })?;
    let applied = account.repo.as_ref().filter(|repo| repo.rev.get() != 0);
    let rev = applied.map(|repo| repo.rev);
    let (mut receipts, proven_at, unverified) = tokio::try_join!(
        app.store.receipts(&actors),
        app.store.proven_at(did.actor()),
        app.store.unverified(did.actor(), rev)
    )?;
    let receipts = receipts.remove(&did.actor()).unwrap_or_default();
    let collections: Vec<_> = receipts
        .into_iter()
        .map(|(collection, receipt)| {
            let (records, hash) = (receipt.records, receipt.to_string());
            Collection { collection, records, hash }
        })
        .collect();
    let (state, reason) = match &account.repo {
        Some(repo) if repo.reason == NEVER_FETCHED => ("neverFetched", None),
        Some(repo) if repo.state == RepoState::Desynchronized => {
            ("desynchronized", Some(repo.reason.to_string()))
        }
        Some(_) if unverified.passed > 0 => ("desynchronized", Some(UNVERIFIED.to_owned())),
        Some(_) if applied.is_some() => ("synchronized", None),
        Some(_) | None => ("neverFetched", None),
    };
    let output = Output {
        did,
        state,
        reason,
        rev: rev.map(|rev| rev.to_string()),
        proven_at: proven_at.as_ref().map(Datetime::to_string),
        records: collections.iter().map(|collection| collection.records).sum(),
        unverified: unverified.all,
        collections,
    };
    Ok(Answer::new(output))
}
