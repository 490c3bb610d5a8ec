//! Searches for readers: the newest posts as RSS 2.0 (`GET /search/rss?q=`) and Atom (`GET /search/atom?q=`).
//!
//! The parameters are those of app.bsky.feed.searchPostsV2, and `q` is the query, too. What anybody may see is in it and nothing else. A
//! feed says nothing of when it was made, so that it is the same as long as the posts are, and a reader who has it is told so.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use firehouse_appview::{AppliedLabeler, Caller, newest_posts};
use firehouse_types::Datetime;
use serde_json::Value;
use url::Url;

use crate::api::Api;
use crate::caching;
use crate::failure::Failure;
use crate::feed_xml::{Entry, Feed, Kind, written};
use crate::labelers::Labelers;
use crate::live::{failed, query_named};
use crate::parameters::{self, Reading};

const NSID: &str = "app.bsky.feed.searchPostsV2";
/// Unless another limit is asked for.
const POSTS: usize = 50;
/// Of the text of a post its title has so much. Units: characters.
const TITLE_CHARS: usize = 80;

/// `GET /search/rss`
pub(crate) async fn rss(State(api): State<Arc<Api>>, request: Request) -> Response {
    answer(&api, &request.into_parts().0, Kind::Rss).await
}

/// `GET /search/atom`
pub(crate) async fn atom(State(api): State<Arc<Api>>, request: Request) -> Response {
    answer(&api, &request.into_parts().0, Kind::Atom).await
}

async fn answer(api: &Api, head: &Parts, kind: Kind) -> Response {
    let limit = Duration::from_secs(api.config.request_timeout_s);
    let made = tokio::time::timeout(limit, made(api, head, kind)).await;
    match made.unwrap_or_else(|_| Err(Failure::timed_out())) {
        Ok((xml, newest)) => conditional(xml, newest, kind, &head.headers),
        Err(failure) => failed(api, failure),
    }
}

/// The feed, and the time of its newest post.
async fn made(api: &Api, head: &Parts, kind: Kind) -> Result<(Vec<u8>, Option<Datetime>), Failure> {
    let query = query_named(head.uri.query().unwrap_or_default());
    let mut asked = parameters::checked(&api.catalog, NSID, &query, Reading::Strict)?;
    let is_limited = query.split('&').any(|pair| pair.starts_with("limit="));
    let limit = asked["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.filter(|_| is_limited).unwrap_or(POSTS);
    // There is one page.
    asked.as_object_mut().map(|all| all.remove("cursor"));
    let what = asked["query"].as_str().unwrap_or_default().to_owned();
    let _permit = api.permits.try_acquire().map_err(|_| Failure::busy())?;
    let labelers = Labelers::accepted(&HeaderMap::new(), &api.config.default_labelers)?;
    let labelers = labelers.0.iter().map(AppliedLabeler::from).collect();
    let caller = Caller { labelers, ..Caller::default() };
    let services = api.services.for_request();
    let posts = newest_posts(&services.appview, &caller, parameters::typed(asked)?, limit).await?;
    let entries: Vec<Entry> =
        posts.iter().filter_map(|post| entry(api, &serde_json::to_value(post).ok()?)).collect();
    let newest = entries.iter().map(|entry| entry.at).max();
    let own = |path: &str| {
        let mut url = api.config.public_url.clone();
        url.set_path(path);
        url.set_query(head.uri.query());
        url.into()
    };
    let feed = Feed {
        title: if what.is_empty() { "Posts".to_owned() } else { format!("Posts: {what}") },
        link: page_of_search(api, &what).unwrap_or_else(|| own(head.uri.path())),
        own: own(head.uri.path()),
        newest,
        entries,
    };
    let xml = written(&feed, kind).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot write a feed");
        Failure::internal()
    })?;
    Ok((xml, newest))
}

/// The page of the web application that shows the search.
fn page_of_search(api: &Api, what: &str) -> Option<String> {
    let mut url = site(api)?;
    url.path_segments_mut().ok()?.pop_if_empty().push("search");
    url.query_pairs_mut().append_pair("q", what);
    Some(url.into())
}

