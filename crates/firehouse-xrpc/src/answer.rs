//! One request of a known method, step by step: parameters, then who asks, then the body, then the answer. The order is the reference's.

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method as Verb, StatusCode, header};
use axum::response::{IntoResponse, Response};

use firehouse_appview::AppliedLabeler;

use crate::api::Api;
use crate::auth::Who;
use crate::failure::Failure;
use crate::labelers::{self, Labelers};
use crate::limits::Meter;
use crate::method::{Headers, Kind, Method, Ready};
use crate::parameters::Reading;
use crate::{caching, generators, input, parameters, recommender};

/// The type of every answer, errors included.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// The newest rev of the viewer's repo of which everything is readable.
pub(crate) const REPO_REV: HeaderName = HeaderName::from_static("atproto-repo-rev");

/// Answers, or says why not.
pub(crate) async fn answer(
    api: &Api,
    method: &Method,
    request: &Parts,
    body: Body,
    meter: &mut Meter<'_>,
) -> Result<Response, Failure> {
    let (is_right, expected) = match method.kind {
        Kind::Query(_) => (matches!(request.method, Verb::GET | Verb::HEAD), "GET"),
        Kind::Procedure => (request.method == Verb::POST, "POST"),
    };
    if !is_right {
        let message = format!("Incorrect HTTP method ({}) expected {expected}", request.method);
        return Err(Failure::invalid_request(message));
    }
    let answering = run(api, method, request, body, meter);
    if method.is_lengthy {
        return answering.await;
    }
    let limit = Duration::from_secs(api.config.request_timeout_s);
    let answered = tokio::time::timeout(limit, answering).await;
    answered.unwrap_or_else(|_| Err(Failure::timed_out()))
}

async fn run(
    api: &Api,
    method: &Method,
    request: &Parts,
    body: Body,
    meter: &mut Meter<'_>,
) -> Result<Response, Failure> {
    let query = request.uri.query().unwrap_or_default();
    let (reading, is_procedure) = match method.kind {
        Kind::Query(reading) => (reading, false),
        Kind::Procedure => (Reading::Strict, true),
    };
    let parameters = parameters::checked(&api.catalog, method.nsid, query, reading)?;
    let headers = &request.headers;
    let may_look_up = meter.may_look_up();
    let caller =
        api.authenticator.caller(method.who, headers, method.nsid, is_procedure, may_look_up).await;
    let mut caller = caller.map_err(|failure| meter.refused(failure))?;
    meter.identified(&caller)?;
    if method.is_search {
        meter.searching(&caller)?;
    }
    caller.wants_debug = parameters::wants_debug(query);
    if method.who == Who::ViewerOfFeed || recommender::hears(method.nsid) {
        caller.forwarded = generators::forwarded(headers);
    }
    let bytes_max = api.config.body_bytes_max;
    let asked = match method.kind {
        Kind::Query(_) => input::refuse(headers, bytes_max).map(|()| parameters)?,
        Kind::Procedure => {
            input::checked(&api.catalog, method.nsid, headers, body, bytes_max).await?
        }
    };
    // Bounds what the store is asked at once. Not taken earlier: a token may make us wait for a host of its sender's choice.
    let _permit = api.permits.try_acquire().map_err(|_| Failure::busy())?;
    let labelers = match method.headers {
        Headers::Plain => None,
        Headers::Labels | Headers::LabelsUnsaid | Headers::LabelsAndRev => {
            let named = Labelers::accepted(headers, &api.config.default_labelers)?;
            let store = api.services.store.for_request();
            let applied = api.labeler_accounts.applied(named, &store, caller.privileged).await;
            api.metrics.asked(method.nsid, store.statements());
            Some(applied?)
        }
    };
    caller.labelers =
        labelers.iter().flat_map(|labelers| &labelers.0).map(AppliedLabeler::from).collect();
    let services = api.services.for_request();
    let ready = (method.run)(&services, &caller, asked).await;
    let statements = services.appview.statements();
    tracing::trace!(method = method.nsid, statements, is_ok = ready.is_ok(), "answered");
    api.metrics.asked(method.nsid, statements);
    let ready = ready?;
    if is_procedure && method.who == Who::Moderator {
        api.labeler_accounts.forget();
    }
    Ok(response(ready, method, headers, labelers))
}

fn response(
    ready: Ready,
    method: &Method,
    asked: &HeaderMap,
    labelers: Option<Labelers>,
) -> Response {
    let has_body = ready.json.is_some();
    let mut response = match (ready.json, method.kind) {
        (Some(json), Kind::Query(_)) => caching::answer(json, asked),
        (Some(json), Kind::Procedure) => json.into_response(),
        (None, _) => StatusCode::OK.into_response(),
    };
    let headers = response.headers_mut();
    if has_body {
        headers.insert(header::CONTENT_TYPE, JSON);
    }
    headers.extend(ready.headers);
    if method.headers != Headers::LabelsUnsaid
        && let Some(value) = labelers.and_then(|labelers| labelers.header())
    {
        headers.insert(labelers::CONTENT, value);
    }
    if let (Headers::LabelsAndRev, Some(rev)) = (method.headers, ready.repo_rev)
        && let Ok(value) = HeaderValue::try_from(rev.to_string())
    {
        headers.insert(REPO_REV, value);
    }
    response
}
