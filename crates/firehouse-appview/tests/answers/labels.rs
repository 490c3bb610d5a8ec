//! Labels of labelers: where they are shown, which are not, what a redacting labeler hides, and queryLabels.

use std::sync::Arc;

use firehouse_appview::{
    AppliedLabeler, Caller, ViewError, get_author_feed, get_list, get_post_thread, get_posts,
    get_profile, get_quotes, query_labels, search_lists,
};
use firehouse_indexer::label_row;
use firehouse_types::{Did, Label, Seq};
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};
use crate::takedowns::{decide, moderator};

pub const MOD: &str = "did:plc:modmodmodmodmodmodmodmod";
const OTHER: &str = "did:plc:otherotherotherotherothe";

pub fn label(src: &str, uri: &str, val: &str) -> Label {
    Label {
        ver: Some(1),
        src: Did::parse(src).unwrap(),
        uri: uri.into(),
        cid: None,
        val: val.into(),
        neg: None,
        cts: "2026-01-01T00:00:00.000001Z".into(),
        exp: None,
        sig: None,
    }
}

pub async fn say(network: &Network, labels: &[Label]) {
    let seq = Seq::new(1).unwrap();
    let rows: Vec<_> = labels.iter().map(|label| label_row(label, "", seq).unwrap()).collect();
    let _ = network.store.insert(&rows).await.unwrap();
}

/// A caller who accepts these labelers.
pub fn accepting(labelers: &[(&str, bool)]) -> Caller {
    let labeler =
        |&(did, redact): &(&str, bool)| AppliedLabeler { did: Did::parse(did).unwrap(), redact };
    Caller { labelers: labelers.iter().map(labeler).collect::<Arc<[_]>>(), ..Caller::default() }
}

async fn post(network: &Network, caller: &Caller, post: &Written) -> Value {
    let answer = get_posts(&network.app, caller, parameters(json!({ "uris": [post.uri] }))).await;
    json("app.bsky.feed.getPosts", answer)["posts"][0].clone()
}

#[tokio::test]
async fn posts_profiles_and_lists_carry_what_applies_and_then_what_their_authors_say() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let own = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "bot" }] });
    let profile =
        network.write_as(&alice, "app.bsky.actor.profile", Some("self"), json!({ "labels": own }));
    let labelled = network.post(&alice, "labelled");
    let list = network.list(&alice, "curatelist", &[]);
    network.settle().await;
    let (uri, cid) = (&*labelled.uri, &*labelled.cid);
    let with_cid = |cid: &str, label: Label| Label { cid: Some(cid.into()), ..label };
    let with_exp = |exp: &str, label: Label| Label { exp: Some(exp.into()), ..label };
    let negation = |label: Label| Label { neg: Some(true), ..label };
    let said = [
        label(MOD, uri, "spam"),
        label(OTHER, uri, "rude"),
        with_cid(cid, label(MOD, uri, "this-version")),
        with_cid(&profile.cid, label(MOD, uri, "another-version")),
        with_exp("2020-01-01T00:00:00Z", label(MOD, uri, "expired")),
        with_exp("2999-01-01T00:00:00Z", label(MOD, uri, "expires")),
        negation(label(MOD, uri, "taken-back")),
        label(MOD, uri, "needs-review"),
        label(MOD, alice.as_str(), "of-the-account"),
        label(MOD, &profile.uri, "of-the-profile"),
        label(MOD, &list.uri, "of-the-list"),
    ];
    say(&network, &said).await;

    let values = |view: &Value| pluck(&view["labels"], "/val");
    let shown = post(&network, &accepting(&[(MOD, false)]), &labelled).await;
    // A label of another version counts too, as does what a labeler that hides nothing wants to be reviewed.
    let all = ["another-version", "expires", "needs-review", "spam", "this-version"];
    assert_eq!(values(&shown), all);
    assert_eq!(
        shown["labels"][3],
        json!({ "src": MOD, "uri": uri, "val": "spam", "cts": "2026-01-01T00:00:00.000001Z" })
    );
    assert_eq!(shown["labels"][4]["cid"], cid);
    assert_eq!(shown["labels"][1]["exp"], "2999-01-01T00:00:00Z");
    assert_eq!(values(&shown["author"]), ["of-the-account", "of-the-profile", "bot"]);
    let shown = post(&network, &accepting(&[(OTHER, false)]), &labelled).await;
    assert_eq!(
        (values(&shown), values(&shown["author"])),
        (vec!["rude".to_owned()], vec!["bot".to_owned()])
    );
    assert_eq!(post(&network, &Caller::default(), &labelled).await["labels"], json!([]));

    let asked = parameters(json!({ "list": list.uri }));
    let answer = get_list(&network.app, &accepting(&[(MOD, true)]), asked).await;
    assert_eq!(values(&json("app.bsky.graph.getList", answer)["list"]), ["of-the-list"]);
}

