//! dev.firehouse.feed.getSearchFacets: what the posts of a search are like, in one call.

use firehouse_store::read::{Facet, FacetCount, FacetKind, PostSearch};
use firehouse_types::{ActorId, Datetime};

use crate::hydrate::Hydration;
use crate::search::refused;
use crate::search_posts_v2::{self, asked};
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError, clock};

/// Posts that are counted, the newest ones.
const POSTS_MAX: usize = 100_000;
/// Spans of time in one answer.
const SPANS_MAX: usize = 200;
const VALUES: usize = 10;
const VALUES_MAX: usize = 100;
const MINUTE_S: u32 = 60;
const HOUR_S: u32 = 3_600;
const DAY_S: u32 = 86_400;
const WEEK_S: u32 = 604_800;
/// A calendar month, for the store.
const MONTH: u32 = 0;

/// The parameters.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub struct Parameters {
    /// What is searched for.
    #[serde(flatten)]
    pub search: search_posts_v2::Parameters,
    /// `minute`, `hour`, `day`, `week` or `month`.
    pub interval: Option<String>,
    /// Values of each kind.
    pub values: Option<usize>,
}

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Posts that were counted.
    pub counted: u64,
    /// Whether these are all that match.
    pub is_complete: bool,
    /// Oldest first; spans without posts are left out.
    pub times: Vec<FacetView>,
    /// The most frequent first, as those below.
    pub languages: Vec<FacetView>,
    /// Linked to.
    pub domains: Vec<FacetView>,
    /// Without their sign.
    pub tags: Vec<FacetView>,
    /// What is in them.
    pub media: Vec<FacetView>,
    /// Who wrote them.
    pub authors: Vec<AuthorView>,
}

/// A value, and how many posts have it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FacetView {
    /// The value.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// An author, and how many of the posts are by them.
#[derive(Clone, Debug, serde::Serialize)]
pub struct AuthorView {
    /// Who.
    pub author: ProfileView,
    /// How many.
    pub count: u64,
}

/// Counts the posts of a search. Errors: [`ViewError::BadQueryString`]; [`ViewError::InvalidRequest`] for an interval nobody knows.
pub async fn get_search_facets(
    app: &AppView,
    caller: &Caller,
    parameters: Parameters,
) -> Result<Answer<Output>, ViewError> {
    let Parameters { search, interval, values } = parameters;
    let interval = interval.as_deref().map(interval_s).transpose()?;
    let search = asked(search).search(app, caller).await?.posts;
    let count = FacetCount {
        posts: POSTS_MAX,
        interval_s: interval.unwrap_or_else(|| fitting(&search)),
        spans: SPANS_MAX,
        values: values.unwrap_or(VALUES).clamp(1, VALUES_MAX),
    };
    let facets = app.store.search_facets(&search, count).await.map_err(refused)?;
    let of = |kind| facets.iter().filter(move |facet| facet.kind == kind).take(count.values);
    let values = |kind| of(kind).map(FacetView::new).collect();
    let counted = of(FacetKind::Match).map(|facet| facet.posts).sum();
    let authors: Vec<(ActorId, u64)> =
        of(FacetKind::Author).filter_map(|facet| Some((actor(facet)?, facet.posts))).collect();
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(authors.iter().map(|(actor, _)| *actor));
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let seen = authors.into_iter().filter(|(actor, _)| !views.viewer_blocks(*actor));
    let authors = seen.filter_map(|(actor, count)| {
        Some(AuthorView { author: views.profile_basic(actor)?, count })
    });
    let times = facets.iter().filter(|facet| facet.kind == FacetKind::Time);
    Ok(Answer::new(Output {
        counted,
        is_complete: usize::try_from(counted).is_ok_and(|counted| counted < POSTS_MAX),
        times: times.rev().filter_map(time).collect(),
        languages: values(FacetKind::Language),
        domains: values(FacetKind::Domain),
        tags: values(FacetKind::Tag),
        media: values(FacetKind::Media),
        authors: authors.collect(),
    }))
}

impl FacetView {
    fn new(facet: &Facet) -> Self {
        Self { value: facet.value.clone(), count: facet.posts }
    }
}

fn actor(facet: &Facet) -> Option<ActorId> {
    facet.value.parse().ok().map(u64::into)
}

/// A span, by the time when it begins.
fn time(facet: &Facet) -> Option<FacetView> {
    let at = Datetime::from_ms(facet.value.parse().ok()?);
    Some(FacetView { value: at.to_string(), count: facet.posts })
}

fn interval_s(name: &str) -> Result<u32, ViewError> {
    Ok(match name {
        "minute" => MINUTE_S,
        "hour" => HOUR_S,
        "day" => DAY_S,
        "week" => WEEK_S,
        "month" => MONTH,
        _ => return Err(ViewError::invalid("interval is minute, hour, day, week or month")),
    })
}

/// The shortest interval of which no more than two hundred fit between the times that a search names.
fn fitting(search: &PostSearch) -> u32 {
    let until = search.until.ms().min(clock::now().ms());
    let seconds = until.saturating_sub(search.after.ms()) / 1_000;
    let spans = i64::try_from(SPANS_MAX).unwrap_or(i64::MAX);
    let fits = |interval: &u32| seconds / i64::from(*interval) <= spans;
    [MINUTE_S, HOUR_S, DAY_S, WEEK_S].into_iter().find(fits).unwrap_or(MONTH)
}
