//! Who may ask: every way a token can be wrong, and the ways it can be right.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use firehouse_xrpc::TokenReuse;
use serde_json::json;

use crate::world::{ALICE, BOB, Key, LABELER, OUR_DID, PASSWORD, Token, World, now_s, store_at};

const TIMELINE: &str = "app.bsky.feed.getTimeline";

/// The error of asking for the timeline with this token, in both kinds of methods: viewer needed, viewer welcome.
async fn check(world: &World, token: &str, expected: &str) {
    let answer = world.get_as("/xrpc/app.bsky.feed.getTimeline", &format!("Bearer {token}")).await;
    assert_eq!(answer.error(), (401, expected.to_owned()), "{:?}", answer.json());
    assert!(answer.json()["message"].as_str().is_some_and(|message| !message.is_empty()));
}

/// Asking with this token gets as far as the store, which is not there.
async fn check_passes(world: &World, method: &str, query: &str, token: &str) {
    let answer = world.get_as(&format!("/xrpc/{method}?{query}"), &format!("Bearer {token}")).await;
    assert_eq!(answer.status, 503, "{:?}", answer.json());
}

fn alice() -> Token {
    Token::of(ALICE, TIMELINE)
}

#[tokio::test]
async fn a_token_of_either_curve_is_accepted() {
    let world = World::without_store();
    check_passes(&world, TIMELINE, "", &alice().sign(&world.alice)).await;
    let mut bob = Token::of(BOB, TIMELINE);
    bob.header = json!({ "alg": "ES256" });
    check_passes(&world, TIMELINE, "", &bob.sign(&world.bob)).await;
}

#[tokio::test]
async fn an_audience_may_name_one_of_our_services_or_an_old_name_of_ours() {
    let world = World::without_store();
    for aud in [
        format!("{OUR_DID}#bsky_appview"),
        format!("{OUR_DID}#bsky_notif"),
        "did:web:old.example.com".to_owned(),
    ] {
        check_passes(&world, TIMELINE, "", &alice().with("aud", aud).sign(&world.alice)).await;
    }
    for aud in [format!("{OUR_DID}#bsky_fg"), "did:web:other.example.com".to_owned(), String::new()]
    {
        check(&world, &alice().with("aud", aud).sign(&world.alice), "BadJwtAudience").await;
    }
}

#[tokio::test]
async fn an_expired_token_and_one_that_lives_too_long_are_refused() {
    let world = World::without_store();
    let at = |exp: u64| alice().with("exp", exp).sign(&world.alice);
    check(&world, &at(now_s() - 300), "JwtExpired").await;
    check(&world, &at(now_s() + 100_000), "BadJwt").await;
    check(&world, &at(u64::MAX), "BadJwt").await;
    check(&world, &alice().with("exp", json!(null)).sign(&world.alice), "BadJwt").await;
}

#[tokio::test]
async fn a_token_serves_the_method_it_was_made_for() {
    let world = World::without_store();
    let other = alice().with("lxm", "app.bsky.feed.getLikes").sign(&world.alice);
    check(&world, &other, "BadJwtLexiconMethod").await;
    check(&world, &alice().with("lxm", json!(null)).sign(&world.alice), "BadJwtLexiconMethod")
        .await;
    check(
        &world,
        &alice().with("lxm", "chat.bsky.convo.getLog").sign(&world.alice),
        "BadJwtLexiconMethod",
    )
    .await;
}

#[tokio::test]
async fn the_chat_service_may_ask_for_profiles_and_posts() {
    let world = World::without_store();
    let token = alice().with("lxm", "chat.bsky.convo.getLog").sign(&world.alice);
    let actors = format!("actors={BOB}");
    check_passes(&world, "app.bsky.actor.getProfiles", &actors, &token).await;
    let uris = format!("uris=at://{BOB}/app.bsky.feed.post/3jwdwj2ctlk26");
    check_passes(&world, "app.bsky.feed.getPosts", &uris, &token).await;
}

