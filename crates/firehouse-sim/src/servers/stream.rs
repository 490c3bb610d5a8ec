//! [`Stream`]: the frames one host keeps, in the order of its own seqs, and the faults that wait between them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use tokio::sync::watch;

use crate::faults::fault::Fault;
use crate::faults::ledger::Ledger;
use crate::faults::trap::Trap;

/// A log of frames with a replay window.
pub(crate) struct Stream {
    log: Mutex<Log>,
    head: watch::Sender<i64>,
    ledger: Ledger,
}

#[derive(Default)]
struct Log {
    entries: VecDeque<Entry>,
    last_seq: i64,
    /// The newest seq that is a whole and lawful event: what a consumer can be asked to reach.
    last_event: i64,
    /// What befalls the next requests to subscribe.
    dial: VecDeque<Fault>,
    /// Whether a cursor below the window is told so.
    says_outdated: bool,
    /// The newest seq that is no longer kept.
    forgotten: i64,
}

struct Entry {
    seq: i64,
    frame: Bytes,
    trap: Option<Trap>,
    /// Comes true when the frame is sent for the first time.
    fault: Option<Fault>,
}

/// What a connection sends next.
pub(crate) enum Next {
    /// The frame of this seq, and what befalls it.
    Frame { seq: i64, frame: Bytes, trap: Option<Trap> },
    /// There is no more.
    Wait,
}

/// How a connection begins.
pub(crate) struct Opening {
    /// Frames above this one are sent.
    pub(crate) after: i64,
    pub(crate) fault: Option<Fault>,
    /// The cursor lies below the window, and the host says so.
    pub(crate) outdated: bool,
}

