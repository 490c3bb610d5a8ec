//! Whole repos, compared and repaired for the administrator.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use firehouse_lexicon::Catalog;
use firehouse_types::Did;
use firehouse_xrpc::{Comparison, Paths, RepairError, Repairs, Secret};
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::world::{ALICE, Answer, BOB, LABELER, PASSWORD, Token, World, store_at};

const VERIFY: &str = "/xrpc/dev.firehouse.admin.verifyRepo";
const REPAIR: &str = "/xrpc/dev.firehouse.admin.repairRepo";

/// Takes a minute for Alice, has no place for Bob, and cannot fetch the labeler.
struct Fetching;

impl Fetching {
    async fn compared(did: &Did, repaired: bool) -> Result<Comparison, RepairError> {
        match did.as_str() {
            ALICE => tokio::time::sleep(Duration::from_secs(60)).await,
            BOB => return Err(RepairError::Busy { at_once: 2 }),
            LABELER => return Err(RepairError::NotCompared { reason: "not_found".to_owned() }),
            _ => return Err(RepairError::UnderWay),
        }
        Ok(Comparison {
            did: did.clone(),
            host: "https://pds.example.com".to_owned(),
            rev: "3l3qo2vutsw2b".to_owned(),
            records: 3,
            held_rev: None,
            equal: false,
            behind: true,
            known_to_be_incomplete: true,
            missing: Paths { count: 3, paths: vec!["app.bsky.feed.post/3l3qo2vuowo2b".to_owned()] },
            extra: Paths::default(),
            different: Paths::default(),
            newer: 0,
            repaired,
            not_repaired: None,
        })
    }
}

impl Repairs for Fetching {
    fn verify<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Comparison, RepairError>> {
        Box::pin(Self::compared(did, false))
    }

    fn repair<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Comparison, RepairError>> {
        Box::pin(Self::compared(did, true))
    }
}

fn world(repairs: Option<Arc<dyn Repairs>>) -> World {
    World::with(
        store_at("http://127.0.0.1:1"),
        |config| config.admin_password = Some(Secret::new(PASSWORD)),
        |services| services.repairs = repairs,
    )
}

async fn post(world: &World, path: &str, authorization: &str, did: &str) -> Answer {
    let body = json!({ "did": did }).to_string();
    let length = body.len().to_string();
    let headers = [
        ("authorization", authorization),
        ("content-type", "application/json"),
        ("content-length", &*length),
    ];
    world.post(path, &headers, &body).await
}

fn basic() -> String {
    format!("Basic {}", BASE64.encode(format!("admin:{PASSWORD}").as_bytes()))
}

#[tokio::test(start_paused = true)]
async fn a_repo_takes_as_long_as_it_takes_and_is_answered_as_the_lexicon_says() {
    let world = world(Some(Arc::new(Fetching)));
    for (path, nsid, repaired) in [
        (VERIFY, "dev.firehouse.admin.verifyRepo", false),
        (REPAIR, "dev.firehouse.admin.repairRepo", true),
    ] {
        let answer = post(&world, path, &basic(), ALICE).await;
        assert_eq!(answer.status, 200, "{nsid}");
        Catalog::embedded().validate_output(nsid, &answer.body).expect("as its lexicon says");
        let found: Comparison = serde_json::from_slice(&answer.body).expect("reads back");
        assert_eq!((found.repaired, found.missing.count), (repaired, 3));
    }
}

#[tokio::test]
async fn what_cannot_be_compared_is_told_apart() {
    let fetching = world(Some(Arc::new(Fetching)));
    for (did, expected) in [
        (BOB, (503, "NotEnoughResources")),
        (LABELER, (400, "NotCompared")),
        ("did:plc:carollllllllllllllllllll", (400, "UnderWay")),
        ("carol", (400, "InvalidRequest")),
    ] {
        let error = post(&fetching, REPAIR, &basic(), did).await.error();
        assert_eq!(error, (expected.0, expected.1.to_owned()), "{did}");
    }
    let error = post(&world(None), VERIFY, &basic(), ALICE).await.error();
    assert_eq!(error, (400, "NotFetching".to_owned()));
}

#[tokio::test]
async fn only_the_administrator_has_repos_fetched() {
    let world = world(Some(Arc::new(Fetching)));
    let token = Token::of(ALICE, "dev.firehouse.admin.repairRepo");
    let bearer = format!("Bearer {}", token.sign(&world.alice));
    for authorization in ["", "Basic YWRtaW46d3Jvbmc=", &bearer] {
        let error = post(&world, REPAIR, authorization, ALICE).await.error();
        assert_eq!(error, (401, "AuthenticationRequired".to_owned()), "{authorization}");
    }
    let answer = world.get_as("/xrpc/dev.firehouse.admin.listRepos?cursor=x", &basic()).await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()));
}
