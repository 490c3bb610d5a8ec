//! [`Workshop`]: makes images on few threads, in bounded memory, with a short queue in front.
//!
//! A decoder cannot be stopped half-way. So whoever stops waiting leaves its worker and its memory taken until the image is made, and the
//! limits on pixels and bytes bound how long that is.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::path::ImageKey;
use crate::picture::{self, Unusable};

/// Memory is given out in pieces of this size.
const PIECE_BYTES: u64 = 1024 * 1024;

/// Where images are made.
pub(crate) struct Workshop {
    queue: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    memory_bytes_max: u64,
    quality: u8,
    metrics: Metrics,
}

/// Of one image that waits or is made.
pub(crate) struct Place(
    #[expect(dead_code, reason = "held, and given back when dropped")] OwnedSemaphorePermit,
);

impl Workshop {
    pub(crate) fn new(config: &Config, metrics: Metrics) -> Self {
        let semaphore =
            |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        let pieces = usize::try_from(config.memory_bytes_max / PIECE_BYTES).unwrap_or(usize::MAX);
        Self {
            queue: semaphore(config.queue_max.saturating_add(config.workers)),
            workers: semaphore(config.workers.max(1)),
            memory: semaphore(pieces.min(u32::MAX as usize)),
            memory_bytes_max: config.memory_bytes_max,
            quality: config.quality.clamp(1, 100),
            metrics,
        }
    }

    /// A place in the queue. Errors: [`Failure::Busy`] when there is none.
    pub(crate) fn enter(&self) -> Result<Place, Failure> {
        Arc::clone(&self.queue).try_acquire_owned().map(Place).map_err(|_| Failure::Busy)
    }

    /// Makes one image of a blob. Errors: [`Failure::NotAnImage`].
    pub(crate) async fn make(
        &self,
        place: Place,
        blob: Bytes,
        key: &ImageKey,
    ) -> Result<Bytes, Failure> {
        let worker = permit(&self.workers, 1).await?;
        let memory_bytes_max = self.memory_bytes_max;
        let looking = {
            let blob = blob.clone();
            move || picture::look(&blob, memory_bytes_max)
        };
        let needs = work(looking).await?;
        let pieces = u32::try_from(needs.bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        let pieces = pieces.min(u32::try_from(memory_bytes_max / PIECE_BYTES).unwrap_or(u32::MAX));
        let memory = permit(&self.memory, pieces).await?;
        let timer = self.metrics.making();
        let (preset, format, quality) = (key.preset, key.format, self.quality);
        let making = move || {
            let made = picture::make(&blob, preset, format, quality, needs);
            drop((place, worker, memory));
            made
        };
        let made = work(making).await;
        timer.observe_duration();
        made.map(Bytes::from)
    }
}

async fn permit(semaphore: &Arc<Semaphore>, permits: u32) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(semaphore).acquire_many_owned(permits).await.map_err(|_| Failure::Busy)
}

/// Runs what takes long beside the runtime. A decoder that panics has met no image.
async fn work<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unusable> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a blob is no image");
            Err(Failure::NotAnImage)
        }
        Err(_) => Err(Failure::NotAnImage),
    }
}
