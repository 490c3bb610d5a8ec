//! [`subscribe`]: one upstream followed for ever, over as many connections as it takes.
//!
//! The cursor is the last event passed on (or dropped for its own fault), never a number beyond it, except behind a frame that cannot be
//! read at all. A failure at the same place, three times, is stepped over and said aloud: an upstream can repeat a broken frame for ever.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use firehouse_types::Seq;
use tokio::select;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::backoff::{Backoff, jittered};
use crate::config::Config;
use crate::connection::{Connection, End};
use crate::dial::{Wait, dial, tls};
use crate::error::StreamError;
use crate::metrics::{Cause, Metrics, UpstreamMetrics};
use crate::notice::{Hold, Notice, Received, Told};
use crate::room::Rooms;
use crate::stream_event::StreamEvent;
use crate::wire::{Framed, Resume, Wire};

/// Failures at one place before something is stepped over.
const FAILURES_MAX: u32 = 3;

/// What outlives a connection.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The last event that needs not be sent again.
    pub(crate) passed: Option<Seq>,
    /// Failures since `passed` rose last.
    failures: u32,
    /// Whether the last failure was a frame that was not even read: behind it we can only get with a higher cursor.
    unreadable: bool,
}

/// What every connection needs.
pub(crate) struct Subscription<W: Wire> {
    pub(crate) wire: W,
    pub(crate) config: Config,
    pub(crate) metrics: UpstreamMetrics,
    pub(crate) output: mpsc::Sender<Received<W::Event>>,
    pub(crate) rooms: Rooms,
    pub(crate) notices: mpsc::Sender<Told>,
    pub(crate) stop: CancellationToken,
    pub(crate) progress: Progress,
}

/// Follows one upstream until `stop` or until nobody takes the events any more.
/// Shape: events in seq order, repeats left out, into `output`; when that queue is full the socket is not read. Behind what may be lost
/// nothing is passed on before the notice that says so was taken out of `notices` and its [`Hold`] dropped.
/// Errors: only our own, before the first dial; whatever the upstream and the network do is a [`Notice`].
pub async fn subscribe<E: StreamEvent>(
    config: Config,
    cursor: Option<Seq>,
    metrics: Metrics,
    output: mpsc::Sender<Received<E>>,
    notices: mpsc::Sender<Told>,
    stop: CancellationToken,
) -> Result<(), StreamError> {
    subscribe_within(None, config, cursor, metrics, output, notices, stop).await
}

/// Which addresses may be dialled.
pub type Reach = fn(IpAddr) -> bool;

/// As [`subscribe`], for an upstream that a stranger named: only addresses within `reach` are dialled.
pub async fn subscribe_within<E: StreamEvent>(
    reach: Option<Reach>,
    config: Config,
    cursor: Option<Seq>,
    metrics: Metrics,
    output: mpsc::Sender<Received<E>>,
    notices: mpsc::Sender<Told>,
    stop: CancellationToken,
) -> Result<(), StreamError> {
    follow(Framed::<E>(PhantomData), reach, config, cursor, metrics, output, notices, stop).await
}

/// Follows an upstream that speaks in this way.
#[expect(
    clippy::too_many_arguments,
    reason = "those of its two callers, and how the upstream speaks"
)]
pub(crate) async fn follow<W: Wire>(
    wire: W,
    reach: Option<Reach>,
    config: Config,
    cursor: Option<Seq>,
    metrics: Metrics,
    output: mpsc::Sender<Received<W::Event>>,
    notices: mpsc::Sender<Told>,
    stop: CancellationToken,
) -> Result<(), StreamError> {
    let tls = tls()?;
    let metrics = metrics.upstream(&config.authority());
    let progress = Progress { passed: cursor, ..Progress::default() };
    let ms = Duration::from_millis;
    let mut backoff = Backoff::new(ms(config.backoff_min_ms), ms(config.backoff_max_ms));
    let rooms = Rooms::new(config.queue_bytes_max);
    let mut subscription =
        Subscription { wire, config, metrics, output, rooms, notices, stop, progress };
    loop {
        let from = subscription.progress.resumed_from();
        let url = subscription.wire.endpoint(&subscription.config, from)?;
        let dialled = select! {
            () = subscription.stop.cancelled() => break,
            dialled = dial(&url, &subscription.config, &tls, reach) => dialled,
        };
        let end = match dialled {
            Ok(socket) => {
                let connected_at = Instant::now();
                let end = Connection::new(&mut subscription, socket).run().await;
                if connected_at.elapsed() >= Duration::from_secs(subscription.config.stable_after_s)
                {
                    backoff.reset();
                }
                end
            }
            Err(error) => End::Lost { cause: error.cause, reason: error.reason, wait: error.wait },
        };
        let End::Lost { cause, reason, wait } = end else { break };
        if !subscription.goes_on_after(&mut backoff, cause, reason, wait).await {
            break;
        }
    }
    Ok(())
}

