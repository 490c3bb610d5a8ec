//! [`Status`]: what the pipeline tells others about itself while it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use firehouse_stream::Hold;
use firehouse_types::{Seq, UpstreamHealth, UpstreamKind, UpstreamState};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::metrics::now_ms;
use crate::ticket::{Mark, Ticket, Tickets};

/// The state of every upstream. Cheap to clone; clones see the same.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// By index; one that is no longer followed keeps its place, since tickets name it.
    upstreams: Arc<RwLock<Vec<Arc<Mutex<State>>>>>,
    gap_told: Arc<Notify>,
    /// Whether somebody takes note of gaps.
    gaps_noted: Arc<AtomicBool>,
    /// Whether an upstream has left something out: once is for as long as this process runs.
    has_gap: Arc<AtomicBool>,
}

#[derive(Debug)]
struct State {
    name: Arc<str>,
    url: String,
    kind: UpstreamKind,
    /// Neither followed any more nor shown.
    removed: bool,
    connection: UpstreamState,
    last_error: Option<String>,
    received: Option<Seq>,
    /// The saved cursor this run began with: every event up to it is readable already.
    resumed: Option<Seq>,
    gaps: u64,
    /// Gaps of which nobody has taken note: nothing behind them is read yet.
    untold: Vec<Hold>,
    tickets: Tickets,
}

impl Status {
    /// What `GET /xrpc/_health` says of every upstream.
    pub fn health(&self) -> Vec<UpstreamHealth> {
        let upstreams = self.upstreams.read().unwrap_or_else(PoisonError::into_inner).clone();
        let states =
            upstreams.iter().map(|state| state.lock().unwrap_or_else(PoisonError::into_inner));
        states.filter(|state| !state.removed).map(|state| state.health()).collect()
    }

    /// From now on every gap waits for [`Self::take_gaps`], and what comes behind it with it. `are_left`: whether a process before this one
    /// has left some.
    pub fn note_gaps(&self, are_left: bool) {
        self.gaps_noted.store(true, Ordering::Relaxed);
        self.has_gap.fetch_or(are_left, Ordering::Relaxed);
    }

    /// Whether something may have been left out that a process before this one had heard.
    pub(crate) fn has_gap(&self) -> bool {
        self.has_gap.load(Ordering::Relaxed)
    }

    /// Ends when an upstream turns out to have left something out, from the moment of the call on.
    pub fn gap_told(&self) -> OwnedNotified {
        Arc::clone(&self.gap_told).notified_owned()
    }

    /// The upstreams that have left something out since the last call. They go on when what holds them is dropped.
    pub fn take_gaps(&self) -> Vec<(String, Vec<Hold>)> {
        let take = |state: &mut State| (state.url.clone(), std::mem::take(&mut state.untold));
        let taken = (0..self.len()).filter_map(|upstream| self.with(upstream, take));
        taken.filter(|(_, holds)| !holds.is_empty()).collect()
    }

    /// Begins to follow one more upstream from its saved cursor. Returns its index.
    pub(crate) fn add(
        &self,
        name: Arc<str>,
        url: String,
        kind: UpstreamKind,
        cursor: Option<Seq>,
    ) -> usize {
        let state = State {
            name,
            url,
            kind,
            removed: false,
            connection: UpstreamState::Connecting,
            last_error: None,
            received: None,
            resumed: cursor,
            gaps: 0,
            untold: Vec::new(),
            tickets: Tickets::default(),
        };
        let mut upstreams = self.upstreams.write().unwrap_or_else(PoisonError::into_inner);
        upstreams.push(Arc::new(Mutex::new(state)));
        upstreams.len() - 1
    }

    /// How many bring commits, or are about to: only one that could not be reached brings none.
    pub(crate) fn live(&self) -> usize {
        let is_live = |state: &mut State| match state.connection {
            _ if state.kind == UpstreamKind::Jetstream => false,
            UpstreamState::Connected => !state.removed,
            UpstreamState::Connecting => !state.removed && state.last_error.is_none(),
            UpstreamState::Finished => false,
        };
        (0..self.len()).filter(|&upstream| self.with(upstream, is_live) == Some(true)).count()
    }