#[tokio::test]
async fn a_takedown_hides_when_its_labeler_redacts_and_is_a_label_when_it_does_not() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let root = network.post(&alice, "root");
    let hidden = network.reply(&alice, "hidden", &root, &root);
    let of_bob = network.reply(&bob, "of bob", &root, &root);
    network.settle().await;
    say(&network, &[label(MOD, &hidden.uri, "!takedown"), label(MOD, bob.as_str(), "!suspend")])
        .await;

    let thread = async |caller: &Caller| {
        let asked = parameters(json!({ "uri": root.uri }));
        let answer = get_post_thread(&network.app, caller, asked).await;
        let answer = json("app.bsky.feed.getPostThread", answer);
        let mut texts = pluck(&answer["thread"]["replies"], "/post/record/text");
        texts.retain(|text| text != "-");
        texts.sort();
        texts
    };
    let (marking, redacting) = (accepting(&[(MOD, false)]), accepting(&[(MOD, true)]));
    assert_eq!(thread(&marking).await, ["hidden", "of bob"]);
    assert_eq!(thread(&redacting).await, Vec::<String>::new());
    let moderator = Caller { privileged: true, ..redacting.clone() };
    assert_eq!(thread(&moderator).await, ["hidden", "of bob"]);
    assert_eq!(
        thread(&Caller { labelers: redacting.labelers.clone(), ..viewer(&alice) }).await,
        Vec::<String>::new()
    );

    assert_eq!(post(&network, &redacting, &hidden).await, Value::Null);
    assert_eq!(post(&network, &redacting, &of_bob).await, Value::Null);
    assert_eq!(pluck(&post(&network, &marking, &hidden).await["labels"], "/val"), ["!takedown"]);
    let profile = async |caller: &Caller| {
        get_profile(&network.app, caller, parameters(json!({ "actor": bob.as_str() }))).await
    };
    assert!(matches!(profile(&redacting).await, Err(ViewError::AccountTakedown)));
    assert!(profile(&marking).await.is_ok());
    let asked = json!({ "actor": alice.as_str() });
    let feed = get_author_feed(&network.app, &redacting, parameters(asked)).await;
    let feed = json("app.bsky.feed.getAuthorFeed", feed);
    assert_eq!(pluck(&feed["feed"], "/post/record/text"), ["root"]);
}

#[tokio::test]
async fn quotes_that_need_review_are_for_their_authors_and_those_who_follow_them() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let quoted = network.post(&alice, "quoted");
    let of_bob = network.quote(&bob, "of bob", &quoted);
    network.quote(&carol, "of carol", &quoted);
    network.follow(&alice, &bob);
    network.settle().await;
    let said =
        [label(MOD, &of_bob.uri, "needs-review"), label(MOD, carol.as_str(), "needs-review")];
    say(&network, &said).await;
    let quotes = async |redact: bool, who: &Did| {
        let caller = Caller { labelers: accepting(&[(MOD, redact)]).labelers, ..viewer(who) };
        let asked = parameters(json!({ "uri": quoted.uri }));
        let answer = get_quotes(&network.app, &caller, asked).await;
        pluck(&json("app.bsky.feed.getQuotes", answer)["posts"], "/record/text")
    };
    assert_eq!(quotes(true, &alice).await, ["of bob"]);
    assert_eq!(quotes(true, &bob).await, ["of bob"]);
    assert_eq!(quotes(true, &carol).await, ["of carol"]);
    assert_eq!(quotes(false, &alice).await, ["of carol", "of bob"]);
}