impl<W: Wire> Subscription<W> {
    /// Tells why and waits. `false` when it is time to stop instead.
    async fn goes_on_after(
        &mut self,
        backoff: &mut Backoff,
        cause: Cause,
        reason: String,
        wait: Wait,
    ) -> bool {
        let retry_in = match wait {
            Wait::Backoff => backoff.next(),
            Wait::AtLeast(asked) => backoff.next().max(asked),
            Wait::Long => jittered(Duration::from_millis(self.config.backoff_long_ms)),
        };
        self.metrics.disconnected(cause);
        self.notify(Notice::Disconnected { reason, retry_in }).await;
        select! {
            () = self.stop.cancelled() => false,
            () = self.output.closed() => false,
            () = tokio::time::sleep(retry_in) => true,
        }
    }

    /// Tells whoever listens; nobody has to.
    pub(crate) async fn notify(&self, notice: Notice) {
        self.tell(notice.into()).await;
    }

    /// Tells of what may be lost, and returns when whoever listens has taken note of it.
    pub(crate) async fn notify_loss(&self, notice: Notice) {
        let (hold, mut let_go) = Hold::new();
        self.tell(Told { notice, hold: Some(hold) }).await;
        select! {
            () = self.stop.cancelled() => {}
            () = self.output.closed() => {}
            _ = let_go.recv() => {}
        }
    }

    async fn tell(&self, told: Told) {
        select! {
            () = self.stop.cancelled() => {}
            _ = self.notices.send(told) => {}
        }
    }
}

impl Progress {
    /// What to resume from.
    fn resumed_from(&self) -> Resume {
        match self.passed {
            Some(passed) if self.is_beyond_unreadable() => Resume::Beyond(passed, self.allowance()),
            passed => Resume::Passed(passed),
        }
    }

    /// Whether the cursor we resumed from lies behind a frame that could not be read.
    pub(crate) fn is_beyond_unreadable(&self) -> bool {
        self.unreadable && self.allowance() > 0
    }

    /// An event needs not be sent again.
    pub(crate) fn pass(&mut self, seq: Seq) {
        // What comes again after a reconnect is no progress.
        if self.passed.is_none_or(|passed| seq > passed) {
            *self = Self { passed: Some(seq), failures: 0, unreadable: false };
        }
    }

    /// Something behind `passed` failed once more.
    pub(crate) fn fail(&mut self, unreadable: bool) {
        self.failures = self.failures.saturating_add(1);
        self.unreadable = unreadable;
    }

    /// How many frames behind `passed` may be stepped over: none, then one after three failures, two after six, four after nine, …
    pub(crate) fn allowance(&self) -> u64 {
        match self.failures / FAILURES_MAX {
            0 => 0,
            n => 1 << (n - 1).min(20),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(value: i64) -> Seq {
        Seq::new(value).expect("a seq")
    }

    #[test]
    fn failures_at_one_place_allow_more_and_more_to_be_stepped_over() {
        let mut progress = Progress { passed: Some(seq(10)), ..Progress::default() };
        let allowances: Vec<u64> = (0..10)
            .map(|_| {
                progress.fail(false);
                progress.allowance()
            })
            .collect();
        assert_eq!(allowances, [0, 0, 1, 1, 1, 2, 2, 2, 4, 4]);
        assert_eq!(
            progress.resumed_from(),
            Resume::Passed(Some(seq(10))),
            "a frame that was read is stepped over in place"
        );
        progress.pass(seq(10));
        assert_eq!(progress.allowance(), 4, "an event that comes again is no progress");
        progress.pass(seq(11));
        assert_eq!(progress.allowance(), 0);
        assert_eq!(progress.resumed_from(), Resume::Passed(Some(seq(11))));
    }

    #[test]
    fn the_cursor_moves_beyond_what_was_passed_only_for_a_frame_that_cannot_be_read() {
        let mut progress = Progress { passed: Some(seq(10)), ..Progress::default() };
        progress.fail(true);
        progress.fail(true);
        assert_eq!(progress.resumed_from(), Resume::Passed(Some(seq(10))));
        progress.fail(true);
        assert_eq!(progress.resumed_from(), Resume::Beyond(seq(10), 1));
    }
}
