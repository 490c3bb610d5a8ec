//! What the store holds of whole repos, for those who compare.

use clickhouse::Row;
use firehouse_schema::{CursorRow, Proof};
use firehouse_types::{ActorId, Nsid, Rev, Rkey, RkeyId};

use crate::{Store, StoreError};

const REPO_RECORDS: &str = include_str!("repo_records.sql");
const UNVERIFIED_RECORDS: &str = include_str!("unverified_records.sql");
const HAS_UNVERIFIED: &str = include_str!("has_unverified.sql");

/// Name of no upstream, in the form of those that prove nothing: a cursor of it stands for the first of them.
const ANY_JETSTREAM: &str = "jetstream+";

/// The newest version of one record, or its tombstone.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct HeldRecord {
    /// Whose it is.
    pub actor: ActorId,
    /// Its collection.
    pub collection: Nsid,
    /// Its key.
    pub rkey: RkeyId,
    /// Empty when the key is a TID.
    pub rkey_text: Box<str>,
    /// Its version.
    pub rev: Rev,
    /// 1 = gone at this rev.
    pub deleted: u8,
    /// SHA-256 digest of its block; zeros when it is gone.
    pub cid: [u8; 32],
    /// How this version was proven.
    pub proof: Proof,
}

impl HeldRecord {
    /// Its key as text. `None` for a hashed key without its text, which no row of ours has.
    pub fn rkey(&self) -> Option<Rkey> {
        match self.rkey.tid() {
            Some(tid) => Rkey::parse(&tid.to_string()).ok(),
            None => Rkey::parse(&self.rkey_text).ok(),
        }
    }
}

impl Store {
    /// Every record of these repos. Shape: any order, one row per record that ever was. Units: about 100 bytes of memory a record, so ask for few large
    /// repos at once. Errors: [`StoreError::Read`].
    pub async fn repo_records(&self, actors: &[ActorId]) -> Result<Vec<HeldRecord>, StoreError> {
        let query = self.client().query(REPO_RECORDS).param("actors", actors);
        let records = query.fetch_all::<HeldRecord>().await;
        records.map_err(|source| StoreError::Read { query: "repo_records", source })
    }

    /// What stands in these repos without any proof. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn unverified_records(
        &self,
        actors: &[ActorId],
    ) -> Result<Vec<HeldRecord>, StoreError> {
        let query = self.client().query(UNVERIFIED_RECORDS).param("actors", actors);
        let records = query.fetch_all::<HeldRecord>().await;
        records.map_err(|source| StoreError::Read { query: "unverified_records", source })
    }

    /// Says, before the first of them is written, that there may be rows that nothing proves; returns once that is durable.
    /// Errors: [`StoreError`]; calling again is safe.
    pub async fn expect_unverified(&self) -> Result<(), StoreError> {
        if self.has_unverified().await? {
            return Ok(());
        }
        let row = CursorRow { upstream: ANY_JETSTREAM.into(), seq: 0, version: 0 };
        self.insert(&[row]).await.map(drop)
    }

    /// Whether there can be any such at all: an upstream that proves nothing was followed. Errors: [`StoreError::Read`].
    pub async fn has_unverified(&self) -> Result<bool, StoreError> {
        let has = self.client().query(HAS_UNVERIFIED).fetch_one::<u8>().await;
        has.map(|has| has != 0)
            .map_err(|source| StoreError::Read { query: "has_unverified", source })
    }
}
