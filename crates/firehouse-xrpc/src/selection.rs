//! `dev.firehouse.admin.getSelection` and `setSelection`: which part of the network is kept, as the administrator sees and changes it.
//!
//! Who keeps it is the caller's of this crate to say: see [`Selections`].

use firehouse_store::StoreError;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::failure::Failure;
use crate::method::{self, Ready, Run};
use crate::parameters::typed;
use crate::server::Services;

/// The selection of this process, for those who may look at it and change it.
pub trait Selections: Send + Sync {
    /// What was said last.
    fn get(&self) -> BoxFuture<'_, Kept>;
    /// Keeps this from now on, also after a restart; `None`: what is configured. Errors: saying it again is safe.
    fn set(&self, selection: Option<SelectionWords>) -> BoxFuture<'_, Result<(), SelectionError>>;
}

/// Which part of the network is kept; an empty list means that nothing of its kind decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelectionWords {
    /// NSIDs and namespaces.
    pub collections: Vec<String>,
    /// Accounts.
    pub dids: Vec<String>,
    /// Accounts with those they follow.
    pub follows_of: Vec<String>,
    /// PDSes.
    pub pds_hosts: Vec<String>,
    /// Languages of posts.
    pub languages: Vec<String>,
}

/// What is kept, and how far the store has come to hold just that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was said.
    pub selection: SelectionWords,
    /// Whether it is that of the configuration.
    pub configured: bool,
    /// The step that was done last.
    pub phase: &'static str,
    /// Whether it was the last one.
    pub applied: bool,
    /// Accounts that are kept by name or neighbourhood; `None` when all are.
    pub accounts: Option<u64>,
    /// Whether neighbourhoods have more accounts than are kept.
    pub cut: bool,
}

/// Why something else is kept than the administrator wants.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// Nothing can be kept by these words.
    #[error("{0}")]
    Invalid(String),
    /// The change could not be kept.
    #[error("the change could not be saved")]
    Store(#[from] StoreError),
}

#[derive(serde::Deserialize)]
struct Input {
    selection: Option<SelectionWords>,
}

pub(crate) const SET_SELECTION: Run = |services, _, input| {
    Box::pin(async move {
        keeping(services)?.set(typed::<Input>(input)?.selection).await?;
        Ok(Ready::default())
    })
};

pub(crate) const GET_SELECTION: Run = |services, _, _| {
    Box::pin(async move {
        let kept = keeping(services)?.get().await;
        let mut view = json!({
            "selection": kept.selection,
            "configured": kept.configured,
            "phase": kept.phase,
            "applied": kept.applied,
            "cut": kept.cut,
        });
        if let Some(accounts) = kept.accounts {
            view["accounts"] = accounts.into();
        }
        Ok(Ready { json: Some(method::json(&view)?), ..Ready::default() })
    })
};

fn keeping(services: &Services) -> Result<&dyn Selections, Failure> {
    let message = "This process writes nothing";
    services.selections.as_deref().ok_or_else(|| Failure::bad_request("NotFollowing", message))
}

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::Invalid(message) => Self::bad_request("InvalidSelection", message),
            SelectionError::Store(error) => error.into(),
        }
    }
}
