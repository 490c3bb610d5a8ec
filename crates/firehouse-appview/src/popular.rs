//! [`Popular`]: feed generators in the order in which they are suggested, worked out once a minute for everybody.
//!
//! The order is that of the list kept by hand where there is one, as in the reference; else most recent likes first, then most likes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use firehouse_schema::{EditorialList, EditorialRow};
use firehouse_store::Store;
use firehouse_store::read::{LikedGenerator, RecordKey};
use firehouse_types::Datetime;
use tokio::sync::Mutex;

use crate::page::{From, Page};
use crate::{ViewError, clock, uri};

/// How long an order is kept.
const KEPT: Duration = Duration::from_secs(60);
/// Likes that count as recent. Units: milliseconds.
const RECENT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Generators in it, 40 bytes each.
const RANKED_MAX: usize = 20_000;

/// The order by likes, shared by all who ask. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Popular(Arc<Mutex<Option<(Instant, Ranking)>>>);

/// Best first.
pub(crate) type Ranking = Arc<[Ranked]>;

/// A generator and what its place goes by, the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ranked {
    pub score: (i64, u64),
    pub key: RecordKey,
}

impl Popular {
    /// By likes, as of the last minute. Whoever asks while it is worked out waits for it.
    pub async fn by_likes(&self, store: &Store) -> Result<Ranking, ViewError> {
        let mut kept = self.0.lock().await;
        if let Some((since, ranking)) = &*kept
            && since.elapsed() < KEPT
        {
            return Ok(Arc::clone(ranking));
        }
        let recent = Datetime::from_ms(clock::now().ms().saturating_sub(RECENT_MS));
        let liked = store.liked_generators(recent, RANKED_MAX).await?;
        let ranking: Ranking = liked.iter().map(Ranked::by_likes).collect();
        *kept = Some((Instant::now(), Arc::clone(&ranking)));
        Ok(ranking)
    }

    /// By hand where there is such a list, else by likes.
    pub async fn suggested(&self, store: &Store) -> Result<Ranking, ViewError> {
        let mut chosen: Vec<_> = store
            .editorial(EditorialList::Feeds)
            .await?
            .iter()
            .filter_map(Ranked::by_hand)
            .collect();
        if chosen.is_empty() {
            return self.by_likes(store).await;
        }
        chosen.sort_unstable_by(|a, b| b.cmp(a));
        Ok(chosen.into())
    }
}

impl Ranked {
    fn by_likes(row: &LikedGenerator) -> Self {
        let recent = i64::try_from(row.recent).unwrap_or(i64::MAX);
        Self { score: (recent, row.likers), key: row.key() }
    }

    /// The lowest position comes first.
    fn by_hand(row: &EditorialRow) -> Option<Self> {
        Some(Self { score: (row.position.saturating_neg(), 0), key: uri::generator(&row.subject)? })
    }
}

/// One page of an order. It goes on behind the last place shown, also when others have moved meanwhile.
pub(crate) fn page_of(ranking: &[Ranked], from: From, limit: usize) -> Page<Ranked> {
    let start = match from {
        From::Start => 0,
        From::After(cursor) => {
            let last = cursor.ranked();
            ranking.partition_point(|row| *row >= last)
        }
        From::Nowhere => ranking.len(),
    };
    let rows: Vec<_> = ranking.iter().skip(start).take(limit + 1).copied().collect();
    Page::cut(rows, limit, |row| *row)
}

#[cfg(test)]
mod tests {
    use firehouse_types::{ActorId, RkeyId};

    use super::*;

    #[test]
    fn pages_go_on_behind_the_last_place_whatever_moved() {
        let row = |recent, likers, actor| {
            let key = (ActorId::from(actor), RkeyId::from(1));
            Ranked { score: (recent, likers), key }
        };
        let ranking = [row(9, 9, 1), row(2, 8, 2), row(2, 8, 1), row(0, 5, 1)];
        let first = page_of(&ranking, From::Start, 2);
        assert_eq!(first.items, ranking[..2]);
        let text = first.next.unwrap().to_string();
        let from = From::parse(Some(&text)).unwrap_or(From::Nowhere);
        // Another rose to the top, and the last one shown is gone.
        let moved = [row(10, 1, 7), row(9, 9, 1), row(2, 8, 1), row(0, 5, 1)];
        let second = page_of(&moved, from, 2);
        assert_eq!(second.items, ranking[2..]);
        assert!(second.next.is_none());
    }
}
