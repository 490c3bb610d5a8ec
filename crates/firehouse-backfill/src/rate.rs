//! [`RateGuard`]: a transfer must not be slow for long.
//!
//! A repo may take an hour, so a limit of the whole would either be too short or no limit: instead each stretch of time must bring its
//! bytes. What we make the host wait does not count against it.

use std::time::Duration;

use bytes::Bytes;
use firehouse_identity::Fetched;
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::error::FetchError;

/// Watches one transfer.
pub(crate) struct RateGuard {
    stretch: Duration,
    rate_bytes_per_s_min: u64,
    /// When the present stretch ends, and what it has brought.
    ends: Instant,
    bytes: u64,
}

impl RateGuard {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        let stretch = Duration::from_millis(config.rate_grace_ms.max(1));
        let rate_bytes_per_s_min = config.rate_bytes_per_s_min;
        Self { stretch, rate_bytes_per_s_min, ends: now + stretch, bytes: 0 }
    }

    /// The next piece of the answer; `None` at its end.
    pub(crate) async fn next(&mut self, answer: &mut Fetched) -> Result<Option<Bytes>, FetchError> {
        loop {
            match timeout_at(self.ends, answer.chunk()).await {
                Ok(chunk) => {
                    let chunk = chunk.map_err(interrupted)?;
                    self.received(chunk.as_ref().map_or(0, Bytes::len), Instant::now())?;
                    return Ok(chunk);
                }
                Err(_) => self.received(0, Instant::now())?,
            }
        }
    }

    /// The host waited for us, not we for it.
    pub(crate) fn pardon(&mut self, span: Duration) {
        self.ends += span;
    }

    fn received(&mut self, bytes: usize, now: Instant) -> Result<(), FetchError> {
        self.bytes += bytes as u64;
        if now < self.ends {
            return Ok(());
        }
        let rate_bytes_per_s_min = self.rate_bytes_per_s_min;
        let due = self.stretch.as_secs_f64() * rate_bytes_per_s_min as f64;
        if (self.bytes as f64) < due {
            return Err(FetchError::TooSlow { rate_bytes_per_s_min });
        }
        (self.ends, self.bytes) = (now + self.stretch, 0);
        Ok(())
    }
}

/// What ended a transfer that had begun.
pub(crate) fn interrupted(error: firehouse_identity::FetchError) -> FetchError {
    match error {
        firehouse_identity::FetchError::BodyTooLarge { bytes_max } => {
            FetchError::TooLarge { bytes_max: bytes_max as u64 }
        }
        other => FetchError::Interrupted(other),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::RateGuard;
    use crate::config::tests::config;

    const S: Duration = Duration::from_secs(1);

    /// With stretches of a second that must bring 1,000 bytes.
    fn guard() -> (RateGuard, Instant) {
        let start = Instant::now();
        (RateGuard::new(&config(), start), start)
    }

    #[test]
    fn each_stretch_must_bring_its_bytes() {
        let (mut guard, start) = guard();
        assert!(guard.received(1, start).is_ok(), "it has a second");
        assert!(guard.received(1_000_000, start + S).is_ok());
        assert!(guard.received(999, start + 2 * S).is_err(), "the second before does not help");
    }

    #[test]
    fn our_own_slowness_is_not_the_hosts() {
        let (mut guard, start) = guard();
        guard.pardon(10 * S);
        assert!(guard.received(1, start + 10 * S).is_ok());
        assert!(guard.received(0, start + 11 * S).is_err());
    }
}
