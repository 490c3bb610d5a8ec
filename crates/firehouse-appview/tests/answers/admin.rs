//! What the administrator keeps by hand: editorial lists, tags, trusted verifiers.

use firehouse_appview::{
    AppView, Caller, Config, add_verifier, get_posts, get_profile, get_tags, list_editorial,
    list_verifiers, put_editorial, remove_editorial, remove_verifier, set_tags,
};
use firehouse_identity::Resolver;
use firehouse_schema::EditorialList;
use firehouse_types::Datetime;
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

const FEED: &str = "at://did:plc:feeds/app.bsky.feed.generator/hot";

fn entry(list: &str, subject: &str, position: i64) -> Value {
    json!({ "list": list, "subject": subject, "position": position })
}

#[tokio::test]
async fn editorial_lists_keep_the_order_they_are_given() {
    let Some(network) = Network::new().await else { return };
    let (app, anyone) = (&network.app, &Caller::default());
    let put = async |entries: Value| {
        put_editorial(app, anyone, parameters(json!({ "entries": entries }))).await
    };
    let list = async |list: &str| {
        let listed = list_editorial(app, anyone, parameters(json!({ "list": list }))).await;
        json("dev.firehouse.admin.listEditorial", listed)["entries"].clone()
    };
    let tagged = json!({ "list": "tagged", "tag": "art", "subject": "did:plc:c", "position": 0 });
    let entries = json!([
        entry("accounts", "did:plc:a", 3),
        entry("accounts", "did:plc:b", 1),
        entry("accounts", "did:plc:c", 2),
        entry("feeds", FEED, 0),
        tagged,
    ]);
    put(entries).await.unwrap();
    assert_eq!(pluck(&list("accounts").await, "/subject"), ["did:plc:b", "did:plc:c", "did:plc:a"]);
    assert_eq!(list("feeds").await, json!([entry("feeds", FEED, 0)]));
    assert_eq!(list("tagged").await, json!([tagged]));
    put(json!([entry("accounts", "did:plc:a", 0)])).await.unwrap();
    let gone = json!({ "entries": [entry("accounts", "did:plc:b", 0)] });
    remove_editorial(app, anyone, parameters(gone)).await.unwrap();
    assert_eq!(pluck(&list("accounts").await, "/subject"), ["did:plc:a", "did:plc:c"]);
    let rows = network.store.editorial(EditorialList::Accounts).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.position).collect::<Vec<_>>(), [0, 2]);
    for wrong in [
        entry("feeds", "did:plc:a", 0),
        entry("accounts", FEED, 0),
        entry("tagged", "did:plc:a", 0),
        entry("accounts", "did:plc:a", i64::MIN),
    ] {
        assert!(put(json!([wrong])).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn tags_are_replaced_as_a_whole_and_shown_to_developers_only() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, developer) = (network.account("alice"), network.account("dev"));
    let post = network.post(&alice, "tagged");
    network.settle().await;
    let app = network.app_with(|config: &mut Config| config.debug_dids = vec![developer.clone()]);
    let anyone = Caller::default();
    for (subject, tags) in [
        (&*post.uri, vec!["old"]),
        (&post.uri, vec!["b", "a", "b"]),
        (alice.as_str(), vec!["loud"]),
    ] {
        let input = parameters(json!({ "subject": subject, "tags": tags }));
        set_tags(&app, &anyone, input).await.unwrap();
    }
    let tags = async |subject: &str| {
        let asked = get_tags(&app, &anyone, parameters(json!({ "subject": subject }))).await;
        json("dev.firehouse.admin.getTags", asked)["tags"].clone()
    };
    assert_eq!(tags(&post.uri).await, json!(["a", "b"]));
    assert_eq!(tags(alice.as_str()).await, json!(["loud"]));
    assert_eq!(tags(developer.as_str()).await, json!([]));
    let debug = async |caller: &Caller| {
        let asked = parameters(json!({ "actor": alice.as_str() }));
        json("app.bsky.actor.getProfile", Box::pin(get_profile(&app, caller, asked)).await)["debug"]
            .clone()
    };
    assert_eq!(
        debug(&viewer(&developer)).await,
        json!({ "accountTags": ["loud"], "profileTags": [] })
    );
    assert_eq!(debug(&viewer(&alice)).await, Value::Null);
}

#[tokio::test]
async fn verifiers_said_at_run_time_win_over_the_configured_ones() {
    let Some(network) = Network::new().await else { return };
    let app = network.app_with(|config: &mut Config| {
        config.trusted_verifiers =
            ["did:plc:a", "did:plc:b"].map(|did| did.parse().unwrap()).into();
    });
    let anyone = Caller::default();
    let did = |did: &str| parameters(json!({ "did": did }));
    add_verifier(&app, &anyone, did("did:plc:c")).await.unwrap();
    add_verifier(&app, &anyone, did("did:plc:d")).await.unwrap();
    remove_verifier(&app, &anyone, did("did:plc:d")).await.unwrap();
    remove_verifier(&app, &anyone, did("did:plc:b")).await.unwrap();
    let listed = list_verifiers(&app, &anyone, parameters(json!({}))).await;
    let listed = json("dev.firehouse.admin.listVerifiers", listed);
    let verifier = |did: &str, configured: bool, trusted: bool| json!({ "did": did, "configured": configured, "trusted": trusted });
    let expected = [
        verifier("did:plc:a", true, true),
        verifier("did:plc:b", true, false),
        verifier("did:plc:c", false, true),
    ];
    assert_eq!(listed["verifiers"], json!(expected));
}

#[tokio::test]
async fn what_was_indexed_after_the_epoch_shows_when() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let post = network.post(&alice, "hello");
    network.settle().await;
    let shown = async |epoch_ms: Option<i64>| {
        let store = network.store.clone();
        let store = match epoch_ms {
            Some(ms) => store.showing_index_time_after(Datetime::from_ms(ms)),
            None => store,
        };
        let app = AppView::new(store, Resolver::offline([]), network.app.config().clone());
        let asked = parameters(json!({ "uris": [post.uri] }));
        let posts = Box::pin(get_posts(&app, &Caller::default(), asked)).await;
        json("app.bsky.feed.getPosts", posts)["posts"][0]["indexedAt"].clone()
    };
    // The test's witness saw everything at the beginning of 1970.
    let sort_at = shown(None).await;
    assert!(sort_at.as_str().is_some_and(|at| at.starts_with("2025-")), "{sort_at}");
    assert_eq!(shown(Some(0)).await, sort_at);
    assert_eq!(shown(Some(-1)).await, "1970-01-01T00:00:00.000Z");
}
