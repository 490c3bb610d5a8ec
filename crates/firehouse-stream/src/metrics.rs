//! Metrics of the stream, one set of series per upstream.

use firehouse_types::{DropReason, Seq};
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// The vectors; hand out the series of one upstream with [`Metrics::upstream`].
#[derive(Clone)]
pub struct Metrics {
    frames: IntCounterVec,
    bytes: IntCounterVec,
    dropped: IntCounterVec,
    repeats: IntCounterVec,
    disconnects: IntCounterVec,
    gaps: IntCounterVec,
    connected: IntGaugeVec,
    last_seq: IntGaugeVec,
}

/// The series of one upstream. Its label is what the operator configured, never what the network says.
#[derive(Clone)]
pub struct UpstreamMetrics {
    pub(crate) frames: IntCounter,
    pub(crate) bytes: IntCounter,
    pub(crate) repeats: IntCounter,
    pub(crate) gaps: IntCounter,
    connected: IntGauge,
    last_seq: IntGauge,
    dropped: IntCounterVec,
    disconnects: IntCounterVec,
    upstream: String,
}

/// Why a connection ended, as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Dial,
    Refused,
    Closed,
    Broken,
    Idle,
    Silent,
    ErrorFrame,
    BadFrame,
}

impl Metrics {
    /// Registers the vectors; each upstream's series begin at zero when it is first named.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), &["upstream"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        Ok(Self {
            frames: counter(
                "firehouse_stream_frames_total",
                "Frames read from the socket.",
                &["upstream"],
            )?,
            bytes: counter(
                "firehouse_stream_bytes_total",
                "Bytes of the frames read from the socket.",
                &["upstream"],
            )?,
            dropped: counter(
                "firehouse_stream_frames_dropped_total",
                "Frames that were not passed on, by reason.",
                &["upstream", "reason"],
            )?,
            repeats: counter(
                "firehouse_stream_repeats_total",
                "Events that a reconnect brought a second time.",
                &["upstream"],
            )?,
            disconnects: counter(
                "firehouse_stream_disconnects_total",
                "Connections that ended or could not be made, by cause.",
                &["upstream", "cause"],
            )?,
            gaps: counter(
                "firehouse_stream_gaps_total",
                "Intervals of seqs that may have been lost.",
                &["upstream"],
            )?,
            connected: gauge("firehouse_stream_connected", "Whether frames can arrive.")?,
            last_seq: gauge("firehouse_stream_last_seq", "Seq of the newest event passed on.")?,
        })
    }

    /// The series of one upstream, all at zero if it is new.
    pub fn upstream(&self, upstream: &str) -> UpstreamMetrics {
        let label = [upstream];
        let metrics = UpstreamMetrics {
            frames: self.frames.with_label_values(&label),
            bytes: self.bytes.with_label_values(&label),
            repeats: self.repeats.with_label_values(&label),
            gaps: self.gaps.with_label_values(&label),
            connected: self.connected.with_label_values(&label),
            last_seq: self.last_seq.with_label_values(&label),
            dropped: self.dropped.clone(),
            disconnects: self.disconnects.clone(),
            upstream: upstream.to_owned(),
        };
        for cause in Cause::ALL {
            metrics.disconnects.with_label_values(&[upstream, cause.as_str()]);
        }
        metrics
    }
}

impl UpstreamMetrics {
    pub(crate) fn dropped(&self, reason: DropReason) {
        self.dropped.with_label_values(&[&self.upstream, reason.as_str()]).inc();
    }

    pub(crate) fn disconnected(&self, cause: Cause) {
        self.disconnects.with_label_values(&[&self.upstream, cause.as_str()]).inc();
    }

    pub(crate) fn connected(&self, is_connected: bool) {
        self.connected.set(i64::from(is_connected));
    }

    pub(crate) fn last_seq(&self, seq: Seq) {
        self.last_seq.set(i64::try_from(seq.get()).unwrap_or(i64::MAX));
    }
}

impl Cause {
    const ALL: [Self; 8] = [
        Self::Dial,
        Self::Refused,
        Self::Closed,
        Self::Broken,
        Self::Idle,
        Self::Silent,
        Self::ErrorFrame,
        Self::BadFrame,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Dial => "dial",
            Self::Refused => "refused",
            Self::Closed => "closed",
            Self::Broken => "broken",
            Self::Idle => "idle",
            Self::Silent => "silent",
            Self::ErrorFrame => "error_frame",
            Self::BadFrame => "bad_frame",
        }
    }
}
