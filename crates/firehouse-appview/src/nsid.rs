//! Collections that answers are made of, by the names the protocol gives them.

pub(crate) const POST: &str = "app.bsky.feed.post";
pub(crate) const LIKE: &str = "app.bsky.feed.like";
pub(crate) const REPOST: &str = "app.bsky.feed.repost";
pub(crate) const THREADGATE: &str = "app.bsky.feed.threadgate";
pub(crate) const POSTGATE: &str = "app.bsky.feed.postgate";
pub(crate) const GENERATOR: &str = "app.bsky.feed.generator";
pub(crate) const FOLLOW: &str = "app.bsky.graph.follow";
pub(crate) const BLOCK: &str = "app.bsky.graph.block";
pub(crate) const LIST: &str = "app.bsky.graph.list";
pub(crate) const LIST_ITEM: &str = "app.bsky.graph.listitem";
pub(crate) const LIST_BLOCK: &str = "app.bsky.graph.listblock";
pub(crate) const OPT_OUT: &str = "app.bsky.graph.referencelistoptout";
pub(crate) const STARTER_PACK: &str = "app.bsky.graph.starterpack";
pub(crate) const VERIFICATION: &str = "app.bsky.graph.verification";
pub(crate) const LABELER: &str = "app.bsky.labeler.service";
pub(crate) const PROFILE: &str = "app.bsky.actor.profile";
pub(crate) const STATUS: &str = "app.bsky.actor.status";
