//! [`Asked`]: the repos that somebody waits for, and what became of each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use firehouse_backfill::{Disposition, GaveUp, Gone};
use firehouse_types::Did;
use tokio::sync::oneshot;

/// How it ended for a repo that was to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepoEnd {
    /// All of it is in the store, and that it is in step is durable.
    Written {
        /// Records it has.
        records: u64,
        /// Records that were missing here, or others, or too many.
        changed: u64,
    },
    /// Nothing of it was missing here, or the account is gone.
    InStep,
    /// Its host does not give it.
    Gone(Gone),
    /// It could not be had now. The name of the last error, from a closed list.
    GaveUp(&'static str),
}

/// Who waits for which repo. Cheap to clone; clones share the list, which is as long as there are waiters.
#[derive(Clone, Default)]
pub struct Asked {
    waiting: Arc<Mutex<HashMap<Did, Vec<oneshot::Sender<RepoEnd>>>>>,
}

/// What becomes of one repo.
pub struct End {
    /// Told when it has ended.
    pub told: oneshot::Receiver<RepoEnd>,
    /// Whether nobody else waits for it.
    pub is_first: bool,
}

impl Asked {
    /// Hears of the next end of this repo. Ask before its fetch is submitted, which is to be done by the first who asks. Closed without
    /// an answer when the pipeline stops.
    pub fn end_of(&self, did: &Did) -> End {
        let (end, told) = oneshot::channel();
        let mut asked = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = asked.entry(did.clone()).or_default();
        waiting.push(end);
        End { told, is_first: waiting.len() == 1 }
    }

    /// Tells everybody who waits.
    pub fn ended(&self, did: &Did, end: RepoEnd) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(did);
        for waiting in waiting.into_iter().flatten() {
            // Who no longer waits need not know.
            let _ = waiting.send(end);
        }
    }

    /// Nobody hears anything any more.
    pub fn close(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl From<&GaveUp> for RepoEnd {
    fn from(gave_up: &GaveUp) -> Self {
        match gave_up.error.disposition() {
            Disposition::Gone(gone) => Self::Gone(gone),
            Disposition::Retry { .. } | Disposition::Refused => {
                Self::GaveUp(gave_up.error.as_str())
            }
        }
    }
}
