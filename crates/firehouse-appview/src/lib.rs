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
mod list_feed;
mod actor_likes;
mod feed;
mod skeleton;
mod recommender;
mod feed_page;
mod suggested_feeds;
mod popular_generators;
mod popular;
mod posts;
mod thread;
mod op_thread;
mod post_thread;
mod post_thread_v2;
mod post_thread_other_v2;
mod likes;
mod reposted_by;
mod quotes;
mod followed_names;
mod best_named;
mod search_actors;
mod search_posts;
mod search_posts_v2;
mod newest_posts;
mod saved_searches;
mod search_starter_packs;
mod search_lists;
mod search_facets;
mod search_skeletons;
mod suggested_users;
mod suggested_starter_packs;
mod tagged_suggestions;
mod trends;
mod trend_history;
mod profile;
mod follows;
mod relationships;
mod known_followers;
mod list;
mod memberships;
mod starter_packs;
mod feed_generators;
mod labelers;
mod resolve_handle;
mod repo_record;
mod query_labels;
mod completeness;
mod subject_status;
mod account_infos;
mod fetch_labels;
mod tag_rules;
mod verifiers;
mod editorial;
mod tags;
mod mute_actor;
mod mute_record;
mod mutes;
mod list_subscriptions;
mod bookmark;
mod bookmarks;
mod draft;
mod drafts;
mod age_assurance;
mod client_config;
mod external_view;
mod standard_site;
mod private_state;
mod notifications;
mod search;
mod live;
mod page;
mod key_cursor;
mod actor;
mod uri;
mod nsid;
mod clock;
mod hydrate;
mod record;
pub mod view;

