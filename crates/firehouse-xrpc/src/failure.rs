//! [`Failure`]: an XRPC error as the caller sees it: a status, a name programs read, a message people read.
//!
//! Source: <https://atproto.com/specs/xrpc#error-responses>

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use firehouse_appview::ViewError;
use firehouse_store::{Disposition, StoreError};
use firehouse_types::Rev;

use crate::answer::{JSON, REPO_REV};

/// What went wrong with one request.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) name: &'static str,
    pub(crate) message: Cow<'static, str>,
    /// The header `atproto-repo-rev`, for the error that has it.
    repo_rev: Option<Rev>,
    /// What the store said: for our log, never for the caller.
    pub(crate) store_error: Option<Box<StoreError>>,
}

/// How long a caller should wait before it asks a busy or restarting server again. Units: seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

impl Failure {
    fn new(status: StatusCode, name: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, name, message: message.into(), repo_rev: None, store_error: None }
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
            ViewError::Store(error) => error.into(),
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
