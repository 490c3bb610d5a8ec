//! [`Tickets`]: which events of one upstream are done, and so how far its cursor may move.
//!
//! Every event gets a ticket in the order of the socket and gives it back in any order. The low-water mark is the newest seq with nothing
//! open before it: the only cursor that loses nothing.

use std::collections::VecDeque;

use firehouse_types::Seq;

/// The place of one event in the order of its upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Index of the upstream.
    pub upstream: usize,
    /// Counts up from 0 within one run.
    pub number: u64,
    /// What it takes of the bytes that may be in flight; 0 where they are not counted. Units: KiB.
    pub kib: u32,
}

/// The open and the finished events of one upstream, oldest first.
#[derive(Debug, Default)]
pub struct Tickets {
    /// Number of the oldest ticket that still stands in `open`.
    first: u64,
    open: VecDeque<Open>,
    low_water: Option<Mark>,
}

/// An event up to which everything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its seq.
    pub seq: Seq,
    /// When the upstream says it happened. Units: milliseconds since 1970.
    pub event_ms: i64,
    /// When it was read from the socket. Units: milliseconds since 1970.
    pub received_ms: i64,
}

#[derive(Debug)]
struct Open {
    mark: Mark,
    done: bool,
}

impl Tickets {
    /// A ticket for the next event. Events come in the order of their seqs.
    pub fn issue(&mut self, mark: Mark) -> u64 {
        self.open.push_back(Open { mark, done: false });
        self.first + self.open.len() as u64 - 1
    }

    /// Takes a ticket back. Returning one twice changes nothing.
    pub fn done(&mut self, number: u64) {
        let index = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(open) = index.and_then(|index| self.open.get_mut(index)) {
            open.done = true;
        }
        while let Some(open) = self.open.pop_front_if(|open| open.done) {
            self.first += 1;
            self.low_water = Some(open.mark);
        }
    }

    /// The newest event with nothing open before it.
    pub fn low_water(&self) -> Option<Mark> {
        self.low_water
    }

    /// The oldest event that is not done.
    pub fn oldest_open(&self) -> Option<Mark> {
        self.open.front().map(|open| open.mark)
    }

    /// How many events are not behind the low-water mark.
    pub fn in_flight(&self) -> usize {
        self.open.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark(seq: u64) -> Mark {
        Mark { seq: Seq::new(seq as i64).unwrap(), event_ms: 0, received_ms: 0 }
    }

    proptest! {
        #[test]
        fn the_mark_never_passes_an_open_ticket(order in Just((0..60u64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut tickets = Tickets::default();
            for seq in 0..60 {
                prop_assert_eq!(tickets.issue(mark(seq * 3 + 1)), seq);
            }
            let mut done = [false; 60];
            for number in order {
                tickets.done(number);
                done[usize::try_from(number).unwrap()] = true;
                let expected = done.iter().take_while(|d| **d).count();
                prop_assert_eq!(tickets.low_water().map(|m| m.seq.get()), (expected as u64).checked_sub(1).map(|n| n * 3 + 1));
                prop_assert_eq!(tickets.in_flight(), 60 - expected);
            }
        }
    }

    #[test]
    fn a_ticket_given_back_twice_counts_once() {
        let mut tickets = Tickets::default();
        let (first, second) = (tickets.issue(mark(5)), tickets.issue(mark(6)));
        tickets.done(first);
        tickets.done(first);
        assert_eq!(tickets.low_water(), Some(mark(5)));
        assert_eq!(tickets.oldest_open(), Some(mark(6)));
        tickets.done(second);
        assert_eq!((tickets.low_water(), tickets.in_flight()), (Some(mark(6)), 0));
    }
}
