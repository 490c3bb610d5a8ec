//! Live searches over HTTP: as server-sent events (`GET /search/live`), and as the WebSocket dev.firehouse.feed.subscribeSearch.
//!
//! Whatever is wrong with a request is answered before the stream begins: who asks, what for, whether there is room. From then on nothing
//! is waited for: who takes less than comes is told, and ends, and may go on behind the last cursor.
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use firehouse_appview::{LiveEnd, LiveSearch, SearchPostsV2Parameters, Told};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

use crate::api::Api;
use crate::auth::Who;
use crate::callers::known_caller;
use crate::failure::Failure;
use crate::limits::Meter;
use crate::listeners::Listener;
use crate::metrics::Metrics;
use crate::parameters::{self, Reading};

pub(crate) const NSID: &str = "dev.firehouse.feed.subscribeSearch";
/// How long nothing is said at most. Proxies close what is silent for a minute.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// When a browser that lost us comes back.
const RETRY: Duration = Duration::from_secs(2);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies that collect answers pass these on as they come.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Somebody who listens.
pub(crate) struct Live {
    search: LiveSearch,
    metrics: Metrics,
    stopping: CancellationToken,
    /// Said before anything else.
    first: VecDeque<Message>,
    _place: Listener,
}

/// One message, whatever carries it.
pub(crate) struct Message {
    /// Its name: of an event, and of a type in the lexicon.
    pub(crate) kind: &'static str,
    /// Where to go on behind it.
    pub(crate) cursor: Option<u64>,
    /// Its fields, without the type.
    pub(crate) json: String,
}

/// What comes next.
pub(crate) enum Next {
    Messages(Vec<Message>),
    /// For a while nothing.
    Nothing(Message),
    /// The last message.
    End(Message),
    /// We stop.
    Stop,
}

/// `GET /search/live`
pub(crate) async fn events(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    match open(&api, &head).await {
        Err(failure) => failed(&api, failure),
        Ok(live) => {
            let stream = Sse::new(told(live)).into_response();
            let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            ([no_store, UNBUFFERED], stream).into_response()
        }
    }
}

/// As a request fails that asks for anything else.
pub(crate) fn failed(api: &Api, failure: Failure) -> Response {
    if let Some(error) = &failure.store_error {
        api.store_failed(error);
    }
    failure.into_response()
}

/// Reads the request, and begins to listen. Errors: 400 `BadQueryString` and others, 401, 429, 503.
pub(crate) async fn open(api: &Arc<Api>, head: &Parts) -> Result<Live, Failure> {
    let mut meter = api.limits.meter(head);
    let opened = async {
        meter.enter()?;
        let limit = Duration::from_secs(api.config.request_timeout_s);
        let opened = tokio::time::timeout(limit, begin(api, head, &mut meter)).await;
        opened.unwrap_or_else(|_| Err(Failure::timed_out()))
    };
    let opened = opened.await;
    meter.end();
    opened
}

async fn begin(api: &Arc<Api>, head: &Parts, meter: &mut Meter<'_>) -> Result<Live, Failure> {
    let (parameters, cursor) = asked(api, head)?;
    let caller = known_caller(api, Who::ViewerOrModerator, head, NSID, meter).await?;
    let place = api.listeners.enter(api.limits.address(head));
    let place = place.ok_or_else(|| Failure::too_many_named("TooManySubscribers"))?;
    let _permit = api.permits.try_acquire().map_err(|_| Failure::busy())?;
    let search = api.live.listen(caller, parameters, cursor).await?;
    let mut first =
        VecDeque::from([message("info", search.cursor(), &[("name", "Listening".into())])]);
    if search.is_outdated() {
        first.push_back(message("info", search.cursor(), &[("name", "OutdatedCursor".into())]));
    }
    let (metrics, stopping) = (api.metrics.clone(), api.stopping.clone());
    metrics.live.inc();
    Ok(Live { search, metrics, stopping, first, _place: place })
}

