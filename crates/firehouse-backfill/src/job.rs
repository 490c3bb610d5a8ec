//! [`Job`]: a repo to fetch and why; [`Outcome`]: what came of it.

use firehouse_types::{Did, Rev};

use crate::error::FetchError;
use crate::host::Host;
use crate::repo::FetchedRepo;

/// A repo to fetch. Several jobs for one repo become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Whose repo.
    pub did: Did,
    /// Where it is thought to be; its document decides. Jobs with a host wait in its line at once, others are resolved first.
    pub host: Option<Host>,
    /// Why it is fetched.
    pub reason: Reason,
    /// Which jobs of a host come first.
    pub priority: Priority,
    /// The least rev that is of use: the highest one seen. An older repo is refused and fetched again.
    pub not_before: Option<Rev>,
}

/// Why a repo is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// We never had it.
    New,
    /// Its chain of commits broke.
    Desynchronized,
    /// A list has a newer rev than we do.
    Behind,
    /// Its account became active again, and may have changed meanwhile.
    Reactivated,
    /// Somebody asked.
    Requested,
}

/// The reasons of one fetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u8);

/// Which jobs of a host come first; jobs of one priority come in the order they were submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits, or live events are being buffered.
    High,
    /// A repo that fell out of step.
    Normal,
    /// The rest of the network.
    Low,
}

/// What came of a job. Each job has one, unless everything is stopped before.
#[derive(Debug)]
pub struct Outcome {
    /// Whose repo.
    pub did: Did,
    /// Where it was asked for last.
    pub host: Option<Host>,
    /// Why it was fetched.
    pub reasons: Reasons,
    /// The repo.
    pub result: Result<FetchedRepo, GaveUp>,
}

/// A repo was not to be had.
#[derive(Debug, thiserror::Error)]
#[error("gave up after {attempts} attempts")]
pub struct GaveUp {
    /// The last error. By its disposition: gone is an answer; retry means to submit it again some hours later.
    #[source]
    pub error: FetchError,
    /// How often it was tried.
    pub attempts: u32,
}

impl Reasons {
    /// Whether this is one of them.
    pub fn contains(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u8) != 0
    }

    pub(crate) fn of(reason: Reason) -> Self {
        Self(1 << reason as u8)
    }

    pub(crate) fn add(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u8;
    }

    /// Whether all we may know of the account is from long ago: its document must be read anew.
    pub(crate) fn wants_fresh_identity(self) -> bool {
        self != Self::of(Reason::New)
    }
}

impl Priority {
    pub(crate) const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];
}
