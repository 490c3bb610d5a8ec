//! Which repos there are, from a relay and its hosts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use firehouse_backfill::{
    Enumeration, FetchError, Host, HostFilter, Listing, Plan, Position, Progress, Source,
};
use firehouse_types::{Did, Nsid};

use crate::make::{Running, client, config, guarded, serve};

/// Pages by cursor; the first one is under the empty cursor.
#[derive(Clone, Default)]
struct Lists {
    pages: Arc<BTreeMap<(&'static str, &'static str), String>>,
    asked: Arc<Mutex<Vec<String>>>,
}

struct Server {
    running: Running,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn server(pages: &[(&'static str, &'static str, String)]) -> Server {
    let pages = pages.iter().map(|(method, cursor, page)| ((*method, *cursor), page.clone()));
    let lists = Lists { pages: Arc::new(pages.collect()), ..Lists::default() };
    let route = |method: &'static str| {
        get(
            move |State(lists): State<Lists>, Query(query): Query<HashMap<String, String>>| async move {
                let cursor = query.get("cursor").cloned().unwrap_or_default();
                lists.asked.lock().expect("no panic").push(format!("{method} {cursor}"));
                let page = lists.pages.iter().find(|((m, c), _)| *m == method && *c == cursor);
                let absent = || StatusCode::BAD_GATEWAY.into_response();
                page.map_or_else(absent, |(_, page)| -> Response { page.clone().into_response() })
            },
        )
    };
    let asked = lists.asked.clone();
    let routes = ["listHosts", "listRepos", "listReposByCollection"]
        .into_iter()
        .fold(Router::new(), |routes, method| {
            routes.route(&format!("/xrpc/com.atproto.sync.{method}"), route(method))
        });
    Server { running: serve(routes.with_state(lists)).await, asked }
}

