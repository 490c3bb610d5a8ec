//! Skeleton, hydrate, rules, view: one file per XRPC method.
//!
//! Every method is an async function from [`AppView`], [`Caller`] and atrium-api's parameters to an [`Answer`] or a [`ViewError`]. It knows
//! neither HTTP nor SQL: firehouse-xrpc turns answers into responses, firehouse-store runs the queries. What the methods do, down to
//! which fields are absent when, follows the reference AppView.
//!
//! ```no_run
//! use atrium_api::app::bsky::actor::get_profile::ParametersData;
//! use firehouse_appview::{AppView, Caller, ViewError, get_profile};
//!
//! # async fn example(app: AppView) -> Result<(), ViewError> {
//! let actor = "alice.test".parse().map_err(|_| ViewError::MalformedCursor)?;
//! let answer = get_profile(&app, &Caller::default(), ParametersData { actor }).await?;
//! println!("{} has {:?} followers", answer.body.handle, answer.body.followers_count);
//! # Ok(())
//! # }
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod app;
mod error;
mod author_feed;
mod timeline;
mod posts;
mod post_thread;
mod likes;
mod reposted_by;
mod quotes;
mod profile;
mod follows;
mod relationships;
mod list;
mod resolve_handle;
mod repo_record;
mod query_labels;
mod completeness;
mod subject_status;
mod account_infos;
mod fetch_labels;
mod page;
mod actor;
mod uri;
mod nsid;
mod clock;
mod hydrate;
mod record;
pub mod view;

pub use account_infos::{Output as AccountInfos, get_account_infos};
pub use app::{Answer, AppView, AppliedLabeler, Caller, Config};
pub use author_feed::{Feed, get_author_feed};
pub use completeness::{
    Output as Completeness, Parameters as CompletenessParameters, get_completeness,
};
pub use error::ViewError;
pub use fetch_labels::fetch_labels;
pub use follows::{Followers, Follows, get_followers, get_follows};
pub use likes::{Like, Output as Likes, get_likes};
pub use list::{List, Lists, get_list, get_lists};
pub use post_thread::{Output as PostThread, get_post_thread};
pub use posts::{Output as Posts, get_posts};
pub use profile::{Profiles, get_profile, get_profiles};
pub use query_labels::{Output as QueriedLabels, query_labels};
pub use quotes::{Output as Quotes, get_quotes};
pub use record::RecordJson;
pub use relationships::{Output as Relationships, RelationshipView, get_relationships};
pub use repo_record::{Output as Record, get_record};
pub use reposted_by::{Output as RepostedBy, get_reposted_by};
pub use resolve_handle::{Output as ResolvedHandle, resolve_handle};
pub use subject_status::{
    SubjectStatus, SubjectStatusInput, get_subject_status, update_subject_status,
};
pub use timeline::get_timeline;
