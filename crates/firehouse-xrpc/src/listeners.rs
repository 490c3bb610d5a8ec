//! [`Listeners`]: how many listen to live searches, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts those who listen.
pub(crate) struct Listeners {
    max: usize,
    address_max: usize,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Default)]
struct Counted {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// One who listens, until dropped.
pub(crate) struct Listener {
    counted: Arc<Mutex<Counted>>,
    address: Option<IpAddr>,
}

impl Listeners {
    pub(crate) fn new(max: usize, address_max: usize) -> Self {
        Self { max, address_max, counted: Arc::default() }
    }

    /// A place for one more; `None` when there is none, or the address has its share. Without an address: our own machine.
    pub(crate) fn enter(&self, address: Option<IpAddr>) -> Option<Listener> {
        let mut counted = locked(&self.counted);
        let of = address.and_then(|address| counted.of.get(&address)).copied().unwrap_or(0);
        if counted.all >= self.max || (address.is_some() && of >= self.address_max) {
            return None;
        }
        counted.all += 1;
        if let Some(address) = address {
            *counted.of.entry(address).or_default() += 1;
        }
        Some(Listener { counted: Arc::clone(&self.counted), address })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut counted = locked(&self.counted);
        counted.all -= 1;
        let Some(address) = self.address else { return };
        if let Some(of) = counted.of.get_mut(&address) {
            *of -= 1;
            if *of == 0 {
                counted.of.remove(&address);
            }
        }
    }
}

fn locked(counted: &Mutex<Counted>) -> MutexGuard<'_, Counted> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_in_all_and_by_address_and_come_back() {
        let listeners = Listeners::new(4, 2);
        let enter = |last: u8| listeners.enter(Some([10, 0, 0, last].into()));
        let (first, second) = (enter(1), enter(1));
        assert!(first.is_some() && second.is_some() && enter(1).is_none());
        let own = listeners.enter(None);
        let other = enter(2);
        assert!(own.is_some() && other.is_some() && enter(3).is_none(), "all are taken");
        drop((first, own));
        assert!(enter(1).is_some());
        drop((second, other));
        assert!(locked(&listeners.counted).of.is_empty());
    }
}