#[tokio::test]
async fn only_the_key_of_the_issuer_signs_for_it() {
    let world = World::without_store();
    check(&world, &alice().sign(&world.labeler), "BadJwtSignature").await;
    // The right kind of key for the header, the wrong one for the account.
    let mut token = alice();
    token.header = json!({ "alg": "ES256" });
    check(&world, &token.sign(&world.bob), "BadJwtSignature").await;
    check(&world, &token.sign(&world.alice), "BadJwtSignature").await;
}

#[tokio::test]
async fn a_damaged_or_missing_signature_is_refused() {
    let world = World::without_store();
    let token = alice().sign(&world.alice);
    let (signed, signature) = token.rsplit_once('.').expect("three segments");
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    for signature in ["", "AAAA", "!!!!", &format!("{flipped}{}", &signature[1..])] {
        check(&world, &format!("{signed}.{signature}"), "BadJwtSignature").await;
    }
    let mut none = alice();
    none.header = json!({ "typ": "JWT", "alg": "none" });
    let unsigned = none.sign(&world.alice);
    let (signed, _) = unsigned.rsplit_once('.').expect("three segments");
    check(&world, &format!("{signed}."), "BadJwtSignature").await;
}

#[tokio::test]
async fn a_malleable_signature_is_still_the_issuers() {
    let world = World::without_store();
    let token = alice().sign(&world.alice);
    let (signed, signature) = token.rsplit_once('.').expect("three segments");
    let mut bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64url");
    let s = secp256k1::SecretKey::from_secret_bytes(bytes[32..].try_into().expect("32 bytes"));
    bytes[32..].copy_from_slice(&s.expect("in the group's order").negate().to_secret_bytes());
    let token = format!("{signed}.{}", BASE64URL_NOPAD.encode(&bytes));
    check_passes(&world, TIMELINE, "", &token).await;
}

#[tokio::test]
async fn issuers_that_nobody_knows_are_refused() {
    let world = World::without_store();
    let of = |iss: &str| Token::of(iss, TIMELINE).sign(&world.alice);
    check(&world, &of("did:plc:nobodyyyyyyyyyyyyyyyyyyy"), "AuthenticationRequired").await;
    check(&world, &of("did:example:alice"), "AuthenticationRequired").await;
    for iss in ["alice", "", "did:plc", "did:plc:a#", "did:plc:a#b#c"] {
        check(&world, &of(iss), "BadJwtIss").await;
    }
    // Alice has no label key.
    check(&world, &of(&format!("{ALICE}#atproto_labeler")), "AuthenticationRequired").await;
}

#[tokio::test]
async fn tokens_of_another_kind_and_garbage_are_refused() {
    let world = World::without_store();
    for typ in ["refresh+jwt", "dpop+jwt"] {
        let mut token = alice();
        token.header = json!({ "typ": typ, "alg": "ES256K" });
        check(&world, &token.sign(&world.alice), "BadJwtType").await;
    }
    for garbage in ["garbage", "a.b.c", "e30.e30.e30", "."] {
        check(&world, garbage, "BadJwt").await;
    }
}

#[tokio::test]
async fn without_a_token_only_some_methods_answer() {
    let world = World::without_store();
    let timeline = world.get("/xrpc/app.bsky.feed.getTimeline").await;
    assert_eq!(timeline.error(), (401, "AuthMissing".to_owned()));
    let empty = world.get_as("/xrpc/app.bsky.feed.getTimeline", "Bearer").await;
    assert_eq!(empty.error(), (401, "AuthMissing".to_owned()));
    let profile = world.get(&format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}")).await;
    assert_eq!(profile.status, 503);
    let wrong = world
        .get_as(&format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}"), "Bearer garbage")
        .await;
    assert_eq!(wrong.error(), (401, "BadJwt".to_owned()));
}

#[tokio::test]
async fn a_method_that_asks_nobody_ignores_what_they_say() {
    let world = World::without_store();
    let path = format!("/xrpc/app.bsky.graph.getRelationships?actor={ALICE}&others={BOB}");
    assert_eq!(world.get_as(&path, "Bearer garbage").await.status, 503);
}