fn site(api: &Api) -> Option<Url> {
    api.config.site_url.clone()
}

/// The web application's page of a post; without one, the post as this server has it.
fn page_of_post(api: &Api, uri: &str, author: &str) -> Option<String> {
    let rkey = uri.rsplit('/').next()?;
    let url = match site(api) {
        Some(mut url) => {
            let path = ["profile", author, "post", rkey];
            url.path_segments_mut().ok()?.pop_if_empty().extend(path);
            url
        }
        None => {
            let mut url = api.config.public_url.clone();
            url.set_path("/xrpc/app.bsky.feed.getPosts");
            url.query_pairs_mut().append_pair("uris", uri);
            url
        }
    };
    Some(url.into())
}

fn entry(api: &Api, post: &Value) -> Option<Entry> {
    let text = |pointer: &str| post.pointer(pointer).and_then(Value::as_str);
    let uri = text("/uri")?;
    let (did, handle) = (text("/author/did")?, text("/author/handle")?);
    let name = text("/author/displayName").filter(|name| !name.trim().is_empty());
    // A handle that does not hold names nobody.
    let author = if handle == "handle.invalid" { did } else { handle };
    let said = text("/record/text").unwrap_or_default();
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut title: String = line.chars().take(TITLE_CHARS).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    Some(Entry {
        id: uri.to_owned(),
        link: page_of_post(api, uri, author)?,
        title: if title.is_empty() { format!("@{author}") } else { title },
        author: name.map_or(format!("@{author}"), |name| format!("{name} (@{author})")),
        at: Datetime::parse_lenient(text("/indexedAt")?),
        html: html(post, said),
    })
}

/// What a post says and shows: its text, its images, the page it links to.
fn html(post: &Value, said: &str) -> String {
    let lines = said.lines().map(escaped).collect::<Vec<_>>().join("<br>");
    let mut html = format!("<p>{lines}</p>");
    let embeds = [post.pointer("/embed"), post.pointer("/embed/media")];
    for embed in embeds.into_iter().flatten() {
        let text = |of: &Value, name: &str| of[name].as_str().map(escaped).unwrap_or_default();
        for image in embed["images"].as_array().into_iter().flatten() {
            let (thumb, alt) = (text(image, "thumb"), text(image, "alt"));
            html.push_str(&format!("<p><img src=\"{thumb}\" alt=\"{alt}\"></p>"));
        }
        let external = &embed["external"];
        // Whatever else somebody calls a link is not led to.
        if external["uri"].as_str().is_some_and(|uri| uri.starts_with("http")) {
            let (uri, title) = (text(external, "uri"), text(external, "title"));
            let title = if title.is_empty() { uri.clone() } else { title };
            html.push_str(&format!("<p><a href=\"{uri}\">{title}</a></p>"));
        }
    }
    html
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            char => escaped.push(char),
        }
    }
    escaped
}

/// The feed, or word that the reader has it. Its tag counts for more than its time, which a deletion does not change.
fn conditional(xml: Vec<u8>, newest: Option<Datetime>, kind: Kind, asked: &HeaderMap) -> Response {
    let newest = newest.and_then(|at| u64::try_from(at.ms() / 1_000).ok());
    let newest = newest.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let since = asked.get(header::IF_MODIFIED_SINCE).and_then(|since| since.to_str().ok());
    let since = since.and_then(|since| httpdate::parse_http_date(since).ok());
    let is_known = newest.zip(since).is_some_and(|(newest, since)| newest <= since);
    let mut response = match asked.contains_key(header::IF_NONE_MATCH) {
        false if is_known => StatusCode::NOT_MODIFIED.into_response(),
        _ => {
            let anonymous: HeaderMap = asked
                .get_all(header::IF_NONE_MATCH)
                .iter()
                .map(|tag| (header::IF_NONE_MATCH, tag.clone()))
                .collect();
            caching::answer(xml, &anonymous)
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind.media_type());
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let modified = newest.map(|newest| HeaderValue::try_from(httpdate::fmt_http_date(newest)));
    if let Some(Ok(modified)) = modified {
        headers.insert(header::LAST_MODIFIED, modified);
    }
    response
}
