//! [`METHODS`]: every method we answer, one line each.

use crate::auth::Who::{
    self, AdminOnly, Anyone, Moderator, Viewer, ViewerOnly, ViewerOrAdmin, ViewerOrChat,
};
use crate::method::Headers::{self, Labels, LabelsAndRev, Plain};
use crate::method::{Kind, Method, Run, run};
use crate::parameters::Reading::{self, Loose, Strict};
use crate::{admin, repairs, selection};

/// In the order of their names. Who may call, how parameters are read and what the headers tell is what the reference AppView does.
#[rustfmt::skip] // a table
pub(crate) const METHODS: &[Method] = &[
    query("app.bsky.actor.getProfile",          ViewerOrAdmin, Strict, LabelsAndRev, run!(get_profile)),
    query("app.bsky.actor.getProfiles",         ViewerOrChat,  Loose,  LabelsAndRev, run!(get_profiles)),
    query("app.bsky.feed.getAuthorFeed",        ViewerOrAdmin, Strict, LabelsAndRev, run!(get_author_feed)),
    query("app.bsky.feed.getLikes",             Viewer,        Strict, Labels,       run!(get_likes)),
    query("app.bsky.feed.getPostThread",        ViewerOrAdmin, Loose,  LabelsAndRev, run!(get_post_thread)),
    query("app.bsky.feed.getPosts",             ViewerOrChat,  Loose,  Labels,       run!(get_posts)),
    query("app.bsky.feed.getQuotes",            Viewer,        Strict, Labels,       run!(get_quotes)),
    query("app.bsky.feed.getRepostedBy",        Viewer,        Strict, Labels,       run!(get_reposted_by)),
    query("app.bsky.feed.getTimeline",          ViewerOnly,    Loose,  LabelsAndRev, run!(get_timeline)),
    query("app.bsky.graph.getFollowers",        ViewerOrAdmin, Strict, Labels,       run!(get_followers)),
    query("app.bsky.graph.getFollows",          ViewerOrAdmin, Strict, Labels,       run!(get_follows)),
    query("app.bsky.graph.getList",             Viewer,        Strict, Labels,       run!(get_list)),
    query("app.bsky.graph.getLists",            ViewerOrAdmin, Strict, Labels,       run!(get_lists)),
    query("app.bsky.graph.getRelationships",    Anyone,        Strict, Plain,        run!(get_relationships)),
    query("com.atproto.admin.getAccountInfos",  ViewerOrAdmin, Strict, Plain,        run!(get_account_infos)),
    query("com.atproto.admin.getSubjectStatus", Moderator,     Strict, Plain,        run!(get_subject_status)),
    procedure("com.atproto.admin.updateSubjectStatus", Moderator,     Plain,            run!(update_subject_status)),
    query("com.atproto.identity.resolveHandle", Anyone,        Strict, Plain,        run!(resolve_handle)),
    query("com.atproto.label.queryLabels",      Anyone,        Strict, Plain,        run!(query_labels)),
    query("com.atproto.repo.getRecord",         ViewerOrAdmin, Strict, Plain,        run!(get_record)),
    query("com.atproto.temp.fetchLabels",       Anyone,        Strict, Plain,        run!(fetch_labels)),
    procedure("dev.firehouse.admin.addUpstream",    AdminOnly,        Plain,            admin::ADD_UPSTREAM),
    query("dev.firehouse.admin.getSelection",   AdminOnly,     Strict, Plain,        selection::GET_SELECTION),
    query("dev.firehouse.admin.listRepos",      AdminOnly,     Strict, Plain,        repairs::LIST_REPOS),
    query("dev.firehouse.admin.listUpstreams",  AdminOnly,     Strict, Plain,        admin::LIST_UPSTREAMS),
    procedure("dev.firehouse.admin.removeUpstream", AdminOnly,        Plain,            admin::REMOVE_UPSTREAM),
    lengthy("dev.firehouse.admin.repairRepo",       AdminOnly,        Plain,            repairs::REPAIR_REPO),
    procedure("dev.firehouse.admin.setSelection",   AdminOnly,        Plain,            selection::SET_SELECTION),
    lengthy("dev.firehouse.admin.verifyRepo",       AdminOnly,        Plain,            repairs::VERIFY_REPO),
    query("dev.firehouse.sync.getCompleteness", Anyone,        Strict, Plain,        run!(get_completeness)),
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
    Method { nsid, kind: Kind::Query(reading), who, headers, run, is_lengthy: false }
}

const fn procedure(nsid: &'static str, who: Who, headers: Headers, run: Run) -> Method {
    Method { nsid, kind: Kind::Procedure, who, headers, run, is_lengthy: false }
}

/// A procedure that takes as long as its work does, which bounds itself.
const fn lengthy(nsid: &'static str, who: Who, headers: Headers, run: Run) -> Method {
    Method { nsid, kind: Kind::Procedure, who, headers, run, is_lengthy: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_stand_once_each_in_the_order_of_their_names() {
        assert!(METHODS.is_sorted_by(|a, b| a.nsid < b.nsid));
    }
}
