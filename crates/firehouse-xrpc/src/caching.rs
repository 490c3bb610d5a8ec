//! Who may keep an answer.
//!
//! What everybody sees may be kept and must be asked about again each time, since a takedown holds from the next answer on; the tag makes
//! asking cheap. What one viewer sees is nobody else's, and its viewer's only as long as it is shown.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use xxhash_rust::xxh3::xxh3_128;

const PUBLIC: HeaderValue = HeaderValue::from_static("public, no-cache");
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
/// What an answer depends on beside its path.
const VARY: HeaderValue = HeaderValue::from_static(
    "authorization, atproto-accept-labelers, accept-language, x-bsky-topics",
);

/// The body of a query's answer, or word that the caller has it.
pub(crate) fn answer(json: Vec<u8>, asked: &HeaderMap) -> Response {
    if asked.contains_key(header::AUTHORIZATION) {
        return ([(header::CACHE_CONTROL, PRIVATE), (header::VARY, VARY)], json).into_response();
    }
    // Weak: the same answer may be compressed.
    let tag = format!("W/\"{}\"", HEXLOWER.encode(&xxh3_128(&json).to_be_bytes()));
    let has_it = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .any(|known| opaque(known) == opaque(&tag));
    let mut response = match has_it {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, PUBLIC);
    headers.insert(header::VARY, VARY);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}
