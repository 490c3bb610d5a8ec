//! What hosts answer when they do not give what was asked for.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An XRPC error.
pub(crate) fn refusal(status: StatusCode, error: &str, message: &str) -> Response {
    (status, Json(json!({ "error": error, "message": message }))).into_response()
}

/// An XRPC error of a request that is well formed, and cannot be granted.
pub(crate) fn bad_request(error: &str, message: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, error, message)
}