pub use account_infos::{Output as AccountInfos, get_account_infos};
pub use actor_likes::get_actor_likes;
pub use age_assurance::{
    Metadata as AgeMetadata, OldState as OldAgeState, Output as AgeAssurance, State as AgeState,
    get_age_assurance_config, get_age_assurance_state, get_old_age_assurance_state,
};
pub use app::{Answer, AppView, AppliedLabeler, Caller, Config, NoParameters};
pub use author_feed::{Feed, get_author_feed};
pub use bookmark::{create_bookmark, delete_bookmark};
pub use bookmarks::{BookmarkView, Output as Bookmarks, get_bookmarks};
pub use client_config::{LiveNow, Output as ClientConfig, get_client_config};
pub use completeness::{
    Output as Completeness, Parameters as CompletenessParameters, get_completeness,
};
pub use draft::{
    ChangedDraft, Created as CreatedDraft, DraftWithId, NamedDraft, NewDraft, create_draft,
    delete_draft, update_draft,
};
pub use drafts::{DraftView, Output as Drafts, get_drafts};
pub use editorial::{
    Editorial, EditorialEntry, EditorialInput, ListEditorialParameters, list_editorial,
    put_editorial, remove_editorial,
};
pub use error::ViewError;
pub use external_view::{Output as EmbedExternalView, get_embed_external_view};
pub use feed::{GeneratedFeed, get_feed};
pub use feed_generators::{
    ActorFeeds, FeedGenerator, FeedGenerators, get_actor_feeds, get_feed_generator,
    get_feed_generators,
};
pub use fetch_labels::fetch_labels;
pub use follows::{Followers, Follows, get_followers, get_follows};
pub use known_followers::{KnownFollowers, get_known_followers};
pub use labelers::{Output as LabelerServices, Service as LabelerService, get_services};
pub use likes::{Like, Output as Likes, get_likes};
pub use list::{List, Lists, get_list, get_lists};
pub use list_feed::get_list_feed;
pub use list_subscriptions::{Output as ListSubscriptions, get_list_blocks, get_list_mutes};
pub use live::{LiveEnd, LiveSearch, LiveSearches, Told};
pub use memberships::{
    ListWithMembership, ListsWithMembership, StarterPackWithMembership, StarterPacksWithMembership,
    get_lists_with_membership, get_starter_packs_with_membership,
};
pub use mute_actor::{mute_actor, unmute_actor};
pub use mute_record::{mute_actor_list, mute_thread, unmute_actor_list, unmute_thread};
pub use mutes::{Blocks, Mutes, get_blocks, get_mutes};
pub use newest_posts::newest_posts;
pub use notifications::{
    Notification, Notifications, Preferences, SubscriptionInput, SubscriptionOutput, Subscriptions,
    Unread, get_notification_preferences, get_unread_count, list_activity_subscriptions,
    list_notifications, put_activity_subscription, put_notification_preferences,
    put_notification_priority, update_seen,
};
pub use popular_generators::get_popular_feed_generators;
pub use post_thread::{Output as PostThread, get_post_thread};
pub use post_thread_other_v2::{Output as OtherReplies, get_post_thread_other_v2};
pub use post_thread_v2::{Output as FlatThread, get_post_thread_v2};
pub use posts::{Output as Posts, get_posts};
pub use private_state::{
    ExportParameters, ExportedState, OfAccount, OfAccountExport, erase_data, erase_private,
    export_data, export_private,
};
pub use profile::{InternalParameters, Profiles, get_profile, get_profiles, get_profiles_internal};
pub use query_labels::{Output as QueriedLabels, query_labels};
pub use quotes::{Output as Quotes, get_quotes};
pub use recommender::{Recommender, RecommenderFuture, RecommenderRequest};
pub use record::RecordJson;
pub use relationships::{Output as Relationships, RelationshipView, get_relationships};
pub use repo_record::{Output as Record, get_record};
pub use reposted_by::{Output as RepostedBy, get_reposted_by};
pub use resolve_handle::{Output as ResolvedHandle, resolve_handle};
pub use saved_searches::{
    DescribedFeed, DescribedFeeds, FeedSkeleton, SavedSearch, SkeletonPost,
    describe_feed_generator, get_feed_skeleton,
};
pub use search_actors::{Actors, search_actors, search_actors_typeahead};
pub use search_facets::{
    AuthorView as FacetAuthor, FacetView, Output as SearchFacets,
    Parameters as SearchFacetsParameters, get_search_facets,
};
pub use search_lists::{Output as FoundLists, Parameters as SearchListsParameters, search_lists};
pub use search_posts::{Output as FoundPosts, search_posts};
pub use search_posts_v2::{
    Output as FoundPostsV2, Parameters as SearchPostsV2Parameters, search_post_keys,
    search_posts_v2,
};
pub use search_skeletons::{
    ActorsAsked, ActorsSkeleton, AskedFor, NamedActor, NamedRecord, PostsSkeleton,
    StarterPacksSkeleton, search_actors_skeleton, search_posts_skeleton,
    search_starter_packs_skeleton,
};
pub use search_starter_packs::{
    FoundStarterPacks, FoundStarterPacksV2, search_starter_packs, search_starter_packs_v2,
};
pub use skeleton::{
    Forwarded, Generators, Skeleton, SkeletonError, SkeletonFuture, SkeletonItem, SkeletonReason,
    SkeletonRequest,
};
pub use starter_packs::{
    StarterPack, StarterPacks, get_actor_starter_packs, get_starter_pack, get_starter_packs,
};
pub use subject_status::{
    SubjectStatus, SubjectStatusInput, get_subject_status, update_subject_status,
};
pub use suggested_feeds::{
    FeedsInBrief, FeedsInBriefParameters, SuggestedFeeds, get_feeds_in_brief, get_suggested_feeds,
};
pub use suggested_starter_packs::{
    SuggestedStarterPacks, SuggestedStarterPacksParameters, get_onboarding_suggested_starter_packs,
    get_suggested_starter_packs,
};
pub use suggested_users::{
    SuggestedFollows, SuggestedUsers, SuggestedUsersParameters, Suggestions,
    get_suggested_follows_by_actor, get_suggested_onboarding_users, get_suggested_users,
    get_suggested_users_for_discover, get_suggested_users_for_explore,
    get_suggested_users_for_see_more, get_suggestions,
};
pub use tag_rules::TagRules;
pub use tagged_suggestions::{TaggedSuggestion, TaggedSuggestions, get_tagged_suggestions};
pub use tags::{TagsParameters, TagsView, get_tags, set_tags};
pub use timeline::get_timeline;
pub use trend_history::get_trend_history;
pub use trends::{
    SkeletonTrend, TopicView, Trend, TrendView, TrendingTopics, Trends, TrendsSkeleton,
    get_trending_topics, get_trends, get_trends_skeleton,
};
pub use verifiers::{
    VerifierInput, VerifierView, Verifiers, add_verifier, list_verifiers, remove_verifier,
};
