//! [`Ambush`]: faults that wait for a request over HTTP, each for one.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::faults::fault::{Fault, Place};
use crate::faults::ledger::Ledger;

/// Requests that one outage of the directory refuses.
const DIRECTORY_REFUSALS: u32 = 4;

/// What waits where.
pub(crate) struct Ambush {
    waiting: Mutex<Waiting>,
    ledger: Ledger,
}

#[derive(Default)]
struct Waiting {
    repo: VecDeque<Fault>,
    list: VecDeque<Fault>,
    /// Requests to refuse, and whether the outage has been noticed yet.
    directory: VecDeque<(u32, bool)>,
}

impl Ambush {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { waiting: Mutex::default(), ledger }
    }

    /// Lets a fault of a repo, a list or the directory wait for its request.
    pub(crate) fn lay(&self, fault: Fault) {
        let mut waiting = self.waiting();
        match fault.place() {
            Place::Repo => waiting.repo.push_back(fault),
            Place::List => waiting.list.push_back(fault),
            Place::Directory => waiting.directory.push_back((DIRECTORY_REFUSALS, false)),
            Place::Connection
            | Place::Dial
            | Place::Order
            | Place::Commit
            | Place::Labels
            | Place::Jetstream => {
                unreachable!("{fault:?} does not wait for a request")
            }
        }
    }

    /// What befalls a request for a repo. A fault that `suits` not goes on waiting.
    pub(crate) fn repo(&self, suits: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut waiting = self.waiting();
        let at = waiting.repo.iter().position(|&fault| suits(fault))?;
        let fault = waiting.repo.remove(at)?;
        self.ledger.fire(fault);
        Some(fault)
    }

    /// What befalls a request for a list of repos.
    pub(crate) fn list(&self) -> Option<Fault> {
        let fault = self.waiting().list.pop_front()?;
        self.ledger.fire(fault);
        Some(fault)
    }

    /// Whether a request to the directory is refused.
    pub(crate) fn directory_is_down(&self) -> bool {
        let mut waiting = self.waiting();
        let Some((refusals, noticed)) = waiting.directory.front_mut() else { return false };
        *refusals -= 1;
        let (over, first) = (*refusals == 0, !std::mem::replace(noticed, true));
        if first {
            self.ledger.fire(Fault::DirectoryDown);
        }
        if over {
            waiting.directory.pop_front();
        }
        true
    }

    /// Whether something still waits for a request for a repo.
    pub(crate) fn waits_for_repo(&self) -> bool {
        !self.waiting().repo.is_empty()
    }

    /// Whether something still waits for a request for a list.
    pub(crate) fn waits_for_list(&self) -> bool {
        !self.waiting().list.is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