fn repos(names: &[&str], cursor: Option<&str>) -> String {
    let repo = |name: &&str| format!(r#"{{"did":"did:web:{name}.test","active":true}}"#);
    let repos: Vec<_> = names.iter().map(repo).collect();
    let cursor = cursor.map_or(String::new(), |cursor| format!(r#","cursor":"{cursor}""#));
    format!(r#"{{"repos":[{}]{cursor}}}"#, repos.join(","))
}

fn names(listing: &Listing) -> Vec<String> {
    let name = |did: &Did| did.as_str()["did:web:".len()..].trim_end_matches(".test").to_owned();
    listing.repos.iter().map(|repo| name(&repo.did)).collect()
}

async fn next(enumeration: &mut Enumeration) -> Option<Listing> {
    tokio::time::timeout(Duration::from_secs(60), enumeration.next()).await.expect("in time")
}

fn enumerate(plan: Plan, saved: Vec<Position>) -> Enumeration {
    let (client, _) = client(&config(), &guarded());
    Enumeration::start(client, plan, saved)
}

/// A relay with two hosts, of which the second has three pages, one of them empty.
async fn network() -> (Server, Server, Server) {
    let one = server(&[("listRepos", "", repos(&["a", "b"], None))]).await;
    let two = server(&[
        ("listRepos", "", repos(&["c"], Some("1"))),
        ("listRepos", "1", repos(&[], Some("2"))),
        ("listRepos", "2", repos(&["d"], None)),
    ])
    .await;
    let hosts =
        [&one, &two, &one].map(|host| format!(r#"{{"hostname":"{}"}}"#, host.running.address));
    let [first, second, again] = hosts;
    let relay = server(&[
        ("listHosts", "", format!(r#"{{"hosts":[{first}],"cursor":"x"}}"#)),
        ("listHosts", "x", r#"{"hosts":[],"cursor":"y"}"#.to_owned()),
        (
            "listHosts",
            "y",
            format!(
                r#"{{"hosts":[{second},{again},{{"hostname":"gone.test","status":"banned"}}]}}"#
            ),
        ),
        ("listRepos", "", repos(&["e"], None)),
    ])
    .await;
    (relay, one, two)
}

fn plan(relay: &Server) -> Plan {
    Plan::Network { relay: relay.running.host(), hosts: HostFilter::all() }
}

#[tokio::test]
async fn a_network_is_what_its_hosts_list_and_what_its_relay_lists() {
    let (relay, one, two) = network().await;
    let mut enumeration = enumerate(plan(&relay), vec![]);
    let mut found = BTreeSet::new();
    let mut done = BTreeSet::new();
    while let Some(listing) = next(&mut enumeration).await {
        let position = listing.position().expect("no list fails");
        if position.cursor.is_none() {
            assert!(done.insert(position.host.to_string()), "each list ends once");
        }
        found.extend(names(&listing));
        let is_relay = listing.source == Source::Relay(relay.running.host());
        assert_eq!(listing.pds().is_none(), is_relay, "{:?}", listing.source);
    }
    assert_eq!(found.into_iter().collect::<String>(), "abcde");
    let hosts = [&relay, &one, &two].map(|server| server.running.host().to_string());
    assert_eq!(done, hosts.into_iter().collect());
    assert_eq!(*two.asked.lock().expect("no panic"), ["listRepos ", "listRepos 1", "listRepos 2"]);
}

#[tokio::test]
async fn a_host_that_is_not_wanted_is_not_asked() {
    let (relay, one, two) = network().await;
    let wanted = one.running.host();
    let hosts = HostFilter::new(move |host| *host == wanted);
    let mut enumeration = enumerate(Plan::Network { relay: relay.running.host(), hosts }, vec![]);
    while next(&mut enumeration).await.is_some() {}
    assert!(!one.asked.lock().expect("no panic").is_empty());
    assert!(two.asked.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn it_goes_on_where_it_was_saved() {
    let (relay, one, two) = network().await;
    let saved = vec![
        Position { host: one.running.host(), cursor: None },
        Position { host: relay.running.host(), cursor: None },
        Position { host: two.running.host(), cursor: Some("2".into()) },
    ];
    let mut enumeration = enumerate(plan(&relay), saved);
    let listing = next(&mut enumeration).await.expect("the rest of one list");
    assert_eq!(names(&listing), ["d"]);
    drop(listing);
    assert!(next(&mut enumeration).await.is_none());
    assert!(one.asked.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn a_host_waits_while_its_page_is_dealt_with_and_the_others_go_on() {
    let (relay, one, two) = network().await;
    let hosts = vec![two.running.host(), one.running.host()];
    drop(relay);
    let mut enumeration = enumerate(Plan::Hosts(hosts), vec![]);
    let mut kept = None;
    for _ in 0..2 {
        let listing = next(&mut enumeration).await.expect("a page of each");
        if listing.pds() == Some(&two.running.host()) {
            kept = Some(listing);
        }
    }
    let waiting = tokio::time::timeout(Duration::from_millis(200), enumeration.next()).await;
    assert!(waiting.is_err(), "nothing more while the page is kept");
    assert_eq!(two.asked.lock().expect("no panic").len(), 1);
    drop(kept);
    assert_eq!(names(&next(&mut enumeration).await.expect("the empty page")), [""; 0]);
    assert_eq!(names(&next(&mut enumeration).await.expect("the last page")), ["d"]);
    assert!(next(&mut enumeration).await.is_none());
}

#[tokio::test]
async fn lists_that_fail_or_go_in_circles_end_and_say_so() {
    let circle = server(&[
        ("listRepos", "", repos(&["a"], Some("1"))),
        ("listRepos", "1", repos(&["b"], Some("2"))),
        ("listRepos", "2", repos(&["c"], Some("1"))),
    ])
    .await;
    let broken = server(&[("listRepos", "", repos(&["a"], Some("1")))]).await;
    let good = server(&[("listRepos", "", repos(&["z"], None))]).await;
    let hosts: Vec<Host> = [&circle, &broken, &good].map(|server| server.running.host()).into();
    let mut enumeration = enumerate(Plan::Hosts(hosts.clone()), vec![]);
    let mut failed = HashMap::new();
    let mut found = String::new();
    while let Some(listing) = next(&mut enumeration).await {
        found.extend(names(&listing));
        let host = listing.pds().expect("a PDS").clone();
        if let Progress::Failed(error) = listing.progress {
            failed.insert(host, error);
        }
    }
    assert!(matches!(failed[&hosts[0]], FetchError::CursorRepeats));
    assert!(matches!(failed[&hosts[1]], FetchError::Unavailable { status: 502, .. }));
    assert!(failed.len() == 2 && found.contains('z'), "{failed:?}");
    assert!(circle.asked.lock().expect("no panic").len() < 10);
    let asked = broken.asked.lock().expect("no panic").len();
    assert_eq!(asked, 1 + config().attempts_max as usize, "tried again for a while");
}

#[tokio::test]
async fn a_collection_or_a_list_of_accounts_will_do_too() {
    let relay = server(&[
        ("listReposByCollection", "", repos(&["a"], Some("1"))),
        ("listReposByCollection", "1", repos(&["b"], None)),
    ])
    .await;
    let collection = Nsid::parse("community.lexicon.calendar.event").expect("an NSID");
    let plan = Plan::Collection { host: relay.running.host(), collection };
    let mut enumeration = enumerate(plan, vec![]);
    let mut found = Vec::new();
    while let Some(listing) = next(&mut enumeration).await {
        found.extend(names(&listing));
    }
    assert_eq!(found, ["a", "b"]);

    let dids: Vec<Did> =
        (0..2_500).map(|n| format!("did:web:n{n}.test").parse().expect("a DID")).collect();
    let mut enumeration = enumerate(Plan::Dids(dids.clone()), vec![]);
    let mut found = Vec::new();
    while let Some(listing) = next(&mut enumeration).await {
        assert!(listing.source == Source::Dids && listing.position().is_none());
        found.extend(listing.repos.iter().map(|repo| repo.did.clone()));
    }
    assert_eq!(found, dids);
}
