//! [`Classes`]: what statements do, once the engine's parser has said it.
//!
//! To parse a text takes as long as a small look-up, and programs ask the same few texts over and over, with other parameters. How a text
//! is read depends on settings, so a session is part of what is looked up.

use crate::{library::StatementClass, session::Session};

/// How much of texts and settings is kept. Units: bytes.
const BYTES: u64 = 8 << 20;

/// What is known of texts, the least used ones forgotten.
pub struct Classes(moka::sync::Cache<(Session, Vec<u8>), StatementClass>);

impl Classes {
    /// Nothing is known.
    pub fn new() -> Self {
        let weigh = |(session, text): &(Session, Vec<u8>), _: &StatementClass| {
            let settings = session.settings.iter().map(|(name, value)| name.len() + value.len());
            u32::try_from(text.len() + settings.sum::<usize>()).unwrap_or(u32::MAX)
        };
        Self(moka::sync::Cache::builder().weigher(weigh).max_capacity(BYTES).build())
    }

    /// What a text does in a session; `classify` finds it out.
    pub fn of(
        &self,
        session: &Session,
        text: &[u8],
        classify: impl FnOnce() -> StatementClass,
    ) -> StatementClass {
        let key = (session.clone(), text.to_vec());
        self.0.get(&key).unwrap_or_else(|| {
            let class = classify();
            self.0.insert(key, class);
            class
        })
    }
}
