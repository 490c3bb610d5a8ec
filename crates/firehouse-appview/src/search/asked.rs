//! [`Asked`]: parameters and query text of a search, as they came, and [`Search`], what they mean.
//!
//! Values of one kind are alternatives (two authors: posts of either), kinds are all required, as the lexicon of searchPostsV2 says; what
//! the query text says is required beside them. Whoever a name names is looked up for all names at once; a name of nobody matches nothing.

use std::hash::{DefaultHasher, Hash, Hasher};

use firehouse_store::read::{Condition, PostSearch};
use firehouse_text::{Leaf, Sort, Who};
use firehouse_types::{ActorId, Datetime};

use super::names::{ME, Names};
use super::{meaning, wildcards};
use crate::{AppView, Caller, ViewError, clock};

/// Longer queries are no questions. Units: characters.
const QUERY_CHARS_MAX: usize = 1_000;
/// What a search may be, once it is conditions: it travels in the store's URL. Units: bytes, escaped.
const SEARCH_BYTES_MAX: usize = 48_000;
const MS_PER_DAY: i64 = 86_400_000;

/// Values of one kind each; of each kind one must hold, or none may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Filters {
    /// DIDs or handles.
    pub authors: Vec<String>,
    /// DIDs or handles.
    pub mentions: Vec<String>,
    pub domains: Vec<String>,
    pub urls: Vec<String>,
    /// AT-URIs.
    pub embedded: Vec<String>,
    pub hashtags: Vec<String>,
    pub languages: Vec<String>,
}

/// What a search method was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub query: String,
    pub only: Filters,
    pub not: Filters,
    /// Tags that must all be there.
    pub tags: Vec<String>,
    /// Marks of [`firehouse_text`] that must be there.
    pub marks: Vec<String>,
    /// Marks that must not.
    pub without_marks: Vec<String>,
    /// AT-URIs of the posts that it answers, directly and at the beginning of its thread.
    pub parent: Option<String>,
    pub root: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    /// Not older than so many days, whatever `since` says.
    pub days: Option<i64>,
    /// Posts of those only whom the viewer follows.
    pub following: bool,
}

/// A search, ready to be made.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub posts: PostSearch,
    /// Likes and reposts that a post must have.
    pub least: Least,
    /// What the query text says of the order.
    pub sort: Option<Sort>,
    /// Only posts of some authors are asked for: rules that keep others' eyes from posts are milder then.
    pub has_author: bool,
    /// What was asked, by whom, and whose labels they want, as a number: the same for the same search of the same caller at any time.
    pub question: u64,
}

/// How many there must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Least {
    pub likes: u64,
    pub reposts: u64,
}

impl Search {
    /// What finds everything, to be narrowed.
    pub fn of_everything() -> Self {
        let (after, until) = (Datetime::from_ms(i64::MIN), Datetime::from_ms(i64::MAX));
        let posts = PostSearch { condition: Condition::everything(), after, until };
        Self { posts, least: Least::default(), sort: None, has_author: false, question: 0 }
    }

    pub fn narrow(&mut self, after: Option<Datetime>, until: Option<Datetime>) {
        self.posts.after = self.posts.after.max(after.unwrap_or(self.posts.after));
        self.posts.until = self.posts.until.min(until.unwrap_or(self.posts.until));
    }
}

impl Asked {
    /// Whether it depends on who asks which posts match.
    pub fn is_of_the_viewer(&self) -> bool {
        let names_me = |filters: &Filters| {
            filters.authors.iter().chain(&filters.mentions).any(|name| name == ME)
        };
        let query = firehouse_text::parse(&self.query).ok().flatten();
        let leaves = query.as_ref().map(firehouse_text::Query::leaves).unwrap_or_default();
        let is_me = |leaf: &&Leaf| matches!(leaf, Leaf::From(Who::Me) | Leaf::Mentions(Who::Me));
        self.following || names_me(&self.only) || names_me(&self.not) || leaves.iter().any(is_me)
    }

