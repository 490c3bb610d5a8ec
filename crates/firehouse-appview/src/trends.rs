//! app.bsky.unspecced.getTrends, getTrendingTopics and getTrendsSkeleton: what more accounts talk about than before, in the viewer's
//! languages. The background job of firehouse-ingest finds it; here it is shown, unless a recommender is asked.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use atrium_api::app::bsky::unspecced::{get_trending_topics, get_trends, get_trends_skeleton};
use firehouse_schema::TrendRow;
use firehouse_store::Store;
use firehouse_types::{ActorId, Datetime, Did};
use tokio::sync::Mutex;
use url::form_urlencoded::byte_serialize;

use crate::hydrate::Hydration;
use crate::page::limit_or;
use crate::skeleton::Forwarded;
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError, clock};

/// What is older is none any more: nothing has been counted for so long. Units: milliseconds.
const FRESH_MS: i64 = 6 * 3_600_000;
/// How long they are kept in memory.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// Trends of all languages.
const TRENDS_MAX: usize = 2_000;
/// Languages of a viewer that count.
const LANGUAGES_MAX: usize = 5;
/// Accounts shown with a trend.
const ACTORS_MAX: usize = 25;
/// Topics suggested behind the trending ones.
const SUGGESTED: usize = 10;
/// Topics of either kind that a recommender may name.
const RECOMMENDED_MAX: usize = 25;

/// Trends of the last interval, shared by all who ask. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Trending(Arc<Mutex<Option<Kept>>>);

/// Since when, and what.
type Kept = (Instant, Arc<[TrendRow]>);

impl Trending {
    /// Of all languages, the highest first, as of half a minute ago at most. Whoever asks while they are read waits.
    async fn now(&self, store: &Store) -> Result<Arc<[TrendRow]>, ViewError> {
        let mut kept = self.0.lock().await;
        if let Some((since, trends)) = &*kept
            && since.elapsed() < KEPT_FOR
        {
            return Ok(Arc::clone(trends));
        }
        let fresh = Datetime::from_ms(clock::now().ms().saturating_sub(FRESH_MS));
        let trends: Arc<[TrendRow]> = store.trends(fresh, TRENDS_MAX).await?.into();
        *kept = Some((Instant::now(), Arc::clone(&trends)));
        Ok(trends)
    }
}

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

/// The output of getTrendsSkeleton.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrendsSkeleton {
    /// The most talked about first.
    pub trends: Vec<SkeletonTrend>,
}

/// app.bsky.unspecced.defs#skeletonTrend.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SkeletonTrend {
    /// What is talked about.
    #[serde(flatten)]
    pub trend: Trend,
    /// Some of those who do.
    pub dids: Vec<Did>,
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

impl Trend {
    fn own(row: &TrendRow) -> Self {
        Self {
            topic: row.term.trim_start_matches('#').into(),
            display_name: row.name.to_string(),
            description: None,
            link: link(&row.query),
            started_at: row.started_at.to_string(),
            post_count: row.all_posts,
            status: (row.is_hot == 1).then(|| "hot".to_owned()),
            category: None,
        }
    }
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
    let all = app.trending.now(&app.store).await?;
    let own = chosen(&all, &languages(&caller.forwarded), limit);
    let own = own
        .into_iter()
        .map(|row| (Trend::own(row), row.actors.iter().copied().take(ACTORS_MAX).collect()));
    Ok((own.collect(), None))
}

/// Our own trends without what they look like, for another AppView whose recommender we are. The viewer it names is its own: whoever is
/// behind a block with him is left out.
pub async fn get_trends_skeleton(
    app: &AppView,
    caller: &Caller,
    parameters: get_trends_skeleton::ParametersData,
) -> Result<Answer<TrendsSkeleton>, ViewError> {
    let all = app.trending.now(&app.store).await?;
    let own = chosen(&all, &languages(&caller.forwarded), limit_or(10, parameters.limit));
    let viewer = parameters.viewer.and_then(|viewer| Did::parse(viewer.as_str()).ok());
    let caller = &Caller { viewer: viewer.or(caller.viewer.clone()), ..caller.clone() };
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(own.iter().flat_map(|row| &row.actors));
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let view = |row: &TrendRow| {
        let actors = row.actors.iter().filter(|actor| !views.viewer_blocks(**actor));
        let actors = actors.take(ACTORS_MAX);
        let dids = actors.filter_map(|&actor| Some(views.profile_basic(actor)?.did)).collect();
        SkeletonTrend { trend: Trend::own(row), dids }
    };
    Ok(Answer::new(TrendsSkeleton { trends: own.into_iter().map(view).collect() }))
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
    let all = app.trending.now(&app.store).await?;
    let view = |row: &TrendRow| {
        let Trend { topic, display_name, link, .. } = Trend::own(row);
        TopicView { topic, display_name: Some(display_name), description: None, link }
    };
    let own = chosen(&all, &languages(&caller.forwarded), limit + SUGGESTED);
    let mut topics: Vec<_> = own.into_iter().map(view).collect();
    let suggested = topics.split_off(limit.min(topics.len()));
    Ok(Answer::new(TrendingTopics { topics, suggested }))
}

/// Trends of some languages, each once; where nothing trends in any, or none is named, those of all posts together.
fn chosen<'a>(all: &'a [TrendRow], languages: &[String], limit: usize) -> Vec<&'a TrendRow> {
    let mut seen = HashSet::new();
    let of_some = all.iter().filter(|row| languages.iter().any(|lang| **lang == *row.lang));
    let of_some = of_some.filter(|row| seen.insert(&row.term));
    let of_some: Vec<_> = of_some.take(limit).collect();
    if of_some.is_empty() {
        return all.iter().filter(|row| row.lang.is_empty()).take(limit).collect();
    }
    of_some
}

/// The languages that the caller wants to read, by their first parts, of those he names most.
fn languages(forwarded: &Forwarded) -> Vec<String> {
    let header = forwarded.iter().find(|(name, _)| name.eq_ignore_ascii_case("accept-language"));
    let mut languages = Vec::new();
    for item in header.map_or("", |(_, value)| value).split(',') {
        let (tag, weight) = item.split_once(';').unwrap_or((item, ""));
        let is_refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        let tag = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        if !is_refused && !tag.is_empty() && tag != "*" && !languages.contains(&tag) {
            languages.push(tag);
        }
    }
    languages.truncate(LANGUAGES_MAX);
    languages
}

/// Where the app shows the posts: a search that is answered here.
pub(crate) fn link(query: &str) -> String {
    format!("/search?q={}", byte_serialize(query.as_bytes()).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_those_that_the_caller_accepts() {
        let check = |value: &str, expected: &[&str]| {
            let forwarded = [("accept-language".into(), value.into())];
            assert_eq!(languages(&forwarded), expected, "{value}");
        };
        check("pt-BR,pt;q=0.9, EN-us;q=0.8", &["pt", "en"]);
        check("*", &[]);
        check("de;q=0, fr;q=0.5", &["fr"]);
        check("", &[]);
        check(";q=1,,-", &[]);
        assert!(languages(&[]).is_empty());
    }
}
