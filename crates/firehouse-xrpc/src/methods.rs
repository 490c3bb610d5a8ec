//! [`METHODS`]: every method we answer, one line each.

use crate::auth::Who::{
    self, AdminOnly, Anyone, Moderator, Viewer, ViewerModeratorOrChat, ViewerOfFeed, ViewerOnly,
    ViewerOrAdmin, ViewerOrChat, ViewerOrModerator,
};
use crate::method::Headers::{self, Labels, LabelsAndRev, LabelsUnsaid, Plain};
use crate::method::{Kind, Method, Run, act, run};
use crate::parameters::Reading::{self, Loose, Strict};
use crate::{admin, generators, handles, repairs, selection, unconfigured};

/// In the order of their names. Who may call, how parameters are read and what the headers tell is what the reference AppView does.
#[rustfmt::skip] // a table
pub(crate) const METHODS: &[Method] = &[
    query("app.bsky.actor.getProfile",          ViewerOrAdmin, Strict, LabelsAndRev, run!(get_profile)),
    query("app.bsky.actor.getProfiles",         ViewerModeratorOrChat, Loose,  LabelsAndRev, run!(get_profiles)),
    query("app.bsky.actor.getSuggestions",      Viewer,        Strict, Labels,       run!(get_suggestions)),
    query("app.bsky.actor.searchActors",        ViewerOrModerator, Strict, Labels,       run!(search_actors)),
    query("app.bsky.actor.searchActorsTypeahead", Viewer,      Strict, Labels,       run!(search_actors_typeahead)),
    procedure("app.bsky.ageassurance.begin",        ViewerOnly,       Plain,            unconfigured::AGE_ASSURANCE),
    query("app.bsky.ageassurance.getConfig",    Viewer,        Strict, Plain,        run!(get_age_assurance_config)),
    query("app.bsky.ageassurance.getState",     ViewerOnly,    Strict, Plain,        run!(get_age_assurance_state)),
    procedure("app.bsky.bookmark.createBookmark",   ViewerOnly,       Plain,            act!(create_bookmark)),
    procedure("app.bsky.bookmark.deleteBookmark",   ViewerOnly,       Plain,            act!(delete_bookmark)),
    query("app.bsky.bookmark.getBookmarks",     ViewerOnly,    Strict, Labels,       run!(get_bookmarks)),
    procedure("app.bsky.contact.dismissMatch",      ViewerOnly,       Plain,            unconfigured::CONTACTS),
    query("app.bsky.contact.getMatches",        ViewerOnly,    Strict, Plain,        unconfigured::CONTACTS),
    query("app.bsky.contact.getSyncStatus",     ViewerOnly,    Strict, Plain,        unconfigured::CONTACTS),
    procedure("app.bsky.contact.importContacts",    ViewerOnly,       Plain,            unconfigured::CONTACTS),
    procedure("app.bsky.contact.removeData",        ViewerOnly,       Plain,            unconfigured::CONTACTS),
    procedure("app.bsky.contact.sendNotification",  AdminOnly,        Plain,            unconfigured::CONTACTS),
    procedure("app.bsky.contact.startPhoneVerification", ViewerOnly, Plain,              unconfigured::CONTACTS),
    procedure("app.bsky.contact.verifyPhone",       ViewerOnly,       Plain,            unconfigured::CONTACTS),
    procedure("app.bsky.draft.createDraft",         ViewerOnly,       Plain,            run!(create_draft)),
    procedure("app.bsky.draft.deleteDraft",         ViewerOnly,       Plain,            act!(delete_draft)),
    query("app.bsky.draft.getDrafts",           ViewerOnly,    Strict, Plain,        run!(get_drafts)),
    procedure("app.bsky.draft.updateDraft",         ViewerOnly,       Plain,            act!(update_draft)),
    query("app.bsky.embed.getEmbedExternalView", Viewer,       Strict, Labels,       run!(get_embed_external_view)),
    query("app.bsky.feed.describeFeedGenerator", Anyone,       Strict, Plain,        generators::DESCRIBE),
    query("app.bsky.feed.getActorFeeds",        Viewer,        Strict, Labels,       run!(get_actor_feeds)),
    query("app.bsky.feed.getActorLikes",        Viewer,        Strict, LabelsAndRev, run!(get_actor_likes)),
    query("app.bsky.feed.getAuthorFeed",        ViewerOrAdmin, Strict, LabelsAndRev, run!(get_author_feed)),
    query("app.bsky.feed.getFeed",              ViewerOfFeed,  Strict, Labels,       generators::GET_FEED),
    query("app.bsky.feed.getFeedGenerator",     Viewer,        Strict, Labels,       run!(get_feed_generator)),
    query("app.bsky.feed.getFeedGenerators",    Viewer,        Loose,  Labels,       run!(get_feed_generators)),
    query("app.bsky.feed.getFeedSkeleton",      Anyone,        Strict, Plain,        generators::GET_FEED_SKELETON),
    query("app.bsky.feed.getLikes",             ViewerOrModerator, Strict, Labels,       run!(get_likes)),
    query("app.bsky.feed.getListFeed",          Viewer,        Strict, LabelsAndRev, run!(get_list_feed)),
    query("app.bsky.feed.getPostThread",        ViewerOrAdmin, Loose,  LabelsAndRev, run!(get_post_thread)),
    query("app.bsky.feed.getPosts",             ViewerOrChat,  Loose,  Labels,       run!(get_posts)),
    query("app.bsky.feed.getQuotes",            ViewerOrModerator, Strict, Labels,       run!(get_quotes)),
    query("app.bsky.feed.getRepostedBy",        ViewerOrModerator, Strict, Labels,       run!(get_reposted_by)),
    query("app.bsky.feed.getSuggestedFeeds",    Viewer,        Strict, Labels,       run!(get_suggested_feeds)),
    query("app.bsky.feed.getTimeline",          ViewerOnly,    Loose,  LabelsAndRev, run!(get_timeline)),
    search("app.bsky.feed.searchPosts",          ViewerOrModerator, Strict, Labels,       run!(search_posts)),
    search("app.bsky.feed.searchPostsV2",        ViewerOrModerator, Strict, Labels,       run!(search_posts_v2)),
    query("app.bsky.graph.getActorStarterPacks", ViewerOrModerator, Strict, Labels,       run!(get_actor_starter_packs)),
    query("app.bsky.graph.getBlocks",           ViewerOnly,    Strict, Labels,       run!(get_blocks)),
    query("app.bsky.graph.getFollowers",        ViewerOrAdmin, Strict, Labels,       run!(get_followers)),
    query("app.bsky.graph.getFollows",          ViewerOrAdmin, Strict, Labels,       run!(get_follows)),
    query("app.bsky.graph.getKnownFollowers",   ViewerOnly,    Strict, Labels,       run!(get_known_followers)),
    query("app.bsky.graph.getList",             ViewerOrModerator, Strict, Labels,       run!(get_list)),
    query("app.bsky.graph.getListBlocks",       ViewerOnly,    Strict, Labels,       run!(get_list_blocks)),
    query("app.bsky.graph.getListMutes",        ViewerOnly,    Strict, Labels,       run!(get_list_mutes)),
    query("app.bsky.graph.getLists",            ViewerOrAdmin, Strict, Labels,       run!(get_lists)),
    query("app.bsky.graph.getListsWithMembership", ViewerOnly, Strict, Labels,       run!(get_lists_with_membership)),
    query("app.bsky.graph.getMutes",            ViewerOnly,    Strict, Labels,       run!(get_mutes)),
    query("app.bsky.graph.getRelationships",    Anyone,        Strict, Plain,        run!(get_relationships)),
    query("app.bsky.graph.getStarterPack",      ViewerOrModerator, Strict, Labels,       run!(get_starter_pack)),
    query("app.bsky.graph.getStarterPacks",     ViewerOrModerator, Strict, Labels,       run!(get_starter_packs)),
    query("app.bsky.graph.getStarterPacksWithMembership", ViewerOnly, Strict, Labels, run!(get_starter_packs_with_membership)),
    query("app.bsky.graph.getSuggestedFollowsByActor", Viewer, Strict, Labels,       run!(get_suggested_follows_by_actor)),
    procedure("app.bsky.graph.muteActor",           ViewerOnly,       Plain,            act!(mute_actor)),
    procedure("app.bsky.graph.muteActorList",       ViewerOnly,       Plain,            act!(mute_actor_list)),
    procedure("app.bsky.graph.muteThread",          ViewerOnly,       Plain,            act!(mute_thread)),
    query("app.bsky.graph.searchStarterPacks",  ViewerOrModerator, Strict, Labels,       run!(search_starter_packs)),
    query("app.bsky.graph.searchStarterPacksV2", ViewerOrModerator, Strict, Labels,       run!(search_starter_packs_v2)),
    procedure("app.bsky.graph.unmuteActor",         ViewerOnly,       Plain,            act!(unmute_actor)),
    procedure("app.bsky.graph.unmuteActorList",     ViewerOnly,       Plain,            act!(unmute_actor_list)),
    procedure("app.bsky.graph.unmuteThread",        ViewerOnly,       Plain,            act!(unmute_thread)),
    query("app.bsky.labeler.getServices",       Viewer,        Strict, Labels,       run!(get_services)),
    query("app.bsky.notification.getPreferences", ViewerOnly, Strict, Plain,         run!(get_notification_preferences)),
    query("app.bsky.notification.getUnreadCount", ViewerOnly, Strict, Plain,         run!(get_unread_count)),
    query("app.bsky.notification.listActivitySubscriptions", ViewerOnly, Strict, Labels, run!(list_activity_subscriptions)),
    query("app.bsky.notification.listNotifications", ViewerOnly, Strict, Labels,     run!(list_notifications)),
    procedure("app.bsky.notification.putActivitySubscription", ViewerOnly, Plain,    run!(put_activity_subscription)),
    procedure("app.bsky.notification.putPreferences", ViewerOnly,     Plain,         act!(put_notification_priority)),
    procedure("app.bsky.notification.putPreferencesV2", ViewerOnly,   Plain,         run!(put_notification_preferences)),
    procedure("app.bsky.notification.registerPush",   ViewerOnly,     Plain,         unconfigured::PUSH),
    procedure("app.bsky.notification.unregisterPush", ViewerOnly,     Plain,         unconfigured::PUSH),
    procedure("app.bsky.notification.updateSeen",     ViewerOnly,     Plain,         act!(update_seen)),
    query("app.bsky.unspecced.getAgeAssuranceState", ViewerOnly, Strict, Plain,        run!(get_old_age_assurance_state)),
    query("app.bsky.unspecced.getConfig",       Anyone,        Strict, Plain,        run!(get_client_config)),
    query("app.bsky.unspecced.getOnboardingSuggestedStarterPacks", Viewer, Strict, LabelsUnsaid, run!(get_onboarding_suggested_starter_packs)),
    query("app.bsky.unspecced.getPopularFeedGenerators", Viewer, Strict, Labels,         run!(get_popular_feed_generators)),
    query("app.bsky.unspecced.getPostThreadOtherV2", ViewerOrAdmin, Strict, Labels, run!(get_post_thread_other_v2)),
    query("app.bsky.unspecced.getPostThreadV2", ViewerOrAdmin, Strict, Labels, run!(get_post_thread_v2)),
    query("app.bsky.unspecced.getSuggestedFeeds", Viewer,      Strict, LabelsUnsaid, run!(get_feeds_in_brief)),
    query("app.bsky.unspecced.getSuggestedOnboardingUsers", Viewer, Strict, LabelsUnsaid, run!(get_suggested_onboarding_users)),
    query("app.bsky.unspecced.getSuggestedStarterPacks", Viewer, Strict, LabelsUnsaid, run!(get_suggested_starter_packs)),
    query("app.bsky.unspecced.getSuggestedUsers", Viewer,      Strict, LabelsUnsaid, run!(get_suggested_users)),
    query("app.bsky.unspecced.getSuggestedUsersForDiscover", Viewer, Strict, LabelsUnsaid, run!(get_suggested_users_for_discover)),
    query("app.bsky.unspecced.getSuggestedUsersForExplore", Viewer, Strict, LabelsUnsaid, run!(get_suggested_users_for_explore)),
    query("app.bsky.unspecced.getSuggestedUsersForSeeMore", Viewer, Strict, LabelsUnsaid, run!(get_suggested_users_for_see_more)),
    query("app.bsky.unspecced.getTaggedSuggestions", Anyone,   Strict, Plain,        run!(get_tagged_suggestions)),
    query("app.bsky.unspecced.getTrendingTopics", Viewer,      Strict, Plain,        run!(get_trending_topics)),
    query("app.bsky.unspecced.getTrends",       Viewer,        Strict, LabelsUnsaid, run!(get_trends)),
    query("app.bsky.unspecced.getTrendsSkeleton", Viewer,      Strict, Plain,        run!(get_trends_skeleton)),
    procedure("app.bsky.unspecced.initAgeAssurance", ViewerOnly,       Plain,            unconfigured::AGE_ASSURANCE),
    query("app.bsky.unspecced.searchActorsSkeleton", Viewer,   Strict, Plain,        run!(search_actors_skeleton)),
    search("app.bsky.unspecced.searchPostsSkeleton", Viewer,   Strict, Plain,        run!(search_posts_skeleton)),
    query("app.bsky.unspecced.searchStarterPacksSkeleton", Viewer, Strict, Plain,    run!(search_starter_packs_skeleton)),
    query("com.atproto.admin.getAccountInfos",  ViewerOrAdmin, Strict, Plain,        run!(get_account_infos)),
    query("com.atproto.admin.getSubjectStatus", Moderator,     Strict, Plain,        run!(get_subject_status)),
    procedure("com.atproto.admin.updateSubjectStatus", Moderator,     Plain,            run!(update_subject_status)),
    query("com.atproto.identity.resolveHandle", Anyone,        Strict, Plain,        run!(resolve_handle)),
    query("com.atproto.label.queryLabels",      Anyone,        Strict, Plain,        run!(query_labels)),
    query("com.atproto.repo.getRecord",         ViewerOrAdmin, Strict, Plain,        run!(get_record)),
    query("com.atproto.temp.fetchLabels",       Anyone,        Strict, Plain,        run!(fetch_labels)),
    procedure("dev.firehouse.admin.addUpstream",    AdminOnly,        Plain,            admin::ADD_UPSTREAM),
    procedure("dev.firehouse.admin.addVerifier",    AdminOnly,        Plain,            act!(add_verifier)),
    procedure("dev.firehouse.admin.erasePrivate",   AdminOnly,        Plain,            act!(erase_private)),
    query("dev.firehouse.admin.exportPrivate",  AdminOnly,     Strict, Plain,        run!(export_private)),
    query("dev.firehouse.admin.getSelection",   AdminOnly,     Strict, Plain,        selection::GET_SELECTION),
    query("dev.firehouse.admin.getTags",        Moderator,     Strict, Plain,        run!(get_tags)),
    query("dev.firehouse.admin.listEditorial",  AdminOnly,     Strict, Plain,        run!(list_editorial)),
    query("dev.firehouse.admin.listRepos",      AdminOnly,     Strict, Plain,        repairs::LIST_REPOS),
    query("dev.firehouse.admin.listUpstreams",  AdminOnly,     Strict, Plain,        admin::LIST_UPSTREAMS),
    query("dev.firehouse.admin.listVerifiers",  AdminOnly,     Strict, Plain,        run!(list_verifiers)),
    procedure("dev.firehouse.admin.pauseUpstream",  AdminOnly,        Plain,            admin::PAUSE_UPSTREAM),
    procedure("dev.firehouse.admin.putEditorial",   AdminOnly,        Plain,            act!(put_editorial)),
    procedure("dev.firehouse.admin.recheckHandle",  AdminOnly,        Plain,            handles::RECHECK_HANDLE),
    procedure("dev.firehouse.admin.removeEditorial", AdminOnly,       Plain,            act!(remove_editorial)),
    procedure("dev.firehouse.admin.removeUpstream", AdminOnly,        Plain,            admin::REMOVE_UPSTREAM),
    procedure("dev.firehouse.admin.removeVerifier", AdminOnly,        Plain,            act!(remove_verifier)),
    lengthy("dev.firehouse.admin.repairRepo",       AdminOnly,        Plain,            repairs::REPAIR_REPO),
    procedure("dev.firehouse.admin.resumeUpstream", AdminOnly,        Plain,            admin::RESUME_UPSTREAM),
    procedure("dev.firehouse.admin.setSelection",   AdminOnly,        Plain,            selection::SET_SELECTION),
    procedure("dev.firehouse.admin.setTags",        Moderator,        Plain,            act!(set_tags)),
    lengthy("dev.firehouse.admin.verifyRepo",       AdminOnly,        Plain,            repairs::VERIFY_REPO),
    search("dev.firehouse.feed.getSearchFacets", ViewerOrModerator, Strict, Plain,     run!(get_search_facets)),
    query("dev.firehouse.graph.searchLists",    ViewerOrModerator, Strict, Labels,       run!(search_lists)),
    procedure("dev.firehouse.private.eraseData",    ViewerOnly,       Plain,            act!(erase_data)),
    query("dev.firehouse.private.exportData",   ViewerOnly,    Strict, Plain,        run!(export_data)),
    query("dev.firehouse.sync.getCompleteness", Anyone,        Strict, Plain,        run!(get_completeness)),
    query("dev.firehouse.unspecced.getTrendHistory", Viewer,   Strict, Plain,        run!(get_trend_history)),
    query("internal.bsky.actor.getProfiles",    AdminOnly,     Strict, Labels,       run!(get_profiles_internal)),
];

