//! The copy of the PLC directory, and when it was last in step with it.

use firehouse_schema::IdentityRow;
use firehouse_types::ActorId;

use crate::{Store, StoreError};

const IDENTITIES: &str = include_str!("identities.sql");
const POSITION: &str = include_str!("position.sql");

/// Parameters travel in the URL, which may be 64 KiB long.
const ACTORS_PER_QUERY: usize = 2_000;

/// Where one list of a walk stands.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Deserialize)]
pub struct Position {
    /// What its next page is asked for with.
    pub cursor: Box<str>,
    /// When that was saved. Units: microseconds since 1970, by our clock.
    pub version: u64,
}

impl Store {
    /// What the directory was last seen to say of these DIDs. Shape: any order, nothing for DIDs it did not speak of.
    /// Errors: [`StoreError::Read`].
    pub async fn identities(&self, actors: &[ActorId]) -> Result<Vec<IdentityRow>, StoreError> {
        let mut identities = Vec::new();
        for chunk in actors.chunks(ACTORS_PER_QUERY) {
            let query = self.client().query(IDENTITIES).param("actors", chunk);
            let rows = query.fetch_all::<IdentityRow>().await;
            identities
                .extend(rows.map_err(|source| StoreError::Read { query: "identities", source })?);
        }
        Ok(identities)
    }

    /// Where one list of a walk stands, and since when; `None` when nothing was saved. Errors: [`StoreError::Read`].
    pub async fn position(&self, walk: &str, host: &str) -> Result<Option<Position>, StoreError> {
        let query = self.client().query(POSITION).param("walk", walk).param("host", host);
        let position = query.fetch_optional::<Position>().await;
        position.map_err(|source| StoreError::Read { query: "position", source })
    }
}
