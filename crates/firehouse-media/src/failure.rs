//! [`Failure`]: why a blob or an image is not to be had, in the words of the reference.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What a caller is told. Each is also a label of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The path is none of an image.
    BadPath(&'static str),
    /// The path names no account.
    InvalidDid,
    /// The path names no blob.
    InvalidCid,
    /// Nobody knows where the account lives.
    OriginNotFound,
    /// It is not there, or not to be shown.
    BlobNotFound,
    /// The PDS sent something else.
    BadCid,
    /// Its PDS does not answer as it should.
    Upstream,
    /// It is no image that can be shown, or one that would take too much to show.
    NotAnImage,
    /// There is too much to do.
    Busy,
    /// The store does not say whether it may be shown.
    NoStore,
}

impl Failure {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        let bad_request = |message| (StatusCode::BAD_REQUEST, "BadRequestError", message);
        let not_found = |message| (StatusCode::NOT_FOUND, "NotFoundError", message);
        match self {
            Self::BadPath(message) => (StatusCode::BAD_REQUEST, "Error", message),
            Self::InvalidDid => bad_request("Invalid did"),
            Self::InvalidCid => bad_request("Invalid cid"),
            Self::NotAnImage => bad_request("Not an image"),
            Self::OriginNotFound => not_found("Origin not found"),
            Self::BlobNotFound => not_found("Blob not found"),
            Self::BadCid => not_found("Bad cid check"),
            Self::Upstream => (StatusCode::BAD_GATEWAY, "BadGatewayError", "Upstream Error"),
            Self::Busy | Self::NoStore => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                (status, "ServiceUnavailableError", "Service Unavailable")
            }
        }
    }

    /// The label of the metric.
    pub(crate) fn outcome(self) -> &'static str {
        match self {
            Self::BadPath(_) | Self::InvalidDid | Self::InvalidCid => "invalid",
            Self::OriginNotFound | Self::BlobNotFound => "not_found",
            Self::BadCid => "wrong_bytes",
            Self::Upstream => "upstream",
            Self::NotAnImage => "not_an_image",
            Self::Busy => "busy",
            Self::NoStore => "no_store",
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, name, message) = self.parts();
        let mut response =
            (status, Json(json!({ "error": name, "message": message }))).into_response();
        let headers = response.headers_mut();
        // What is not there now may be there soon.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
