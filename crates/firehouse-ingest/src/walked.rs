//! [`Walked`]: how far a walk has come, for progress and for the summary.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::asked::RepoEnd;

/// Counts while a walk runs. Cheap to clone; clones share the figures.
#[derive(Clone, Default)]
pub struct Walked(Arc<Mutex<WalkedSoFar>>);

/// The figures at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkedSoFar {
    /// Repos on the pages that were read; one that two hosts list counts twice.
    pub listed: u64,
    /// Of these: nothing is missing here.
    pub in_step: u64,
    /// Of these: the host says that it does not give them.
    pub inactive: u64,
    /// Of these: not kept by the selection.
    pub not_kept: u64,
    /// Of these: asked for as a whole.
    pub asked: u64,
    /// Of those asked for: compared record by record, and written where they differed.
    pub written: u64,
    /// Of those asked for: fetched, and nothing of it was missing here.
    pub needless: u64,
    /// Records of the repos that were written.
    pub records: u64,
    /// Of these: missing here, or others.
    pub changed: u64,
    /// Of those asked for: not to be had, by what the host said.
    pub gone: BTreeMap<&'static str, u64>,
    /// Of those asked for: given up, by the last error.
    pub failed: BTreeMap<&'static str, u64>,
    /// Lists read to their end, in this run.
    pub lists: u64,
    /// Lists that could not be read to their end: host and error.
    pub lists_failed: BTreeMap<Box<str>, &'static str>,
}

impl Walked {
    /// The figures now.
    pub fn so_far(&self) -> WalkedSoFar {
        self.figures().clone()
    }

    pub(crate) fn figures(&self) -> MutexGuard<'_, WalkedSoFar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ended(&self, end: RepoEnd) {
        let mut figures = self.figures();
        match end {
            RepoEnd::Written { records, changed } => {
                figures.written += 1;
                figures.records += records;
                figures.changed += changed;
            }
            RepoEnd::InStep => figures.needless += 1,
            RepoEnd::Gone(gone) => *figures.gone.entry(gone.as_str()).or_default() += 1,
            RepoEnd::GaveUp(reason) => *figures.failed.entry(reason).or_default() += 1,
        }
    }
}

impl WalkedSoFar {
    /// Of those asked for: how many have ended, one way or another.
    pub fn ended(&self) -> u64 {
        self.written + self.needless + self.gone() + self.failed()
    }

    /// Of those asked for: not to be had.
    pub fn gone(&self) -> u64 {
        self.gone.values().sum()
    }

    /// Of those asked for: given up.
    pub fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Whether everything that was wanted is here, as far as hosts have it.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.lists_failed.is_empty()
    }
}
