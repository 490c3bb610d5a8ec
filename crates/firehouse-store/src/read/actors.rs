//! Accounts: who goes by a handle, who somebody is, and what detailed profiles count.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use clickhouse::Row;
use firehouse_schema::ActorStatus;
use firehouse_types::{ActorId, Did, Rev};

use super::{NUMBERS_PER_QUERY, fetch, fetch_each, fetch_wide};
use crate::{Store, StoreError};

/// Who goes by a handle.
#[derive(Clone, Debug)]
pub struct HandleRead {
    /// In lower case.
    pub handle: Box<str>,
    /// The account.
    pub owner: Did,
}

/// A seen state of an account.
#[derive(Row, serde::Deserialize)]
struct ActorState {
    actor: ActorId,
    handle: Box<str>,
    did: Did,
    status: ActorStatus,
    version: u64,
}

/// One account's identity.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct ActorRead {
    /// Its number.
    pub actor: ActorId,
    /// Its DID.
    pub did: Did,
    /// Verified both ways; empty when it was not.
    pub handle: Box<str>,
    /// Only active accounts are shown.
    pub status: ActorStatus,
}

/// One count of a detailed profile.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct ProfileCount {
    /// Whose.
    pub counted: ActorId,
    /// `followers`, `follows`, `posts`, or the collection whose records are counted.
    pub what: Box<str>,
    /// How many.
    pub n: u64,
}

/// Followers of an account whom the viewer follows.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct KnownFollowersRead {
    /// The account.
    pub target_actor: ActorId,
    /// How many.
    pub n: u64,
    /// Five of them.
    pub followers: Vec<ActorId>,
}

impl Store {
    /// Who goes by these handles now. Shape: handles in lower case; those of nobody are missing, one that two claim belongs to the account
    /// it was verified for last, that of a deleted account to nobody. Errors: [`StoreError::Read`].
    pub async fn owners_of_handles(&self, handles: &[&str]) -> Result<Vec<HandleRead>, StoreError> {
        if handles.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.query(include_str!("handles.sql")).param("handles", handles);
        let states: Vec<ActorState> = fetch("handles", query).await?;
        Ok(owners(handles, states))
    }

    /// Who these accounts are. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn actors(&self, actors: &[ActorId]) -> Result<Vec<ActorRead>, StoreError> {
        let query =
            |chunk: &[ActorId]| self.query(include_str!("actors.sql")).param("actors", chunk);
        fetch_each("actors", actors, NUMBERS_PER_QUERY, query).await
    }

    /// What detailed profiles count. Shape: any order; what is missing is zero. Errors: [`StoreError::Read`].
    pub async fn profile_counts(
        &self,
        actors: &[ActorId],
    ) -> Result<Vec<ProfileCount>, StoreError> {
        if actors.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.query(include_str!("profile_counts.sql")).param("actors", actors);
        fetch_wide("profile_counts", query).await
    }

    /// Which followers of these accounts the viewer follows. Errors: [`StoreError::Read`].
    pub async fn known_followers(
        &self,
        actors: &[ActorId],
        viewer: ActorId,
    ) -> Result<Vec<KnownFollowersRead>, StoreError> {
        if actors.is_empty() {
            return Ok(Vec::new());
        }
        let query = self
            .query(include_str!("known_followers.sql"))
            .param("actors", actors)
            .param("viewer", viewer);
        fetch_wide("known_followers", query).await
    }

    /// The rev up to which a repo is readable; `None` when nothing of it was seen. Errors: [`StoreError::Read`].
    pub async fn repo_rev(&self, actor: ActorId) -> Result<Option<Rev>, StoreError> {
        let query = self.query(include_str!("repo_rev.sql")).param("actor", actor);
        let rows: Vec<u64> = fetch("repo_rev", query).await?;
        Ok(rows.first().map(|&rev| Rev::from(rev)))
    }
}

/// Who goes by these handles, out of all states of whoever did at some time.
fn owners(handles: &[&str], states: Vec<ActorState>) -> Vec<HandleRead> {
    let newest = newest_by(states, |state| state.actor);
    let stand = newest.into_values().filter(|state| state.status != ActorStatus::Deleted);
    let claims = stand.filter(|state| handles.contains(&&*state.handle)).collect();
    let owners = newest_by(claims, |state| state.handle.clone()).into_values();
    owners.map(|state| HandleRead { handle: state.handle, owner: state.did }).collect()
}

/// Of each key the state with the highest version.
fn newest_by<K: Eq + std::hash::Hash>(
    states: Vec<ActorState>,
    key: impl Fn(&ActorState) -> K,
) -> HashMap<K, ActorState> {
    let mut newest: HashMap<K, ActorState> = HashMap::with_capacity(states.len());
    for state in states {
        match newest.entry(key(&state)) {
            Entry::Occupied(known) if known.get().version >= state.version => {}
            Entry::Occupied(mut known) => drop(known.insert(state)),
            Entry::Vacant(free) => {
                let _ = free.insert(state);
            }
        }
    }
    newest
}
