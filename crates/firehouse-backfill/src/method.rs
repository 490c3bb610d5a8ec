//! [`Method`]: the XRPC methods that are called here.

/// A method of com.atproto.sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    ListHosts,
    ListRepos,
    ListReposByCollection,
    GetRepoStatus,
    GetLatestCommit,
    GetRepo,
}

impl Method {
    pub(crate) const ALL: [Self; 6] = [
        Self::ListHosts,
        Self::ListRepos,
        Self::ListReposByCollection,
        Self::GetRepoStatus,
        Self::GetLatestCommit,
        Self::GetRepo,
    ];

    /// As in its path.
    pub(crate) const fn nsid(self) -> &'static str {
        match self {
            Self::ListHosts => "com.atproto.sync.listHosts",
            Self::ListRepos => "com.atproto.sync.listRepos",
            Self::ListReposByCollection => "com.atproto.sync.listReposByCollection",
            Self::GetRepoStatus => "com.atproto.sync.getRepoStatus",
            Self::GetLatestCommit => "com.atproto.sync.getLatestCommit",
            Self::GetRepo => "com.atproto.sync.getRepo",
        }
    }

    /// The metric label.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ListHosts => "list_hosts",
            Self::ListRepos => "list_repos",
            Self::ListReposByCollection => "list_repos_by_collection",
            Self::GetRepoStatus => "get_repo_status",
            Self::GetLatestCommit => "get_latest_commit",
            Self::GetRepo => "get_repo",
        }
    }
}
