//! [`Turn`]: one account's right to change its private state, and the version that the change will have.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_schema::Table;
use firehouse_types::ActorId;
use tokio::sync::{Mutex, MutexGuard};

use crate::read::fetch;
use crate::{Store, StoreError};

/// Accounts share a place by their number: two that meet in one wait for each other, which harms nobody.
const PLACES: usize = 64;

/// Who is changing something now.
#[derive(Clone)]
pub(crate) struct Turns(Arc<[Mutex<()>; PLACES]>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::new(()))))
    }
}

/// As long as it is held, nobody else in this process changes what this account said. Another process may: then the later one wins.
pub(crate) struct Turn<'a> {
    store: &'a Store,
    actor: ActorId,
    _place: MutexGuard<'a, ()>,
}

impl Store {
    /// Waits until nobody else in this process changes what this account said.
    pub(super) async fn turn(&self, actor: ActorId) -> Turn<'_> {
        let place = usize::try_from(actor.get() % PLACES as u64).unwrap_or(0);
        let place = &self.turns().0[place];
        Turn { store: self, actor, _place: place.lock().await }
    }
}

impl Turn<'_> {
    /// The version of the next row of this table: now, or, where our clock went back, just above the newest. Errors: [`StoreError::Read`].
    pub(super) async fn version<T: Table>(&self) -> Result<u64, StoreError> {
        let query = self.store.query(include_str!("newest_version.sql"));
        let query = query.param("table", T::TABLE).param("actor", self.actor);
        let newest: Option<u64> = fetch("newest_version", query).await?.pop();
        Ok(now_us().max(newest.unwrap_or_default().saturating_add(1)))
    }

    /// Returns once the row is on disk. Errors: [`StoreError::Insert`].
    pub(super) async fn write<T: Table>(self, row: T) -> Result<(), StoreError> {
        self.store.insert(&[row]).await.map(drop)
    }
}

fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |elapsed| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}
