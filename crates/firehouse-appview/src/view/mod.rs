//! Views: the lexicons' objects, made from a [`State`] by pure functions.
//!
//! The structs are ours rather than atrium-api's: records pass through as the JSON text they are, and nothing is parsed only to be
//! written again. Fields are named and absent as in the lexicon of the same name.

mod block;
mod embed;
mod feed;
mod gate;
mod generator;
mod label;
mod labeler;
mod links;
mod debug;
mod mute;
mod list;
mod post;
mod profile;
mod starter_pack;
mod review;
mod thread;
mod thread_items;
mod thread_order;
mod verification;

use firehouse_types::{ActorId, Datetime};

use crate::Config;
use crate::hydrate::State;

pub use crate::hydrate::Subscription;
pub use block::{BlockedAuthor, BlockedPost, BlockedViewer, NotFoundPost};
pub use embed::{EmbedView, ExternalView, GalleryItemView, ImageView, RecordEmbedView, RecordView};
pub(crate) use feed::Shown;
pub use feed::{FeedReason, FeedViewPost, ReplyRefView, ReplyView};
pub use gate::ThreadgateView;
pub use generator::{GeneratorView, LikedBy};
pub use label::Label;
pub(crate) use label::self_labels;
pub use labeler::{LabelerView, LabelerViewDetailed};
pub(crate) use links::Preset;
pub use list::{ListItemView, ListView, ListViewer};
pub use post::{KnownLikersView, PostView, PostViewer};
pub(crate) use profile::strong_ref;
pub use profile::{
    Associated, AssociatedSubscriptions, KnownFollowersView, ProfileView, ProfileViewer, StatusView,
};
pub use starter_pack::{StarterPackView, StarterPackViewBasic};
pub(crate) use thread::{Extent, Replies};
pub use thread::{ThreadContext, ThreadView};
pub(crate) use thread_items::Layout;
pub use thread_items::{ThreadItem, ThreadItemPost, ThreadItemValue};
pub(crate) use thread_order::Order;
pub use verification::{VerificationState, VerificationView};

/// Makes views of what is in a [`State`].
#[derive(Clone, Copy)]
pub(crate) struct Views<'a> {
    pub state: &'a State,
    config: &'a Config,
    /// For what ends by itself, such as a live status.
    now: Datetime,
}

impl<'a> Views<'a> {
    pub fn new(state: &'a State, config: &'a Config, now: Datetime) -> Self {
        Self { state, config, now }
    }

    /// Whether the viewer follows an account. Nobody is followed by anonymous callers.
    pub fn viewer_follows(&self, actor: ActorId) -> bool {
        let viewer = self.state.viewer;
        viewer.is_some_and(|viewer| self.state.relations.follow(viewer, actor).is_some())
    }
}
