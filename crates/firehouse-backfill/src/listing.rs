//! [`Listing`]: a page of repos, where it comes from and what to save once it is dealt with.

use std::sync::Arc;

use firehouse_types::{Did, Nsid};
use tokio::sync::oneshot;

use crate::error::FetchError;
use crate::host::Host;
use crate::pages::ListedRepo;

/// Which repos to enumerate.
#[derive(Clone, Debug)]
pub enum Plan {
    /// What every host of a relay lists, and what the relay lists itself: either may know accounts that the other does not.
    Network {
        /// The relay.
        relay: Host,
        /// Which of its hosts are asked, themselves.
        hosts: HostFilter,
    },
    /// What a relay lists itself.
    Relay(Host),
    /// What these PDSes list.
    Hosts(Vec<Host>),
    /// The repos with records of a collection, as far as this host knows.
    Collection {
        /// The host, mostly a relay.
        host: Host,
        /// The collection.
        collection: Nsid,
    },
    /// These repos.
    Dids(Vec<Did>),
}

/// Which hosts are asked. Cheap to clone.
#[derive(Clone)]
pub struct HostFilter(Arc<dyn Fn(&Host) -> bool + Send + Sync>);

impl HostFilter {
    /// Those of which it is true.
    pub fn new(is_asked: impl Fn(&Host) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_asked))
    }

    /// Every host.
    pub fn all() -> Self {
        Self::new(|_| true)
    }

    pub(crate) fn takes(&self, host: &Host) -> bool {
        (self.0)(host)
    }
}

impl std::fmt::Debug for HostFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostFilter")
    }
}

/// Where a page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The PDS of the repos on it, as it says.
    Pds(Host),
    /// Somebody who lists repos of others.
    Relay(Host),
    /// The caller.
    Dids,
}

/// Where the enumeration of one host stands: what to save, and to resume from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Whose list.
    pub host: Host,
    /// What to ask the next page with; `None` when the list is done.
    pub cursor: Option<Box<str>>,
}

/// One page. The next page of the same source is asked for when this one is dropped; other sources do not wait for it.
#[derive(Debug)]
pub struct Listing {
    /// Where it comes from.
    pub source: Source,
    /// What is on it; may be empty.
    pub repos: Vec<ListedRepo>,
    /// How the list goes on.
    pub progress: Progress,
    /// Dropped with the page, which the source notices.
    pub(crate) _turn: Option<oneshot::Sender<()>>,
}

/// How a list goes on.
#[derive(Debug)]
pub enum Progress {
    /// With the page behind this cursor.
    Cursor(Box<str>),
    /// It ends here.
    Done,
    /// It could not be read any further, and is not complete. What was saved before is still good to resume from.
    Failed(FetchError),
}

impl Listing {
    /// The host to put into the jobs of these repos.
    pub fn pds(&self) -> Option<&Host> {
        match &self.source {
            Source::Pds(host) => Some(host),
            Source::Relay(_) | Source::Dids => None,
        }
    }

    /// What to save once everything on this page, and on those before it, is dealt with.
    pub fn position(&self) -> Option<Position> {
        let host = match &self.source {
            Source::Pds(host) | Source::Relay(host) => host.clone(),
            Source::Dids => return None,
        };
        let cursor = match &self.progress {
            Progress::Cursor(cursor) => Some(cursor.clone()),
            Progress::Done => None,
            Progress::Failed(_) => return None,
        };
        Some(Position { host, cursor })
    }
}

impl Source {
    pub(crate) fn host(&self) -> Option<&Host> {
        match self {
            Self::Pds(host) | Self::Relay(host) => Some(host),
            Self::Dids => None,
        }
    }
}

/// Notices that page cursors go in a circle, in constant memory: compares each with one that is moved up at every power of two.
#[derive(Debug, Default)]
pub(crate) struct CursorWatch {
    kept: Option<Box<str>>,
    steps: u64,
}

impl CursorWatch {
    /// How many cursors there were.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether this cursor was there before; in a circle of n pages it is seen within 3n.
    pub(crate) fn repeats(&mut self, cursor: &str) -> bool {
        if self.kept.as_deref() == Some(cursor) {
            return true;
        }
        self.steps += 1;
        if self.steps.is_power_of_two() {
            self.kept = Some(cursor.into());
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::CursorWatch;

    #[test]
    fn a_circle_of_any_size_is_seen_and_a_straight_line_never() {
        for circle in 1..50_usize {
            for lead in [0, 1, 7] {
                let mut watch = CursorWatch::default();
                let cursors = (0..).map(|n| if n < lead { n } else { lead + (n - lead) % circle });
                let seen =
                    cursors.take(3 * (circle + lead) + 2).any(|n| watch.repeats(&n.to_string()));
                assert!(seen, "a circle of {circle} after {lead}");
            }
        }
        let mut watch = CursorWatch::default();
        assert!(!(0..10_000).any(|n| watch.repeats(&n.to_string())));
    }
}
