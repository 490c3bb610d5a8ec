//! [`Clock`]: the town's time. It starts where it is told, moves a little with every commit, and gives every TID once.

use firehouse_types::{Datetime, Rev};

use crate::random::Random;

/// Where the time is.
pub(crate) struct Clock {
    ms: i64,
    /// Microseconds within the millisecond: what tells TIDs of one moment apart.
    micro: i64,
    last_us: i64,
}

impl Clock {
    pub(crate) fn new(start_ms: i64) -> Self {
        Self { ms: start_ms, micro: 0, last_us: 0 }
    }

    /// Lets a while pass. Units: milliseconds, on average.
    pub(crate) fn tick(&mut self, random: &mut Random, average_ms: usize) {
        self.ms += i64::try_from(1 + random.below(2 * average_ms)).unwrap_or(1);
    }

    /// The time as records and frames write it.
    pub(crate) fn now(&self) -> String {
        Datetime::from_ms(self.ms).to_string()
    }

    /// A TID that no one else has, later than all before.
    pub(crate) fn tid(&mut self) -> String {
        self.micro = (self.micro + 1) % 1000;
        self.last_us = (self.ms * 1000 + self.micro).max(self.last_us + 1);
        Rev::from(u64::try_from(self.last_us).unwrap_or(0) << 10).to_string()
    }

    /// A rev above `before`, so much ahead of the clock.
    pub(crate) fn rev_after(&mut self, before: Option<&str>, ahead_ms: usize) -> String {
        let now: Option<Rev> = self.tid().parse().ok();
        let ahead = (ahead_ms as u64 * 1000) << 10;
        let before = before.and_then(|rev| rev.parse::<Rev>().ok());
        let after = before.map_or(0, |rev| rev.get() + (1 << 10));
        Rev::from((now.map_or(0, Rev::get) + ahead).max(after)).to_string()
    }
}
