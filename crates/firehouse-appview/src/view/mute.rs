//! What the viewer does not want to see, and what he wants to hear of.

use firehouse_types::ActorId;

use super::{Shown, Views};
use crate::hydrate::{Actor, Subscription};
use crate::uri;

impl Views<'_> {
    /// Whether the viewer mutes all of an account, by naming it or by a list.
    pub fn mutes(&self, actor: ActorId) -> bool {
        let told = &self.state.told;
        told.mute(actor).is_some_and(|mute| mute.is_full()) || told.list_mute(actor).is_some()
    }

    /// Whether a mute takes an item out of a feed: of the author, of who reposted it, of all reposts by that one, of all quotes by the author.
    pub fn mutes_item(&self, item: &Shown) -> bool {
        let (author, by) = (item.post().0, item.repost().map(|repost| repost.0));
        let told = &self.state.told;
        let reposts = |by| self.mutes(by) || told.mute(by).is_some_and(|mute| mute.only_reposts());
        let quotes = || told.mute(author).is_some_and(|mute| mute.only_quotes());
        self.mutes(author) || by.is_some_and(reposts) || (quotes() && self.is_quote(item))
    }

    fn is_quote(&self, item: &Shown) -> bool {
        let post = self.state.posts.get(&item.post());
        let embedded = post.and_then(|post| post.fields.embedded());
        embedded.is_some_and(|embedded| uri::post(&embedded.uri).is_some())
    }

    /// What the viewer hears of an account, as far as that one allows.
    pub(super) fn subscription(&self, id: ActorId, actor: &Actor) -> Option<Subscription> {
        let viewer = self.state.viewer?;
        let follows_back = self.state.relations.follow(id, viewer).is_some();
        let is_allowed = actor.allows_subscription(self.viewer_follows(id), follows_back);
        self.state.told.subscription(id).filter(|_| is_allowed)
    }
}
