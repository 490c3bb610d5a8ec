//! [`Ledger`]: how often each fault was planned, and how often it really happened: a fault that did not happen proves nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::faults::fault::Fault;

/// Counts of every fault. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct Ledger {
    counts: Arc<[Count]>,
}

#[derive(Debug, Default)]
struct Count {
    planned: AtomicU64,
    fired: AtomicU64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { counts: Fault::ALL.iter().map(|_| Count::default()).collect() }
    }
}

impl Ledger {
    fn count(&self, fault: Fault) -> &Count {
        // `Fault::ALL` lists the variants in the order of their numbers.
        &self.counts[fault as usize]
    }

    pub(crate) fn plan(&self, fault: Fault) {
        self.count(fault).planned.fetch_add(1, Ordering::Relaxed);
    }

    /// Another fault was faster: this one can no longer happen.
    pub(crate) fn unplan(&self, fault: Fault) {
        self.count(fault).planned.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn fire(&self, fault: Fault) {
        self.count(fault).fired.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it happened.
    pub fn fired(&self, fault: Fault) -> u64 {
        self.count(fault).fired.load(Ordering::Relaxed)
    }

    /// Faults that happened less often than planned: planned and fired.
    pub fn missing(&self) -> BTreeMap<Fault, (u64, u64)> {
        let counts = Fault::ALL.iter().map(|&fault| {
            let planned = self.count(fault).planned.load(Ordering::Relaxed);
            (fault, (planned, self.fired(fault)))
        });
        counts.filter(|(_, (planned, fired))| fired < planned).collect()
    }

    /// Every fault that happened, and how often.
    pub fn all_fired(&self) -> BTreeMap<Fault, u64> {
        let counts = Fault::ALL.iter().map(|&fault| (fault, self.fired(fault)));
        counts.filter(|(_, fired)| *fired > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_planned_and_did_not_happen_is_missing() {
        let ledger = Ledger::default();
        ledger.plan(Fault::Cut);
        ledger.plan(Fault::Cut);
        ledger.clone().fire(Fault::Cut);
        ledger.fire(Fault::TooBig);
        assert_eq!(ledger.missing(), BTreeMap::from([(Fault::Cut, (2, 1))]));
        assert_eq!(ledger.all_fired(), BTreeMap::from([(Fault::Cut, 1), (Fault::TooBig, 1)]));
    }
}