#[tokio::test]
async fn a_list_that_a_label_takes_down_blocks_nobody() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let lists = [(); 2].map(|()| network.list(&bob, "modlist", &[&bob]));
    for list in &lists {
        network.list_block(&alice, list);
    }
    let post_of_bob = network.post(&bob, "of bob");
    network.settle().await;
    let caller = Caller { labelers: accepting(&[(MOD, true)]).labelers, ..viewer(&alice) };
    assert_eq!(post(&network, &caller, &post_of_bob).await, Value::Null);
    let feed = async || {
        let asked = parameters(json!({ "actor": bob.as_str() }));
        Box::pin(get_author_feed(&network.app, &caller, asked)).await
    };
    // Whichever of them is taken down, the other one blocks.
    for list in &lists {
        assert_eq!(post(&network, &caller, &post_of_bob).await, Value::Null);
        assert!(matches!(feed().await, Err(ViewError::BlockedActor { .. })));
        say(&network, &[label(MOD, &list.uri, "!takedown")]).await;
    }
    assert_eq!(
        post(&network, &caller, &post_of_bob).await["author"]["viewer"]["blocking"],
        Value::Null
    );
    assert_eq!(post(&network, &caller, &post_of_bob).await["record"]["text"], "of bob");
    let feed = json("app.bsky.feed.getAuthorFeed", feed().await);
    assert_eq!(pluck(&feed["feed"], "/post/record/text"), ["of bob"]);
}

#[tokio::test]
async fn a_search_of_lists_leaves_out_what_a_redacting_labeler_or_we_take_down() {
    let Some(mut network) = Network::new().await else { return };
    let [me, alice, bob, carol] = ["me", "alice", "bob", "carol"].map(|name| network.account(name));
    let mut lists = Vec::new();
    for (did, name) in [
        (&alice, "birds of nobody"),
        (&alice, "birds of the labeler"),
        (&alice, "birds of ours"),
        (&bob, "birds of an account the labeler hides"),
        (&carol, "birds of an account we hide"),
        (&alice, "birds that are rude"),
    ] {
        let record = json!({ "name": name, "purpose": "app.bsky.graph.defs#curatelist" });
        lists.push(network.write(did, "app.bsky.graph.list", record));
    }
    network.settle().await;
    let found = async |caller: &Caller| {
        let answer = search_lists(&network.app, caller, parameters(json!({ "q": "birds" }))).await;
        let mut lists = json("dev.firehouse.graph.searchLists", answer)["lists"].take();
        let lists = lists.as_array_mut().unwrap();
        lists.sort_by_key(|list| list["name"].to_string());
        json!(lists)
    };
    let of = |labelers: &[(&str, bool)]| Caller {
        labelers: accepting(labelers).labelers,
        ..viewer(&me)
    };
    let (marking, redacting) = (of(&[(MOD, false)]), of(&[(MOD, true)]));
    assert_eq!(
        found(&redacting).await.as_array().unwrap().len(),
        6,
        "before anybody says anything"
    );

    say(
        &network,
        &[
            label(MOD, &lists[1].uri, "!takedown"),
            label(MOD, bob.as_str(), "!takedown"),
            label(MOD, &lists[5].uri, "rude"),
            // Of a labeler whom nobody here accepts.
            label(OTHER, &lists[0].uri, "!takedown"),
        ],
    )
    .await;
    let record = &lists[2];
    let record =
        json!({ "$type": "com.atproto.repo.strongRef", "uri": record.uri, "cid": record.cid });
    decide(&network, &record, true).await;
    let account = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": carol.as_str() });
    decide(&network, &account, true).await;

    let names = |lists: &Value| pluck(lists, "/name");
    let shown = found(&redacting).await;
    assert_eq!(names(&shown), ["birds of nobody", "birds that are rude"]);
    assert_eq!(pluck(&shown[1]["labels"], "/val"), ["rude"]);
    let shown = found(&marking).await;
    let all_but_ours = [
        "birds of an account the labeler hides",
        "birds of nobody",
        "birds of the labeler",
        "birds that are rude",
    ];
    assert_eq!(names(&shown), all_but_ours, "who does not redact only says so");
    assert_eq!(pluck(&shown[2]["labels"], "/val"), ["!takedown"]);
    assert_eq!(pluck(&shown[0]["creator"]["labels"], "/val"), ["!takedown"]);
    let shown = found(&viewer(&me)).await;
    assert_eq!(names(&shown), all_but_ours, "nobody's labels are asked for");
    assert_eq!(shown[2]["labels"], json!([]));
    assert_eq!(found(&moderator()).await.as_array().unwrap().len(), 6, "moderators see it all");
}

