//! `dev.firehouse.admin.*`: what the administrator may change while the process runs.
//!
//! Who follows upstreams is the caller's of this crate to say: see [`Upstreams`].

use std::borrow::Cow;

use firehouse_store::StoreError;
use firehouse_types::{Seq, UpstreamKind, UpstreamState};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::method::{self, Ready, Run};
use crate::parameters::typed;
use crate::server::Services;

/// The upstreams of this process, for those who may look at them and change them.
pub trait Upstreams: Send + Sync {
    /// Those that are followed, those that are configured, in the order of their names.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Upstream>, UpstreamError>>;
    /// Follows one more, from now on and after a restart. Errors: calling again is safe.
    fn add<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>>;
    /// Reads no more of one that is followed until it is resumed, also after a restart. Errors: calling again is safe.
    fn pause<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>>;
    /// Reads on where a paused one was left. Errors: calling again is safe.
    fn resume<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>>;
    /// Follows one no longer, now and after a restart. Errors: calling again is safe.
    fn remove<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>>;
}

/// One upstream as the administrator sees it.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// As configured or added.
    pub url: String,
    /// What it is, and so what may be believed of it.
    pub kind: UpstreamKind,
    /// Whether the configuration names it.
    pub configured: bool,
    /// Whether it is followed.
    pub followed: bool,
    /// Whether it is followed, but not now.
    pub paused: bool,
    /// How it goes, while it is followed.
    pub health: Option<firehouse_types::UpstreamHealth>,
}

/// Why the upstreams are not as the administrator wants them.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The URL cannot be followed.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// No such upstream is followed.
    #[error("no upstream of this host and port is followed")]
    NotFound,
    /// There are enough.
    #[error("{max} upstreams are followed, which is the most there may be")]
    TooMany {
        /// How many.
        max: usize,
    },
    /// The process is about to end.
    #[error("the process is stopping")]
    Stopping,
    /// The change could not be kept.
    #[error("the change could not be saved")]
    Store(#[from] StoreError),
}

pub(crate) const ADD_UPSTREAM: Run = |services, _, input| {
    Box::pin(async move {
        following(services)?.add(&typed::<Named>(input)?.url).await?;
        Ok(Ready::default())
    })
};

pub(crate) const PAUSE_UPSTREAM: Run = |services, _, input| {
    Box::pin(async move {
        following(services)?.pause(&typed::<Named>(input)?.url).await?;
        Ok(Ready::default())
    })
};

pub(crate) const RESUME_UPSTREAM: Run = |services, _, input| {
    Box::pin(async move {
        following(services)?.resume(&typed::<Named>(input)?.url).await?;
        Ok(Ready::default())
    })
};

pub(crate) const REMOVE_UPSTREAM: Run = |services, _, input| {
    Box::pin(async move {
        following(services)?.remove(&typed::<Named>(input)?.url).await?;
        Ok(Ready::default())
    })
};

pub(crate) const LIST_UPSTREAMS: Run = |services, _, _| {
    Box::pin(async move {
        let upstreams = following(services)?.list().await?;
        let upstreams: Vec<Value> = upstreams.iter().map(view).collect();
        let json = method::json(&json!({ "upstreams": upstreams }))?;
        Ok(Ready { json: Some(json), ..Ready::default() })
    })
};

#[derive(serde::Deserialize)]
struct Named {
    url: String,
}

fn following(services: &Services) -> Result<&dyn Upstreams, Failure> {
    let message = "This process follows no upstreams";
    services.upstreams.as_deref().ok_or_else(|| Failure::bad_request("NotFollowing", message))
}

fn view(upstream: &Upstream) -> Value {
    let mut view = json!({
        "url": upstream.url,
        "kind": upstream.kind.as_str(),
        "configured": upstream.configured,
        "followed": upstream.followed,
        "paused": upstream.paused,
    });
    let Some(health) = &upstream.health else { return view };
    let state = match health.state {
        UpstreamState::Connecting => "connecting",
        UpstreamState::Connected => "connected",
        UpstreamState::Finished => "finished",
    };
    let known = [
        ("state", Some(state.into())),
        ("lastError", health.last_error.as_deref().map(Value::from)),
        ("seqReceived", health.seq_received.map(Seq::get).map(Value::from)),
        ("seqReadable", health.seq_readable.map(Seq::get).map(Value::from)),
        ("lagSeconds", health.lag_seconds.map(Value::from)),
        ("gaps", Some(health.gaps.into())),
        ("queued", Some(health.queued.into())),
    ];
    for (key, value) in known {
        if let Some(value) = value {
            view[key] = value;
        }
    }
    view
}

impl From<UpstreamError> for Failure {
    fn from(error: UpstreamError) -> Self {
        let message = error.to_string();
        match error {
            UpstreamError::Invalid(_) => Self::bad_request("InvalidUpstream", message),
            UpstreamError::NotFound => Self::bad_request("UpstreamNotFound", message),
            UpstreamError::TooMany { .. } => Self::bad_request("TooManyUpstreams", message),
            UpstreamError::Stopping => Self::too_many(message),
            UpstreamError::Store(error) => error.into(),
        }
    }
}
