//! [`Budget`]: memory and files of repos that are being fetched or wait for whoever asked.
//!
//! Nobody waits in a circle: a fetch takes the memory of the largest repo in memory before it begins, and gives back what it does not
//! need; a repo that turns out larger waits, with that memory, for a place among the spilled ones, and those wait for nobody.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;

/// What one permit stands for: semaphores count to 2^29 on 32 bits.
const UNIT_BYTES: usize = 1 << 12;

/// How much may be held at once. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Budget {
    memory: Arc<Semaphore>,
    spilled: Arc<Semaphore>,
    /// Of one fetch, in units.
    fetch_units: u32,
}

/// What one repo holds; given back on drop.
#[derive(Debug, Default)]
pub(crate) struct Held {
    permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(crate) fn new(config: &Config) -> Self {
        let units = |bytes: usize| bytes.div_ceil(UNIT_BYTES).max(1);
        let fetch_units = u32::try_from(units(config.memory_repo_bytes_max)).unwrap_or(u32::MAX);
        // At least one repo can be fetched, whatever was configured.
        let memory_units = units(config.memory_bytes_max).max(fetch_units as usize);
        Self {
            memory: Arc::new(Semaphore::new(memory_units.min(Semaphore::MAX_PERMITS))),
            spilled: Arc::new(Semaphore::new(config.spilled_repos_max.max(1))),
            fetch_units,
        }
    }

    /// Waits for the memory of one fetch.
    pub(crate) async fn memory(&self) -> Held {
        Held { permit: self.memory.clone().acquire_many_owned(self.fetch_units).await.ok() }
    }

    /// Waits for a place among the spilled repos.
    pub(crate) async fn spilled(&self) -> Held {
        Held { permit: self.spilled.clone().acquire_owned().await.ok() }
    }
}

impl Held {
    /// Gives back what a repo of this size in memory does not need.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let Some(permit) = &mut self.permit else { return };
        let surplus = permit.num_permits().saturating_sub(bytes.div_ceil(UNIT_BYTES).max(1));
        drop(permit.split(surplus));
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, UNIT_BYTES};
    use crate::config::tests::config;

    #[tokio::test]
    async fn what_a_small_repo_does_not_need_is_there_for_others() {
        let mut config = config();
        (config.memory_repo_bytes_max, config.memory_bytes_max) = (1 << 20, 1 << 21);
        let budget = Budget::new(&config);
        let (mut one, two) = (budget.memory().await, budget.memory().await);
        assert_eq!(budget.memory.available_permits(), 0);
        one.shrink_to(1);
        assert_eq!(budget.memory.available_permits(), (1 << 20) / UNIT_BYTES - 1);
        drop((one, two));
        assert_eq!(budget.memory.available_permits(), (1 << 21) / UNIT_BYTES);
    }

    #[tokio::test]
    async fn one_fetch_is_always_possible() {
        let mut config = config();
        (config.memory_repo_bytes_max, config.memory_bytes_max) = (1 << 20, 0);
        config.spilled_repos_max = 0;
        let budget = Budget::new(&config);
        drop((budget.memory().await, budget.spilled().await));
    }
}
