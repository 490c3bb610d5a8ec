//! Takes the events of one labeler, proves their labels, and hands the rows to the writer.
//!
//! Nothing is dropped because the labeler's identity cannot be had at the moment: its stream waits, and so does the labeler's end of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use firehouse_identity::{Identity, Resolver};
use firehouse_schema::LabelRow;
use firehouse_types::{Did, DropReason, LabelEvent, LabelsEvent};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::judge::{Check, Judged, Received, judge};
use super::writer::Output;
use crate::metrics::{Metrics, now_ms};
use crate::status::Status;
use crate::ticket::{Mark, Ticket};

/// Events taken at once.
const EVENTS_PER_TURN: usize = 256;
/// Labels judged at once: about ten milliseconds of one core, after which another labeler may have its turn.
const LABELS_PER_PIECE: usize = 256;
/// Pauses between two questions for an identity that cannot be had.
const IDENTITY_PAUSE_MIN: Duration = Duration::from_millis(500);
const IDENTITY_PAUSE_MAX: Duration = Duration::from_secs(60);

/// One labeler.
pub struct Follower {
    pub upstream: usize,
    pub owner: Did,
    /// The operator trusts its labels whatever their signatures.
    pub is_trusted: bool,
    pub input: mpsc::Receiver<firehouse_stream::Received<LabelEvent>>,
    pub output: mpsc::Sender<Output>,
    /// Whoever judges holds its only permit.
    pub judging: Arc<Semaphore>,
    pub resolver: Resolver,
    pub status: Status,
    pub metrics: Metrics,
    pub stop: CancellationToken,
}

/// Some labels, and the tickets of the events of which these are the last.
#[derive(Default)]
struct Piece {
    labels: Vec<Received>,
    done: Vec<Ticket>,
}

impl Follower {
    /// Runs until its queue is closed and empty, the writer is gone, or it was stopped while it waited for an identity.
    pub async fn run(mut self) {
        let mut received = Vec::with_capacity(EVENTS_PER_TURN);
        while self.input.recv_many(&mut received, EVENTS_PER_TURN).await > 0 {
            self.metrics.queue_depth.with_label_values(&["labels"]).set(self.input.len() as i64);
            let events = received.drain(..).filter_map(|received| match received.event {
                LabelEvent::Labels(event) => Some(event),
                LabelEvent::Info(_) => None,
            });
            let events: Vec<LabelsEvent> = events.collect();
            // Labels are not stamped when they are sent, and what is replayed was made long ago: lag counts from here.
            let now_ms = now_ms();
            let mark = |event: &LabelsEvent| Mark {
                seq: event.seq,
                event_ms: now_ms,
                received_ms: now_ms,
            };
            let tickets = self.status.issue(self.upstream, events.iter().map(mark));
            for piece in pieces(events, tickets) {
                let Some(rows) = self.believed(piece.labels).await else { return };
                if self.output.send(Output { rows, done: piece.done }).await.is_err() {
                    return;
                }
            }
        }
    }

    /// The rows of those labels that are to be believed. `None` when stopped.
    async fn believed(&self, labels: Vec<Received>) -> Option<Vec<LabelRow>> {
        let check = match self.is_trusted {
            true => Check::Trusted,
            false => Check::with_key_of(&*self.identity(Asked::First).await?),
        };
        let Judged { mut rows, suspect, dropped } = self.judged(&check, labels).await?;
        dropped.iter().for_each(|reason| self.count_dropped(*reason, 1));
        if !suspect.is_empty() {
            let new_check = Check::with_key_of(&*self.identity(Asked::Again).await?);
            let still_suspect = if new_check == check {
                suspect.len()
            } else {
                let judged = self.judged(&new_check, suspect).await?;
                rows.extend(judged.rows);
                judged.suspect.len()
            };
            self.count_dropped(new_check.failure(), still_suspect);
        }
        self.metrics.labels.inc_by(rows.len() as u64);
        Some(rows)
    }

    /// Judges on a thread of its own. `None` when that is torn down.
    async fn judged(&self, check: &Check, labels: Vec<Received>) -> Option<Judged> {
        let permit = Arc::clone(&self.judging).acquire_owned().await.ok()?;
        let (owner, check) = (self.owner.clone(), check.clone());
        let judging = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            judge(&owner, &check, labels)
        });
        judging.await.ok()
    }

    fn count_dropped(&self, reason: DropReason, labels: usize) {
        if labels > 0 {
            self.metrics.labels_dropped.with_label_values(&[reason.as_str()]).inc_by(labels as u64);
            tracing::debug!(did = %self.owner, reason = reason.as_str(), labels, "labels dropped");
        }
    }

    /// The labeler's identity, however long that takes. `None` when stopped.
    async fn identity(&self, asked: Asked) -> Option<Arc<Identity>> {
        let mut pause = IDENTITY_PAUSE_MIN;
        loop {
            let answer = match asked {
                Asked::First => self.resolver.resolve(&self.owner).await,
                Asked::Again => self.resolver.refresh(&self.owner).await,
            };
            let error = match answer {
                Ok(identity) => {
                    if pause > IDENTITY_PAUSE_MIN {
                        self.status.trouble(self.upstream, None);
                    }
                    return Some(identity);
                }
                Err(error) => error,
            };
            if pause == IDENTITY_PAUSE_MIN {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(did = %self.owner, error, "the labeler's key cannot be had; its labels wait");
            }
            let trouble = format!("its key cannot be had: {error}");
            self.status.trouble(self.upstream, Some(trouble));
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(IDENTITY_PAUSE_MAX);
        }
    }
}

/// Whether the cached answer will do.
#[derive(Clone, Copy)]
enum Asked {
    First,
    Again,
}

/// Cuts events into pieces of bounded size. A ticket goes with the last label of its event.
fn pieces(events: Vec<LabelsEvent>, tickets: Vec<Ticket>) -> VecDeque<Piece> {
    let mut pieces = VecDeque::from([Piece::default()]);
    for (event, ticket) in events.into_iter().zip(tickets) {
        let seq = event.seq;
        for bytes in event.labels {
            if pieces.back().is_none_or(|piece| piece.labels.len() >= LABELS_PER_PIECE) {
                pieces.push_back(Piece::default());
            }
            if let Some(piece) = pieces.back_mut() {
                piece.labels.push(Received { seq, bytes });
            }
        }
        if let Some(piece) = pieces.back_mut() {
            piece.done.push(ticket);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use firehouse_types::Seq;

    use super::*;

    #[test]
    fn a_ticket_goes_with_the_last_label_of_its_event() {
        let event = |seq, labels| LabelsEvent {
            seq: Seq::new(seq).unwrap(),
            labels: vec![Bytes::from_static(b"\xf6"); labels],
        };
        let ticket = |number| Ticket { upstream: 0, number, kib: 1 };
        let events = vec![event(1, 1), event(2, 600), event(3, 0)];
        let pieces = pieces(events, vec![ticket(0), ticket(1), ticket(2)]);
        let sizes: Vec<_> = pieces.iter().map(|piece| piece.labels.len()).collect();
        assert_eq!(sizes, [256, 256, 89]);
        let done: Vec<_> = pieces
            .iter()
            .map(|piece| piece.done.iter().map(|ticket| ticket.number).collect::<Vec<_>>())
            .collect();
        assert_eq!(done, [vec![0], vec![], vec![1, 2]]);
    }
}
