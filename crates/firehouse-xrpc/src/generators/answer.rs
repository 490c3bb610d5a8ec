//! What a generator answers: a skeleton, a refusal, or nothing that makes sense.

use firehouse_appview::{Skeleton, SkeletonError};
use serde_json::{Map, Value};

/// Of what the lexicon does not know, all together, this much is passed on. Units: bytes of JSON.
const MORE_BYTES_MAX: usize = 64 * 1024;
/// Longest text of a refusal that is passed on.
const WORDS_BYTES_MAX: usize = 2_000;

/// Reads an answer. `kind` is its `Content-Type`.
pub(super) fn read(
    status: u16,
    kind: Option<&str>,
    body: &[u8],
) -> Result<Skeleton, SkeletonError> {
    let kind = kind.and_then(|kind| kind.split(';').next());
    let is_json = kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    match status {
        200..=299 if is_json => skeleton(body).ok_or(SkeletonError::Invalid),
        400.. => Err(refusal(status, is_json, body)),
        _ => Err(SkeletonError::Invalid),
    }
}

/// A skeleton as its lexicon says. AT-URIs may be of any form: an item that names nothing is nobody's harm.
fn skeleton(body: &[u8]) -> Option<Skeleton> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let has_null = |of: &Map<String, Value>, names: [&str; 2]| {
        names.iter().any(|name| of.get(*name).is_some_and(Value::is_null))
    };
    let said_of_all = said.as_object().filter(|all| !has_null(all, ["cursor", "reqId"]))?;
    let mut items = said_of_all.get("feed")?.as_array()?.iter();
    let is_whole = |item: &Value| {
        item.as_object().is_some_and(|item| !has_null(item, ["reason", "feedContext"]))
    };
    if !items.all(is_whole) {
        return None;
    }
    let mut skeleton: Skeleton = serde_json::from_value(said).ok()?;
    let fits = |text: &Option<String>, bytes: usize| text.as_ref().is_none_or(|t| t.len() <= bytes);
    let item_fits = skeleton
        .feed
        .iter()
        .all(|item| item.post.starts_with("at://") && fits(&item.feed_context, 2_000));
    if !item_fits || !fits(&skeleton.req_id, 100) {
        return None;
    }
    let more = serde_json::to_vec(&skeleton.more).map_or(usize::MAX, |more| more.len());
    if more > MORE_BYTES_MAX {
        skeleton.more.clear();
    }
    Some(skeleton)
}

#[derive(serde::Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    message: Option<String>,
}

/// The refusal in the generator's words, or in those of its status.
fn refusal(status: u16, is_json: bool, body: &[u8]) -> SkeletonError {
    if !is_json {
        let message = format!("Upstream server responded with a {status} error");
        return SkeletonError::Refused { status, name: name_of(status).to_owned(), message };
    }
    let Ok(said) = serde_json::from_slice::<Value>(body) else { return SkeletonError::Invalid };
    let refusal = serde_json::from_value::<Refusal>(said).ok();
    match refusal.filter(|refusal| !refusal.error.is_empty()) {
        Some(Refusal { error, message }) => {
            let message = message.filter(|message| !message.is_empty());
            let message = message.unwrap_or_else(|| words_of(status).to_owned());
            SkeletonError::Refused { status, name: cut(error), message: cut(message) }
        }
        None => {
            let message = format!("Upstream server responded with a {status} error");
            SkeletonError::Refused { status, name: name_of(status).to_owned(), message }
        }
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(WORDS_BYTES_MAX));
    text
}

fn name_of(status: u16) -> &'static str {
    match status {
        401 => "AuthenticationRequired",
        403 => "Forbidden",
        404 => "XRPCNotSupported",
        406 => "NotAcceptable",
        413 => "PayloadTooLarge",
        415 => "UnsupportedMediaType",
        429 => "RateLimitExceeded",
        500 => "InternalServerError",
        501 => "MethodNotImplemented",
        503 => "NotEnoughResources",
        504 => "UpstreamTimeout",
        502.. => "UpstreamFailure",
        _ => "InvalidRequest",
    }
}

fn words_of(status: u16) -> &'static str {
    match status {
        401 => "Authentication Required",
        403 => "Forbidden",
        404 => "XRPC Not Supported",
        406 => "Not Acceptable",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        429 => "Rate Limit Exceeded",
        501 => "Method Not Implemented",
        503 => "Not Enough Resources",
        504 => "Upstream Timeout",
        500.. => "Upstream Failure",
        _ => "Invalid Request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    #[test]
    fn what_is_no_skeleton_is_invalid() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"feed":{}}"#,
            r#"{"feed":[{"post":"post"}]}"#,
            r#"{"feed":[],"cursor":null}"#,
            r#"{"feed":[],"cursor":1}"#,
            r#"{"feed":[{"post":"at://x","reason":{}}]}"#,
            r#"{"feed":[{"post":"at://x","reason":null}]}"#,
            r#"{"feed":[{"post":"at://x","reason":{"$type":"app.bsky.feed.defs#skeletonReasonRepost"}}]}"#,
        ] {
            assert_eq!(
                read(200, JSON, body.as_bytes()).err(),
                Some(SkeletonError::Invalid),
                "{body}"
            );
        }
        assert_eq!(
            read(200, Some("text/html"), br#"{"feed":[]}"#).err(),
            Some(SkeletonError::Invalid)
        );
        assert_eq!(read(304, JSON, br#"{"feed":[]}"#).err(), Some(SkeletonError::Invalid));
        let long = format!(r#"{{"feed":[{{"post":"at://x","feedContext":"{:2001}"}}]}}"#, "");
        assert_eq!(read(200, JSON, long.as_bytes()).err(), Some(SkeletonError::Invalid));
        let odd = read(200, JSON, br#"{"feed":[{"post":"at://anything at all"}],"x":1}"#).unwrap();
        assert_eq!((odd.feed.len(), odd.more.len()), (1, 1));
        let much = format!(r#"{{"feed":[],"x":"{}"}}"#, "x".repeat(70_000));
        assert!(read(200, JSON, much.as_bytes()).unwrap().more.is_empty());
    }

    #[test]
    fn a_refusal_is_told_in_the_generators_words_or_in_those_of_its_status() {
        let check = |status, kind, body: &str, name: &str, message: &str| {
            let (name, message) = (name.to_owned(), message.to_owned());
            let expected = SkeletonError::Refused { status, name, message };
            assert_eq!(read(status, kind, body.as_bytes()).err(), Some(expected), "{body}");
        };
        check(401, JSON, r#"{"error":"AuthMissing","message":"who"}"#, "AuthMissing", "who");
        check(401, JSON, r#"{"error":"AuthMissing"}"#, "AuthMissing", "Authentication Required");
        let told = "Upstream server responded with a 418 error";
        check(418, JSON, "{}", "InvalidRequest", told);
        let told = "Upstream server responded with a 599 error";
        check(599, Some("text/html"), "<p>", "UpstreamFailure", told);
        assert_eq!(read(400, JSON, b"{").err(), Some(SkeletonError::Invalid));
    }
}