/// What is searched for, and where to go on: browsers come back with a header of their own.
fn asked(api: &Api, head: &Parts) -> Result<(SearchPostsV2Parameters, Option<u64>), Failure> {
    let query = query_named(head.uri.query().unwrap_or_default());
    let mut asked = parameters::checked(&api.catalog, NSID, &query, Reading::Strict)?;
    let cursor = asked.as_object_mut().and_then(|all| all.remove("cursor"));
    let last = head.headers.get(LAST_EVENT_ID).and_then(|last| last.to_str().ok());
    let last = last.and_then(|last| last.trim().parse().ok());
    Ok((parameters::typed(asked)?, last.or(cursor.and_then(|cursor| cursor.as_u64()))))
}

/// A query string where `q` is the name of the query, too.
pub(crate) fn query_named(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let named = pairs.map(|(name, value)| (if name == "q" { "query".into() } else { name }, value));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
}

impl Live {
    /// It is given up on a client that takes nothing.
    pub(crate) fn is_not_read(&self) {
        self.metrics.live_ended.with_label_values(&["not_read"]).inc();
    }

    /// Waits for what comes next; nothing is lost when the wait is given up.
    pub(crate) async fn next(&mut self) -> Next {
        if !self.first.is_empty() {
            return Next::Messages(self.first.drain(..).collect());
        }
        let next = tokio::select! {
            () = self.stopping.cancelled() => return Next::Stop,
            next = tokio::time::timeout(KEEP_ALIVE, self.search.next()) => next,
        };
        match next {
            Err(_) => {
                let cursor = self.search.cursor();
                Next::Nothing(message("info", cursor, &[("name", "Listening".into())]))
            }
            Ok(Ok(told)) => {
                self.metrics.live_told.inc_by(told.len() as u64);
                Next::Messages(told.into_iter().map(of_told).collect())
            }
            Ok(Err(end)) => {
                let (reason, error) = match &end {
                    LiveEnd::TooSlow { .. } => ("too_slow", "ConsumerTooSlow"),
                    LiveEnd::View(_) => ("store", "InternalServerError"),
                };
                self.metrics.live_ended.with_label_values(&[reason]).inc();
                let words = match &end {
                    LiveEnd::TooSlow { .. } => end.to_string(),
                    LiveEnd::View(error) => {
                        tracing::debug!(%error, "a live search ends");
                        "The store does not answer".to_owned()
                    }
                };
                let json = json!({ "error": error, "message": words }).to_string();
                Next::End(Message { kind: "error", cursor: None, json })
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.metrics.live.dec();
    }
}

fn of_told(told: Told) -> Message {
    match told {
        Told::Post { cursor, json: post, .. } => {
            // The view is JSON already.
            let json = format!("{{\"cursor\":{cursor},\"post\":{post}}}");
            Message { kind: "post", cursor: Some(cursor), json }
        }
        Told::Gone { cursor, uri } => message("gone", cursor, &[("uri", Value::from(&*uri))]),
    }
}

fn message(kind: &'static str, cursor: u64, fields: &[(&str, Value)]) -> Message {
    let mut json = json!({ "cursor": cursor });
    for (name, value) in fields {
        json[*name] = value.clone();
    }
    Message { kind, cursor: Some(cursor), json: json.to_string() }
}

/// What a live search tells, as events.
fn told(live: Live) -> impl Stream<Item = Result<Event, Infallible>> {
    let events = VecDeque::from([Event::default().retry(RETRY)]);
    unfold((Some(live), events), |(live, mut events)| async move {
        let mut live = live;
        loop {
            if let Some(event) = events.pop_front() {
                return Some((Ok(event), (live, events)));
            }
            match live.as_mut()?.next().await {
                Next::Messages(messages) => events.extend(messages.into_iter().map(event)),
                // With an ID and no data: whoever comes back names it, and nobody is woken.
                Next::Nothing(message) => {
                    events.push_back(identified(Event::default().comment(""), message.cursor));
                }
                Next::End(message) => {
                    events.push_back(event(message));
                    live = None;
                }
                Next::Stop => live = None,
            }
        }
    })
}

fn event(message: Message) -> Event {
    identified(Event::default().event(message.kind), message.cursor).data(message.json)
}

fn identified(event: Event, cursor: Option<u64>) -> Event {
    match cursor {
        Some(cursor) => event.id(cursor.to_string()),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_is_the_query_and_all_else_stays_as_it_is() {
        assert_eq!(query_named("q=rain+%26+snow&allTime=true"), "query=rain+%26+snow&allTime=true");
        assert_eq!(query_named("authors=a&authors=b"), "authors=a&authors=b");
    }
}
