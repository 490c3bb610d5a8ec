//! Metrics of identity look-ups.

use prometheus::{IntCounterVec, Opts, Registry};

/// Counters of this crate. Labels come from closed lists.
#[derive(Clone)]
pub struct Metrics {
    lookups: IntCounterVec,
    cache: IntCounterVec,
}

/// What was looked up.
#[derive(Clone, Copy)]
pub(crate) enum Lookup {
    Plc,
    Web,
    Handle,
}

/// How a look-up ended.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Found,
    Absent,
    Failed,
}

/// What the cache did for a caller.
#[derive(Clone, Copy)]
pub(crate) enum CacheEvent {
    Hit,
    Miss,
    Forgotten,
    Refreshed,
    Recorded,
    Told,
}

impl CacheEvent {
    const ALL: [Self; 6] =
        [Self::Hit, Self::Miss, Self::Forgotten, Self::Refreshed, Self::Recorded, Self::Told];
}

impl Metrics {
    /// Registers every series at zero.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let lookups = IntCounterVec::new(
            Opts::new(
                "firehouse_identity_lookups_total",
                "Look-ups that left this process, by kind and outcome.",
            ),
            &["kind", "outcome"],
        )?;
        let cache = IntCounterVec::new(
            Opts::new("firehouse_identity_cache_total", "What the cache of identities did."),
            &["event"],
        )?;
        registry.register(Box::new(lookups.clone()))?;
        registry.register(Box::new(cache.clone()))?;
        let metrics = Self { lookups, cache };
        for kind in [Lookup::Plc, Lookup::Web, Lookup::Handle] {
            for outcome in [Outcome::Found, Outcome::Absent, Outcome::Failed] {
                metrics.lookups.with_label_values(&[kind.as_str(), outcome.as_str()]);
            }
        }
        for event in CacheEvent::ALL {
            metrics.cache.with_label_values(&[event.as_str()]);
        }
        Ok(metrics)
    }

    pub(crate) fn lookup(&self, kind: Lookup, outcome: Outcome) {
        self.lookups.with_label_values(&[kind.as_str(), outcome.as_str()]).inc();
    }

    pub(crate) fn cache(&self, event: CacheEvent) {
        self.cache.with_label_values(&[event.as_str()]).inc();
    }
}

impl Lookup {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Plc => "plc",
            Self::Web => "web",
            Self::Handle => "handle",
        }
    }
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }
}

impl CacheEvent {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Forgotten => "forgotten",
            Self::Refreshed => "refreshed",
            Self::Recorded => "recorded",
            Self::Told => "told",
        }
    }
}
