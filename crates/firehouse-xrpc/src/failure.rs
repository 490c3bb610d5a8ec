//! [`Failure`]: an XRPC error as the caller sees it: a status, a name programs read, a message people read.
//!
//! Source: <https://atproto.com/specs/xrpc#error-responses>

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use firehouse_appview::{SkeletonError, ViewError};
use firehouse_store::{Disposition, StoreError};
use firehouse_types::Rev;

use crate::answer::{JSON, REPO_REV};

/// What went wrong with one request.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) name: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
    /// The header `atproto-repo-rev`, for the error that has it.
    repo_rev: Option<Rev>,
    /// What the store said: for our log, never for the caller.
    pub(crate) store_error: Option<Box<StoreError>>,
}

/// How long a caller should wait before it asks a busy or restarting server again. Units: seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

impl Failure {
    fn new(
        status: StatusCode,
        name: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (name, message) = (name.into(), message.into());
        Self { status, name, message, repo_rev: None, store_error: None }
    }

    pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("InvalidRequest", message)
    }

    /// 400 with a name from the method's lexicon.
    pub(crate) fn bad_request(name: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, name, message)
    }

    pub(crate) fn unauthorized(name: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, name, message)
    }

    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", "request entity too large")
    }

    pub(crate) fn unsupported(message: String) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "InvalidRequest", message)
    }

    pub(crate) fn not_implemented() -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "MethodNotImplemented", "Method Not Implemented")
    }

    /// 501 for what needs a service that is not configured.
    pub(crate) fn not_configured(message: &'static str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "MethodNotImplemented", message)
    }

    pub(crate) fn internal() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "InternalServerError", "Internal Server Error")
    }

    pub(crate) fn upstream(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "UpstreamFailure", message)
    }

    pub(crate) fn too_often() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded", "Rate Limit Exceeded")
    }

    pub(crate) fn busy() -> Self {
        Self::too_many("Too many requests at once")
    }

    /// 503 for what may be had later.
    pub(crate) fn too_many(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "NotEnoughResources", message)
    }

    /// 503 with a name from the lexicon.
    pub(crate) fn too_many_named(name: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, name, "As many listen as may: try again later")
    }

    pub(crate) fn upgrade_required() -> Self {
        let message = "Upgrade to a WebSocket is required here";
        Self::new(StatusCode::UPGRADE_REQUIRED, "InvalidRequest", message)
    }

    pub(crate) fn unavailable() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "NotEnoughResources", "The store does not answer")
    }

    pub(crate) fn timed_out() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "UpstreamTimeout", "The answer took too long")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.name, "message": self.message });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if let Some(Ok(rev)) = self.repo_rev.map(|rev| HeaderValue::try_from(rev.to_string())) {
            headers.insert(REPO_REV, rev);
        }
        response
    }
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        let message = error.to_string();
        match error {
            ViewError::InvalidRequest { .. } | ViewError::MalformedCursor => {
                Self::invalid_request(message)
            }
            ViewError::BadQueryString(_) => Self::bad_request("BadQueryString", message),
            ViewError::NotFound { repo_rev, .. } => {
                Self { repo_rev, ..Self::bad_request("NotFound", message) }
            }
            ViewError::RecordNotFound { .. } => Self::bad_request("RecordNotFound", message),
            ViewError::SubjectNotFound => Self::bad_request("NotFound", message),
            ViewError::AccountNotFound { .. } => Self::bad_request("AccountNotFound", message),
            ViewError::AccountTakedown => Self::bad_request("AccountTakedown", message),
            ViewError::AccountDeactivated => Self::bad_request("AccountDeactivated", message),
            ViewError::BlockedActor { .. } => Self::bad_request("BlockedActor", message),
            ViewError::BlockedByActor { .. } => Self::bad_request("BlockedByActor", message),
            ViewError::Refused { name: name @ "TooManySubscribers", .. } => {
                Self::too_many_named(name)
            }
            ViewError::Refused { name, .. } => Self::bad_request(name, message),
            ViewError::AuthMissing => Self::unauthorized("AuthMissing", message),
            ViewError::Generator(error) => error.into(),
            ViewError::Store(error) => error.into(),
        }
    }
}

impl From<SkeletonError> for Failure {
    /// What a generator refuses with is passed on, but its own faults are not ours: its 500 is a 502 here.
    fn from(error: SkeletonError) -> Self {
        let message = error.to_string();
        match error {
            SkeletonError::Unavailable => {
                Self::new(StatusCode::BAD_GATEWAY, "UpstreamFailure", message)
            }
            SkeletonError::Invalid => {
                Self::new(StatusCode::BAD_GATEWAY, "InvalidFeedResponse", message)
            }
            SkeletonError::Refused { status, name, message } => {
                let status = if status == 500 { 502 } else { status };
                let status = StatusCode::from_u16(status)
                    .ok()
                    .filter(|s| s.is_client_error() || s.is_server_error());
                Self::new(status.unwrap_or(StatusCode::BAD_GATEWAY), name, message)
            }
        }
    }
}

impl From<StoreError> for Failure {
    /// The caller learns whether to come back.
    fn from(error: StoreError) -> Self {
        let failure = match error.disposition() {
            Disposition::Retry => Self::unavailable(),
            Disposition::Stop => Self::internal(),
        };
        Self { store_error: Some(Box::new(error)), ..failure }
    }
}
