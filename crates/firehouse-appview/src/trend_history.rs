//! dev.firehouse.unspecced.getTrendHistory: what was talked about more than before, interval by interval.

use std::num::NonZeroU8;

use firehouse_store::read::PastTrend;
use firehouse_types::Datetime;

use crate::page::{From, Page};
use crate::trends::link;
use crate::{Answer, AppView, Caller, ViewError, clock};

const DAY_MS: i64 = 86_400_000;
/// What is looked at where nobody says since when.
const DAYS: i64 = 7;
/// What is looked at at once.
const DAYS_MAX: i64 = 31;

/// The parameters.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub struct Parameters {
    /// The first moment; a week before the last without one.
    pub since: Option<String>,
    /// The last moment, exclusive; now without one.
    pub until: Option<String>,
    /// Of posts in this language only.
    pub lang: Option<String>,
    /// Trends of one page.
    pub limit: Option<NonZeroU8>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Those that started last first.
    pub trends: Vec<HistoryTrend>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A trend, from its beginning on.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryTrend {
    pub id: String,
    pub topic: String,
    pub display_name: String,
    pub link: String,
    pub started_at: String,
    pub peak_at: String,
    pub peak_accounts: u32,
    pub post_count: u64,
    pub interval_seconds: u32,
    pub intervals: Vec<HistoryInterval>,
}

/// One interval of it.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryInterval {
    pub at: String,
    pub accounts: u32,
    pub posts: u32,
    pub score: u64,
}

/// Trends of some time and one language, a page. Errors: [`ViewError::MalformedCursor`].
pub async fn get_trend_history(
    app: &AppView,
    _caller: &Caller,
    parameters: Parameters,
) -> Result<Answer<Output>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    if from == From::Nowhere {
        return Ok(Answer::new(Output { trends: Vec::new(), cursor: None }));
    }
    let at = |text: Option<String>| text.map(|text| Datetime::parse_lenient(&text));
    let until = at(parameters.until).unwrap_or_else(clock::now);
    let before = |days: i64| Datetime::from_ms(until.ms().saturating_sub(days * DAY_MS));
    let since = at(parameters.since).unwrap_or_else(|| before(DAYS)).max(before(DAYS_MAX));
    let limit = usize::from(parameters.limit.map_or(25, NonZeroU8::get));
    let lang = parameters.lang.unwrap_or_default();
    let lang = lang.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let rows = app.store.trend_history((since, until), &lang, from.rank(), limit + 1).await?;
    let Page { items, next } = Page::cut(rows, limit, PastTrend::position);
    let trends = items.iter().map(view).collect();
    Ok(Answer::new(Output { trends, cursor: next.map(|cursor| cursor.to_string()) }))
}

fn view(trend: &PastTrend) -> HistoryTrend {
    let interval = |interval: firehouse_store::read::TrendInterval| HistoryInterval {
        at: interval.at.to_string(),
        accounts: interval.accounts,
        posts: interval.posts,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the lexicon has no fractions; what is below zero is zero"
        )]
        score: interval.score.round() as u64,
    };
    HistoryTrend {
        id: format!("{:x}", trend.id),
        topic: trend.term.trim_start_matches('#').into(),
        display_name: trend.name.to_string(),
        link: link(&trend.query),
        started_at: trend.started_at().to_string(),
        peak_at: trend.peak_at().to_string(),
        peak_accounts: trend.peak_accounts,
        post_count: trend.all_posts,
        interval_seconds: trend.span_s,
        intervals: trend.intervals().map(interval).collect(),
    }
}
