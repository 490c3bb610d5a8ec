//! app.bsky.feed.searchPosts, and the rules and views that it shares with searchPostsV2.

use atrium_api::app::bsky::feed::search_posts::ParametersData;
use firehouse_store::read::{FoundPost, RecordKey};

use crate::hydrate::Hydration;
use crate::nsid::POST;
use crate::page::{From, Page, fill_page, limit_or};
use crate::search::{Asked, Filters, Found, Order, Search, found_posts};
use crate::view::PostView;
use crate::{Answer, AppView, Caller, ViewError};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// In the order asked for.
    pub posts: Vec<PostView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Posts that match a query and its filters, without those behind a block. Errors: [`ViewError::BadQueryString`].
pub async fn search_posts(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let order = match parameters.sort.as_deref() {
        Some("top") => Order::Top,
        _ => Order::Latest,
    };
    let limit = limit_or(25, parameters.limit);
    let search = asked(parameters).search(app, caller).await?;
    let (search, order) = (&search, order.or(search.sort));
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move { page(app, caller, search, order, from, limit).await })
    });
    let (posts, cursor) = pages.await?;
    Ok(Answer::new(Output { posts, cursor }))
}

fn asked(parameters: ParametersData) -> Asked {
    let one = |value: Option<String>| value.into_iter().collect();
    let name = |value: Option<atrium_api::types::string::AtIdentifier>| {
        value.into_iter().map(|name| name.as_ref().to_owned()).collect()
    };
    let ParametersData { q, since, until, mentions, author, lang, domain, url, tag, .. } =
        parameters;
    let only = Filters {
        authors: name(author),
        mentions: name(mentions),
        domains: one(domain),
        urls: one(url),
        languages: one(lang.map(|lang| lang.as_ref().to_string())),
        ..Filters::default()
    };
    Asked { query: q, only, tags: tag.unwrap_or_default(), since, until, ..Asked::default() }
}

/// One page, all four steps.
pub(crate) async fn page(
    app: &AppView,
    caller: &Caller,
    search: &Search,
    order: Order,
    from: From,
    limit: usize,
) -> Result<Page<PostView>, ViewError> {
    let Page { items, next } = found_posts(app, search, order, from, limit).await?;
    let is_mild = order == Order::Latest && search.has_author;
    let posts: Vec<FoundPost> = items.iter().map(|found| found.post).collect();
    let mut shown = shown(app, caller, &posts, is_mild).await?;
    if app.explains(caller) {
        explain(&mut shown, &items);
    }
    Ok(Page { items: shown.into_iter().map(|(_, view)| view).collect(), next })
}

/// Says with each post what its rank is made of.
fn explain(shown: &mut [(RecordKey, PostView)], found: &[Found]) {
    for (key, view) in shown {
        let rank = found.iter().find(|found| found.post.key() == *key).and_then(|found| found.rank);
        if let Some(rank) = rank {
            view.explain("rank", rank.explained());
        }
    }
}

/// Those of the posts that were found which still are what was found, and which this caller may see. `is_mild`: without the rules that do
/// not hold where somebody asks for the posts of an author.
pub(crate) async fn shown(
    app: &AppView,
    caller: &Caller,
    found: &[FoundPost],
    is_mild: bool,
) -> Result<Vec<(RecordKey, PostView)>, ViewError> {
    let keys: Vec<RecordKey> = found.iter().map(FoundPost::key).collect();
    let hydrated = async {
        let mut hydration = Hydration::new(app, caller);
        hydration.load_posts(&keys, false).await?;
        hydration.finish().await
    };
    let current = async { Ok(app.store.still_so(found).await?) };
    let (state, current) = tokio::try_join!(hydrated, current)?;
    let views = app.views(&state);
    let rules = &app.config.tags;
    // Muted authors stay; their posts say that they are muted.
    let is_shown = |key: &RecordKey| {
        if caller.privileged || caller.actor() == Some(key.0) {
            return true;
        }
        let found = &state.tags;
        let tags = [found.of_record(*key, POST), found.of_account(key.0), found.of_profile(key.0)];
        let is_hidden = || tags.iter().any(|tags| rules.hides_in_search(tags));
        !views.viewer_blocks(key.0)
            && !tags.iter().any(|tags| rules.hides_in_every_search(tags))
            && (is_mild || !is_hidden())
    };
    // What matched may be an older version, or be gone.
    let posts = current.into_iter().filter(is_shown);
    Ok(posts.filter_map(|key| Some((key, views.post(key)?))).collect())
}
