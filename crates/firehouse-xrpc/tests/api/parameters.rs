//! What a query string may say, and what it is told when it says something else.

use crate::world::{ALICE, World};

/// The message of the refusal behind `Invalid <nsid> params: `.
async fn check(path: &str, message: &str) {
    let answer = World::without_store().get(&format!("/xrpc/{path}")).await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()), "{path}: {:?}", answer.json());
    let nsid = path.split('?').next().unwrap_or_default();
    assert_eq!(answer.json()["message"], format!("Invalid {nsid} params: {message}"), "{path}");
}

/// The query string is fine: the store is asked.
async fn check_passes(path: &str) {
    let answer = World::without_store().get(&format!("/xrpc/{path}")).await;
    assert_eq!(answer.status, 503, "{path}: {:?}", answer.json());
}

#[tokio::test]
async fn a_missing_parameter_is_named() {
    check("app.bsky.actor.getProfile", "Missing required key \"actor\"").await;
    check("app.bsky.actor.getProfile?actor=", "Missing required key \"actor\"").await;
    check(
        "com.atproto.repo.getRecord?repo=a.test&collection=a.b.c",
        "Missing required key \"rkey\"",
    )
    .await;
}

#[tokio::test]
async fn numbers_keep_to_their_range_and_are_numbers() {
    let feed = format!("app.bsky.feed.getAuthorFeed?actor={ALICE}");
    check(&format!("{feed}&limit=0"), "integer too small (minimum 1, got 0)").await;
    check(&format!("{feed}&limit=101"), "integer too big (maximum 100, got 101)").await;
    check(&format!("{feed}&limit=abc"), "Expected integer value type (got \"abc\")").await;
    check(&format!("{feed}&limit=1.5"), "Expected integer value type (got \"1.5\")").await;
    check_passes(&format!("{feed}&limit=100")).await;
    check_passes(&format!("{feed}&limit=")).await;
}

#[tokio::test]
async fn booleans_and_names_are_what_they_should_be() {
    let feed = format!("app.bsky.feed.getAuthorFeed?actor={ALICE}");
    check(&format!("{feed}&includePins=1"), "Expected boolean value type (got \"1\")").await;
    let answer =
        World::without_store().get("/xrpc/app.bsky.actor.getProfile?actor=no%20handle").await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn a_list_has_a_length_and_a_scalar_is_given_once() {
    let actors = format!("actors={ALICE}&").repeat(26);
    check(&format!("app.bsky.actor.getProfiles?{actors}"), "array too big (maximum 25, got 26)")
        .await;
    let twice = format!("app.bsky.feed.getAuthorFeed?actor={ALICE}&limit=1&limit=2");
    let answer = World::without_store().get(&format!("/xrpc/{twice}")).await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    check_passes(&format!("app.bsky.actor.getProfile?actor={ALICE}&unknown=x")).await;
}

#[tokio::test]
async fn brackets_are_understood_where_old_clients_send_them() {
    check_passes(&format!("app.bsky.actor.getProfiles?actors[]={ALICE}")).await;
    check("app.bsky.actor.getProfiles?actors%5Bx%5D=a.test", "Missing required key \"actors\"")
        .await;
    let others = "app.bsky.graph.getLists?actor[]=a.test";
    check(others, "Missing required key \"actor\"").await;
}
