//! [`Places`]: how many requests are in flight, in all and to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts requests. Cheap to clone; clones count together.
#[derive(Clone)]
pub(super) struct Places {
    taken: Arc<Mutex<HashMap<Box<str>, usize>>>,
    max: usize,
}

/// A request in flight, until dropped.
pub(super) struct Place {
    taken: Arc<Mutex<HashMap<Box<str>, usize>>>,
    host: Box<str>,
}

impl Places {
    pub(super) fn new(max: usize) -> Self {
        Self { taken: Arc::default(), max: max.max(2) }
    }

    /// A place for a request to this host; `None` when all are taken, or its half of them.
    pub(super) fn take(&self, host: &str) -> Option<Place> {
        let mut taken = lock(&self.taken);
        let of_host = taken.get(host).copied().unwrap_or_default();
        if of_host >= self.max / 2 || taken.values().sum::<usize>() >= self.max {
            return None;
        }
        taken.insert(host.into(), of_host + 1);
        Some(Place { taken: Arc::clone(&self.taken), host: host.into() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        match taken.get_mut(&self.host) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(taken.remove(&self.host)),
        }
    }
}

fn lock(taken: &Mutex<HashMap<Box<str>, usize>>) -> MutexGuard<'_, HashMap<Box<str>, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_has_half_of_the_places_and_gives_them_back() {
        let places = Places::new(4);
        let first = places.take("a");
        let second = places.take("a");
        assert!(first.is_some() && second.is_some() && places.take("a").is_none());
        let others = (places.take("b"), places.take("c"));
        assert!(others.0.is_some() && others.1.is_some() && places.take("d").is_none());
        drop(first);
        assert!(places.take("a").is_some());
        drop((second, others));
        assert!(lock(&places.taken).is_empty());
    }
}
