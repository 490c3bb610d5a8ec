//! app.bsky.unspecced.getTrends and getTrendingTopics: what more accounts talk about than before, by the hashtags of late posts.

use atrium_api::app::bsky::unspecced::{get_trending_topics, get_trends};
use firehouse_store::read::TrendRead;
use url::form_urlencoded::byte_serialize;

use crate::hydrate::Hydration;
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError};

/// What is late, and the span before that it is compared with. Units: seconds.
const LATE_S: u32 = 12 * 3_600;
const EARLIER_S: u32 = 24 * 3_600;
/// Fewer talk among themselves.
const ACCOUNTS_MIN: u32 = 3;
/// Used by so many times more accounts than before, a tag is hot.
const HOT: u64 = 3;
/// Topics suggested behind the trending ones.
const SUGGESTED: usize = 10;

/// The output of getTrends.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Trends {
    /// The most talked about first.
    pub trends: Vec<TrendView>,
}

/// app.bsky.unspecced.defs#trendView.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct TrendView {
    pub topic: Box<str>,
    pub display_name: String,
    pub link: String,
    pub started_at: String,
    pub post_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    pub actors: Vec<ProfileView>,
}

/// The output of getTrendingTopics.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrendingTopics {
    /// The most talked about first.
    pub topics: Vec<TopicView>,
    /// Those behind them.
    pub suggested: Vec<TopicView>,
}

/// app.bsky.unspecced.defs#trendingTopic.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct TopicView {
    pub topic: Box<str>,
    pub display_name: String,
    pub link: String,
}

/// What is talked about, with some of those who do, without those behind a block.
pub async fn get_trends(
    app: &AppView,
    caller: &Caller,
    parameters: get_trends::ParametersData,
) -> Result<Answer<Trends>, ViewError> {
    let limit = parameters.limit.map_or(10, |limit| usize::from(u8::from(limit)));
    let found = app.store.trends(LATE_S, EARLIER_S, ACCOUNTS_MIN, limit).await?;
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(found.iter().flat_map(|trend| &trend.actors));
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let view = |trend: TrendRead| {
        let shown = trend.actors.iter().copied().filter(|&actor| !views.viewer_blocks(actor));
        let actors = shown.filter_map(|actor| views.profile_basic(actor)).collect();
        let is_hot = trend.late_accounts >= HOT * (1 + trend.earlier_accounts);
        TrendView {
            display_name: format!("#{}", trend.tag),
            link: link(&trend.tag),
            started_at: trend.started_at().to_string(),
            post_count: trend.posts,
            status: is_hot.then_some("hot"),
            actors,
            topic: trend.tag,
        }
    };
    Ok(Answer::new(Trends { trends: found.into_iter().map(view).collect() }))
}

/// What is talked about, in brief.
pub async fn get_trending_topics(
    app: &AppView,
    _: &Caller,
    parameters: get_trending_topics::ParametersData,
) -> Result<Answer<TrendingTopics>, ViewError> {
    let limit = parameters.limit.map_or(10, |limit| usize::from(u8::from(limit)));
    let found = app.store.trends(LATE_S, EARLIER_S, ACCOUNTS_MIN, limit + SUGGESTED).await?;
    let view = |trend: TrendRead| TopicView {
        display_name: format!("#{}", trend.tag),
        link: link(&trend.tag),
        topic: trend.tag,
    };
    let mut topics: Vec<_> = found.into_iter().map(view).collect();
    let suggested = topics.split_off(limit.min(topics.len()));
    Ok(Answer::new(TrendingTopics { topics, suggested }))
}

/// Where the app shows the posts with a tag.
fn link(tag: &str) -> String {
    format!("/hashtag/{}", byte_serialize(tag.as_bytes()).collect::<String>())
}
