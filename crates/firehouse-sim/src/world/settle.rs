//! How a world comes to rest: everything planned takes place, everything held back is told, and whoever lost something can notice it.

use crate::faults::fault::Fault;
use crate::model::Status;
use crate::world::core::{Core, Manner};

/// More than any plan needs.
const ACTS_MAX: usize = 2_000;

impl Core {
    /// Brings the world to rest. With `last_words` every account says once more who and what it is, so that a loss before shows itself.
    pub(crate) fn settle(&mut self, last_words: bool) {
        self.outlets.iter_mut().for_each(|outlet| outlet.hurry());
        self.hurry_labelers();
        for round in 0..ACTS_MAX {
            if !self.labelers_are_idle() {
                self.label();
            }
            if self.outlets.iter().all(|outlet| outlet.is_idle()) && self.labelers_are_idle() {
                break;
            }
            self.live(Manner::Usual);
            if round % 50 == 49 {
                self.release();
            }
        }
        self.release();
        self.outlets.iter_mut().for_each(|outlet| outlet.give_up());
        // The last seq of every host is one of an event that nobody has a reason to drop.
        for person in 0..self.accounts.len() {
            if last_words {
                self.life.tick();
                self.tell_identity(person);
                self.tell_status(person);
            }
            let is_last = person == self.accounts.len() - 1;
            if (last_words || is_last) && self.accounts[person].status == Status::Active {
                self.commit(person, &[], Manner::Usual);
            }
        }
        self.release();
    }

    fn release(&mut self) {
        self.outlets.iter_mut().for_each(|outlet| outlet.release_all());
    }

    /// One more commit whose ops say something else than its tree, while faults wait for somebody to fetch a repo.
    pub(crate) fn provoke_fetch(&mut self, relay: usize) -> bool {
        let is_wanted = self.ambush.waits_for_repo();
        if is_wanted {
            self.outlets[relay].arm(Fault::OpsContradictTree);
            self.settle(false);
        }
        is_wanted
    }

    /// One more window that is lost, while faults wait for somebody who looks through a list for what he missed: whoever was killed before
    /// he had a cursor missed nothing.
    pub(crate) fn provoke_list(&mut self, relay: usize) -> bool {
        let is_wanted = self.ambush.waits_for_list();
        if is_wanted {
            self.outlets[relay].arm(Fault::WindowLost);
            self.settle(true);
        }
        is_wanted
    }
}
