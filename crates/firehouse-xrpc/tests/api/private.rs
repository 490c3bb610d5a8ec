//! What accounts keep here for themselves, over HTTP: who may write it, what answers look like, and what is not configured.

use data_encoding::BASE64;
use firehouse_schema::{ActorRow, ActorStatus};
use firehouse_sim::engine;
use firehouse_types::Did;
use serde_json::json;

use crate::world::{ALICE, Answer, BOB, PASSWORD, Token, World};

async fn post_as_alice(world: &World, method: &str, body: &str) -> Answer {
    let token = format!("Bearer {}", Token::of(ALICE, method).sign(&world.alice));
    let length = body.len().to_string();
    let headers = [
        ("authorization", &*token),
        ("content-length", &*length),
        ("content-type", "application/json"),
    ];
    world.post(&format!("/xrpc/{method}"), &headers, body).await
}

async fn get_as_alice(world: &World, method: &str) -> Answer {
    let token = Token::of(ALICE, method).sign(&world.alice);
    world.get_as(&format!("/xrpc/{method}"), &format!("Bearer {token}")).await
}

#[tokio::test]
async fn a_mute_is_there_for_the_next_request_and_an_act_answers_nothing() {
    let Some(store) = engine::store().await else { return };
    let account = |did: &str| {
        let did = Did::parse(did).expect("a DID");
        ActorRow { status: ActorStatus::Active, version: 1, ..ActorRow::mentioned(did) }
    };
    let _ = store.insert(&[account(ALICE), account(BOB)]).await.expect("the engine takes rows");
    let world = World::new(store, |config| config.default_labelers.clear());
    let input = json!({ "actor": BOB }).to_string();
    let done = post_as_alice(&world, "app.bsky.graph.muteActor", &input).await;
    assert_eq!((done.status.as_u16(), done.body.len()), (200, 0));
    let muted = get_as_alice(&world, "app.bsky.graph.getMutes").await;
    assert_eq!(muted.json()["mutes"][0]["did"], BOB);
    let itself = json!({ "actor": ALICE }).to_string();
    let refused = post_as_alice(&world, "app.bsky.graph.muteActor", &itself).await;
    assert_eq!(refused.error(), (400, "InvalidRequest".to_owned()));

    let uri = format!("at://{BOB}/app.bsky.graph.follow/3jzfcijpj2z2b");
    let cid = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
    let like = json!({ "uri": uri, "cid": cid }).to_string();
    let refused = post_as_alice(&world, "app.bsky.bookmark.createBookmark", &like).await;
    assert_eq!(refused.error(), (400, "UnsupportedCollection".to_owned()));

    let draft = json!({ "draft": { "posts": [{ "text": "later" }] } }).to_string();
    let made = post_as_alice(&world, "app.bsky.draft.createDraft", &draft).await;
    let drafts = get_as_alice(&world, "app.bsky.draft.getDrafts").await;
    assert_eq!(drafts.json()["drafts"][0]["id"], made.json()["id"]);
    let erased = post_as_alice(&world, "dev.firehouse.private.eraseData", "").await;
    assert_eq!((erased.status.as_u16(), erased.body.len()), (200, 0));
    let drafts = get_as_alice(&world, "app.bsky.draft.getDrafts").await;
    assert_eq!(drafts.json(), json!({ "drafts": [], "cursor": "" }));
}

#[tokio::test]
async fn what_needs_somebody_elses_service_is_refused_behind_the_callers_name_and_input() {
    let world = World::without_store();
    let unnamed = world.get("/xrpc/app.bsky.contact.getMatches").await;
    assert_eq!(unnamed.error(), (401, "AuthMissing".to_owned()));
    let contacts = get_as_alice(&world, "app.bsky.contact.getMatches").await;
    assert_eq!(contacts.error(), (501, "MethodNotImplemented".to_owned()));
    let message = "This service is not configured to support contact imports.";
    assert_eq!(contacts.json()["message"], message);
    let method = "app.bsky.contact.startPhoneVerification";
    assert_eq!(post_as_alice(&world, method, "{}").await.error().0, 400);
    assert_eq!(post_as_alice(&world, method, r#"{"phone":"+1"}"#).await.error().0, 501);
    let admin = format!("Basic {}", BASE64.encode(format!("admin:{PASSWORD}").as_bytes()));
    let told = json!({ "from": ALICE, "to": BOB }).to_string();
    let length = told.len().to_string();
    let headers = [
        ("authorization", &*admin),
        ("content-length", &*length),
        ("content-type", "application/json"),
    ];
    let told = world.post("/xrpc/app.bsky.contact.sendNotification", &headers, &told).await;
    assert_eq!(told.error(), (501, "MethodNotImplemented".to_owned()));
    let input = r#"{"email":"a@b.test","language":"en","countryCode":"GB"}"#;
    for method in ["app.bsky.ageassurance.begin", "app.bsky.unspecced.initAgeAssurance"] {
        let refused = post_as_alice(&world, method, input).await;
        assert_eq!(refused.status.as_u16(), 501, "{method}");
        let message = "This service is not configured to support age assurance.";
        assert_eq!(refused.json()["message"], message);
    }
    let preferences = get_as_alice(&world, "app.bsky.actor.getPreferences").await;
    assert_eq!(preferences.error(), (501, "MethodNotImplemented".to_owned()));
}
