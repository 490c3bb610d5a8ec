//! [`Facet`]: what the posts of a search are like, counted.

use clickhouse::Row;

use super::super::query::fetch_search;
use super::{LinkPosition, PostSearch, searched};
use crate::{Store, StoreError};

/// Something that posts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacetKind {
    /// A span of time in which they were written; the value is when it begins, in milliseconds since 1970.
    Time,
    /// A language.
    Language,
    /// A domain that they link to.
    Domain,
    /// A hashtag, without its sign.
    Tag,
    /// Who wrote them, as a number.
    Author,
    /// What is in them.
    Media,
    /// That they match.
    Match,
}

/// How many posts have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// What of them.
    pub kind: FacetKind,
    /// Its value.
    pub value: String,
    /// How many.
    pub posts: u64,
}

/// How a search is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FacetCount {
    /// Posts that are counted at most, the newest ones.
    pub posts: usize,
    /// Length of a span of time; 0 for calendar months. Units: seconds.
    pub interval_s: u32,
    /// Spans of time at most, the latest.
    pub spans: usize,
    /// Values of each other kind at most, the most frequent.
    pub values: usize,
}

#[derive(Row, serde::Deserialize)]
struct FacetRow {
    kind: u8,
    value: String,
    posts: u64,
}

impl Store {
    /// What the posts of a search are like. Shape: kind by kind; spans of time newest first, other values the most frequent first.
    /// Errors: [`StoreError::Read`].
    pub async fn search_facets(
        &self,
        search: &PostSearch,
        count: FacetCount,
    ) -> Result<Vec<Facet>, StoreError> {
        let asked =
            searched(self.query(""), include_str!("facets.sql"), search, LinkPosition::START)
                .param("posts", count.posts)
                .param("interval_s", count.interval_s)
                .param("spans", count.spans)
                .param("values", count.values);
        let rows: Vec<FacetRow> = fetch_search("search_facets", asked).await?;
        let facet = |row: FacetRow| {
            let kind = match row.kind {
                0 => FacetKind::Time,
                1 => FacetKind::Language,
                2 => FacetKind::Domain,
                3 => FacetKind::Tag,
                4 => FacetKind::Author,
                5 => FacetKind::Media,
                _ => FacetKind::Match,
            };
            Facet { kind, value: row.value, posts: row.posts }
        };
        Ok(rows.into_iter().map(facet).collect())
    }
}
