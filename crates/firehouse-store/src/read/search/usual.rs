//! [`Usual`]: what the latest posts are found by, counted: what a search is planned with.

use std::collections::HashMap;

use clickhouse::Row;

use super::super::fetch_wide;
use crate::{Store, StoreError};

/// What stands in many of the latest posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usual {
    /// Posts that were counted.
    pub posts: u64,
    /// Between the oldest and the newest of them. Units: milliseconds.
    pub span_ms: u64,
    /// When the newest was written. Units: milliseconds since 1970.
    pub newest_ms: i64,
    /// Words, and in how many posts each stands.
    pub words: HashMap<String, u64>,
    /// Pairs of characters in runs, likewise.
    pub pairs: HashMap<String, u64>,
    /// Marks, likewise.
    pub marks: HashMap<String, u64>,
}

#[derive(Row, serde::Deserialize)]
struct Token {
    column: u8,
    token: String,
    posts: u64,
}

#[derive(Row, serde::Deserialize)]
struct Counted {
    posts: u64,
    span_ms: u64,
    newest_ms: i64,
}

impl Store {
    /// What stands in at least `least` of the latest `posts`. Errors: [`StoreError::Read`].
    pub async fn usual_tokens(&self, posts: u32, least: u32) -> Result<Usual, StoreError> {
        let counted = self.query(include_str!("counted.sql")).param("posts", posts);
        let tokens = self.query(include_str!("usual.sql"));
        let tokens = tokens.param("posts", posts).param("least", least);
        let (counted, tokens): (Vec<Counted>, Vec<Token>) =
            tokio::try_join!(fetch_wide("counted", counted), fetch_wide("usual", tokens),)?;
        let mut usual = Usual::default();
        if let Some(&Counted { posts, span_ms, newest_ms }) = counted.first() {
            usual = Usual { posts, span_ms, newest_ms, ..usual };
        }
        for Token { column, token, posts } in tokens {
            let column = match column {
                1 => &mut usual.words,
                2 => &mut usual.pairs,
                _ => &mut usual.marks,
            };
            column.insert(token, posts);
        }
        Ok(usual)
    }
}
