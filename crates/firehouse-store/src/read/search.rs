//! Posts by what they say. Which terms a post has is for `firehouse-text` to know; here they are texts that are equal or not.

use firehouse_types::{ActorId, Datetime};

use super::{Asked, LinkAt, LinkPosition, fetch_wide};
use crate::{Store, StoreError};

/// What posts are searched for. All of it must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostSearch {
    /// Terms that a post must have.
    pub all: Vec<String>,
    /// Groups of terms, of each of which it must have one. None of them is empty.
    pub any: Vec<Vec<String>>,
    /// Terms that it must not have.
    pub none: Vec<String>,
    /// Folded texts that must stand in it.
    pub phrases: Vec<String>,
    /// Folded texts that must not.
    pub without: Vec<String>,
    /// Only posts of those whom this account follows.
    pub followed_by: Option<ActorId>,
    /// Not before.
    pub after: Datetime,
    /// Before.
    pub until: Datetime,
}

impl PostSearch {
    fn bind<'a>(&self, query: Asked<'a>, after: Datetime) -> Asked<'a> {
        let (any, groups) = match self.any.split_first() {
            Some((first, others)) => (first.as_slice(), others),
            None => (&[] as &[String], &[] as &[Vec<String>]),
        };
        query
            .param("all", &self.all)
            .param("any", any)
            .param("groups", groups)
            .param("none", &self.none)
            .param("phrases", &self.phrases)
            .param("without", &self.without)
            .param("followed_by", self.followed_by.map_or(0, ActorId::get))
            .param("after_ms", after.ms())
            .param("until_ms", self.until.ms())
    }
}

impl Store {
    /// Posts that match, none before `after`. Shape: newest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn search_posts(
        &self,
        search: &PostSearch,
        after: Datetime,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self.query(include_str!("search_posts.sql"));
        let query = search.bind(query, after.max(search.after));
        fetch_wide("search_posts", before.page(query, limit)).await
    }

    /// How many posts match, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn search_hits(&self, search: &PostSearch, limit: usize) -> Result<u64, StoreError> {
        let query = self.query(include_str!("search_hits.sql"));
        let query = search.bind(query, search.after).param("limit", limit);
        let counts: Vec<u64> = fetch_wide("search_hits", query).await?;
        Ok(counts.first().copied().unwrap_or_default())
    }
}
