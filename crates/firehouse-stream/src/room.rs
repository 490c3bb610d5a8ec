//! [`Room`]: frames that wait are bounded by their bytes too. A number alone says little: one frame may be as large as a thousand others.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one permit stands for. Units: bytes.
const BLOCK: usize = 1_024;

/// The bytes that may wait in one queue.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    free: Arc<Semaphore>,
    all: u32,
}

/// The place of one frame in a queue; free again when dropped.
#[derive(Debug, Default)]
pub struct Room {
    _held: Option<OwnedSemaphorePermit>,
}

impl Rooms {
    /// Units: bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        let all = u32::try_from(bytes_max.div_ceil(BLOCK)).unwrap_or(u32::MAX).max(1);
        let all = all.min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// A place for a frame, when there is one. A frame larger than the whole queue takes all of it.
    pub(crate) fn try_take(&self, frame_bytes: usize) -> Option<Room> {
        let held = Arc::clone(&self.free).try_acquire_many_owned(self.share(frame_bytes)).ok()?;
        Some(Room { _held: Some(held) })
    }

    /// Waits for a place.
    pub(crate) async fn take(&self, frame_bytes: usize) -> Room {
        // The semaphore is never closed.
        let held = Arc::clone(&self.free).acquire_many_owned(self.share(frame_bytes)).await.ok();
        Room { _held: held }
    }

    fn share(&self, frame_bytes: usize) -> u32 {
        u32::try_from(frame_bytes.div_ceil(BLOCK)).unwrap_or(u32::MAX).clamp(1, self.all)
    }
}
