//! Pages of lists, read item by item: a malformed item is left out and counted, its siblings live.
//!
//! Source: the lexicons of com.atproto.sync.listHosts, listRepos and listReposByCollection.

use std::borrow::Cow;

use firehouse_identity::AddressPolicy;
use firehouse_types::{AccountStatus, Cid, Did, Rev};
use serde_json::value::RawValue;

use crate::error::FetchError;
use crate::host::Host;

/// Longer page cursors are no cursors.
const CURSOR_BYTES_MAX: usize = 8 << 10;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it; a page may be empty without being the last.
    pub items: Vec<T>,
    /// Malformed items that were left out.
    pub dropped: u64,
    /// What to ask the next page with; `None` at the end.
    pub cursor: Option<Box<str>>,
}

/// A host that a relay follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedHost {
    /// Which.
    pub host: Host,
    /// How the relay sees it.
    pub status: HostStatus,
    /// Accounts, as far as the relay counted; no proof of completeness.
    pub account_count: Option<u64>,
}

/// How a relay sees a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostStatus {
    /// Connected, with events.
    Active,
    /// Connected, without events.
    Idle,
    /// Not to be reached.
    Offline,
    /// Connected, and slowed down.
    Throttled,
    /// Not followed any more.
    Banned,
    /// Not said, or unknown to this build.
    Other,
}

/// A repo that a host lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRepo {
    /// Whose.
    pub did: Did,
    /// Its commit; relays may not know it, or an old one.
    pub head: Option<Cid>,
    /// Its rev; relays may not know it, or an old one.
    pub rev: Option<Rev>,
    /// Whether the host serves it.
    pub active: bool,
    /// Why not, or what else is to be said.
    pub status: Option<AccountStatus>,
}

/// What getRepoStatus says.
pub type RepoStatus = ListedRepo;

/// What getLatestCommit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatestCommit {
    /// The commit block.
    pub cid: Cid,
    /// Its rev.
    pub rev: Rev,
}

#[derive(serde::Deserialize)]
struct RawPage<'a> {
    #[serde(borrow, default)]
    cursor: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "repos", alias = "hosts")]
    items: Vec<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct RawHost<'a> {
    #[serde(borrow)]
    hostname: Cow<'a, str>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(default, rename = "accountCount")]
    account_count: Option<u64>,
}

#[derive(serde::Deserialize)]
struct RawRepo<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    #[serde(borrow, default)]
    head: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    rev: Option<Cow<'a, str>>,
    #[serde(default)]
    active: Option<bool>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
}

#[derive(serde::Deserialize)]
struct RawCommit<'a> {
    #[serde(borrow)]
    cid: Cow<'a, str>,
    #[serde(borrow)]
    rev: Cow<'a, str>,
}

/// A page of listRepos or listReposByCollection. `asked` is the cursor it was asked with.
pub(crate) fn repos(body: &[u8], asked: Option<&str>) -> Result<Page<ListedRepo>, FetchError> {
    page(body, asked, repo)
}

/// A page of listHosts.
pub(crate) fn hosts(
    body: &[u8],
    asked: Option<&str>,
    policy: AddressPolicy,
) -> Result<Page<ListedHost>, FetchError> {
    page(body, asked, |item| {
        let raw: RawHost<'_> = serde_json::from_str(item).ok()?;
        let host = Host::of_name(&raw.hostname, policy).ok()?;
        let status = raw.status.map_or(HostStatus::Other, |status| host_status(&status));
        Some(ListedHost { host, status, account_count: raw.account_count })
    })
}

/// What getRepoStatus says.
pub(crate) fn status(body: &[u8]) -> Result<RepoStatus, FetchError> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    serde_json::from_str::<RawRepo<'_>>(text).map_err(FetchError::Page)?;
    repo(text).ok_or_else(|| malformed("not a DID"))
}

/// What getLatestCommit says.
pub(crate) fn latest_commit(body: &[u8]) -> Result<LatestCommit, FetchError> {
    let raw: RawCommit<'_> = serde_json::from_slice(body).map_err(FetchError::Page)?;
    let read = || Some(LatestCommit { cid: raw.cid.parse().ok()?, rev: raw.rev.parse().ok()? });
    read().ok_or_else(|| malformed("not a CID and a rev"))
}

