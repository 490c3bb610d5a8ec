//! `dev.firehouse.admin.verifyRepo`, `.repairRepo` and `.listRepos`: whole repos held against the store, while the process runs.
//!
//! Only the process that writes to a store can repair it, so a command that wants to asks it. Who fetches and writes repos is the caller's
//! of this crate to say: see [`Repairs`].

use firehouse_store::StoreError;
use firehouse_types::{ActorId, Did};
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::failure::Failure;
use crate::method::{self, Ready, Run};
use crate::parameters::typed;
use crate::server::Services;

/// Holds repos, as their PDSes give them, against the store.
pub trait Repairs: Send + Sync {
    /// Compares one repo. Errors: calling again is safe.
    fn verify<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Comparison, RepairError>>;
    /// Compares one repo and writes the difference, deletes included; ends when that is durable. Errors: calling again is safe.
    fn repair<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Comparison, RepairError>>;
}

/// A repo beside what is held of it, as the lexicon `dev.firehouse.admin.verifyRepo#comparison` has it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Whose repo.
    pub did: Did,
    /// The PDS it came from.
    pub host: String,
    /// Its rev there.
    pub rev: String,
    /// Its records there.
    pub records: u64,
    /// The last commit applied here; `None` when nothing is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_rev: Option<String>,
    /// Whether the store holds this repo and nothing else of it.
    pub equal: bool,
    /// Whether the last commit applied here is older than the repo: commits that are still on their way may explain a difference.
    pub behind: bool,
    /// Whether it was known before that something is missing.
    pub known_to_be_incomplete: bool,
    /// There and not here.
    pub missing: Paths,
    /// Here and not there.
    pub extra: Paths,
    /// Here with other contents.
    pub different: Paths,
    /// Here at a higher rev than the fetched one.
    pub newer: u64,
    /// Whether the difference is now written.
    pub repaired: bool,
    /// Why it is not, when it was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_repaired: Option<String>,
}

/// Some paths, `collection/rkey`, and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Paths {
    /// All of them.
    pub count: u64,
    /// The first of them.
    pub paths: Vec<String>,
}

/// Nothing may be concluded about the account.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// Its repo could not be had, or is not proven.
    #[error("the repo could not be compared: {reason}")]
    NotCompared {
        /// Why, as in the metrics.
        reason: String,
    },
    /// Somebody else waits for it already.
    #[error("this repo is being compared; ask again when that has ended")]
    UnderWay,
    /// Enough repos are being compared.
    #[error("{at_once} repos are being compared, which is the most at once; ask again later")]
    Busy {
        /// How many.
        at_once: usize,
    },
    /// The store did not answer.
    #[error("what is held of the repo")]
    Store(#[from] StoreError),
}

pub(crate) const VERIFY_REPO: Run = |services, _, input| {
    Box::pin(async move { compared(repairs(services)?.verify(&typed::<Named>(input)?.did).await) })
};

pub(crate) const REPAIR_REPO: Run = |services, _, input| {
    Box::pin(async move { compared(repairs(services)?.repair(&typed::<Named>(input)?.did).await) })
};

/// The accounts whose repos can be compared.
pub(crate) const LIST_REPOS: Run = |services, _, parameters| {
    Box::pin(async move {
        let Page { limit, cursor, sample } = typed(parameters)?;
        let after = cursor.as_deref().map_or(Ok(0), str::parse::<u64>);
        let after = after.map_err(|_| Failure::invalid_request("Malformed cursor"))?;
        let dids = if sample {
            services.store.followed_sample(limit).await?
        } else {
            services.store.followed(ActorId::from(after), limit).await?
        };
        let is_last = sample || dids.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        let mut page = json!({ "dids": dids });
        if let Some(last) = dids.last().filter(|_| !is_last) {
            page["cursor"] = last.actor().get().to_string().into();
        }
        Ok(Ready { json: Some(method::json(&page)?), ..Ready::default() })
    })
};

#[derive(serde::Deserialize)]
struct Named {
    did: Did,
}

#[derive(serde::Deserialize)]
struct Page {
    limit: u32,
    cursor: Option<String>,
    sample: bool,
}

fn repairs(services: &Services) -> Result<&dyn Repairs, Failure> {
    let message =
        "This process fetches no repos: its configuration says repos = \"off\", or it only reads";
    services.repairs.as_deref().ok_or_else(|| Failure::bad_request("NotFetching", message))
}

fn compared(comparison: Result<Comparison, RepairError>) -> Result<Ready, Failure> {
    Ok(Ready { json: Some(method::json(&comparison?)?), ..Ready::default() })
}

impl From<RepairError> for Failure {
    fn from(error: RepairError) -> Self {
        let message = error.to_string();
        match error {
            RepairError::NotCompared { .. } => Self::bad_request("NotCompared", message),
            RepairError::UnderWay => Self::bad_request("UnderWay", message),
            RepairError::Busy { .. } => Self::too_many(message),
            RepairError::Store(error) => error.into(),
        }
    }
}
