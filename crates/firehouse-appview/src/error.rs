//! [`ViewError`]: why there is no answer. firehouse-xrpc has the one match to XRPC error names and statuses.

use firehouse_store::StoreError;
use firehouse_types::{Did, Rev};

use crate::skeleton::SkeletonError;

/// A method has no answer. The texts are the reference's, callers match on them.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// 400 `InvalidRequest`: what was asked for does not exist or makes no sense.
    #[error("{message}")]
    InvalidRequest {
        /// The reference's text.
        message: String,
    },
    /// 400 `InvalidRequest`: the page cursor is none of ours.
    #[error("Malformed cursor")]
    MalformedCursor,
    /// 400 `BadQueryString`: nobody can search for this. Carries why, for people.
    #[error("{0}")]
    BadQueryString(String),
    /// 400 `NotFound`: the thread's post does not exist.
    #[error("Post not found: {uri}")]
    NotFound {
        /// As asked, with a DID in front.
        uri: String,
        /// The header `atproto-repo-rev` is sent with this error too.
        repo_rev: Option<Rev>,
    },
    /// 400 `RecordNotFound`: the record does not exist, or has another CID now.
    #[error("Could not locate record: {uri}")]
    RecordNotFound {
        /// As asked, with a DID in front.
        uri: String,
    },
    /// 400 `NotFound`: nothing is known of what a moderator asks about.
    #[error("Subject not found")]
    SubjectNotFound,
    /// 400 `AccountNotFound`: nothing is known of the account.
    #[error("Account not found: {did}")]
    AccountNotFound {
        /// The account.
        did: Did,
    },
    /// 400 `AccountTakedown`: the account is suspended or taken down.
    #[error("Account has been suspended")]
    AccountTakedown,
    /// 400 `AccountDeactivated`: the account's owner paused it.
    #[error("Account is deactivated")]
    AccountDeactivated,
    /// 400 `BlockedActor`: the viewer blocks the account.
    #[error("Requester has blocked actor: {did}")]
    BlockedActor {
        /// The account.
        did: Did,
    },
    /// 400 `BlockedByActor`: the account blocks the viewer.
    #[error("Requester is blocked by actor: {did}")]
    BlockedByActor {
        /// The account.
        did: Did,
    },
    /// 400 with a name of the method's own lexicon.
    #[error("{message}")]
    Refused {
        /// As in the lexicon.
        name: &'static str,
        /// The reference's text.
        message: String,
    },
    /// 401 `AuthMissing`: only an account may ask this.
    #[error("Authentication Required")]
    AuthMissing,
    /// A feed generator gave no page.
    #[error(transparent)]
    Generator(#[from] SkeletonError),
    /// 500 `InternalServerError`, or 503 `NotEnoughResources` while ClickHouse is away: see [`StoreError::disposition`].
    #[error("store")]
    Store(#[from] StoreError),
}

impl ViewError {
    /// [`ViewError::InvalidRequest`] with this text.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidRequest { message: message.into() }
    }
}
