//! Feed generators over HTTP: what they get to hear, how they are asked, and getFeed's answer with what it says of itself.

mod answer;
mod places;

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_LANGUAGE, CONTENT_TYPE, USER_AGENT,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use firehouse_appview::{
    Forwarded, Generators, Skeleton, SkeletonError, SkeletonFuture, SkeletonRequest,
    describe_feed_generator, get_feed, get_feed_skeleton,
};
use firehouse_identity::{GuardedClient, Request};

use crate::failure::Failure;
use crate::generators::places::Places;
use crate::method::{Ready, Run, encode, json};
use crate::parameters::typed;
use crate::server::Services;

/// How generators and recommenders know us, as they know the reference.
const OUR_NAME: HeaderValue = HeaderValue::from_static("BskyAppView");
/// How long one may take, its body included.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer: a hundred items with all they may say have a quarter of it.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Headers passed on besides those with a name of their own, and the bytes of each.
const OTHERS_MAX: usize = 16;
const VALUE_BYTES_MAX: usize = 8 * 1024;
const TOPICS: HeaderName = HeaderName::from_static("x-bsky-topics");
const ATPROTO_TOPICS: HeaderName = HeaderName::from_static("x-atproto-bsky-topics");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Asks generators by a client that reaches public addresses only. Cheap to clone.
#[derive(Clone)]
pub struct HttpGenerators {
    client: GuardedClient,
    places: Places,
}

impl HttpGenerators {
    /// With at most `requests_max` requests in flight, half of them to one host: a slow generator keeps nobody from the others.
    pub fn new(client: GuardedClient, requests_max: usize) -> Self {
        Self { client, places: Places::new(requests_max) }
    }

    async fn ask(&self, asked: SkeletonRequest<'_>) -> Result<Skeleton, SkeletonError> {
        let path = "/xrpc/app.bsky.feed.getFeedSkeleton";
        let mut url = asked.endpoint.join(path).map_err(|_| SkeletonError::Unavailable)?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("feed", asked.feed).append_pair("limit", &asked.limit.to_string());
            asked.cursor.map(|cursor| query.append_pair("cursor", cursor));
        }
        let host = url.host_str().unwrap_or_default();
        let _place = self.places.take(host).ok_or(SkeletonError::Unavailable)?;
        let request = Request {
            headers: headers(asked.forwarded),
            timeout: Some(TIMEOUT),
            body_bytes_max: Some(BODY_BYTES_MAX),
            ..Request::get(url)
        };
        let answered = self.client.send(request).await.map_err(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, endpoint = %asked.endpoint, "a feed generator cannot be asked");
            SkeletonError::Unavailable
        })?;
        let status = answered.status.as_u16();
        let said =
            |name: HeaderName| Some(answered.headers.get(name)?.to_str().ok()?.trim().to_owned());
        let (kind, language) = (said(CONTENT_TYPE), said(CONTENT_LANGUAGE));
        let body = answered.bytes().await.map_err(|_| SkeletonError::Invalid)?;
        let skeleton = answer::read(status, kind.as_deref(), &body)?;
        Ok(Skeleton { language, ..skeleton })
    }
}

impl Generators for HttpGenerators {
    fn skeleton<'a>(&'a self, request: SkeletonRequest<'a>) -> SkeletonFuture<'a> {
        Box::pin(self.ask(request))
    }
}

/// What of a request a generator or recommender gets to hear: who asks, in which languages, about what.
pub(crate) fn forwarded(headers: &HeaderMap) -> Arc<Forwarded> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
    let mut heard: Vec<(Box<str>, Box<str>)> = Vec::new();
    let mut pass_on = |name: &HeaderName, value: &str| {
        if value.len() <= VALUE_BYTES_MAX {
            heard.push((name.as_str().into(), value.into()));
        }
    };
    for name in [AUTHORIZATION, ACCEPT_LANGUAGE, TOPICS] {
        text(&name).into_iter().for_each(|value| pass_on(&name, value));
    }
    let topics = text(&ATPROTO_TOPICS).or_else(|| text(&TOPICS));
    topics.into_iter().for_each(|value| pass_on(&ATPROTO_TOPICS, value));
    let others = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-atproto-") && **name != ATPROTO_TOPICS);
    for name in others.take(OTHERS_MAX) {
        text(name).into_iter().for_each(|value| pass_on(name, value));
    }
    heard.into()
}

/// The headers of a request in our name, with what the caller's own passes on.
pub(crate) fn headers(forwarded: &Forwarded) -> HeaderMap {
    let header = |(name, value): &(Box<str>, Box<str>)| {
        Some((HeaderName::try_from(&**name).ok()?, HeaderValue::try_from(&**value).ok()?))
    };
    let mut headers: HeaderMap = forwarded.iter().filter_map(header).collect();
    headers.insert(USER_AGENT, OUR_NAME);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers
}

/// app.bsky.feed.getFeed, with the headers that only it has.
pub(crate) const GET_FEED: Run = |services, caller, asked| {
    Box::pin(async move {
        let feed = get_feed(&services.appview, caller, typed(asked)?).await?.body;
        let mut headers = HeaderMap::new();
        let language = feed.language.as_deref().map(HeaderValue::try_from);
        if let Some(Ok(language)) = language {
            headers.insert(CONTENT_LANGUAGE, language);
        }
        let (skeleton, hydration) = feed.took;
        let timing =
            format!("skele;dur={}, hydr;dur={}", skeleton.as_millis(), hydration.as_millis());
        if let Ok(timing) = HeaderValue::try_from(timing) {
            headers.insert(SERVER_TIMING, timing);
        }
        Ok(Ready { json: Some(json(&feed)?), headers, ..Ready::default() })
    })
};

/// app.bsky.feed.getFeedSkeleton of our own feeds.
pub(crate) const GET_FEED_SKELETON: Run = |services, caller, asked| {
    Box::pin(async move {
        has_feeds(services)?;
        encode(get_feed_skeleton(&services.appview, caller, typed(asked)?).await)
    })
};

/// app.bsky.feed.describeFeedGenerator, likewise.
pub(crate) const DESCRIBE: Run = |services, caller, asked| {
    Box::pin(async move {
        has_feeds(services)?;
        encode(describe_feed_generator(&services.appview, caller, typed(asked)?).await)
    })
};

/// Whether we are a feed generator. Errors: 501.
fn has_feeds(services: &Services) -> Result<(), Failure> {
    let has_none = services.appview.config().saved_searches.is_empty();
    let message = "This service is not configured to generate feeds.";
    if has_none { Err(Failure::not_configured(message)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_hears_what_is_meant_for_it_and_nothing_else() {
        let mut said = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer x"),
            ("accept-language", "pt"),
            ("x-bsky-topics", "art"),
            ("x-atproto-anything", "1"),
            ("cookie", "secret"),
            ("atproto-accept-labelers", "did:plc:x"),
            ("user-agent", "app"),
        ] {
            said.insert(name, HeaderValue::from_static(value));
        }
        let heard = headers(&forwarded(&said));
        let mut heard: Vec<_> = heard
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        heard.sort();
        assert_eq!(
            heard,
            [
                "accept-language: pt",
                "accept: application/json",
                "authorization: Bearer x",
                "user-agent: BskyAppView",
                "x-atproto-anything: 1",
                "x-atproto-bsky-topics: art",
                "x-bsky-topics: art",
            ]
        );
    }
}
