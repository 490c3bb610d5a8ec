//! Tags of accounts and records.

use clickhouse::Row;
use firehouse_types::{ActorId, RkeyId};

use super::labels::LabelledRecord;
use super::{NUMBERS_PER_QUERY, PAIRS_PER_QUERY, fetch};
use crate::{Store, StoreError};

/// The tags of one account or record.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct TagsRead {
    /// The account, or whose record it is.
    pub actor: ActorId,
    /// Empty: the account itself.
    pub collection: Box<str>,
    /// The record's key; 0 for the account itself.
    pub rkey: RkeyId,
    /// At least one.
    pub tags: Vec<Box<str>>,
}

impl Store {
    /// Tags of accounts and of their profiles, and of these records. Shape: any order; what has none is missing.
    /// Errors: [`StoreError::Read`].
    pub async fn tags(
        &self,
        actors: &[ActorId],
        records: &[LabelledRecord<'_>],
    ) -> Result<Vec<TagsRead>, StoreError> {
        let (mut rows, half) = (Vec::new(), PAIRS_PER_QUERY / 2);
        let (mut actors, mut records) =
            (actors.chunks(NUMBERS_PER_QUERY / 2), records.chunks(half));
        loop {
            let (some_actors, some_records) = (actors.next(), records.next());
            if some_actors.is_none() && some_records.is_none() {
                return Ok(rows);
            }
            let query = self
                .query(include_str!("tags.sql"))
                .param("actors", some_actors.unwrap_or_default())
                .param("records", some_records.unwrap_or_default())
                .param("this", RkeyId::of("self"));
            rows.append(&mut fetch("tags", query).await?);
        }
    }
}
