//! What accounts tell nobody but us: mutes, bookmarks, drafts, settings, activity subscriptions.
//!
//! It is truth: no firehose brings it again, and no rebuild makes it. A write returns once its row is on disk, and the next read sees it.
//! Writes of one account go one after the other (`Turn`), and their versions rise whatever the clock does. Reads take the owner's
//! number; those that go by the subject give counts, or are for whoever tells the owner.

mod turns;
mod mutes;
mod muted_lists;
mod bookmarks;
mod drafts;
mod settings;
mod subscriptions;
mod erase;

pub use bookmarks::{Bookmark, BookmarkRead, Bookmarks};
pub use drafts::Draft;
pub(crate) use erase::PRIVATE_TABLES;
pub use erase::{PrivatePosition, PrivateState};
pub use muted_lists::ListMute;
pub use mutes::{AccountMute, MuteTarget, ThreadMute};
pub use settings::NotificationSettings;
pub use subscriptions::ActivitySubscription;
pub(crate) use turns::Turns;