impl Stream {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { log: Mutex::default(), head: watch::Sender::new(0), ledger }
    }

    /// Adds the frame that `make` gives for its seq. Shape: the seq.
    pub(crate) fn publish(&self, trap: Option<Trap>, make: impl FnOnce(i64) -> Vec<u8>) -> i64 {
        self.add(make, trap, None, true)
    }

    /// Adds a frame that is there to be a fault, and that nobody has to read.
    pub(crate) fn publish_fault(&self, fault: Fault, make: impl FnOnce(i64) -> Vec<u8>) {
        self.add(make, None, Some(fault), false);
    }

    /// Adds an event that is a fault by what it says.
    pub(crate) fn publish_false(
        &self,
        fault: Fault,
        trap: Option<Trap>,
        make: impl FnOnce(i64) -> Vec<u8>,
    ) {
        self.add(make, trap, Some(fault), true);
    }

    fn add(
        &self,
        make: impl FnOnce(i64) -> Vec<u8>,
        trap: Option<Trap>,
        fault: Option<Fault>,
        is_event: bool,
    ) -> i64 {
        let mut log = self.log();
        let seq = log.last_seq + 1;
        log.last_seq = seq;
        if is_event {
            log.last_event = seq;
        }
        log.entries.push_back(Entry { seq, frame: make(seq).into(), trap, fault });
        drop(log);
        self.head.send_replace(seq);
        seq
    }

    /// Lets a fault wait for the next request to subscribe.
    pub(crate) fn await_dial(&self, fault: Fault) {
        self.log().dial.push_back(fault);
    }

    /// What befalls a request to subscribe. `None` for a cursor: live only.
    pub(crate) fn open(&self, cursor: Option<i64>) -> Opening {
        let mut log = self.log();
        let mut fault = log.dial.pop_front();
        let mut after = cursor.unwrap_or(log.last_seq);
        if fault == Some(Fault::FramesReplayed) {
            after = (after - 20).max(0);
        }
        if fault.is_none() && after > log.last_seq {
            // No fault of ours: the consumer has a cursor of somebody else's.
            fault = Some(Fault::FutureCursor);
        } else if let Some(fault) = fault {
            self.ledger.fire(fault);
        }
        let outdated = after < log.forgotten && log.says_outdated;
        Opening { after, fault, outdated }
    }

    /// What comes behind `after`. A trap is handed out once.
    pub(crate) fn next(&self, after: i64) -> Next {
        let mut log = self.log();
        let at = log.entries.partition_point(|entry| entry.seq <= after);
        let Some(entry) = log.entries.get_mut(at) else { return Next::Wait };
        entry.fault.take().into_iter().for_each(|fault| self.ledger.fire(fault));
        let trap = entry.trap.take();
        trap.and_then(Trap::fault).into_iter().for_each(|fault| self.ledger.fire(fault));
        let (seq, frame) = (entry.seq, entry.frame.clone());
        if let Some(Trap::MoveWindow { by, announced }) = trap {
            log.forget(at + by, announced, &self.ledger);
        }
        Next::Frame { seq, frame, trap }
    }

    /// Moves the window up to the newest frame, as long time does.
    pub(crate) fn forget_all(&self, announced: bool) {
        let mut log = self.log();
        let all = log.entries.len();
        log.forget(all, announced, &self.ledger);
    }

    /// Everything it keeps, whatever befalls it. Snaps no trap.
    pub(crate) fn frames(&self) -> Vec<Bytes> {
        self.log().entries.iter().map(|entry| entry.frame.clone()).collect()
    }

    /// The newest lawful event.
    pub(crate) fn last_event(&self) -> i64 {
        self.log().last_event
    }

    /// Told of every new frame.
    pub(crate) fn watch(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn forget(&mut self, count: usize, announced: bool, ledger: &Ledger) {
        self.says_outdated = announced;
        for entry in self.entries.drain(..count.min(self.entries.len())) {
            self.forgotten = entry.seq;
            // What waited there is lost with its frame.
            let waited = entry.fault.into_iter().chain(entry.trap.and_then(Trap::fault));
            waited.for_each(|fault| ledger.unplan(fault));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(frames: u8) -> (Stream, Ledger) {
        let ledger = Ledger::default();
        let stream = Stream::new(ledger.clone());
        for n in 0..frames {
            stream.publish(None, |_| vec![n]);
        }
        (stream, ledger)
    }

    fn seqs(stream: &Stream, mut after: i64) -> Vec<i64> {
        let mut seqs = Vec::new();
        while let Next::Frame { seq, .. } = stream.next(after) {
            seqs.push(seq);
            after = seq;
        }
        seqs
    }

    #[test]
    fn a_cursor_gives_what_comes_behind_it() {
        let (stream, _) = stream(4);
        assert_eq!(seqs(&stream, stream.open(Some(2)).after), [3, 4]);
        assert_eq!(seqs(&stream, stream.open(Some(0)).after), [1, 2, 3, 4]);
        assert_eq!(seqs(&stream, stream.open(None).after), [0; 0]);
    }

    #[test]
    fn a_trap_snaps_once() {
        let (stream, ledger) = stream(1);
        stream.publish(Some(Trap::Cut), |_| vec![]);
        let mut traps = (0..2).map(|_| match stream.next(1) {
            Next::Frame { trap, .. } => trap,
            Next::Wait => panic!("the second frame is there"),
        });
        assert_eq!((traps.next(), traps.next()), (Some(Some(Trap::Cut)), Some(None)));
        assert_eq!(ledger.fired(Fault::Cut), 1);
    }

    #[test]
    fn a_window_that_moved_says_so_when_it_shall() {
        for announced in [true, false] {
            let (stream, ledger) = stream(3);
            stream.publish(Some(Trap::MoveWindow { by: 2, announced }), |_| vec![]);
            for n in 0..4 {
                stream.publish(None, |_| vec![n]);
            }
            assert!(!stream.open(Some(3)).outdated);
            assert!(matches!(stream.next(3), Next::Frame { trap: Some(_), .. }));
            assert_eq!(
                (stream.open(Some(3)).outdated, seqs(&stream, 3)),
                (announced, vec![6, 7, 8])
            );
            let fault = if announced { Fault::OutdatedCursor } else { Fault::WindowLost };
            assert_eq!(ledger.fired(fault), 1);
        }
    }

    #[test]
    fn a_cursor_above_the_head_lies_in_the_future() {
        let (stream, ledger) = stream(3);
        assert_eq!(stream.open(Some(4)).fault, Some(Fault::FutureCursor));
        assert_eq!(ledger.fired(Fault::FutureCursor), 0, "it was not planned");
    }
}
