//! What profiles and posts show: counted anew from what stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::record::Says;
use crate::model::{Model, RecordTruth, Status};

/// What a profile shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileTruth {
    /// Accounts that follow it.
    pub followers: u64,
    /// Accounts it follows.
    pub follows: u64,
    /// Its posts, replies included.
    pub posts: u64,
    /// An account that is hidden has a part in it, so that two answers are right.
    pub doubtful: bool,
    /// An account that is deleted had a part in it: wrong while it is not forgotten.
    pub haunted: bool,
}

/// What a post shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostTruth {
    /// Accounts that like it.
    pub likes: u64,
    /// Accounts that repost it.
    pub reposts: u64,
    /// Posts that answer it directly.
    pub replies: u64,
    /// Posts that embed it.
    pub quotes: u64,
    /// An account that is hidden has a part in it, so that two answers are right.
    pub doubtful: bool,
    /// An account that is deleted had a part in it: wrong while it is not forgotten.
    pub haunted: bool,
}

impl Model {
    /// Profiles of active accounts by DID, and posts of active accounts by AT-URI.
    pub fn counts(&self) -> (BTreeMap<String, ProfileTruth>, BTreeMap<String, PostTruth>) {
        let active = self.accounts.keys().filter(|did| self.is_active(did));
        let mut counts = Counts {
            model: self,
            profiles: active.map(|did| (did.clone(), ProfileTruth::default())).collect(),
            posts: BTreeMap::new(),
        };
        for ((did, path), record) in self.records() {
            if matches!(record.says, Says::Post { .. }) && self.is_active(did) {
                counts.posts.entry(format!("at://{did}/{path}")).or_default();
            }
        }
        for ((did, _), record) in self.records() {
            counts.count(did, &record.says);
        }
        for (did, _, says) in &self.ghosts {
            counts.mark(did, says, |profile| profile.haunted = true, |post| post.haunted = true);
        }
        // A deleted account is forgotten; one that is hidden may have a repo that nobody can ask about what it no longer says.
        let is_hidden = |did: &str| {
            let status = self.accounts.get(did).map(|account| account.status);
            !matches!(status, Some(Status::Active | Status::Deleted))
        };
        let before = self.ghosts.iter().map(|(did, _, says)| (did, says));
        let taken_back = self.withdrawn.iter().map(|(did, says)| (did, says));
        for (did, says) in before.chain(taken_back).filter(|(did, _)| is_hidden(did)) {
            counts.mark(did, says, |profile| profile.doubtful = true, |post| post.doubtful = true);
        }
        (counts.profiles, counts.posts)
    }

    /// Whom an account follows, by DID.
    pub fn follows(&self, did: &str) -> BTreeSet<&str> {
        let follows = self.records_of(did).filter_map(|(_, record)| match &record.says {
            Says::Follow(other) => Some(other.as_str()),
            _ => None,
        });
        follows.collect()
    }

    /// Whether one of the two has blocked the other.
    pub fn is_block_between(&self, one: &str, other: &str) -> bool {
        let blocks = |did: &str, subject: &str| {
            let says = |says: &Says| matches!(says, Says::Block(blocked) if blocked == subject);
            self.records_of(did).any(|(_, record)| says(&record.says))
        };
        blocks(one, other) || blocks(other, one)
    }

    /// The posts of an account that keep to their lexicon, by AT-URI.
    pub fn posts(&self, did: &str) -> BTreeSet<String> {
        let is_post = |record: &RecordTruth| matches!(record.says, Says::Post { .. });
        let posts = self.records_of(did).filter(|(_, record)| is_post(record));
        posts.map(|(path, _)| format!("at://{did}/{path}")).collect()
    }

    fn is_active(&self, did: &str) -> bool {
        self.accounts.get(did).is_some_and(|account| account.status == Status::Active)
    }
}

struct Counts<'a> {
    model: &'a Model,
    profiles: BTreeMap<String, ProfileTruth>,
    posts: BTreeMap<String, PostTruth>,
}

impl Counts<'_> {
    fn count(&mut self, did: &str, says: &Says) {
        let doubtful = !self.model.is_active(did);
        let mut count_post = |uri: &str, count: fn(&mut PostTruth) -> &mut u64| {
            if let Some(post) = self.posts.get_mut(uri) {
                *count(post) += 1;
                post.doubtful |= doubtful;
            }
        };
        match says {
            Says::Nothing | Says::Block(_) => {}
            Says::Like(uri) => count_post(uri, |post| &mut post.likes),
            Says::Repost(uri) => count_post(uri, |post| &mut post.reposts),
            Says::Post { reply_to, quotes } => {
                reply_to.iter().for_each(|uri| count_post(uri, |post| &mut post.replies));
                quotes.iter().for_each(|uri| count_post(uri, |post| &mut post.quotes));
                if let Some(author) = self.profiles.get_mut(did) {
                    author.posts += 1;
                }
            }
            Says::Follow(other) => {
                let other_is_active = self.model.is_active(other);
                if let Some(follower) = self.profiles.get_mut(did) {
                    follower.follows += 1;
                    follower.doubtful |= !other_is_active;
                }
                if let Some(followed) = self.profiles.get_mut(other) {
                    followed.followers += 1;
                    followed.doubtful |= doubtful;
                }
            }
        }
    }

    /// Marks whatever counts what somebody said.
    fn mark(
        &mut self,
        did: &str,
        says: &Says,
        mark_profile: fn(&mut ProfileTruth),
        mark_post: fn(&mut PostTruth),
    ) {
        let posts: Vec<&String> = match says {
            Says::Nothing | Says::Block(_) => Vec::new(),
            Says::Like(uri) | Says::Repost(uri) => vec![uri],
            Says::Post { reply_to, quotes } => reply_to.iter().chain(quotes).collect(),
            Says::Follow(other) => {
                for did in [did, other] {
                    self.profiles.entry(did.to_owned()).and_modify(mark_profile);
                }
                Vec::new()
            }
        };
        for uri in posts {
            self.posts.entry(uri.clone()).and_modify(mark_post);
        }
    }
}
