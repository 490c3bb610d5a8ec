//! Works out how accounts stand with those who follow, from time to time.
//!
//! The work is cut into steps (`firehouse_store`'s `standings.rs`); the next one is saved in `positions`, so a process that ends goes on
//! where it stood. What was made for it and is gone meanwhile, as in a restored store, is made again from the beginning.

use std::time::{Duration, Instant};

use firehouse_store::{STANDING_STEPS, Store};
use tokio::time::sleep;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::{Metrics, now_us};

/// Raised when steps are no longer what they were: what was begun is begun anew.
const VERSION: u8 = 1;
/// From start to the first look: what has to be caught up with comes first.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// How old standings get at least. A small network, or one that is just being fetched, changes soon and is ranked in no time.
const YOUNGEST: Duration = Duration::from_secs(60 * 60);
/// The share of the time that may be spent on it: one in so many.
const TIME_SHARE: u32 = 50;

/// Ranks accounts whenever their standings are missing, or older than `interval`. Runs until an error that trying again cannot heal; whoever
/// is stopped in between leaves the standings as they were.
pub async fn rank_accounts(
    store: Store,
    interval: Duration,
    metrics: Metrics,
) -> Result<(), IngestError> {
    sleep(FIRST_AFTER).await;
    let mut kept = interval;
    loop {
        let computed_at = retried(&metrics, || store.standings_computed_at()).await?;
        let left = computed_at.map_or(Duration::ZERO, |at| left(at, kept, now_us()));
        if !left.is_zero() {
            sleep(left).await;
            continue;
        }
        let Some(took) = rank(&store, &metrics).await? else {
            sleep(YOUNGEST).await;
            continue;
        };
        tracing::info!(took_ms = took.as_millis(), "the standings of accounts are worked out");
        kept = (took * TIME_SHARE).clamp(YOUNGEST.min(interval), interval);
        if retried(&metrics, || store.standings_computed_at()).await?.is_none() {
            // Nobody follows anybody yet.
            sleep(YOUNGEST.min(interval)).await;
        }
    }
}

/// Takes all steps that are left, and returns how long that took. `None` when it has to be begun anew, in a while.
async fn rank(store: &Store, metrics: &Metrics) -> Result<Option<Duration>, IngestError> {
    let walk = format!("standings {VERSION}");
    let positions = retried(metrics, || store.positions(&walk)).await?;
    let saved = positions.lists.first().and_then(|(_, cursor)| begun(cursor.as_deref()?));
    let (mut step, computed_at) = saved.unwrap_or((0, now()));
    let began = Instant::now();
    while step < STANDING_STEPS {
        match retried(metrics, || store.rank_step(step, computed_at)).await {
            Ok(()) => step += 1,
            Err(IngestError::Store(error)) if step > 0 => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(step, error, "the standings of accounts are begun anew");
                retried(metrics, || store.save_position(&walk, 0, "steps", None)).await?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let cursor = format!("{step}.{computed_at}");
        retried(metrics, || store.save_position(&walk, 0, "steps", Some(&cursor))).await?;
    }
    retried(metrics, || store.save_position(&walk, 0, "steps", None)).await?;
    Ok(Some(began.elapsed()))
}

/// The next step, and when the first was taken.
fn begun(cursor: &str) -> Option<(u8, u64)> {
    let (step, computed_at) = cursor.split_once('.')?;
    Some((step.parse().ok()?, computed_at.parse().ok()?))
}

fn now() -> u64 {
    u64::try_from(now_us()).unwrap_or(0)
}

/// How long standings of then may stay, kept for so long.
fn left(computed_at_us: u64, kept: Duration, now_us: i64) -> Duration {
    let now = Duration::from_micros(u64::try_from(now_us).unwrap_or(0));
    // A clock that went back does not keep them for longer.
    let made = Duration::from_micros(computed_at_us).min(now);
    kept.saturating_sub(now - made)
}

#[cfg(test)]
mod tests {
    use firehouse_schema::LinkRow;
    use firehouse_sim::engine;
    use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};
    use prometheus::Registry;

    use super::*;

    #[tokio::test]
    async fn who_was_stopped_goes_on_and_what_is_gone_meanwhile_is_begun_anew() {
        let Some(store) = engine::store().await else { return };
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let follow = LinkRow {
            target_actor: ActorId::from(2),
            target_rkey: RkeyId::from(0),
            target_collection: "".into(),
            collection: Nsid::parse("app.bsky.graph.follow").unwrap(),
            path: ".subject".into(),
            actor: ActorId::from(1),
            rkey: RkeyId::from(1),
            rev: Rev::from(1),
            deleted: 0,
            target_cid: [0; 32],
            target_url: "".into(),
            sort_at: Datetime::EPOCH,
        };
        let _ = store.insert(&[follow]).await.unwrap();
        let walk = format!("standings {VERSION}");
        for step in 0..5 {
            store.rank_step(step, 7).await.unwrap();
        }
        store.save_position(&walk, 0, "steps", Some("5.7")).await.unwrap();
        assert!(rank(&store, &metrics).await.unwrap().is_some());
        let computed_at = store.standings_computed_at().await.unwrap();
        assert_eq!(computed_at, Some(7), "it is what was begun then");

        store.save_position(&walk, 0, "steps", Some("5.8")).await.unwrap();
        assert!(rank(&store, &metrics).await.unwrap().is_none());
        assert!(rank(&store, &metrics).await.unwrap().is_some());
        assert!(store.standings_computed_at().await.unwrap() > Some(8));
        assert_eq!(store.standings(&[ActorId::from(2)]).await.unwrap().len(), 1);
    }

    #[test]
    fn standings_are_made_anew_when_they_are_old_and_never_kept_longer_by_a_wrong_clock() {
        let s = Duration::from_secs;
        assert_eq!(left(1_000_000, s(10), 4_000_000), s(7));
        assert_eq!(left(1_000_000, s(10), 11_000_000), s(0));
        assert_eq!(left(1_000_000, s(10), 40_000_000), s(0));
        assert_eq!(left(90_000_000, s(10), 40_000_000), s(10));
    }

    #[test]
    fn what_was_begun_goes_on_where_it_stood() {
        assert_eq!(begun("7.1700000000000000"), Some((7, 1_700_000_000_000_000)));
        assert_eq!(begun("garbage"), None);
    }
}
