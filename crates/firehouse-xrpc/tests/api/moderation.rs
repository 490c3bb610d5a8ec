//! Who may take down, and who may ask what is: the administrator, and the moderation service in its own name.

use data_encoding::BASE64;
use serde_json::json;

use crate::world::{ALICE, Answer, LABELER, PASSWORD, Token, World, get};

const UPDATE: &str = "com.atproto.admin.updateSubjectStatus";
const STATUS: &str = "com.atproto.admin.getSubjectStatus";
const SET_TAGS: &str = "dev.firehouse.admin.setTags";

/// The answer to one of the three methods. The store is not there: whoever may ask gets as far as that.
async fn ask(world: &World, method: &str, authorization: Option<&str>) -> Answer {
    let subject = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": ALICE });
    let body = match method {
        STATUS => {
            let request = get(&format!("/xrpc/{method}?did={ALICE}"));
            let request =
                authorization.iter().fold(request, |r, value| r.header("authorization", *value));
            return world.ask(request.body(axum::body::Body::empty()).expect("a request")).await;
        }
        UPDATE => json!({ "subject": subject, "takedown": { "applied": true } }),
        _ => json!({ "subject": ALICE, "tags": ["loud"] }),
    };
    let body = body.to_string();
    let length = body.len().to_string();
    let mut headers = vec![("content-type", "application/json"), ("content-length", &*length)];
    headers.extend(authorization.map(|value| ("authorization", value)));
    world.post(&format!("/xrpc/{method}"), &headers, &body).await
}

#[tokio::test]
async fn only_the_administrator_and_the_moderation_service_may_decide() {
    let world = World::without_store();
    let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
    for method in [UPDATE, STATUS, SET_TAGS] {
        let refused = async |authorization: Option<&str>, expected: &str| {
            let error = ask(&world, method, authorization).await.error();
            assert_eq!(error, (401, expected.to_owned()), "{method} {authorization:?}");
        };
        refused(None, "AuthenticationRequired").await;
        refused(Some(&basic("admin:wrong")), "AuthenticationRequired").await;
        refused(Some(&basic(&format!("moderator:{PASSWORD}"))), "AuthenticationRequired").await;
        let alice = Token::of(ALICE, method).sign(&world.alice);
        refused(Some(&format!("Bearer {alice}")), "UntrustedIss").await;
        let other = Token::of(LABELER, "app.bsky.feed.getPosts").sign(&world.labeler);
        refused(Some(&format!("Bearer {other}")), "BadJwtLexiconMethod").await;

        let passes = async |authorization: &str| {
            let answer = ask(&world, method, Some(authorization)).await;
            assert_eq!(answer.status, 503, "{method}: {:?}", answer.json());
        };
        passes(&basic(&format!("admin:{PASSWORD}"))).await;
        let service = Token::of(LABELER, method).sign(&world.labeler);
        passes(&format!("Bearer {service}")).await;
        let labels = Token::of(&format!("{LABELER}#atproto_labeler"), method).sign(&world.labels);
        passes(&format!("Bearer {labels}")).await;
    }
}

#[tokio::test]
async fn where_no_moderation_service_is_named_none_is_believed() {
    let world = World::new(crate::world::store_at("http://127.0.0.1:1"), |config| {
        config.moderation_did = None;
    });
    let token = Token::of(LABELER, STATUS).sign(&world.labeler);
    let error = ask(&world, STATUS, Some(&format!("Bearer {token}"))).await.error();
    assert_eq!(error, (401, "UntrustedIss".to_owned()));
}

#[tokio::test]
async fn labels_are_no_longer_fetched_by_the_method_of_the_past() {
    let answer = World::without_store().get("/xrpc/com.atproto.temp.fetchLabels").await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()));
    assert_eq!(answer.json()["message"], "not implemented on dataplane");
}
