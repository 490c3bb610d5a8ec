//! How accounts stand with those who follow, as of the last time that it was worked out.

use std::collections::HashMap;

use clickhouse::Row;
use firehouse_types::ActorId;

use super::{NUMBERS_PER_QUERY, fetch_each};
use crate::{Store, StoreError};

/// How one account stands. The default is that of whom nobody follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Who follow it.
    pub followers: u32,
    /// Its rank in the graph of follows, from 0.05.
    pub rank: f32,
    /// The rank on a scale of logarithms, from 0: 1,000 more is ten times as much.
    pub level: u16,
}

impl Default for Standing {
    fn default() -> Self {
        Self { followers: 0, rank: 0.05, level: 0 }
    }
}

#[derive(Row, serde::Deserialize)]
struct StandingRead {
    actor: ActorId,
    followers: u32,
    rank: f32,
    level: u16,
}

impl Store {
    /// How these accounts stand. Whom nobody follows is missing, and so is everybody until it was worked out for the first time.
    /// Errors: [`StoreError::Read`].
    pub async fn standings(
        &self,
        actors: &[ActorId],
    ) -> Result<HashMap<ActorId, Standing>, StoreError> {
        let rows: Vec<StandingRead> =
            fetch_each("standings", actors, NUMBERS_PER_QUERY, |actors| {
                self.query(include_str!("standings.sql")).param("actors", actors)
            })
            .await?;
        let standings = rows.into_iter().map(|row| {
            let StandingRead { actor, followers, rank, level } = row;
            (actor, Standing { followers, rank, level })
        });
        Ok(standings.collect())
    }
}