    /// Whether there has been one whose word nothing proves.
    pub(crate) fn has_jetstream(&self) -> bool {
        let is_one = |state: &mut State| state.kind == UpstreamKind::Jetstream;
        (0..self.len()).any(|upstream| self.with(upstream, is_one) == Some(true))
    }

    /// No longer shows an upstream. Its events that are under way still move its cursor.
    pub(crate) fn remove(&self, upstream: usize) {
        self.with(upstream, |state| state.removed = true);
    }

    /// Name of an upstream's cursor.
    pub(crate) fn name(&self, upstream: usize) -> Arc<str> {
        self.with(upstream, |state| Arc::clone(&state.name)).unwrap_or_default()
    }

    /// How many there have been.
    pub(crate) fn len(&self) -> usize {
        self.upstreams.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn connection(
        &self,
        upstream: usize,
        connection: UpstreamState,
        error: Option<String>,
    ) {
        self.with(upstream, |state| {
            state.connection = connection;
            state.last_error = error;
        });
    }

    /// Something is wrong that is not the connection's fault, or is no longer.
    pub(crate) fn trouble(&self, upstream: usize, error: Option<String>) {
        self.with(upstream, |state| state.last_error = error);
    }

    /// Whether frames can arrive.
    pub(crate) fn is_connected(&self, upstream: usize) -> bool {
        self.with(upstream, |state| state.connection == UpstreamState::Connected).unwrap_or(false)
    }

    /// Something may be lost. Keeps what holds the upstream where somebody takes note of it.
    pub(crate) fn gap(&self, upstream: usize, hold: Option<Hold>) {
        self.has_gap.store(true, Ordering::Relaxed);
        let hold = hold.filter(|_| self.gaps_noted.load(Ordering::Relaxed));
        self.with(upstream, |state| {
            state.gaps += 1;
            state.untold.extend(hold);
        });
        self.gap_told.notify_waiters();
    }

    /// Tickets for events that were just read, in their order.
    pub(crate) fn issue(
        &self,
        upstream: usize,
        marks: impl IntoIterator<Item = Mark>,
    ) -> Vec<Ticket> {
        let issue = |state: &mut State| {
            let tickets = marks.into_iter().map(|mark| {
                state.received = Some(mark.seq);
                Ticket { upstream, number: state.tickets.issue(mark), kib: 0 }
            });
            tickets.collect()
        };
        self.with(upstream, issue).unwrap_or_default()
    }

    /// Takes tickets back. Every row of their events must be acknowledged.
    pub(crate) fn done(&self, tickets: &[Ticket]) {
        for upstream in 0..self.len() {
            self.with(upstream, |state| {
                tickets
                    .iter()
                    .filter(|ticket| ticket.upstream == upstream)
                    .for_each(|ticket| state.tickets.done(ticket.number));
            });
        }
    }

    /// The seq that may be saved as cursor: nothing before it is open.
    pub(crate) fn low_water(&self, upstream: usize) -> Option<Seq> {
        self.with(upstream, |state| state.tickets.low_water().map(|mark| mark.seq)).flatten()
    }

    fn with<T>(&self, upstream: usize, act: impl FnOnce(&mut State) -> T) -> Option<T> {
        let upstreams = self.upstreams.read().unwrap_or_else(PoisonError::into_inner);
        let state = Arc::clone(upstreams.get(upstream)?);
        drop(upstreams);
        // The state is valid between any two statements, so a panic elsewhere does not spoil it.
        Some(act(&mut state.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl State {
    fn health(&self) -> UpstreamHealth {
        let readable = self.tickets.low_water();
        // How late the newest readable event reached us, and how long the oldest unreadable one has waited here.
        let late_ms = readable.map(|mark| (mark.received_ms - mark.event_ms).max(0));
        let waiting_ms =
            self.tickets.oldest_open().map_or(0, |mark| (now_ms() - mark.received_ms).max(0));
        UpstreamHealth {
            url: self.url.clone(),
            kind: self.kind,
            state: self.connection,
            last_error: self.last_error.clone(),
            seq_received: self.received.or(self.resumed),
            seq_readable: readable.map(|mark| mark.seq).or(self.resumed),
            lag_seconds: late_ms
                .map(|late_ms| u64::try_from((late_ms + waiting_ms) / 1_000).unwrap_or(0)),
            gaps: self.gaps,
            queued: self.tickets.in_flight() as u64,
        }
    }
}
