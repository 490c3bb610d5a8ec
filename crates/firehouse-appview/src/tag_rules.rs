//! [`TagRules`]: which tags of posts and accounts hide or demote what they stand on, and where.

/// Names of tags by what they do; `dev.firehouse.admin.setTags` puts tags on accounts and records. All may be empty.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagRules {
    /// Replies with one of these stand among the other replies of a thread, and tell nobody, unless the viewer or the thread's author
    /// wrote them, or the viewer follows who did.
    pub threads_hide: Vec<Box<str>>,
    /// Replies with one of these come after the others.
    pub threads_bump_down: Vec<Box<str>>,
    /// Posts with one of these, or by an author with one, are found only by whoever asks for the latest posts of that author.
    pub search_hide: Vec<Box<str>>,
    /// Posts with one of these, or by an author with one, are found by nobody but their author.
    pub search_hide_all: Vec<Box<str>>,
    /// Hides like the first and the third of these, replies also from those who follow their author; empty: nothing.
    pub visibility_hide: Box<str>,
    /// A tag that begins so ends with a number, the rank of a reply among its siblings; empty: replies have no ranks.
    pub visibility_rank_prefix: Box<str>,
}

impl TagRules {
    /// Whether no tag does anything.
    pub(crate) fn is_empty(&self) -> bool {
        let lists =
            [&self.threads_hide, &self.threads_bump_down, &self.search_hide, &self.search_hide_all];
        lists.iter().all(|list| list.is_empty())
            && self.visibility_hide.is_empty()
            && self.visibility_rank_prefix.is_empty()
    }

    /// Whether one of these tags hides a reply from viewers who do not follow its author.
    pub fn hides_in_threads(&self, tags: &[Box<str>]) -> bool {
        any(&self.threads_hide, tags)
    }

    /// Whether one of these tags hides a reply from everybody, followers too, unless the thread's author wrote it.
    pub fn hides_from_followers(&self, tags: &[Box<str>]) -> bool {
        tags.contains(&self.visibility_hide) && !self.visibility_hide.is_empty()
    }

    /// Whether one of these tags puts a reply after the others.
    pub fn bumps_down(&self, tags: &[Box<str>]) -> bool {
        any(&self.threads_bump_down, tags)
    }

    /// Whether one of these tags hides a post from searches, but from those for the latest posts of its author.
    pub fn hides_in_search(&self, tags: &[Box<str>]) -> bool {
        any(&self.search_hide, tags) || self.hides_from_followers(tags)
    }

    /// Whether one of these tags hides a post from every search.
    pub fn hides_in_every_search(&self, tags: &[Box<str>]) -> bool {
        any(&self.search_hide_all, tags)
    }

    /// The rank that a reply's tags give it, 0 without one: added to how well it is liked where the best stand first.
    pub fn rank(&self, tags: &[Box<str>]) -> i64 {
        if self.visibility_rank_prefix.is_empty() {
            return 0;
        }
        let mut ranks =
            tags.iter().filter_map(|tag| tag.strip_prefix(&*self.visibility_rank_prefix));
        ranks.next().and_then(|rank| rank.parse().ok()).unwrap_or(0)
    }
}

fn any(rule: &[Box<str>], tags: &[Box<str>]) -> bool {
    tags.iter().any(|tag| rule.contains(tag))
}