    /// What is asked for. Errors: [`ViewError::BadQueryString`] for what is no query, says where, or is too long.
    pub async fn search(self, app: &AppView, caller: &Caller) -> Result<Search, ViewError> {
        if self.query.chars().nth(QUERY_CHARS_MAX).is_some() {
            let at = QUERY_CHARS_MAX + 1;
            let what = format!(
                "character {at}: this is one more than the {QUERY_CHARS_MAX} characters a search may have"
            );
            return Err(ViewError::BadQueryString(what));
        }
        let query = firehouse_text::parse(&self.query)
            .map_err(|error| ViewError::BadQueryString(error.to_string()))?;
        let mut search = Search { question: self.question(caller), ..Search::of_everything() };
        let (names, wildcards) = tokio::try_join!(
            Names::load(app, caller, &self, query.as_ref()),
            wildcards::load(app, query.as_ref()),
        )?;
        let mut all = self.filtered(&names, caller);
        if let Some(query) = &query {
            all.extend(meaning::required(query, &names, &wildcards, &mut search)?);
        }
        search.has_author |= !self.only.authors.is_empty();
        search.narrow(self.since.as_deref().and_then(time), self.until.as_deref().and_then(time));
        let days_ago = |days| Datetime::from_ms(clock::now().ms() - days * MS_PER_DAY);
        search.narrow(self.days.map(days_ago), None);
        search.posts.condition = meaning::gathered(all);
        if search.posts.condition.bytes() > SEARCH_BYTES_MAX {
            let what =
                "this is too much for one search: leave some of its words, names or links out";
            return Err(ViewError::BadQueryString(what.into()));
        }
        Ok(search)
    }

    fn question(&self, caller: &Caller) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self, caller.actor(), &caller.labelers).hash(&mut hasher);
        hasher.finish()
    }

    /// What the parameters beside the query text require.
    fn filtered(&self, names: &Names, caller: &Caller) -> Vec<Condition> {
        let mut all = filters(&self.only, names);
        let none = filters(&self.not, names).into_iter();
        all.extend(none.map(|condition| Condition::Not(Box::new(condition))));
        let tags = self.tags.iter().map(|tag| firehouse_text::mark::tag(tag));
        all.push(Condition::Marks(self.marks.iter().cloned().chain(tags).collect()));
        if !self.without_marks.is_empty() {
            all.push(Condition::Not(Box::new(Condition::AnyMark(self.without_marks.clone()))));
        }
        let post = |uri: &String| vec![names.post(uri)];
        all.extend(self.parent.as_ref().map(|uri| Condition::Answers(post(uri))));
        all.extend(self.root.as_ref().map(|uri| Condition::InThread(post(uri))));
        if self.following {
            all.push(Condition::FollowedBy(caller.actor().unwrap_or(ActorId::from(0))));
        }
        all
    }
}

/// One condition for each kind of which there are values.
fn filters(filters: &Filters, names: &Names) -> Vec<Condition> {
    let marks = |values: &[String], mark: &dyn Fn(&String) -> String| {
        Condition::AnyMark(values.iter().map(mark).collect())
    };
    // What is no domain and no link is none that a post has.
    let domain = |text: &String| firehouse_text::mark::domain(text).unwrap_or_default();
    let url = |text: &String| firehouse_text::mark::url(text).unwrap_or_default();
    let each = [
        (&filters.mentions, marks(&filters.mentions, &|name| names.mark(name))),
        (&filters.domains, marks(&filters.domains, &domain)),
        (&filters.urls, marks(&filters.urls, &url)),
        (&filters.hashtags, marks(&filters.hashtags, &|tag| firehouse_text::mark::tag(tag))),
        (&filters.languages, marks(&filters.languages, &|lang| firehouse_text::mark::lang(lang))),
        (
            &filters.authors,
            Condition::By(filters.authors.iter().map(|name| names.actor(name)).collect()),
        ),
        (
            &filters.embedded,
            Condition::Embeds(
                filters.embedded.iter().filter_map(|uri| names.record(uri)).collect(),
            ),
        ),
    ];
    let asked = each.into_iter().filter(|(values, _)| !values.is_empty());
    asked.map(|(_, condition)| condition).collect()
}

/// A date or a time, in nearly any form; `None` for what is neither.
fn time(text: &str) -> Option<Datetime> {
    Some(Datetime::parse_lenient(text)).filter(|&at| at != Datetime::EPOCH)
}
