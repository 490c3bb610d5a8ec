//! What profiles and posts show: counted anew from what stands.

use std::collections::BTreeMap;

use crate::model::record::Says;
use crate::model::{Model, Status};

/// What a profile shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileTruth {
    /// Accounts that follow it.
    pub followers: u64,
    /// Accounts it follows.
    pub follows: u64,
    /// Its posts, replies included.
    pub posts: u64,
    /// An account that is not active had a part in it, so that two answers are right.
    pub doubtful: bool,
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
    /// An account that is not active had a part in it, so that two answers are right.
    pub doubtful: bool,
}

impl Model {
    /// Profiles of active accounts by DID, and posts of active accounts by AT-URI.
    pub fn counts(&self) -> (BTreeMap<String, ProfileTruth>, BTreeMap<String, PostTruth>) {
        let is_active =
            |did: &str| self.accounts.get(did).is_some_and(|a| a.status == Status::Active);
        let active = self.accounts.keys().filter(|did| is_active(did));
        let mut profiles: BTreeMap<String, ProfileTruth> =
            active.map(|did| (did.clone(), ProfileTruth::default())).collect();
        let mut posts: BTreeMap<String, PostTruth> = BTreeMap::new();
        for ((did, path), record) in self.records() {
            if matches!(record.says, Says::Post { .. }) && is_active(did) {
                posts.entry(format!("at://{did}/{path}")).or_default();
            }
        }
        for ((did, _), record) in self.records() {
            let doubtful = !is_active(did);
            let mut count_post = |uri: &str, count: fn(&mut PostTruth) -> &mut u64| {
                if let Some(post) = posts.get_mut(uri) {
                    *count(post) += 1;
                    post.doubtful |= doubtful;
                }
            };
            match &record.says {
                Says::Nothing => {}
                Says::Like(uri) => count_post(uri, |post| &mut post.likes),
                Says::Repost(uri) => count_post(uri, |post| &mut post.reposts),
                Says::Post { reply_to, quotes } => {
                    reply_to.iter().for_each(|uri| count_post(uri, |post| &mut post.replies));
                    quotes.iter().for_each(|uri| count_post(uri, |post| &mut post.quotes));
                    if let Some(author) = profiles.get_mut(did) {
                        author.posts += 1;
                    }
                }
                Says::Follow(other) => {
                    let other_is_active = is_active(other);
                    if let Some(follower) = profiles.get_mut(did) {
                        follower.follows += 1;
                        follower.doubtful |= !other_is_active;
                    }
                    if let Some(followed) = profiles.get_mut(other) {
                        followed.followers += 1;
                        followed.doubtful |= doubtful;
                    }
                }
            }
        }
        (profiles, posts)
    }
}
