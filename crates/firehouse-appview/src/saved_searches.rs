//! [`SavedSearch`]: a search of the configuration that is a feed of ours. app.bsky.feed.getFeedSkeleton and describeFeedGenerator.
//!
//! Its skeleton is what anybody who says nothing of themselves finds, the newest first unless the query says otherwise; getFeed puts the
//! viewer's rules on top, here as at any other AppView.

use atrium_api::app::bsky::feed::get_feed_skeleton::ParametersData;
use firehouse_types::{AtUri, Did, Rkey};

use crate::nsid::GENERATOR;
use crate::page::{From, fill_page, limit_of};
use crate::search::{Asked, Order};
use crate::search_posts::page;
use crate::skeleton::{Skeleton, SkeletonItem};
use crate::{Answer, AppView, Caller, Config, NoParameters, ViewError};

/// A search that is a feed. Made by a configuration, which is refused where nobody could search for it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "Written")]
pub struct SavedSearch {
    /// The record key of the feed.
    pub name: Box<str>,
    /// What is searched for, as in the query box.
    pub query: Box<str>,
    /// For people.
    pub title: Box<str>,
    /// For people.
    pub description: Box<str>,
}

/// As it stands in the configuration.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Box<str>,
    query: Box<str>,
    title: Box<str>,
    #[serde(default)]
    description: Box<str>,
}

impl TryFrom<Written> for SavedSearch {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, query, title, description } = written;
        if Rkey::parse(&name).is_err() {
            return Err(format!("{name:?} is no record key, so no name of a feed"));
        }
        match firehouse_text::parse(&query) {
            Ok(Some(_)) => Ok(Self { name, query, title, description }),
            Ok(None) => Err(format!("the query of the feed {name} asks for nothing")),
            Err(error) => Err(format!("the query of the feed {name}: {error}")),
        }
    }
}

impl Config {
    /// The saved search that a feed of ours is.
    pub(crate) fn saved_search(&self, feed: &str) -> Option<&SavedSearch> {
        let uri = AtUri::parse(feed).ok()?;
        (uri.authority == self.did.as_str() && uri.collection == Some(GENERATOR))
            .then(|| self.saved_search_named(uri.rkey?))
            .flatten()
    }

    /// The saved search of this name.
    pub(crate) fn saved_search_named(&self, name: &str) -> Option<&SavedSearch> {
        self.saved_searches.iter().find(|saved| &*saved.name == name)
    }
}

/// The output of getFeedSkeleton.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FeedSkeleton {
    /// In the order of the search.
    pub feed: Vec<SkeletonPost>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// app.bsky.feed.defs#skeletonFeedPost.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SkeletonPost {
    /// Its AT-URI.
    pub post: String,
}

/// The output of describeFeedGenerator.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DescribedFeeds {
    /// Who we are.
    pub did: Did,
    /// As configured.
    pub feeds: Vec<DescribedFeed>,
}

/// app.bsky.feed.describeFeedGenerator#feed, with what people want to know.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribedFeed {
    /// Its AT-URI.
    pub uri: String,
    /// What it is called.
    pub display_name: Box<str>,
    /// What it is.
    pub description: Box<str>,
}

/// A page of a saved search. Errors: `UnknownFeed`.
pub async fn get_feed_skeleton(
    app: &AppView,
    _: &Caller,
    parameters: ParametersData,
) -> Result<Answer<FeedSkeleton>, ViewError> {
    let unknown = || ViewError::Refused { name: "UnknownFeed", message: "Unknown feed".to_owned() };
    let saved = app.config.saved_search(&parameters.feed).ok_or_else(unknown)?;
    let limit = limit_of(parameters.limit);
    let Skeleton { feed, cursor, .. } =
        skeleton(app, saved, limit, parameters.cursor.as_deref()).await?;
    let feed = feed.into_iter().map(|item| SkeletonPost { post: item.post }).collect();
    Ok(Answer::new(FeedSkeleton { feed, cursor }))
}

/// Which feeds we have.
pub async fn describe_feed_generator(
    app: &AppView,
    _: &Caller,
    _: NoParameters,
) -> Result<Answer<DescribedFeeds>, ViewError> {
    let did = &app.config.did;
    let described = |saved: &SavedSearch| DescribedFeed {
        uri: format!("at://{did}/{GENERATOR}/{}", saved.name),
        display_name: saved.title.clone(),
        description: saved.description.clone(),
    };
    let feeds = app.config.saved_searches.iter().map(described).collect();
    Ok(Answer::new(DescribedFeeds { did: did.clone(), feeds }))
}

/// The posts that anybody finds.
pub(crate) async fn skeleton(
    app: &AppView,
    saved: &SavedSearch,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Skeleton, ViewError> {
    let caller = &Caller::default();
    let from = From::parse(cursor)?;
    let asked = Asked { query: saved.query.clone().into(), ..Asked::default() };
    let search = &asked.search(app, caller).await?;
    let order = Order::Latest.or(search.sort);
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move { page(app, caller, search, order, from, limit).await })
    });
    let (posts, cursor) = pages.await?;
    let item = |uri| SkeletonItem { post: uri, reason: None, feed_context: None };
    let feed = posts.into_iter().map(|post| item(post.uri)).collect();
    Ok(Skeleton { feed, cursor, ..Skeleton::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(name: &str, query: &str) -> Result<SavedSearch, String> {
        let text = format!("name = {name:?}\nquery = {query:?}\ntitle = \"\"");
        toml::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_configuration_with_a_search_that_nobody_can_make_is_refused() {
        assert!(saved("rain", "rain OR \"snow storm\" lang:en").is_ok());
        for (name, query, why) in [
            ("rain/snow", "rain", "no record key"),
            ("rain", "  ", "asks for nothing"),
            ("rain", "(rain", "the query of the feed rain"),
        ] {
            let refused = saved(name, query).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
