//! [`Line`]: the jobs of one host, by priority, and where the host stands.

use std::collections::VecDeque;

use firehouse_types::Did;

use crate::host::Host;
use crate::job::Priority;

/// The jobs of one host.
#[derive(Default)]
pub(super) struct Line {
    /// By priority. May hold jobs that have since moved to another line or priority; they are passed over.
    pub(super) jobs: ByPriority<VecDeque<Did>>,
    pub(super) standing: Standing,
    /// Jobs whose host this is, in whatever state.
    pub(super) len: usize,
}

/// What a host waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has nothing to do.
    #[default]
    Idle,
    /// In the ring of this priority, with this ticket; entries with another one are void.
    Ready(Priority, u64),
    /// Until it is woken.
    Resting,
}

/// What sleeps until a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sleeper {
    Host(Host),
    Job(Did),
}

/// One of each.
#[derive(Default)]
pub(super) struct ByPriority<T> {
    high: T,
    normal: T,
    low: T,
}

impl<T> ByPriority<T> {
    pub(super) fn of(&mut self, priority: Priority) -> &mut T {
        match priority {
            Priority::High => &mut self.high,
            Priority::Normal => &mut self.normal,
            Priority::Low => &mut self.low,
        }
    }
}
