//! [`BestNamed`]: who stands best of the very many whose names begin with the few letters that everybody types first.
//!
//! Only beginnings with more accounts than are kept of each: of others somebody new has to be found at once.

use std::sync::Arc;
use std::time::Duration;

use firehouse_store::Store;
use firehouse_store::read::{RankPosition, Ranked};
use firehouse_types::ActorId;
use moka::sync::Cache;

use crate::ViewError;

/// How long they are kept. They change with the standings.
const KEPT: Duration = Duration::from_secs(60);
/// Beginnings, of some 5 KB each.
const BEGINNINGS_MAX: u64 = 10_000;
/// Longer beginnings are asked for. Units: characters.
const CHARS_MAX: usize = 3;
/// Accounts of each.
const ACCOUNTS: usize = 200;

/// Shared by all who ask. Cheap to clone.
#[derive(Clone)]
pub(crate) struct BestNamed(Cache<String, Arc<[Ranked]>>);

impl BestNamed {
    pub fn new() -> Self {
        Self(Cache::builder().max_capacity(BEGINNINGS_MAX).time_to_live(KEPT).build())
    }

    /// As [`Store::search_actors`].
    pub async fn search(
        &self,
        store: &Store,
        beginnings: &[String],
        except: &[ActorId],
        before: RankPosition,
        limit: usize,
    ) -> Result<Vec<Ranked>, ViewError> {
        if let [beginning] = beginnings
            && beginning.chars().nth(CHARS_MAX).is_none()
        {
            let best = self.best(store, beginning).await?;
            let rows: Vec<_> = best
                .iter()
                .filter(|row| (row.rank, row.actor.get()) < (before.rank, before.actor))
                .filter(|row| !except.contains(&row.actor))
                .take(limit)
                .copied()
                .collect();
            if rows.len() == limit || best.len() < ACCOUNTS {
                return Ok(rows);
            }
        }
        Ok(store.search_actors(beginnings, except, before, limit).await?)
    }

    async fn best(&self, store: &Store, beginning: &str) -> Result<Arc<[Ranked]>, ViewError> {
        if let Some(best) = self.0.get(beginning) {
            return Ok(best);
        }
        let asked = [beginning.to_owned()];
        let best: Arc<[Ranked]> =
            store.search_actors(&asked, &[], RankPosition::START, ACCOUNTS).await?.into();
        if best.len() == ACCOUNTS {
            self.0.insert(beginning.to_owned(), Arc::clone(&best));
        }
        Ok(best)
    }
}