#[tokio::test]
async fn labels_are_asked_for_by_subject_and_source_and_come_in_pages() {
    let Some(network) = Network::new().await else { return };
    let (a, b) = ("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "did:plc:aaaaaaaaaaaaaaaaaaaaaaab");
    let post = format!("at://{a}/app.bsky.feed.post/3jwdwj2ctlk26");
    let mut said: Vec<_> = ["v", "w", "x", "y", "z"].map(|val| label(MOD, &post, val)).into();
    said.extend([label(OTHER, &post, "v"), label(MOD, a, "v"), label(MOD, b, "v")]);
    said.push(Label { neg: Some(true), ..label(MOD, b, "w") });
    say(&network, &said).await;
    let ask = async |asked: Value| {
        let answer = query_labels(&network.app, &Caller::default(), parameters(asked)).await;
        json("com.atproto.label.queryLabels", answer)
    };
    let check = async |subjects: &[&str], sources: &[&str], expected: usize| {
        let mut asked = json!({ "uriPatterns": subjects, "sources": sources });
        let whole = ask(asked.clone()).await;
        assert_eq!(whole["labels"].as_array().unwrap().len(), expected, "{subjects:?}");
        assert_eq!(whole["cursor"], Value::Null);
        let (mut joined, mut pages) = (Vec::new(), 0);
        loop {
            asked["limit"] = json!(2);
            let page = ask(asked.clone()).await;
            joined.extend(page["labels"].as_array().unwrap().clone());
            pages += 1;
            if page["cursor"].is_null() {
                break;
            }
            asked["cursor"] = page["cursor"].clone();
        }
        assert_eq!((joined.len(), pages), (expected, expected.div_ceil(2).max(1)), "{subjects:?}");
    };
    check(&[&post], &[MOD, OTHER], 6).await;
    check(&[&post], &[MOD], 5).await;
    check(&[a], &[MOD], 1).await;
    check(&[a, b], &[MOD], 2).await;
    check(&[a, b, &post], &[OTHER, MOD], 8).await;
    check(&["did:plc:nobody"], &[MOD], 0).await;
    check(&[&post], &["did:plc:nobody"], 0).await;
    let ordered = ask(json!({ "uriPatterns": [b, a], "sources": [MOD] })).await;
    assert_eq!(pluck(&ordered["labels"], "/uri"), [b, a]);
    let refused = async |asked: Value, reason: &str| {
        let answer = query_labels(&network.app, &Caller::default(), parameters(asked)).await;
        assert_eq!(answer.expect_err(reason).to_string(), reason);
    };
    refused(json!({ "uriPatterns": [a] }), "source dids are required").await;
    refused(json!({ "uriPatterns": [a], "sources": [] }), "source dids are required").await;
    refused(json!({ "uriPatterns": ["did:plc:*"], "sources": [MOD] }), "wildcards not supported")
        .await;
    refused(json!({ "uriPatterns": ["nobody"], "sources": [MOD] }), "invalid uri pattern").await;
    let malformed = json!({ "uriPatterns": [a], "sources": [MOD], "cursor": "garbage" });
    refused(malformed, "Malformed cursor").await;
    let many = json!({ "uriPatterns": vec![post.clone(); 1_000], "sources": [MOD] });
    refused(many, "too many patterns or sources").await;
}
