//! What is true of an account.

/// Whether an account is to be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is.
    #[default]
    Active,
    /// Its owner hides it.
    Deactivated,
    /// Its PDS hides it for a while.
    Suspended,
    /// Its PDS hides it.
    Takendown,
    /// It is gone.
    Deleted,
}

impl Status {
    /// As `#account` and the store say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
            Self::Suspended => "suspended",
            Self::Takendown => "takendown",
            Self::Deleted => "deleted",
        }
    }

    /// What `#account` says instead of `active: true`.
    pub(crate) fn reason(self) -> Option<&'static str> {
        (self != Self::Active).then(|| self.as_str())
    }
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountTruth {
    /// What its PDS says.
    pub status: Status,
    /// The handle in its DID document.
    pub claimed: String,
    /// The same, if it leads back to the account.
    pub handle: Option<String>,
    /// Origin of its PDS.
    pub pds: String,
    /// Signing key as did:key.
    pub key: String,
    /// Its handle went to somebody who gave it up again: whoever looked neither before nor in between cannot know, and nobody tells.
    pub lost_unheard: bool,
}

impl AccountTruth {
    /// Whether this is a right answer to which handle it has; empty for none.
    pub fn may_go_by(&self, handle: &str) -> bool {
        handle == self.handle.as_deref().unwrap_or_default()
            || (self.lost_unheard && handle == self.claimed)
    }
}
