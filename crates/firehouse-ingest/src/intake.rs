//! Takes events from one upstream and hands each to the worker of its account.
//!
//! Stops reading when too many events are in flight: the queue behind it fills, and the socket is no longer read.

use std::sync::Arc;

use firehouse_stream::Received;
use firehouse_types::{Datetime, Event};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

use crate::in_flight::InFlight;
use crate::metrics::{Metrics, now_ms};
use crate::status::Status;
use crate::ticket::{Mark, Ticket};
use crate::work::{Ticketed, Work};

/// Events taken at once; they share one message per worker.
const EVENTS_PER_TURN: usize = 256;

/// One upstream's way into the pipeline.
pub struct Intake {
    pub upstream: usize,
    /// Host and port, if it is a single PDS.
    pub pds: Option<Arc<str>>,
    pub input: mpsc::Receiver<Received>,
    pub workers: Vec<mpsc::Sender<Work>>,
    pub in_flight: Arc<InFlight>,
    pub status: Status,
    pub metrics: Metrics,
}

impl Intake {
    /// Runs until the upstream's queue is closed and empty, or a worker is gone.
    pub async fn run(mut self) {
        let mut received = Vec::with_capacity(EVENTS_PER_TURN);
        while self.input.recv_many(&mut received, EVENTS_PER_TURN).await > 0 {
            self.metrics.queue_depth.with_label_values(&["intake"]).set(self.input.len() as i64);
            // A worker is gone only when the pipeline is being torn down.
            if self.hand_on(&mut received).await.is_err() {
                return;
            }
        }
    }

    async fn hand_on(&self, received: &mut Vec<Received>) -> Result<(), SendError<Work>> {
        let mut events = Vec::with_capacity(received.len());
        for Received { event, frame, room, .. } in received.drain(..) {
            let Some(mark) = mark(&event, now_ms()) else { continue };
            let kib = match self.in_flight.try_enter(frame.len()) {
                Some(kib) => kib,
                None => {
                    // What has entered must go on, or nothing would ever leave.
                    self.dispatch(std::mem::take(&mut events)).await?;
                    self.in_flight.enter(frame.len()).await
                }
            };
            drop(room);
            events.push((event, mark, kib));
        }
        self.dispatch(events).await
    }

    async fn dispatch(&self, events: Vec<(Event, Mark, u32)>) -> Result<(), SendError<Work>> {
        self.metrics.in_flight_events.add(events.len() as i64);
        let marks = events.iter().map(|&(_, mark, _)| mark);
        let tickets = self.status.issue(self.upstream, marks);
        let mut shares: Vec<Vec<Ticketed>> = self.workers.iter().map(|_| Vec::new()).collect();
        for ((event, _, kib), ticket) in events.into_iter().zip(tickets) {
            let ticket = Ticket { kib, ..ticket };
            self.metrics.events.with_label_values(&[kind(&event)]).inc();
            let Some(did) = event.did() else { continue };
            let share = did.actor().get() % shares.len() as u64;
            if let Some(share) = usize::try_from(share).ok().and_then(|index| shares.get_mut(index))
            {
                let pds = self.pds.clone();
                share.push(Ticketed { ticket, event, refreshed: false, held: false, pds });
            }
        }
        for (worker, share) in
            self.workers.iter().zip(shares).filter(|(_, share)| !share.is_empty())
        {
            worker.send(Work::Events(share)).await?;
        }
        Ok(())
    }
}

fn mark(event: &Event, received_ms: i64) -> Option<Mark> {
    let time = match event {
        Event::Unproven(op) => {
            let event_ms = i64::try_from(op.seq.get() / 1_000).unwrap_or(received_ms);
            return Some(Mark { seq: op.seq, event_ms, received_ms });
        }
        Event::Commit(e) => &e.time,
        Event::Sync(e) => &e.time,
        Event::Identity(e) => &e.time,
        Event::Account(e) => &e.time,
        Event::Info(_) => return None,
    };
    let event_ms = Datetime::parse(time).map_or(received_ms, Datetime::ms);
    event.seq().map(|seq| Mark { seq, event_ms, received_ms })
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Commit(_) => "commit",
        Event::Unproven(_) => "unproven",
        Event::Sync(_) => "sync",
        Event::Identity(_) => "identity",
        Event::Account(_) => "account",
        Event::Info(_) => "info",
    }
}
