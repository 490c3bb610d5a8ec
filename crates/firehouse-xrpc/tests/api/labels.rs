//! Labels as callers see them: by the header they send, by the labelers that are configured, and by queryLabels.

use axum::body::Body;
use firehouse_schema::{ActorRow, ActorStatus, LabelRow};
use firehouse_sim::engine;
use firehouse_types::{ActorId, Datetime, Did, RkeyId};
use serde_json::json;

use crate::world::{ALICE, Answer, BOB, LABELER, World, get};

fn label(src: &str, uri: &str, val: &str) -> LabelRow {
    LabelRow {
        actor: ActorId::of(uri),
        collection: "".into(),
        rkey: RkeyId::from(0),
        src: ActorId::of(src),
        id: ActorId::of(val).get(),
        version: 1,
        labeler: src.into(),
        uri: uri.into(),
        cid: "".into(),
        val: val.into(),
        neg: 0,
        cts: "2026-01-01T00:00:00Z".into(),
        exp: "".into(),
        expires_at: Datetime::from_ms(i64::MAX),
        ver: 1,
        neg_stated: 0,
        sig: [].into(),
        key: "".into(),
        seq: 1,
    }
}

/// Alice and a labeler that applies when a caller names none; `None` without an engine.
async fn world() -> Option<World> {
    let store = engine::store().await?;
    let account = |did: &str| ActorRow {
        status: ActorStatus::Active,
        version: 1,
        ..ActorRow::mentioned(Did::parse(did).expect("a DID"))
    };
    let _ = store.insert(&[ALICE, BOB, LABELER].map(account)).await.expect("the engine takes rows");
    let labels = [
        label(LABELER, ALICE, "rude"),
        label(LABELER, BOB, "!takedown"),
        label(BOB, ALICE, "spam"),
    ];
    let _ = store.insert(&labels).await.expect("the engine takes rows");
    Some(World::new(store, |_| ()))
}

async fn profile(world: &World, actor: &str, accept: Option<&str>) -> Answer {
    let mut request = get(&format!("/xrpc/app.bsky.actor.getProfile?actor={actor}"));
    if let Some(accept) = accept {
        request = request.header("atproto-accept-labelers", accept);
    }
    world.ask(request.body(Body::empty()).expect("a request")).await
}

fn values(answer: &Answer) -> Vec<String> {
    let labels = answer.json()["labels"].as_array().cloned().unwrap_or_default();
    labels.iter().filter_map(|label| label["val"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_caller_gets_the_labels_of_those_it_names_and_else_of_those_configured() {
    let Some(world) = world().await else { return };
    for (accept, shown) in
        [(None, &["rude"][..]), (Some(LABELER), &["rude"]), (Some(BOB), &["spam"]), (Some(""), &[])]
    {
        let answer = profile(&world, ALICE, accept).await;
        assert_eq!(values(&answer), shown, "{accept:?}");
        let applied = accept.map_or(format!("{LABELER};redact"), str::to_owned);
        assert_eq!(answer.header("atproto-content-labelers"), Some(applied.as_str()));
    }
    let both = profile(&world, ALICE, Some(&format!("{LABELER}, {BOB}"))).await;
    assert_eq!(values(&both).len(), 2);
}

#[tokio::test]
async fn a_caller_who_names_more_labelers_than_anybody_has_is_told_so() {
    let Some(world) = world().await else { return };
    let names = |count: usize| (0..count).map(|n| format!("did:plc:{n:024}")).collect::<Vec<_>>();
    let most = profile(&world, ALICE, Some(&names(100).join(","))).await;
    assert_eq!(most.status, 200);
    let too_many = profile(&world, ALICE, Some(&names(1_700).join(","))).await;
    assert_eq!(too_many.error(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn only_those_who_let_a_labeler_redact_miss_what_it_took_down() {
    let Some(world) = world().await else { return };
    assert_eq!(profile(&world, BOB, None).await.error(), (400, "AccountTakedown".to_owned()));
    assert_eq!(profile(&world, BOB, Some(&format!("{LABELER};redact"))).await.status, 400);
    assert_eq!(values(&profile(&world, BOB, Some(LABELER)).await), ["!takedown"]);
    assert_eq!(profile(&world, BOB, Some("")).await.status, 200);
}

#[tokio::test]
async fn labels_are_answered_to_anybody_who_asks_for_them() {
    let Some(world) = world().await else { return };
    let path = "/xrpc/com.atproto.label.queryLabels?uriPatterns=";
    let answer = world.get(&format!("{path}{ALICE}&sources={LABELER}")).await;
    let rude =
        json!({ "src": LABELER, "uri": ALICE, "val": "rude", "cts": "2026-01-01T00:00:00Z" });
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "labels": [rude] })));
    let both = format!("{path}{ALICE}&uriPatterns={BOB}&sources={LABELER}");
    let page = world.get(&format!("{both}&limit=1")).await.json();
    let cursor = page["cursor"].as_str().expect("there are more");
    let next = world.get(&format!("{both}&limit=250&cursor={cursor}")).await.json();
    assert_eq!(next["labels"].as_array().map(Vec::len), Some(1));
    for wrong in ["limit=251", "limit=0", "cursor=x", "sources=x", "uriPatterns=did:plc:*"] {
        let answer = world.get(&format!("{both}&{wrong}")).await;
        assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()), "{wrong}");
    }
    for wrong in ["/xrpc/com.atproto.label.queryLabels", &format!("{path}{ALICE}")] {
        let answer = world.get(wrong).await;
        assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()), "{wrong}");
    }
}
