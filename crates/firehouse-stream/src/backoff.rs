//! [`Backoff`]: how long to wait before dialling again.

use std::time::Duration;

use rand::RngExt;

/// Doubles from a least to a longest wait. Each wait is drawn from the upper half of its step, so that many clients spread out.
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max: max.max(min), failures: 0 }
    }

    /// The wait after one more failure.
    pub(crate) fn next(&mut self) -> Duration {
        let step = self.min.saturating_mul(1 << self.failures.min(20)).min(self.max);
        self.failures = self.failures.saturating_add(1);
        jittered(step)
    }

    /// The next wait is the least one again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Between half and all of `wait`.
pub(crate) fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(rand::rng().random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_a_reset() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(1_000));
        let check = |backoff: &mut Backoff, step: u64| {
            let wait = backoff.next();
            assert!(wait >= ms(step / 2) && wait <= ms(step), "{wait:?} of {step} ms");
        };
        for step in [100, 200, 400, 800, 1_000, 1_000] {
            check(&mut backoff, step);
        }
        backoff.reset();
        check(&mut backoff, 100);
    }

    #[test]
    fn any_number_of_failures_stays_at_the_longest_wait() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        assert!((0..1_000).all(|_| backoff.next() <= Duration::from_secs(60)));
    }
}
