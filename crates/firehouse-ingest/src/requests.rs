//! [`Requests`]: how workers ask for whole repos.

use firehouse_schema::RepoState;
use firehouse_types::{Did, Rev};
use tokio::sync::mpsc;

use crate::account::{Known, UNKNOWN_START};
use crate::config::Fetch;
use crate::standing::Standings;

/// A repo that is to be fetched.
pub struct Wanted {
    pub did: Did,
    /// An older one would be of no use.
    pub not_before: Rev,
    /// Only if its PDS has a newer one than this.
    pub held: Option<Rev>,
}

/// Where workers ask for repos, if these are fetched at all. Asking never waits: what finds no place is found again by the next sweep,
/// since its repo is marked in the store.
#[derive(Clone)]
pub struct Requests {
    asked: Option<(Fetch, mpsc::Sender<Wanted>)>,
    standings: Option<Standings>,
    /// Whether only some accounts are kept, each of them as a whole.
    of_some: bool,
}

impl Requests {
    /// For those repos that `fetch` names.
    pub fn to(fetch: Fetch, wanted: mpsc::Sender<Wanted>, standings: Standings) -> Self {
        Self { asked: Some((fetch, wanted)), standings: Some(standings), of_some: false }
    }

    /// Repos are not fetched.
    pub fn nowhere() -> Self {
        Self { asked: None, standings: None, of_some: false }
    }

    /// From now on only some accounts are kept, or all.
    pub fn of_some(&mut self, of_some: bool) {
        self.of_some = of_some;
    }

    /// Asks for a repo that is not in step.
    pub fn repo(&self, known: &Known) {
        let Some((fetch, wanted)) = &self.asked else { return };
        let is_meant = match fetch {
            Fetch::Asked => false,
            Fetch::Broken => self.of_some || known.reason != UNKNOWN_START,
            Fetch::Seen => true,
        };
        if is_meant && known.state == RepoState::Desynchronized {
            let _ = wanted.try_send(Wanted {
                did: known.row.did.clone(),
                not_before: known.unbroken_since,
                held: None,
            });
        }
    }

    /// Asks for a repo of which nothing is proven, once.
    pub fn proof(&self, known: &mut Known) {
        if let (Some((Fetch::Seen, wanted)), None, false) =
            (&self.asked, known.head, known.proof_wanted)
        {
            let did = known.row.did.clone();
            let asked = wanted.try_send(Wanted { did, not_before: Rev::from(0), held: None });
            known.proof_wanted = asked.is_ok();
        }
    }

    /// Asks how an account stands where it lives.
    pub fn status(&self, known: &Known) {
        if let Some(standings) = &self.standings {
            standings.raise(known.row.did.clone());
        }
    }

    /// Asks for a repo if it is newer at its PDS than here.
    pub fn if_newer(&self, known: &Known) {
        if let (Some((Fetch::Broken | Fetch::Seen, wanted)), Some(head)) = (&self.asked, known.head)
        {
            let _ = wanted.try_send(Wanted {
                did: known.row.did.clone(),
                not_before: known.unbroken_since,
                held: Some(head.rev),
            });
        }
    }
}
