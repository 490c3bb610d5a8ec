//! [`Usual`]: how many posts there are, and what very many of them are found by: what a search is planned with.

use std::collections::HashMap;

use clickhouse::Row;

use super::super::fetch_wide;
use super::engaged::tier_marks;
use crate::{Store, StoreError};

/// What stands in very many posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usual {
    /// All posts, in all versions.
    pub posts: u64,
    /// Posts that were looked at for how fast they come: the latest.
    pub latest: u64,
    /// Between the oldest and the newest of these. Units: milliseconds.
    pub span_ms: u64,
    /// When the newest was written. Units: milliseconds since 1970.
    pub newest_ms: i64,
    /// Words, marks and authors ([`Condition::author_token`](super::Condition::author_token)), and how many of all posts have each; marks
    /// of tiers however few have them.
    pub tokens: HashMap<String, u64>,
    /// Pairs of characters in runs, likewise.
    pub pairs: HashMap<String, u64>,
}

#[derive(Row, serde::Deserialize)]
struct Counted {
    posts: u64,
    latest: u64,
    span_ms: u64,
    newest_ms: i64,
}

#[derive(Row, serde::Deserialize)]
struct Token {
    column: u8,
    token: String,
    posts: u64,
}

impl Store {
    /// What at least one of so many posts has, once there are `posts_min`, and how fast the latest so many came.
    /// Errors: [`StoreError::Read`].
    pub async fn usual_tokens(
        &self,
        posts_min: u64,
        one_of: u64,
        latest: u32,
    ) -> Result<Usual, StoreError> {
        let asked = self.query(include_str!("counted.sql")).param("latest", latest);
        let counted: Vec<Counted> = fetch_wide("counted", asked).await?;
        let mut usual = Usual::default();
        if let Some(&Counted { posts, latest, span_ms, newest_ms }) = counted.first() {
            usual = Usual { posts, latest, span_ms, newest_ms, ..usual };
        }
        if usual.posts < posts_min {
            return Ok(usual);
        }
        let least = (usual.posts / one_of).max(1);
        let asked = self.query(include_str!("usual.sql")).param("least", least);
        let asked = asked.param("tiers", tier_marks());
        let tokens: Vec<Token> = fetch_wide("usual", asked).await?;
        for Token { column, token, posts } in tokens {
            let column = if column == 1 { &mut usual.tokens } else { &mut usual.pairs };
            column.insert(token, posts);
        }
        Ok(usual)
    }
}
