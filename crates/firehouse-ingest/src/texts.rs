//! What search reads of posts, written again where a newer build reads them differently.
//!
//! `post_texts` is made of `records`, by code whose version is [`firehouse_text::VERSION`]. When that has risen, all posts are read again
//! in the order of their keys, beside everything else and never faster than half of the time. Where it stands is saved in `positions`;
//! a process that ends goes on there. Rows of the same version of a post replace each other.

use std::time::{Duration, Instant};

use firehouse_indexer::{PostVersion, post_text};
use firehouse_store::Store;
use firehouse_store::read::PostToRead;
use firehouse_types::{ActorId, RkeyId};
use tokio::time::sleep;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;

/// Posts that are read at once.
const POSTS: usize = 5_000;
/// How often it is said how far it is.
const SAID_EVERY: Duration = Duration::from_secs(30);

/// Writes all texts again unless that is done. Returns when it is.
pub async fn write_texts_again(store: Store, metrics: Metrics) -> Result<(), IngestError> {
    let walk = format!("texts {}", firehouse_text::VERSION);
    let positions = retried(&metrics, || store.positions(&walk)).await?;
    let saved = positions.lists.first();
    if saved.is_some_and(|(_, cursor)| cursor.is_none()) {
        return Ok(());
    }
    let saved = saved.and_then(|(_, cursor)| key_of(cursor.as_deref()?));
    let mut after = saved.unwrap_or((ActorId::from(0), RkeyId::from(0)));
    let (began, mut said, mut posts) = (Instant::now(), Instant::now(), 0_u64);
    loop {
        let chunk = Instant::now();
        let rows = retried(&metrics, || store.posts_to_read(after, POSTS)).await?;
        let Some(last) = rows.last() else { break };
        after = (last.actor, last.rkey);
        posts += rows.len() as u64;
        let texts: Vec<_> = rows.iter().filter_map(read).collect();
        let _ = retried(&metrics, || store.insert(&texts)).await?;
        let cursor = format!("{:x}.{:x}", after.0.get(), after.1.get());
        retried(&metrics, || store.save_position(&walk, 0, "posts", Some(&cursor))).await?;
        if said.elapsed() >= SAID_EVERY {
            said = Instant::now();
            let a_second = posts / began.elapsed().as_secs().max(1);
            // Accounts are numbered by hash: how far the numbers are is how far the work is.
            let percent = after.0.get() / (u64::MAX / 100);
            tracing::info!(posts, a_second, percent, "reading posts again for search");
        }
        sleep(chunk.elapsed()).await;
    }
    retried(&metrics, || store.save_position(&walk, 0, "posts", None)).await?;
    if posts > 0 {
        let seconds = began.elapsed().as_secs();
        tracing::info!(posts, seconds, "all posts are read again for search");
    }
    Ok(())
}

/// What a post is found by. `None` for a block that is no post, which the store does not call valid.
fn read(row: &PostToRead) -> Option<firehouse_schema::PostTextRow> {
    let PostToRead { actor, rkey, rev, .. } = *row;
    post_text(PostVersion { sort_at: row.sort_at(), actor, rkey, rev }, &row.body).ok()
}

fn key_of(cursor: &str) -> Option<(ActorId, RkeyId)> {
    let (actor, rkey) = cursor.split_once('.')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(actor)?.into(), number(rkey)?.into()))
}
