//! [`Generators`]: whoever asks feed generators for their skeletons. It speaks HTTP, so it is handed in.

use std::pin::Pin;

use serde_json::{Map, Value};
use url::Url;

/// Asks feed generators, which strangers run.
pub trait Generators: Send + Sync {
    /// What the generator answers, its form checked, nothing in it believed.
    fn skeleton<'a>(&'a self, request: SkeletonRequest<'a>) -> SkeletonFuture<'a>;
}

/// An answer on its way.
pub type SkeletonFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Skeleton, SkeletonError>> + Send + 'a>>;

/// What a generator is asked, as in app.bsky.feed.getFeedSkeleton.
#[derive(Clone, Copy, Debug)]
pub struct SkeletonRequest<'a> {
    /// Where it says it is.
    pub endpoint: &'a Url,
    /// The feed's AT-URI.
    pub feed: &'a str,
    /// Items at most; not every generator cares.
    pub limit: usize,
    /// Where the page begins, in the generator's own words.
    pub cursor: Option<&'a str>,
    /// What the generator gets to hear of the caller's own request.
    pub forwarded: &'a Forwarded,
}

/// Names and values of what a caller said and a generator gets to hear: whose feed it is, in which languages. Means nothing here.
pub type Forwarded = [(Box<str>, Box<str>)];

/// A page of a feed before its posts are looked up.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skeleton {
    /// In the generator's order, as often as it names them.
    pub feed: Vec<SkeletonItem>,
    /// Where the next page begins.
    pub cursor: Option<String>,
    /// The generator's name for this answer.
    pub req_id: Option<String>,
    /// Whatever else the generator says: the caller gets it as it is.
    #[serde(flatten)]
    pub more: Map<String, Value>,
    /// The languages the answer was made for.
    #[serde(skip)]
    pub language: Option<String>,
}

/// One item.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SkeletonItem {
    /// AT-URI of the post.
    pub post: String,
    /// Why it is there.
    pub reason: Option<SkeletonReason>,
    /// What the generator wants to hear when somebody interacts with the item.
    pub feed_context: Option<String>,
}

/// The union in app.bsky.feed.defs#skeletonFeedPost.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(tag = "$type")]
pub enum SkeletonReason {
    /// Somebody reposted it.
    #[serde(rename = "app.bsky.feed.defs#skeletonReasonRepost")]
    Repost {
        /// AT-URI of the repost.
        repost: String,
    },
    /// Its author pinned it.
    #[serde(rename = "app.bsky.feed.defs#skeletonReasonPin")]
    Pin {},
    /// A reason of the future.
    #[serde(other)]
    Unknown,
}

/// A generator gave no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkeletonError {
    /// 502 `UpstreamFailure`: it cannot be reached, or takes too long.
    #[error("feed unavailable")]
    Unavailable,
    /// 502 `InvalidFeedResponse`: what it says is no skeleton.
    #[error("feed provided an invalid response")]
    Invalid,
    /// It refuses, in words meant for the caller.
    #[error("{message}")]
    Refused {
        /// HTTP status, 400 or more.
        status: u16,
        /// XRPC error name.
        name: String,
        /// For people.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skeleton_keeps_what_it_does_not_know() {
        let json = r#"{"cursor":"c","reqId":"r","interactionUrl":{"a":1},"feed":[
            {"post":"at://p","feedContext":"x"},
            {"post":"at://q","reason":{"$type":"app.bsky.feed.defs#skeletonReasonRepost","repost":"at://r"}},
            {"post":"at://q","reason":{"$type":"app.bsky.feed.defs#skeletonReasonPin"}},
            {"post":"at://q","reason":{"$type":"app.bsky.feed.defs#skeletonReasonOther","more":[1]}}]}"#;
        let skeleton: Skeleton = serde_json::from_str(json).unwrap();
        assert_eq!(skeleton.more.keys().collect::<Vec<_>>(), ["interactionUrl"]);
        let reasons: Vec<_> = skeleton.feed.iter().map(|item| item.reason.as_ref()).collect();
        assert!(
            matches!(
                reasons[..],
                [
                    None,
                    Some(SkeletonReason::Repost { .. }),
                    Some(SkeletonReason::Pin {}),
                    Some(SkeletonReason::Unknown)
                ]
            ),
            "{reasons:?}"
        );
    }
}
