//! [`Pace`]: so many frames a second, on average.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Shorter waits than this are saved up: timers are no finer.
const WAIT_MIN: Duration = Duration::from_millis(2);

/// Counts frames against the clock.
pub(super) struct Pace {
    rate: Option<f64>,
    began_at: Instant,
    frames: u64,
}

impl Pace {
    /// Units: frames per second; `None`, or what is no positive number, is full speed.
    pub(super) fn new(rate: Option<f64>) -> Self {
        let rate = rate.filter(|rate| rate.is_finite() && *rate > 0.0);
        Self { rate, began_at: Instant::now(), frames: 0 }
    }

    /// Returns when the next frame is due.
    pub(super) async fn wait(&mut self) {
        let Some(rate) = self.rate else { return };
        #[expect(clippy::cast_precision_loss, reason = "a count of frames is far below 2^52")]
        let due_s = self.frames as f64 / rate;
        self.frames += 1;
        let due_at =
            self.began_at + Duration::try_from_secs_f64(due_s).unwrap_or(Duration::MAX / 4);
        if due_at.saturating_duration_since(Instant::now()) >= WAIT_MIN {
            sleep_until(due_at).await;
        }
    }
}
