//! Posts in layers: those asked for, what they answer, what these quote, and what the quoted ones quote.
//!
//! Two levels of quotes are shown. Usually one query has them all, since a look-up of posts brings what they refer to; a quote within
//! a parent takes a second.

use std::collections::{HashMap, HashSet};

use firehouse_store::Store;
use firehouse_store::read::{RecordHead, RecordKey, RecordRead};

use super::actors::parse;
use super::state::Post;
use crate::record::{PostFields, RecordJson, StrongRef};
use crate::{ViewError, uri};

/// Quotes within quotes that are shown.
pub(crate) const QUOTE_DEPTH_MAX: u8 = 2;
/// Look-ups for one answer: what was asked for, quotes of parents, quotes of those.
const ROUNDS_MAX: usize = 3;

/// Posts loaded so far, and those that are shown.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    pub found: HashMap<RecordKey, Post>,
    pub shown: HashSet<RecordKey>,
    asked: HashSet<RecordKey>,
}

impl Posts {
    /// Loads these posts and all that is shown with them. With `replies`, the roots and parents they answer are shown too.
    pub async fn load(
        &mut self,
        store: &Store,
        keys: &[RecordKey],
        replies: bool,
    ) -> Result<(), ViewError> {
        for _ in 0..ROUNDS_MAX {
            self.reach(keys, replies);
            let missing: Vec<_> =
                self.shown.iter().filter(|&key| !self.is_settled(key)).copied().collect();
            if missing.is_empty() {
                break;
            }
            let rows = store.posts_and_references(&missing).await?;
            self.found.extend(rows.iter().filter_map(read_post));
            // The query looked for their references too: what did not come back does not exist.
            let references =
                missing.iter().filter_map(|key| self.found.get(key)).flat_map(references);
            let references: Vec<_> = references.collect();
            self.asked.extend(missing.into_iter().chain(references));
        }
        Ok(())
    }

    /// The first post of the thread that a post is in, if the post exists.
    pub fn root(&self, key: RecordKey) -> Option<RecordKey> {
        match &self.found.get(&key)?.fields.reply {
            Some(reply) => post_key(&reply.root),
            None => Some(key),
        }
    }

    fn is_settled(&self, key: &RecordKey) -> bool {
        self.found.contains_key(key) || self.asked.contains(key)
    }

    /// Marks what is shown, as far as it is known.
    fn reach(&mut self, keys: &[RecordKey], replies: bool) {
        let mut layer: Vec<RecordKey> = keys.to_vec();
        if replies {
            let posts = keys.iter().filter_map(|key| self.found.get(key));
            let answered = posts.filter_map(|post| post.fields.reply.as_ref());
            layer.extend(answered.flat_map(|r| [&r.root, &r.parent]).filter_map(post_key));
        }
        for _ in 0..=QUOTE_DEPTH_MAX {
            self.shown.extend(&layer);
            let posts = layer.iter().filter_map(|key| self.found.get(key));
            layer = posts.filter_map(|post| post_key(post.fields.embedded()?)).collect();
        }
    }
}

fn references(post: &Post) -> impl Iterator<Item = RecordKey> {
    let reply = post.fields.reply.iter().flat_map(|reply| [&reply.root, &reply.parent]);
    reply.chain(post.fields.embedded()).filter_map(post_key)
}

/// The key of a referenced post.
pub(crate) fn post_key(reference: &StrongRef) -> Option<RecordKey> {
    uri::post(&reference.uri)
}

fn read_post(row: &RecordRead) -> Option<(RecordKey, Post)> {
    let json = RecordJson::new(&row.body)?;
    let fields = parse::<PostFields>(&json)?;
    let head: RecordHead = row.head();
    let post = Post {
        rkey: head.rkey()?,
        cid: head.cid().to_string(),
        sort_at: head.sort_at(),
        json,
        fields,
    };
    Some(((row.actor, row.rkey), post))
}
