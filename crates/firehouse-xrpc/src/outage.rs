//! [`Outage`]: says once that requests fail at the store, and once that they no longer do, however many notice.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use firehouse_store::{Disposition, Store, StoreError};
use tokio::time::Instant;

/// How long the store must have failed no request before it is asked whether it is back.
const QUIET: Duration = Duration::from_secs(5);

/// Whether requests fail at the store now.
#[derive(Default)]
pub(crate) struct Outage(Mutex<Option<Current>>);

/// An outage that goes on.
struct Current {
    since: Instant,
    requests: u64,
}

impl Outage {
    /// A request failed. The first one is logged, and begins to watch for the end.
    pub(crate) fn failed(self: &Arc<Self>, error: &StoreError, store: &Store) {
        if self.count() > 1 {
            return;
        }
        let chain = error as &dyn std::error::Error;
        match error.disposition() {
            Disposition::Retry => {
                tracing::warn!(
                    error = chain,
                    "the store does not answer; requests that need it get 503"
                );
            }
            Disposition::Stop => {
                tracing::error!(
                    error = chain,
                    "the store refuses a query; requests that need it get 500"
                );
            }
        }
        let (outage, store) = (Arc::clone(self), store.clone());
        tokio::spawn(async move {
            let answers = || async { store.ping().await.is_ok() };
            let Current { since, requests } = outage.end(answers).await;
            let outage_s = since.elapsed().as_secs();
            tracing::info!(requests, outage_s, "requests no longer fail at the store");
        });
    }

    /// Shape: how many requests have failed since the outage began, this one included.
    fn count(&self) -> u64 {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = || Current { since: Instant::now(), requests: 0 };
        let current = current.get_or_insert_with(begun);
        current.requests += 1;
        current.requests
    }

    /// Waits until the store answers and has failed no request for a while.
    async fn end<F: Future<Output = bool>>(&self, answers: impl Fn() -> F) -> Current {
        let mut requests_before = 0;
        loop {
            tokio::time::sleep(QUIET).await;
            let is_back = answers().await;
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let requests = current.as_ref().map_or(0, |current| current.requests);
            if is_back
                && requests == requests_before
                && let Some(ended) = current.take()
            {
                return ended;
            }
            requests_before = requests;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_ends_when_the_store_answers_and_no_request_fails_any_more() {
        let outage = Outage::default();
        assert_eq!((outage.count(), outage.count()), (1, 2));
        let asked = Cell::new(0);
        let ended = outage.end(|| async {
            asked.set(asked.get() + 1);
            // Another request fails although the store answers, as when its memory is short.
            if asked.get() == 3 {
                outage.count();
            }
            asked.get() >= 3
        });
        let ended = ended.await;
        assert_eq!((ended.requests, asked.get()), (3, 4));
        assert_eq!(outage.count(), 1, "the next outage is another one");
    }
}
