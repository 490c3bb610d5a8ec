//! app.bsky.feed.searchPostsV2: filters that are lists, each with a twin that excludes, and the number of hits.

use firehouse_store::read::RecordKey;

use crate::page::{From, fill_page};
use crate::search::{Asked, Filters, Order, found_posts, refused};
use crate::search_posts::page;
use crate::view::PostView;
use crate::{Answer, AppView, Caller, ViewError};

/// Unless all times are asked for. Units: days.
const DAYS: i64 = 30;
/// Hits are counted up to this many; up to the second where each has to be read.
const HITS_MAX: usize = 10_000;
const READ_HITS_MAX: usize = 1_000;

/// The parameters.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct Parameters {
    pub cursor: Option<String>,
    pub limit: Option<usize>,
    pub query: Option<String>,
    pub sort: Option<String>,
    pub authors: Vec<String>,
    pub mentions: Vec<String>,
    pub domains: Vec<String>,
    pub urls: Vec<String>,
    pub embedded_at_uris: Vec<String>,
    pub hashtags: Vec<String>,
    pub languages: Vec<String>,
    pub exclude_authors: Vec<String>,
    pub exclude_mentions: Vec<String>,
    pub exclude_domains: Vec<String>,
    pub exclude_urls: Vec<String>,
    pub exclude_embedded_at_uris: Vec<String>,
    pub exclude_hashtags: Vec<String>,
    pub exclude_languages: Vec<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub all_time: Option<bool>,
    pub has_media: Option<bool>,
    pub has_video: Option<bool>,
    pub reply_parent_uri: Option<String>,
    pub thread_root_uri: Option<String>,
    pub exclude_replies: Option<bool>,
    pub replies_only: Option<bool>,
    pub following: Option<bool>,
    pub query_language: Option<String>,
}

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// In the order asked for.
    pub posts: Vec<PostView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many match; those that this viewer does not see are among them. Not counted beyond ten thousand,
    /// phrases not beyond a thousand.
    pub hits_total: u64,
    /// Languages whose words are not parted by spaces, by the script of the query.
    pub detected_query_languages: Vec<String>,
}

/// Posts that match a query and filters. Errors: [`ViewError::BadQueryString`].
pub async fn search_posts_v2(
    app: &AppView,
    caller: &Caller,
    parameters: Parameters,
) -> Result<Answer<Output>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let order = order_of(&parameters);
    let limit = parameters.limit.unwrap_or(25).clamp(1, 100);
    let detected_query_languages = languages(&parameters);
    let search = asked(parameters).search(app, caller).await?;
    let (search, order) = (&search, order.or(search.sort));
    let pages = async {
        let fetch = |from, limit| -> crate::page::PageFuture<'_, PostView> {
            Box::pin(async move { page(app, caller, search, order, from, limit).await })
        };
        fill_page(from, limit, fetch).await
    };
    let hits_max = if search.posts.condition.reads_posts() { READ_HITS_MAX } else { HITS_MAX };
    let hits = async { app.store.search_hits(&search.posts, hits_max).await.map_err(refused) };
    let ((posts, cursor), hits_total) = tokio::try_join!(pages, hits)?;
    Ok(Answer::new(Output { posts, cursor, hits_total, detected_query_languages }))
}

/// Which posts these are, as the index has them, with nothing of what they are: what the first page is made of. Errors: as
/// [`search_posts_v2`].
pub async fn search_post_keys(
    app: &AppView,
    caller: &Caller,
    parameters: Parameters,
) -> Result<Vec<RecordKey>, ViewError> {
    let order = order_of(&parameters);
    let limit = parameters.limit.unwrap_or(25).clamp(1, 100);
    let search = asked(parameters).search(app, caller).await?;
    let found = found_posts(app, &search, order.or(search.sort), From::Start, limit).await?;
    Ok(found.items.iter().map(|found| found.post.key()).collect())
}

fn order_of(parameters: &Parameters) -> Order {
    match parameters.sort.as_deref() {
        Some("recent") => Order::Latest,
        _ => Order::Top,
    }
}

pub(crate) fn asked(parameters: Parameters) -> Asked {
    let is = |flag: Option<bool>| flag == Some(true);
    let marks = [
        (parameters.has_media, firehouse_text::mark::HAS_MEDIA),
        (parameters.has_video, firehouse_text::mark::HAS_VIDEO),
        (parameters.replies_only, firehouse_text::mark::IS_REPLY),
    ];
    let marks = marks.into_iter().filter(|(flag, _)| is(*flag));
    let reply = is(parameters.exclude_replies).then(|| firehouse_text::mark::IS_REPLY.to_owned());
    Asked {
        query: parameters.query.unwrap_or_default(),
        only: Filters {
            authors: parameters.authors,
            mentions: parameters.mentions,
            domains: parameters.domains,
            urls: parameters.urls,
            embedded: parameters.embedded_at_uris,
            hashtags: parameters.hashtags,
            languages: parameters.languages,
        },
        not: Filters {
            authors: parameters.exclude_authors,
            mentions: parameters.exclude_mentions,
            domains: parameters.exclude_domains,
            urls: parameters.exclude_urls,
            embedded: parameters.exclude_embedded_at_uris,
            hashtags: parameters.exclude_hashtags,
            languages: parameters.exclude_languages,
        },
        marks: marks.map(|(_, mark)| mark.to_owned()).collect(),
        without_marks: reply.into_iter().collect(),
        parent: parameters.reply_parent_uri,
        root: parameters.thread_root_uri,
        since: parameters.since,
        until: parameters.until,
        days: (!is(parameters.all_time)).then_some(DAYS),
        following: is(parameters.following),
        ..Asked::default()
    }
}

/// What the query is said to be in; else, what its script tells.
fn languages(parameters: &Parameters) -> Vec<String> {
    match &parameters.query_language {
        Some(language) => vec![language.clone()],
        None => {
            let query = parameters.query.as_deref().unwrap_or_default();
            firehouse_text::languages(query).iter().map(|&language| language.to_owned()).collect()
        }
    }
}