#[tokio::test]
async fn a_labeler_signs_with_its_label_key_and_may_name_no_method() {
    let world = World::without_store();
    let token = Token::of(&format!("{LABELER}#atproto_labeler"), TIMELINE);
    check_passes(&world, TIMELINE, "", &token.sign(&world.labels)).await;
    check(&world, &token.sign(&world.labeler), "BadJwtSignature").await;
    check_passes(&world, TIMELINE, "", &token.with("lxm", json!(null)).sign(&world.labels)).await;
}

#[tokio::test]
async fn a_query_may_be_repeated_with_its_token_unless_configured_otherwise() {
    let world = World::without_store();
    let token = alice().with("jti", "1").sign(&world.alice);
    check_passes(&world, TIMELINE, "", &token).await;
    check_passes(&world, TIMELINE, "", &token).await;
    let strict = World::new(store_at("http://127.0.0.1:1"), |config| {
        config.token_reuse = TokenReuse::Nowhere
    });
    check_passes(&strict, TIMELINE, "", &token).await;
    check(&strict, &token, "BadJwt").await;
    check_passes(&strict, TIMELINE, "", &alice().with("jti", "2").sign(&strict.alice)).await;
    // A PDS that numbers no tokens is not locked out.
    let unnumbered = alice().sign(&strict.alice);
    check_passes(&strict, TIMELINE, "", &unnumbered).await;
    check_passes(&strict, TIMELINE, "", &unnumbered).await;
}

#[tokio::test]
async fn the_administrator_needs_the_password_and_a_method_that_knows_administrators() {
    let world = World::without_store();
    let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
    let right = basic(&format!("admin:{PASSWORD}"));
    let profile = format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}");
    assert_eq!(world.get_as(&profile, &right).await.status, 503);
    assert_eq!(world.get_as(&profile, &basic("nonsense")).await.status, 503);
    for wrong in [basic("admin:wrong"), basic(&format!("root:{PASSWORD}"))] {
        let refused = world.get_as(&profile, &wrong).await;
        assert_eq!(refused.error(), (401, "AuthenticationRequired".to_owned()));
    }
    let timeline = world.get_as("/xrpc/app.bsky.feed.getTimeline", &right).await;
    assert_eq!(timeline.error(), (401, "AuthenticationRequired".to_owned()));
}

#[tokio::test]
async fn parameters_are_checked_before_the_caller_is() {
    let world = World::without_store();
    let answer = world.get_as("/xrpc/app.bsky.feed.getTimeline?limit=0", "Bearer garbage").await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn a_key_the_header_does_not_name_is_never_tried() {
    let world = World::without_store();
    let key = Key::p256();
    let mut token = alice();
    token.header = json!({ "alg": key.algorithm() });
    check(&world, &token.sign(&key), "BadJwtSignature").await;
}

#[tokio::test]
async fn sessions_of_an_entryway_are_taken_when_its_key_is_configured() {
    let key = Key::k256(9);
    let session = || {
        let header = json!({ "typ": "at+jwt", "alg": "ES256K" });
        let claims = json!({
            "sub": ALICE,
            "aud": "did:web:pds.host.bsky.network",
            "scope": "com.atproto.access",
            "exp": now_s() + 3600,
        });
        Token { header, claims }
    };
    check(&World::without_store(), &session().sign(&key), "InvalidToken").await;
    let world = World::new(store_at("http://127.0.0.1:1"), |config| {
        config.entryway_key = Some(key.hex().parse().expect("a key"));
    });
    check_passes(&world, TIMELINE, "", &session().sign(&key)).await;
    check(&world, &session().sign(&world.alice), "InvalidToken").await;
    check(&world, &session().with("exp", now_s() - 1).sign(&key), "ExpiredToken").await;
    for (claim, value) in [
        ("exp", json!(null)),
        ("nbf", json!(now_s() + 60)),
        ("sub", json!("alice")),
        ("aud", json!("did:web:bsky.network.example.com")),
        ("aud", json!("did:plc:x.bsky.network")),
        ("scope", json!("com.atproto.refresh")),
        ("cnf", json!({ "jkt": "x" })),
    ] {
        check(&world, &session().with(claim, value).sign(&key), "InvalidToken").await;
    }
    let mut p256 = session();
    p256.header = json!({ "typ": "at+jwt", "alg": "ES256" });
    check(&world, &p256.sign(&world.bob), "InvalidToken").await;
}
