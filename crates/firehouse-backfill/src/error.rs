//! [`FetchError`]: why a request to a host gave nothing, and what to do about it.

use std::io;
use std::time::Duration;

use firehouse_identity::IdentityError;
use firehouse_repo::CarError;
use firehouse_types::{Cid, DropReason, Rev};

use crate::blocks::ReadError;
use crate::disposition::Gone;

/// A host was asked and did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The host says that the repo is not to be had.
    #[error("the host has no repo of this account: {}", .0.as_str())]
    Gone(Gone),
    /// The host wants to be asked less often.
    #[error("the host limits requests")]
    RateLimited {
        /// For how long, when it says so.
        after: Option<Duration>,
    },
    /// The host is not to be asked at the moment, because of what it answered others.
    #[error("the host is parked for {} s", after.as_secs())]
    Parked {
        /// For how long.
        after: Duration,
    },
    /// The host, or what stands before it, is not working.
    #[error("the host answered with HTTP status {status}")]
    Unavailable {
        /// The status.
        status: u16,
        /// When to come again, when it says so.
        after: Option<Duration>,
    },
    /// What answered does not speak XRPC: a parked domain, a proxy, a challenge for browsers.
    #[error("the answer with HTTP status {status} is not XRPC's")]
    NotXrpc {
        /// The status.
        status: u16,
    },
    /// An XRPC error without a meaning of its own here.
    #[error("the host answered {error}: {message}")]
    Xrpc {
        /// The HTTP status.
        status: u16,
        /// The error's name, cut.
        error: Box<str>,
        /// Its message, cut.
        message: Box<str>,
    },
    /// The request failed before there was an answer.
    #[error("request")]
    Request(#[source] firehouse_identity::FetchError),
    /// The answer began and did not end.
    #[error("transfer of the answer")]
    Interrupted(#[source] firehouse_identity::FetchError),
    /// The answer came too slowly.
    #[error("the answer came with less than {rate_bytes_per_s_min} bytes per second")]
    TooSlow {
        /// The limit.
        rate_bytes_per_s_min: u64,
    },
    /// The repo or page is larger than we take.
    #[error("more than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// The repo has more blocks than the index may hold.
    #[error("more blocks than an index of {index_bytes_max} bytes holds")]
    TooManyBlocks {
        /// The limit.
        index_bytes_max: usize,
    },
    /// The page is not of the form its lexicon says.
    #[error("page of a list")]
    Page(#[source] serde_json::Error),
    /// The page cursor does not move.
    #[error("the page cursor repeats")]
    CursorRepeats,
    /// The CAR ends too early.
    #[error("the repo is cut off")]
    Truncated,
    /// A block that the tree needs was not in the CAR.
    #[error("the repo lacks the block {0}")]
    MissingBlock(Cid),
    /// What came is no proof of the repo: a forgery, another account's, or malformed.
    #[error("the repo is refused: {}", .0.as_str())]
    Refused(DropReason),
    /// What came is older than what we hold: a mirror that lags, or the PDS the account left.
    #[error("the repo is at {rev}, which is before {not_before}")]
    Stale {
        /// The rev that came.
        rev: Rev,
        /// The least that would do.
        not_before: Rev,
    },
    /// The account's document could not be had.
    #[error("identity of the account")]
    Identity(#[source] IdentityError),
    /// The document names no PDS that can be asked.
    #[error("the account has no PDS")]
    NoPds,
    /// The document has no usable key.
    #[error("the account has no key")]
    NoKey,
    /// The repo could not be put on disk.
    #[error("spill of the repo to disk")]
    Spill(#[source] io::Error),
    /// We are stopping.
    #[error("stopped")]
    Stopped,
}

impl FetchError {
    /// Its name in metrics and summaries, from a closed list.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Gone(gone) => gone.as_str(),
            Self::RateLimited { .. } => "rate_limited",
            Self::Parked { .. } => "parked",
            Self::Unavailable { .. } => "unavailable",
            Self::NotXrpc { .. } => "not_xrpc",
            Self::Xrpc { .. } => "xrpc_error",
            Self::Request(_) => "request",
            Self::Interrupted(_) => "interrupted",
            Self::TooSlow { .. } => "too_slow",
            Self::TooLarge { .. } | Self::TooManyBlocks { .. } => "too_large",
            Self::Page(_) => "page",
            Self::CursorRepeats => "cursor_repeats",
            Self::Truncated => "truncated",
            Self::MissingBlock(_) => "missing_block",
            Self::Refused(_) => "refused",
            Self::Stale { .. } => "stale",
            Self::Identity(_) | Self::NoPds | Self::NoKey => "identity",
            Self::Spill(_) => "spill",
            Self::Stopped => "stopped",
        }
    }

    /// Every value of [`FetchError::as_str`].
    pub(crate) const LABELS: [&'static str; 22] = [
        "not_found",
        "takendown",
        "suspended",
        "deactivated",
        "rate_limited",
        "parked",
        "unavailable",
        "not_xrpc",
        "xrpc_error",
        "request",
        "interrupted",
        "too_slow",
        "too_large",
        "page",
        "cursor_repeats",
        "truncated",
        "missing_block",
        "refused",
        "stale",
        "identity",
        "spill",
        "stopped",
    ];
}

impl From<CarError> for FetchError {
    fn from(error: CarError) -> Self {
        match error {
            CarError::Truncated => Self::Truncated,
            CarError::Header(_)
            | CarError::Section
            | CarError::BlockCid
            | CarError::HashMismatch
            | CarError::BlockTooLarge => Self::Refused(error.into()),
        }
    }
}

impl From<ReadError> for FetchError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Tree(firehouse_repo::mst::TreeError::MissingNode(cid)) => {
                Self::MissingBlock(cid)
            }
            ReadError::Tree(error) => Self::Refused(error.into()),
            ReadError::Io(source) => Self::Spill(source),
        }
    }
}
