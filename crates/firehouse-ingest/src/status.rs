//! [`Status`]: what the pipeline tells others about itself while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use firehouse_types::{Seq, UpstreamHealth, UpstreamState};

use crate::metrics::now_ms;
use crate::ticket::{Mark, Ticket, Tickets};

/// The state of every upstream. Cheap to clone; clones see the same.
#[derive(Clone, Debug)]
pub struct Status {
    upstreams: Arc<[Mutex<State>]>,
}

#[derive(Debug)]
struct State {
    url: String,
    connection: UpstreamState,
    last_error: Option<String>,
    received: Option<Seq>,
    /// The saved cursor this run began with: every event up to it is readable already.
    resumed: Option<Seq>,
    gaps: u64,
    tickets: Tickets,
}

impl Status {
    /// One entry per upstream, as configured.
    pub fn new(urls: impl IntoIterator<Item = String>) -> Self {
        let state = |url| {
            let connection = UpstreamState::Connecting;
            Mutex::new(State {
                url,
                connection,
                last_error: None,
                received: None,
                resumed: None,
                gaps: 0,
                tickets: Tickets::default(),
            })
        };
        Self { upstreams: urls.into_iter().map(state).collect() }
    }

    /// What `GET /xrpc/_health` says of every upstream.
    pub fn health(&self) -> Vec<UpstreamHealth> {
        (0..self.upstreams.len())
            .filter_map(|index| self.with(index, |state| state.health()))
            .collect()
    }

    /// Says with which saved cursor an upstream is resumed.
    pub fn resume(&self, upstream: usize, cursor: Option<Seq>) {
        self.with(upstream, |state| state.resumed = cursor);
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

    pub(crate) fn gap(&self, upstream: usize) {
        self.with(upstream, |state| state.gaps += 1);
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
                Ticket { upstream, number: state.tickets.issue(mark) }
            });
            tickets.collect()
        };
        self.with(upstream, issue).unwrap_or_default()
    }

    /// Takes tickets back. Every row of their events must be acknowledged.
    pub(crate) fn done(&self, tickets: &[Ticket]) {
        for upstream in 0..self.upstreams.len() {
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
        // The state is valid between any two statements, so a panic elsewhere does not spoil it.
        self.upstreams
            .get(upstream)
            .map(|state| act(&mut state.lock().unwrap_or_else(PoisonError::into_inner)))
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
