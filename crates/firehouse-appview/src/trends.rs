//! app.bsky.unspecced.getTrends and getTrendingTopics: what more accounts talk about than before, by the hashtags of late posts.

use std::collections::HashSet;

use atrium_api::app::bsky::unspecced::{get_trending_topics, get_trends};
use firehouse_store::read::TrendRead;
use firehouse_types::{ActorId, Datetime, Did};
use url::form_urlencoded::byte_serialize;

use crate::hydrate::Hydration;
use crate::page::limit_or;
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError};

/// What is late, and the span before that it is compared with. Units: seconds.
const LATE_S: u32 = 12 * 3_600;
const EARLIER_S: u32 = 24 * 3_600;
/// Fewer talk among themselves.
const ACCOUNTS_MIN: u32 = 3;
/// Used by so many times more accounts than before, a tag is hot.
const HOT: u64 = 3;
/// Accounts shown with a trend.
const ACTORS_MAX: usize = 25;
/// Topics suggested behind the trending ones.
const SUGGESTED: usize = 10;
/// Topics of either kind that a recommender may name.
const RECOMMENDED_MAX: usize = 25;

/// The output of getTrends.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trends {
    /// The most talked about first.
    pub trends: Vec<TrendView>,
    /// The recommender's name for its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rec_id_str: Option<String>,
}

/// app.bsky.unspecced.defs#trendView.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrendView {
    /// What is talked about.
    #[serde(flatten)]
    pub trend: Trend,
    /// Some of those who do.
    pub actors: Vec<ProfileView>,
}

/// What is talked about, without who does.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct Trend {
    pub topic: String,
    pub display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub link: String,
    pub started_at: String,
    pub post_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// What a recommender answers.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recommended {
    trends: Vec<RecommendedTrend>,
    rec_id_str: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
struct RecommendedTrend {
    #[serde(flatten)]
    trend: Trend,
    #[serde(default)]
    dids: Vec<String>,
}

/// The output of getTrendingTopics, which is also what a recommender answers.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct TrendingTopics {
    /// The most talked about first.
    pub topics: Vec<TopicView>,
    /// Those behind them.
    pub suggested: Vec<TopicView>,
}

/// app.bsky.unspecced.defs#trendingTopic.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct TopicView {
    pub topic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub link: String,
}

/// What is talked about, with some of those who do, without those behind a block.
pub async fn get_trends(
    app: &AppView,
    caller: &Caller,
    parameters: get_trends::ParametersData,
) -> Result<Answer<Trends>, ViewError> {
    let limit = limit_or(10, parameters.limit);
    let (trends, rec_id_str) = skeleton(app, caller, limit).await?;
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(trends.iter().flat_map(|(_, actors)| actors));
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let view = |(trend, actors): (Trend, Vec<ActorId>)| {
        let shown = actors.into_iter().filter(|&actor| !views.viewer_blocks(actor));
        TrendView { trend, actors: shown.filter_map(|actor| views.profile_basic(actor)).collect() }
    };
    Ok(Answer::new(Trends { trends: trends.into_iter().map(view).collect(), rec_id_str }))
}

/// Trends and who is shown with each: the recommender's, or our own.
async fn skeleton(
    app: &AppView,
    caller: &Caller,
    limit: usize,
) -> Result<(Vec<(Trend, Vec<ActorId>)>, Option<String>), ViewError> {
    let asked = vec![("limit", limit.to_string())];
    let said = app.recommended(caller, "app.bsky.unspecced.getTrendsSkeleton", asked).await;
    if let Some(Recommended { trends, rec_id_str }) = said {
        let is_whole = |said: &RecommendedTrend| Datetime::parse(&said.trend.started_at).is_ok();
        let actors = |dids: &[String]| {
            let mut seen = HashSet::new();
            let actors = dids.iter().filter(|did| Did::is_valid(did)).map(|did| ActorId::of(did));
            actors.filter(|&actor| seen.insert(actor)).take(ACTORS_MAX).collect()
        };
        let trends = trends.into_iter().filter(is_whole).take(limit);
        let trends = trends.map(|said| (said.trend, actors(&said.dids))).collect();
        return Ok((trends, rec_id_str));
    }
    let found = app.store.trends(LATE_S, EARLIER_S, ACCOUNTS_MIN, limit).await?;
    let own = |read: TrendRead| {
        let is_hot = read.late_accounts >= HOT * (1 + read.earlier_accounts);
        let trend = Trend {
            display_name: format!("#{}", read.tag),
            description: None,
            link: link(&read.tag),
            started_at: read.started_at().to_string(),
            post_count: read.posts,
            status: is_hot.then(|| "hot".to_owned()),
            category: None,
            topic: read.tag.into(),
        };
        (trend, read.actors)
    };
    Ok((found.into_iter().map(own).collect(), None))
}

/// What is talked about, in brief.
pub async fn get_trending_topics(
    app: &AppView,
    caller: &Caller,
    parameters: get_trending_topics::ParametersData,
) -> Result<Answer<TrendingTopics>, ViewError> {
    let limit = limit_or(10, parameters.limit);
    let asked = vec![("limit", limit.to_string())];
    let method = "app.bsky.unspecced.getTrendingTopics";
    if let Some(mut said) = app.recommended::<TrendingTopics>(caller, method, asked).await {
        said.topics.truncate(RECOMMENDED_MAX);
        said.suggested.truncate(RECOMMENDED_MAX);
        return Ok(Answer::new(said));
    }
    let found = app.store.trends(LATE_S, EARLIER_S, ACCOUNTS_MIN, limit + SUGGESTED).await?;
    let view = |trend: TrendRead| TopicView {
        display_name: Some(format!("#{}", trend.tag)),
        description: None,
        link: link(&trend.tag),
        topic: trend.tag.into(),
    };
    let mut topics: Vec<_> = found.into_iter().map(view).collect();
    let suggested = topics.split_off(limit.min(topics.len()));
    Ok(Answer::new(TrendingTopics { topics, suggested }))
}

/// Where the app shows the posts with a tag.
fn link(tag: &str) -> String {
    format!("/hashtag/{}", byte_serialize(tag.as_bytes()).collect::<String>())
}
