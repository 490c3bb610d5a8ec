//! [`FaultPlan`]: which faults happen in a run, at which upstream, and when.

use std::collections::VecDeque;

use crate::faults::fault::{Fault, Place};
use crate::random::Random;

/// One fault to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which.
    pub fault: Fault,
    /// At which upstream: relays first, then PDSes. Labelers for faults of labels.
    pub host: usize,
    /// At the first event that suits it, after so many of that host.
    pub at: usize,
}

/// Every fault of a run, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan(pub Vec<Planned>);

/// What a plan is drawn from.
pub struct Occasions<'a> {
    /// Faults that may happen.
    pub faults: &'a [Fault],
    /// How many happen at all.
    pub count: usize,
    /// Upstreams that are listened to.
    pub hosts: usize,
    /// Labelers that are listened to.
    pub labelers: usize,
    /// Events of each upstream, at least.
    pub events: usize,
}

impl FaultPlan {
    /// Some faults at some times. Nothing before the tenth part of a run is over, so that there is something to lose.
    pub fn draw(random: &mut Random, occasions: &Occasions<'_>) -> Self {
        let mut plan = Vec::new();
        if occasions.faults.is_empty() || occasions.hosts == 0 {
            return Self(plan);
        }
        let is_possible = |fault: Fault| match fault.place() {
            Place::Labels => occasions.labelers > 0,
            _ => true,
        };
        let faults: Vec<Fault> =
            occasions.faults.iter().copied().filter(|&fault| is_possible(fault)).collect();
        for _ in 0..occasions.count {
            if faults.is_empty() {
                break;
            }
            let fault = *random.pick(&faults);
            let hosts =
                if fault.place() == Place::Labels { occasions.labelers } else { occasions.hosts };
            let at = occasions.events / 10 + random.below(occasions.events * 7 / 10 + 1);
            plan.push(Planned { fault, host: random.below(hosts), at });
        }
        Self(plan)
    }

    /// What one upstream has before it, in order.
    pub(crate) fn agenda(&self, host: usize, of_labels: bool) -> VecDeque<Planned> {
        let mut agenda: Vec<Planned> = self.0.clone();
        agenda.retain(|p| p.host == host && (p.fault.place() == Place::Labels) == of_labels);
        agenda.sort_by_key(|planned| (planned.at, planned.fault));
        agenda.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_plan_and_every_fault_has_its_host() {
        let plan = |seed| {
            let occasions =
                Occasions { faults: Fault::ALL, count: 200, hosts: 2, labelers: 1, events: 100 };
            FaultPlan::draw(&mut Random::new(seed), &occasions)
        };
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
        let agendas = [(0, false), (1, false), (0, true)].map(|(h, l)| plan(1).agenda(h, l).len());
        assert_eq!(agendas.iter().sum::<usize>(), 200);
        assert!(plan(1).0.iter().all(|planned| (10..=80).contains(&planned.at)));
    }
}
