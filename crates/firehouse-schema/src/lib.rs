//! `schema/` in Rust: one row struct per table that is written, and every migration embedded.
//!
//! Knows nothing of connections: firehouse-store sends what stands here. Field order and types are those of the table files, and a
//! test in firehouse-store holds each struct against its table.
//!
//! ```
//! let first = &firehouse_schema::MIGRATIONS[0];
//! assert_eq!((first.version, first.name), (1, "create_records"));
//! assert!(first.sql.starts_with("-- Truth."));
//! ```
#![expect(
    missing_docs,
    reason = "a row's fields are documented by the COMMENT of each column in the table file"
)]

mod migrations;
mod table;
mod columns;
mod records;
mod actors;
mod identities;
mod repos;
mod cursors;
mod upstreams;
mod positions;
mod selections;
mod links;
mod posts;
mod post_texts;
mod engaged_texts;
mod trends;
mod post_arrivals;
mod feed_items;
mod notifications;
mod profiles;
mod lists;
mod offered_texts;
mod gates;
mod labels;
mod takedowns;
mod private;
mod tags;
mod editorial;
mod body;

pub use actors::{ActorRow, ActorStatus};
pub use body::{Referred, USUAL_COLLECTIONS, usual_body};
pub use cursors::CursorRow;
pub use editorial::{EditorialList, EditorialRow};
pub use engaged_texts::{EngagedTextRow, EngagementRow};
pub use feed_items::{FeedItemKind, FeedItemRow};
pub use gates::{PostGateRow, RULE_FOLLOWED, RULE_FOLLOWERS, RULE_MENTIONED, ThreadGateRow};
pub use identities::{IdentityRow, IdentityState};
pub use labels::LabelRow;
pub use links::{LinkRow, TARGET_ACCOUNT, TARGET_URL};
pub use lists::{ListItemRow, ListRow};
pub use migrations::{MIGRATIONS, Migration};
pub use notifications::{NotificationRow, Reason, newest_first};
pub use offered_texts::OfferedTextRow;
pub use positions::PositionRow;
pub use post_arrivals::PostArrivalRow;
pub use post_texts::PostTextRow;
pub use posts::{EMBED_EXTERNAL, EMBED_GALLERY, EMBED_IMAGES, EMBED_RECORD, EMBED_VIDEO, PostRow};
pub use private::{
    ActivitySubscriptionRow, BookmarkRow, DraftRow, MuteKind, MuteRow, SettingName, SettingRow,
};
pub use profiles::{NameWordRow, ProfileRow};
pub use records::{Proof, RecordRow};
pub use repos::{RepoRow, RepoState};
pub use selections::{KeptRow, SelectionPhase, SelectionRow, UnwantedRow};
pub use table::Table;
pub use tags::TagsRow;
pub use takedowns::TakedownRow;
pub use trends::TrendRow;
pub use upstreams::UpstreamRow;