fn page<T>(
    body: &[u8],
    asked: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Page<T>, FetchError> {
    let raw: RawPage<'_> = serde_json::from_slice(body).map_err(FetchError::Page)?;
    // Some hosts end with an empty cursor instead of none.
    let cursor = raw.cursor.filter(|cursor| !cursor.is_empty());
    if cursor.as_ref().is_some_and(|cursor| cursor.len() > CURSOR_BYTES_MAX) {
        return Err(FetchError::TooLarge { bytes_max: CURSOR_BYTES_MAX as u64 });
    }
    if cursor.is_some() && cursor.as_deref() == asked {
        return Err(FetchError::CursorRepeats);
    }
    let listed = raw.items.len();
    let items: Vec<T> = raw.items.into_iter().filter_map(|item| read(item.get())).collect();
    Ok(Page {
        dropped: (listed - items.len()) as u64,
        items,
        cursor: cursor.map(|cursor| cursor.into()),
    })
}

fn repo(item: &str) -> Option<ListedRepo> {
    let raw: RawRepo<'_> = serde_json::from_str(item).ok()?;
    let did = Did::parse(&raw.did).ok().filter(Did::is_resolvable)?;
    Some(ListedRepo {
        did,
        head: raw.head.and_then(|head| head.parse().ok()),
        rev: raw.rev.and_then(|rev| rev.parse().ok()),
        active: raw.active.unwrap_or(true),
        status: raw.status.map(|status| account_status(&status)),
    })
}

fn malformed(what: &str) -> FetchError {
    FetchError::Page(serde::de::Error::custom(what))
}

fn host_status(text: &str) -> HostStatus {
    match text {
        "active" => HostStatus::Active,
        "idle" => HostStatus::Idle,
        "offline" => HostStatus::Offline,
        "throttled" => HostStatus::Throttled,
        "banned" => HostStatus::Banned,
        _ => HostStatus::Other,
    }
}

fn account_status(text: &str) -> AccountStatus {
    match text {
        "takendown" => AccountStatus::Takendown,
        "suspended" => AccountStatus::Suspended,
        "deleted" => AccountStatus::Deleted,
        "deactivated" => AccountStatus::Deactivated,
        "desynchronized" => AccountStatus::Desynchronized,
        "throttled" => AccountStatus::Throttled,
        _ => AccountStatus::Other,
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::AccountStatus;

    use super::{Page, hosts, latest_commit, repos, status};
    use crate::error::FetchError;
    use firehouse_identity::AddressPolicy::Public;

    const CID: &str = "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm";

    #[test]
    fn a_malformed_item_is_left_out_and_its_siblings_survive() {
        let body = format!(
            r#"{{"cursor":"2","repos":[
                {{"did":"did:plc:44ybard66vv44zksje25o7dz","head":"{CID}","rev":"3jzfcijpj2z2a","active":true}},
                {{"did":"not a did","head":"{CID}","rev":"3jzfcijpj2z2a"}},
                {{"did":"did:key:zQ3sh"}}, 7, null, {{}},
                {{"did":"did:web:example.com","head":"","rev":"","active":false,"status":"takendown","more":[1]}}
            ]}}"#
        );
        let page = repos(body.as_bytes(), Some("1")).unwrap();
        assert_eq!((page.items.len(), page.dropped, page.cursor.as_deref()), (2, 5, Some("2")));
        assert_eq!(page.items[0].head, Some(CID.parse().unwrap()));
        let second = &page.items[1];
        assert_eq!((second.rev, second.head, second.active), (None, None, false));
        assert_eq!(second.status, Some(AccountStatus::Takendown));
    }

    #[test]
    fn an_empty_page_with_a_cursor_is_not_the_end() {
        let page = repos(br#"{"repos":[],"cursor":"x"}"#, None).unwrap();
        assert_eq!(page, Page { items: vec![], dropped: 0, cursor: Some("x".into()) });
        for end in [
            &br#"{"repos":[]}"#[..],
            br#"{"repos":[],"cursor":""}"#,
            br#"{"repos":[],"cursor":null}"#,
        ] {
            assert_eq!(repos(end, Some("x")).unwrap().cursor, None);
        }
    }

    #[test]
    fn a_cursor_that_stands_still_or_never_ends_is_an_error() {
        let same = repos(br#"{"repos":[],"cursor":"x"}"#, Some("x"));
        assert!(matches!(same, Err(FetchError::CursorRepeats)));
        let long = format!(r#"{{"repos":[],"cursor":"{}"}}"#, "x".repeat(9_000));
        assert!(matches!(repos(long.as_bytes(), None), Err(FetchError::TooLarge { .. })));
    }

    #[test]
    fn hosts_are_names_and_nothing_else() {
        let body = br#"{"hosts":[
            {"hostname":"pds.example.com","status":"active","accountCount":7,"seq":9},
            {"hostname":"pds.example.com/xrpc/?x=","status":"active"},
            {"hostname":"a b"}, {"status":"idle"},
            {"hostname":"other.example.com","status":"odd"}
        ]}"#;
        let page = hosts(body, None, Public).unwrap();
        let names: Vec<_> = page.items.iter().map(|item| item.host.as_str()).collect();
        assert_eq!(names, ["https://pds.example.com", "https://other.example.com"]);
        assert_eq!((page.dropped, page.items[0].account_count), (3, Some(7)));
    }

    #[test]
    fn single_answers_are_whole_or_an_error() {
        let found =
            status(br#"{"did":"did:web:a.b","active":false,"status":"deactivated"}"#).unwrap();
        assert_eq!((found.active, found.status), (false, Some(AccountStatus::Deactivated)));
        assert!(status(br#"{"did":"x","active":true}"#).is_err());
        assert!(status(b"<html>").is_err());
        let commit =
            latest_commit(format!(r#"{{"cid":"{CID}","rev":"3jzfcijpj2z2a"}}"#).as_bytes());
        assert_eq!(commit.unwrap().rev.to_string(), "3jzfcijpj2z2a");
        assert!(latest_commit(br#"{"cid":"x","rev":"y"}"#).is_err());
    }
}
