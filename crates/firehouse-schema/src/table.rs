//! [`Table`]: which table a row struct belongs to.

use clickhouse::RowWrite;

/// A row struct that is written to exactly one table.
pub trait Table:
    for<'a> clickhouse::Row<Value<'a> = Self> + RowWrite + Send + Sync + 'static
{
    /// The table's name, as in `schema/tables/NAME.sql`.
    const TABLE: &'static str;
}

macro_rules! table {
    ($row:ty, $name:literal) => {
        impl Table for $row {
            const TABLE: &'static str = $name;
        }
    };
}

table!(crate::RecordRow, "records");
table!(crate::ActorRow, "actors");
table!(crate::RepoRow, "repos");
table!(crate::CursorRow, "cursors");
table!(crate::UpstreamRow, "upstreams");
table!(crate::IdentityRow, "identities");
table!(crate::PositionRow, "positions");
table!(crate::SelectionRow, "selections");
table!(crate::KeptRow, "kept");
table!(crate::UnwantedRow, "unwanted");
table!(crate::LinkRow, "links");
table!(crate::PostRow, "posts");
table!(crate::PostTextRow, "post_texts");
table!(crate::EngagedTextRow, "engaged_texts");
table!(crate::EngagementRow, "engagements");
table!(crate::TrendRow, "trends");
table!(crate::PostArrivalRow, "post_arrivals");
table!(crate::FeedItemRow, "feed_items");
table!(crate::NotificationRow, "notifications");
table!(crate::ProfileRow, "profiles");
table!(crate::NameWordRow, "name_words");
table!(crate::OfferedTextRow, "offered_texts");
table!(crate::ListRow, "lists");
table!(crate::ListItemRow, "list_items");
table!(crate::ThreadGateRow, "thread_gates");
table!(crate::PostGateRow, "post_gates");
table!(crate::LabelRow, "labels");
table!(crate::TakedownRow, "takedowns");
table!(crate::MuteRow, "private_mutes");
table!(crate::BookmarkRow, "private_bookmarks");
table!(crate::DraftRow, "private_drafts");
table!(crate::SettingRow, "private_settings");
table!(crate::ActivitySubscriptionRow, "private_activity_subscriptions");
table!(crate::TagsRow, "tags");
table!(crate::EditorialRow, "editorial");
