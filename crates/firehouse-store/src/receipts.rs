//! What the store holds of whole repos in a few numbers, to be held against what their hosts hold.

use std::collections::{BTreeMap, HashMap};

use clickhouse::Row;
use firehouse_types::{ActorId, CollectionReceipt, Datetime, Nsid, Rev};

use crate::{Store, StoreError};

const RECEIPTS: &str = include_str!("receipts.sql");
const PROVEN: &str = include_str!("proven.sql");
const UNVERIFIED: &str = include_str!("unverified.sql");

/// What is there of one repo, by collection.
pub type RepoReceipts = BTreeMap<Nsid, CollectionReceipt>;

#[derive(Row, serde::Deserialize)]
struct ReceiptRow {
    actor: ActorId,
    collection: Nsid,
    records: u64,
    hash_high: u64,
    hash_low: u64,
}

/// How many records of one account nothing proves, deletions included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Row, serde::Deserialize)]
pub struct Unverified {
    /// All of them.
    pub all: u64,
    /// Those that the last applied commit has passed, and should have proven.
    pub passed: u64,
}

impl Store {
    /// The receipts of these repos; those without live records are left out. Reads every record of them, without bodies, so ask for few
    /// large repos at once. Errors: [`StoreError::Read`].
    pub async fn receipts(
        &self,
        actors: &[ActorId],
    ) -> Result<HashMap<ActorId, RepoReceipts>, StoreError> {
        let query = self.client().query(RECEIPTS).param("actors", actors);
        let rows = query.fetch_all::<ReceiptRow>().await;
        let rows = rows.map_err(|source| StoreError::Read { query: "receipts", source })?;
        let mut receipts: HashMap<_, RepoReceipts> = HashMap::new();
        for row in rows {
            let receipt = CollectionReceipt::from_columns(row.records, row.hash_high, row.hash_low);
            receipts.entry(row.actor).or_default().insert(row.collection, receipt);
        }
        Ok(receipts)
    }

    /// When a record of this account was last written here together with a proof, a signed commit or a whole signed repo.
    /// Errors: [`StoreError::Read`].
    pub async fn proven_at(&self, actor: ActorId) -> Result<Option<Datetime>, StoreError> {
        let micros = self.client().query(PROVEN).param("actor", actor).fetch_one::<i64>().await;
        let micros = micros.map_err(|source| StoreError::Read { query: "proven", source })?;
        Ok((micros > 0).then(|| Datetime::from_ms(micros / 1_000)))
    }

    /// What nothing proves of an account whose last applied commit is this. Errors: [`StoreError::Read`].
    pub async fn unverified(
        &self,
        actor: ActorId,
        applied: Option<Rev>,
    ) -> Result<Unverified, StoreError> {
        let applied = applied.map_or(0, Rev::get);
        let query = self.client().query(UNVERIFIED).param("actor", actor).param("rev", applied);
        let row = query.fetch_one::<Unverified>().await;
        row.map_err(|source| StoreError::Read { query: "unverified", source })
    }
}
