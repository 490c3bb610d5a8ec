//! Bodies of requests: none for a query, JSON for a procedure, bounded and checked against the method's lexicon.
//!
//! Source: `createInputVerifier` of npm package @atproto/xrpc-server, whose words these are.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use firehouse_lexicon::{Catalog, InvalidBody};
use futures_util::StreamExt;
use serde_json::Value;

use crate::failure::Failure;

/// The only encoding of our inputs.
const ENCODING: &str = "application/json";

/// What a request's headers say about its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Missing,
    Empty,
    Present,
}

/// A query has no body. Errors: 400, or 413 for one that is longer than any.
pub(crate) fn refuse(headers: &HeaderMap, bytes_max: u64) -> Result<(), Failure> {
    match presence(headers, bytes_max)? {
        Presence::Missing | Presence::Empty => Ok(()),
        Presence::Present => {
            let message = "A request body was provided when none was expected";
            Err(Failure::invalid_request(message))
        }
    }
}

/// The input of procedure `nsid`. Errors: 400 `InvalidRequest` in the words of the reference, 413 when it is too long.
pub(crate) async fn checked(
    catalog: &Catalog,
    nsid: &str,
    headers: &HeaderMap,
    body: Body,
    bytes_max: u64,
) -> Result<Value, Failure> {
    if !catalog.has_input(nsid) {
        return refuse(headers, bytes_max).map(|()| Value::Null);
    }
    if presence(headers, bytes_max)? == Presence::Missing {
        let message = "A request body is expected but none was provided";
        return Err(Failure::invalid_request(message));
    }
    check_encoding(headers)?;
    let bytes = read(body, bytes_max).await?;
    catalog.validate_input(nsid, &bytes).map_err(|error| invalid(&error))?;
    serde_json::from_slice(&bytes).map_err(|_| Failure::internal())
}

fn presence(headers: &HeaderMap, bytes_max: u64) -> Result<Presence, Failure> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(bytes) if bytes > bytes_max => Err(Failure::too_large()),
        _ if headers.contains_key(header::TRANSFER_ENCODING) => Ok(Presence::Present),
        Some(0) => Ok(Presence::Empty),
        Some(_) => Ok(Presence::Present),
        None => Ok(Presence::Missing),
    }
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Failure> {
    let is_coded = |value: &str| !value.trim().eq_ignore_ascii_case("identity");
    if let Some(coding) = text(headers, header::CONTENT_ENCODING).filter(|value| is_coded(value)) {
        return Err(Failure::unsupported(format!("unsupported content encoding {coding:?}")));
    }
    let encoding = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let encoding = encoding.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*encoding {
        ENCODING => Ok(()),
        "" => {
            let message = "Request encoding (Content-Type) required but not provided";
            Err(Failure::invalid_request(message))
        }
        other => {
            let message = format!("Wrong request encoding (Content-Type): {other}");
            Err(Failure::invalid_request(message))
        }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Reads it whole. An announced length was checked before, but a body need not keep to it, or announce any.
async fn read(body: Body, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let (mut body, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| Failure::invalid_request("request aborted"))?;
        if (bytes.len() + part.len()) as u64 > bytes_max {
            return Err(Failure::too_large());
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

fn invalid(error: &InvalidBody) -> Failure {
    match error {
        // With the place where it stops being JSON.
        InvalidBody::Json(syntax) => Failure::invalid_request(syntax.to_string()),
        InvalidBody::Violation(_)
        | InvalidBody::Malformed(_)
        | InvalidBody::UnknownMethod
        | InvalidBody::Unexpected => Failure::invalid_request(error.to_string()),
    }
}
