//! [`Manifest`]: the right answers, counted at the end from what still stands.

use crate::town::state::Town;

/// What must be true of the whole network.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Manifest {
    /// Frames so far, and the seq of the last.
    pub frames: i64,
    /// The town's time at the end.
    pub last_time: String,
    /// Every account.
    pub accounts: Vec<AccountCounts>,
    /// Every post that stands.
    pub posts: Vec<PostCounts>,
}

/// What a profile shows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountCounts {
    /// Who.
    pub did: String,
    /// Their handle.
    pub handle: String,
    /// Accounts that follow it.
    pub followers: u64,
    /// Accounts it follows.
    pub follows: u64,
    /// Its posts, replies included.
    pub posts: u64,
}

/// What a post shows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PostCounts {
    /// Which.
    pub uri: String,
    /// Accounts that like it.
    pub likes: u64,
    /// Accounts that repost it.
    pub reposts: u64,
    /// Posts that answer it directly.
    pub replies: u64,
    /// Posts that embed it.
    pub quotes: u64,
}

pub(crate) fn count(town: &Town, frames: i64, last_time: String) -> Manifest {
    let mut accounts: Vec<_> = town
        .people
        .iter()
        .map(|person| AccountCounts {
            did: person.did.clone(),
            handle: person.handle.clone(),
            followers: 0,
            follows: person.follows.subjects().count() as u64,
            posts: person.posts.len() as u64,
        })
        .collect();
    let mut posts: Vec<_> = town
        .posts
        .iter()
        .map(|post| PostCounts {
            uri: post.at.uri.clone(),
            likes: 0,
            reposts: 0,
            replies: 0,
            quotes: 0,
        })
        .collect();
    for person in &town.people {
        person.follows.subjects().for_each(|other| accounts[other].followers += 1);
        person.likes.subjects().for_each(|post| posts[post].likes += 1);
        person.reposts.subjects().for_each(|post| posts[post].reposts += 1);
    }
    for post in town.posts.iter().filter(|post| !post.deleted) {
        post.parent.into_iter().for_each(|parent| posts[parent].replies += 1);
        post.quote.into_iter().for_each(|quoted| posts[quoted].quotes += 1);
    }
    let standing = posts.into_iter().zip(&town.posts).filter(|(_, post)| !post.deleted);
    Manifest { frames, last_time, accounts, posts: standing.map(|(counts, _)| counts).collect() }
}