/// Of a process that only writes, too: it is the one that follows upstreams.
pub(crate) const OPERATIONS: &str = "dev.firehouse.admin.";

const fn query(
    nsid: &'static str,
    who: Who,
    reading: Reading,
    headers: Headers,
    run: Run,
) -> Method {
    Method {
        nsid,
        kind: Kind::Query(reading),
        who,
        headers,
        run,
        is_lengthy: false,
        is_search: false,
    }
}

/// A query that searches in posts.
const fn search(
    nsid: &'static str,
    who: Who,
    reading: Reading,
    headers: Headers,
    run: Run,
) -> Method {
    Method { is_search: true, ..query(nsid, who, reading, headers, run) }
}

const fn procedure(nsid: &'static str, who: Who, headers: Headers, run: Run) -> Method {
    Method { nsid, kind: Kind::Procedure, who, headers, run, is_lengthy: false, is_search: false }
}

/// A procedure that takes as long as its work does, which bounds itself.
const fn lengthy(nsid: &'static str, who: Who, headers: Headers, run: Run) -> Method {
    Method { nsid, kind: Kind::Procedure, who, headers, run, is_lengthy: true, is_search: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_stand_once_each_in_the_order_of_their_names() {
        assert!(METHODS.is_sorted_by(|a, b| a.nsid < b.nsid));
    }
}
