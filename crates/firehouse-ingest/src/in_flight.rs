//! [`InFlight`]: how many events, and how many bytes of them, may be on their way from the sockets to the store.
//!
//! A number alone would not bound memory: 20,000 commits are 100 MiB on the open network, and 40 GB when somebody means harm.

use tokio::sync::Semaphore;

use crate::ticket::Ticket;

/// What is left of both bounds.
pub struct InFlight {
    events: Semaphore,
    events_max: u32,
    kib: Semaphore,
    kib_max: u32,
}

impl InFlight {
    /// Units: events, and bytes of their frames.
    pub fn new(events_max: usize, bytes_max: usize) -> Self {
        let permits = |count: usize| {
            u32::try_from(count.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX)
        };
        let (events_max, kib_max) = (permits(events_max), permits(bytes_max.div_ceil(1024)));
        let semaphore = |permits: u32| Semaphore::new(permits as usize);
        Self { events: semaphore(events_max), events_max, kib: semaphore(kib_max), kib_max }
    }

    /// Lets an event in when there is room for it. Shape: what its ticket is to carry.
    pub fn try_enter(&self, frame_bytes: usize) -> Option<u32> {
        let kib = self.share(frame_bytes);
        let event = self.events.try_acquire().ok()?;
        self.kib.try_acquire_many(kib).ok()?.forget();
        event.forget();
        Some(kib)
    }

    /// Waits until there is room for an event. Shape: what its ticket is to carry.
    pub async fn enter(&self, frame_bytes: usize) -> u32 {
        let kib = self.share(frame_bytes);
        // Neither is ever closed.
        if let Ok(event) = self.events.acquire().await {
            event.forget();
        }
        if let Ok(bytes) = self.kib.acquire_many(kib).await {
            bytes.forget();
        }
        kib
    }

    /// Events are in the store.
    pub fn leave(&self, tickets: &[Ticket]) {
        self.kib.add_permits(tickets.iter().map(|ticket| ticket.kib as usize).sum());
        self.events.add_permits(tickets.len());
    }

    /// Waits until nothing is on its way.
    pub async fn emptied(&self) {
        let _ = self.events.acquire_many(self.events_max).await;
    }

    /// A frame larger than everything that may be in flight goes alone.
    fn share(&self, frame_bytes: usize) -> u32 {
        u32::try_from(frame_bytes.div_ceil(1024)).unwrap_or(u32::MAX).clamp(1, self.kib_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(kib: u32) -> Ticket {
        Ticket { upstream: 0, number: 0, kib }
    }

    #[tokio::test]
    async fn few_large_frames_fill_it_as_many_small_ones_do() {
        let in_flight = InFlight::new(3, 10 << 10);
        assert_eq!(in_flight.try_enter(9_000), Some(9));
        assert_eq!(in_flight.try_enter(5_000), None);
        assert_eq!(in_flight.try_enter(100), Some(1));
        in_flight.leave(&[ticket(9), ticket(1)]);
        for _ in 0..3 {
            assert_eq!(in_flight.try_enter(100), Some(1));
        }
        assert_eq!(in_flight.try_enter(100), None, "there is no room for a fourth event");
        in_flight.leave(&[ticket(1), ticket(1), ticket(1)]);
        in_flight.emptied().await;
    }

    #[tokio::test]
    async fn a_frame_that_is_larger_than_all_room_goes_alone() {
        let in_flight = InFlight::new(3, 10 << 10);
        let kib = in_flight.enter(5_000_000).await;
        assert_eq!((kib, in_flight.try_enter(1)), (10, None));
        in_flight.leave(&[ticket(kib)]);
        assert_eq!(in_flight.try_enter(1), Some(1));
    }
}
