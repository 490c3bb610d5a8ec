//! [`FollowedNames`]: the names of those whom a viewer follows, kept for as long as somebody types.

use std::sync::Arc;
use std::time::Duration;

use firehouse_store::Store;
use firehouse_store::read::{FollowedName, Ranked};
use firehouse_types::ActorId;
use moka::sync::Cache;

use crate::ViewError;

/// How long a new follow may come as late as everybody else.
const KEPT: Duration = Duration::from_secs(60);
/// Units: bytes.
const KEPT_BYTES_MAX: u64 = 64 << 20;

type Names = Arc<[FollowedName]>;

/// Shared by all who ask. Cheap to clone.
#[derive(Clone)]
pub(crate) struct FollowedNames(Cache<ActorId, Names>);

impl FollowedNames {
    pub fn new() -> Self {
        let bytes = |_: &ActorId, names: &Names| {
            let words = names.iter().flat_map(|name| &name.words);
            let words: usize = words.map(|word| word.len() + size_of::<Box<str>>()).sum();
            let bytes = words + names.len() * size_of::<FollowedName>() + 100;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(KEPT_BYTES_MAX).weigher(bytes);
        Self(cache.time_to_live(KEPT).build())
    }

    /// Whom `viewer` follows with a word that begins so for each of `beginnings`, the best first.
    pub async fn beginning(
        &self,
        store: &Store,
        viewer: ActorId,
        beginnings: &[String],
    ) -> Result<Vec<Ranked>, ViewError> {
        let names = match self.0.get(&viewer) {
            Some(names) => names,
            None => {
                let names: Names = store.followed_names(viewer).await?.into();
                self.0.insert(viewer, Arc::clone(&names));
                names
            }
        };
        let mut found: Vec<_> = names.iter().filter_map(|name| ranked(name, beginnings)).collect();
        found.sort_unstable_by_key(|row| std::cmp::Reverse((row.rank, row.actor.get())));
        Ok(found)
    }
}

fn ranked(name: &FollowedName, beginnings: &[String]) -> Option<Ranked> {
    let begins = |with: &String| name.words.iter().any(|word| word.starts_with(with.as_str()));
    let is_word = beginnings.iter().all(|with| name.words.iter().any(|word| **word == **with));
    let is_found = beginnings.iter().all(begins);
    is_found.then(|| Ranked::new(name.actor, is_word, name.level).followed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_must_be_there_and_whole_words_come_first() {
        let name = |words: &[&str], level| FollowedName {
            actor: ActorId::from(1),
            level,
            words: words.iter().map(|&word| word.into()).collect(),
        };
        let rank = |name: &FollowedName, beginnings: &[&str]| {
            let beginnings: Vec<_> = beginnings.iter().map(|&word| word.to_owned()).collect();
            ranked(name, &beginnings).map(|row| row.rank)
        };
        let ann = name(&["ann", "smith"], 5);
        let anna = name(&["anna", "smith"], 9_000);
        assert!(rank(&ann, &["ann"]) > rank(&anna, &["ann"]));
        assert!(rank(&anna, &["an"]) > rank(&ann, &["an"]));
        assert!(rank(&anna, &["smi", "ann"]).is_some());
        assert_eq!(rank(&anna, &["smi", "bob"]), None);
    }
}
