//! One request of a known method, step by step: parameters, then who asks, then the body, then the answer. The order is the reference's.

use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method as Verb, header};
use axum::response::{IntoResponse, Response};

use firehouse_appview::AppliedLabeler;

use crate::api::Api;
use crate::failure::Failure;
use crate::labelers::{self, Labelers};
use crate::method::{Headers, Method, Ready};
use crate::parameters;

/// The type of every answer, errors included.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// The newest rev of the viewer's repo of which everything is readable.
pub(crate) const REPO_REV: HeaderName = HeaderName::from_static("atproto-repo-rev");

/// Answers, or says why not.
pub(crate) async fn answer(
    api: &Api,
    method: &Method,
    request: &Parts,
) -> Result<Response, Failure> {
    if !matches!(request.method, Verb::GET | Verb::HEAD) {
        let message = format!("Incorrect HTTP method ({}) expected GET", request.method);
        return Err(Failure::invalid_request(message));
    }
    let limit = Duration::from_secs(api.config.request_timeout_s);
    let answered = tokio::time::timeout(limit, run(api, method, request)).await;
    answered.unwrap_or_else(|_| Err(Failure::timed_out()))
}

async fn run(api: &Api, method: &Method, request: &Parts) -> Result<Response, Failure> {
    let query = request.uri.query().unwrap_or_default();
    let parameters = parameters::checked(&api.catalog, method.nsid, query, method.reading)?;
    let mut caller = api.authenticator.caller(method.who, &request.headers, method.nsid).await?;
    refuse_body(&request.headers, api.config.body_bytes_max)?;
    // Bounds what the store is asked at once. Not taken earlier: a token may make us wait for a host of its sender's choice.
    let _permit = api.permits.try_acquire().map_err(|_| Failure::busy())?;
    let labelers = match method.headers {
        Headers::Plain => None,
        Headers::Labels | Headers::LabelsAndRev => {
            let named = Labelers::accepted(&request.headers, &api.config.default_labelers);
            let store = &api.services.store;
            Some(api.labeler_accounts.applied(named, store, caller.privileged).await?)
        }
    };
    caller.labelers =
        labelers.iter().flat_map(|labelers| &labelers.0).map(AppliedLabeler::from).collect();
    let ready = (method.run)(&api.services.appview, &caller, parameters).await?;
    Ok(response(ready, method.headers, labelers))
}

/// A query has no body.
fn refuse_body(headers: &HeaderMap, bytes_max: u64) -> Result<(), Failure> {
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|bytes| bytes > bytes_max) {
        return Err(Failure::too_large());
    }
    if length.unwrap_or(0) > 0 || headers.contains_key(header::TRANSFER_ENCODING) {
        let message = "A request body was provided when none was expected";
        return Err(Failure::invalid_request(message));
    }
    Ok(())
}

fn response(ready: Ready, kind: Headers, labelers: Option<Labelers>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, JSON)], ready.json).into_response();
    let headers = response.headers_mut();
    if let Some(value) = labelers.and_then(|labelers| labelers.header()) {
        headers.insert(labelers::CONTENT, value);
    }
    if let (Headers::LabelsAndRev, Some(rev)) = (kind, ready.repo_rev)
        && let Ok(value) = HeaderValue::try_from(rev.to_string())
    {
        headers.insert(REPO_REV, value);
    }
    response
}
