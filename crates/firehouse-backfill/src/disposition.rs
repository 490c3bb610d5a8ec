//! [`Disposition`]: what to do about a [`FetchError`], so that nobody decides by reading its text.

use std::time::Duration;

use firehouse_types::DropReason;

use crate::error::FetchError;

/// What a host says of a repo it does not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gone {
    /// It has none: never had, or deleted, or moved away.
    NotFound,
    /// The account was taken down.
    Takendown,
    /// The account is suspended.
    Suspended,
    /// The account was deactivated by its owner.
    Deactivated,
}

/// What to do about a [`FetchError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Ask again.
    Retry {
        /// Not before this has passed, when the host said so.
        after: Option<Duration>,
    },
    /// An answer, not a failure: note the state of the account and ask again some day.
    Gone(Gone),
    /// What came proves nothing. Ask again only where another answer can be expected: with a fresh identity, at another host, later.
    Refused,
}

/// Whom a failure speaks against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// Others who are asked there may fare the same: be careful with the host.
    Host,
    /// This account's repo only.
    Account,
    /// The host was not even asked, or did nothing wrong.
    Nobody,
}

impl FetchError {
    /// What to do about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Gone(gone) => Disposition::Gone(*gone),
            Self::RateLimited { after } | Self::Unavailable { after, .. } => {
                Disposition::Retry { after: *after }
            }
            Self::Parked { after } => Disposition::Retry { after: Some(*after) },
            Self::NotXrpc { .. }
            | Self::Xrpc { .. }
            | Self::Request(_)
            | Self::Interrupted(_)
            | Self::TooSlow { .. }
            | Self::Page(_)
            | Self::Truncated
            | Self::MissingBlock(_)
            | Self::Spill(_)
            | Self::Stopped => Disposition::Retry { after: None },
            Self::Identity(source) => match source.disposition() {
                firehouse_identity::Disposition::Transient => Disposition::Retry { after: None },
                firehouse_identity::Disposition::Definitive => Disposition::Refused,
            },
            Self::TooLarge { .. }
            | Self::TooManyBlocks { .. }
            | Self::CursorRepeats
            | Self::Refused(_)
            | Self::Stale { .. }
            | Self::NoPds
            | Self::NoKey => Disposition::Refused,
        }
    }

    /// Whom it speaks against.
    pub(crate) fn blame(&self) -> Blame {
        match self {
            Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::NotXrpc { .. }
            | Self::Request(_)
            | Self::TooSlow { .. } => Blame::Host,
            // Some hosts cannot give some repos; whether a host works is seen when it is connected to.
            Self::Gone(_)
            | Self::Interrupted(_)
            | Self::Xrpc { .. }
            | Self::TooLarge { .. }
            | Self::TooManyBlocks { .. }
            | Self::Page(_)
            | Self::CursorRepeats
            | Self::Truncated
            | Self::MissingBlock(_)
            | Self::Refused(_)
            | Self::Stale { .. } => Blame::Account,
            Self::Parked { .. }
            | Self::Identity(_)
            | Self::NoPds
            | Self::NoKey
            | Self::Spill(_)
            | Self::Stopped => Blame::Nobody,
        }
    }

    /// Whether the account may have moved or changed its key since its document was read: worth a fresh look.
    pub(crate) fn doubts_identity(&self) -> bool {
        matches!(
            self,
            Self::Gone(_)
                | Self::NoPds
                | Self::NoKey
                | Self::Stale { .. }
                | Self::Refused(DropReason::InvalidSignature)
        )
    }
}

impl Gone {
    /// Its name, as statuses of accounts are written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Takendown => "takendown",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
        }
    }
}
