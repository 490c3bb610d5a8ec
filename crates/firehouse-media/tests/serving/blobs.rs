//! `/blob`: what comes through, and what does not.

use std::sync::atomic::Ordering;

use crate::pds::{Fault, cid_of};
use crate::world::{ALICE, Answer, HOMELESS, World};

fn check(answer: &Answer, status: u16, name: &str, message: &str) {
    assert_eq!(answer.error(), (status, name.to_owned(), message.to_owned()));
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn a_blob_comes_as_it_is_and_cannot_act_in_our_name() {
    let world = World::new().await;
    for (length, kind) in [(0, "text/html"), (100, "image/svg+xml"), (3_000_000, "video/mp4")] {
        let bytes = noise(length);
        let cid = world.pds.add(bytes.clone(), kind);
        let answer = world.get(&format!("/blob/{ALICE}/{cid}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
        assert_eq!(answer.body.as_deref(), Some(&bytes[..]));
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("x-xss-protection"), "0");
    }
    let cid = cid_of(&noise(100));
    assert_eq!(world.ask("HEAD", &format!("/blob/{ALICE}/{cid}"), &[]).await.status, 200);
    assert_eq!(world.ask("POST", &format!("/blob/{ALICE}/{cid}"), &[]).await.status, 404);
}

#[tokio::test]
async fn paths_that_name_nothing_are_refused_in_the_references_words() {
    let world = World::new().await;
    let cid = world.pds.add("here", "text/plain");
    let get = |path: String| {
        let world = &world;
        async move { world.get(&path).await }
    };
    check(&get(format!("/blob/foo/{cid}")).await, 400, "BadRequestError", "Invalid did");
    check(&get(format!("/blob/did:key:z6Mk/{cid}")).await, 400, "BadRequestError", "Invalid did");
    check(&get(format!("/blob/{ALICE}/foo")).await, 400, "BadRequestError", "Invalid cid");
    let missing = cid_of(b"missing");
    check(&get(format!("/blob/{ALICE}/{missing}")).await, 404, "NotFoundError", "Blob not found");
    for nowhere in [HOMELESS, "did:plc:nobodyyyyyyyyyyyyyyyyyyy"] {
        check(
            &get(format!("/blob/{nowhere}/{cid}")).await,
            404,
            "NotFoundError",
            "Origin not found",
        );
    }
}

#[tokio::test]
async fn what_is_taken_down_is_not_there() {
    let world = World::new().await;
    let cid = world.pds.add("here", "text/plain");
    let path = format!("/blob/{ALICE}/{cid}");
    assert_eq!(world.get(&path).await.status, 200);
    world.hidden.0.lock().expect("no panic").insert(cid);
    check(&world.get(&path).await, 404, "NotFoundError", "Blob not found");
    world.hidden.0.lock().expect("no panic").clear();
    assert_eq!(world.get(&path).await.status, 200);
}

#[tokio::test]
async fn while_nobody_knows_what_is_taken_down_nothing_is_shown_and_that_is_counted() {
    let world = World::new().await;
    let cid = world.pds.add("here", "text/plain");
    let path = format!("/blob/{ALICE}/{cid}");
    assert_eq!(world.get(&path).await.status, 200);
    world.hidden.1.store(true, Ordering::SeqCst);
    let refused = world.get(&path).await;
    check(&refused, 503, "ServiceUnavailableError", "Service Unavailable");
    assert_eq!(refused.header("retry-after"), "2");
    let mut metrics = String::new();
    let encoder = prometheus::TextEncoder::new();
    encoder.encode_utf8(&world.registry.gather(), &mut metrics).expect("text");
    let counted = "firehouse_media_requests_total{kind=\"blob\",outcome=\"no_store\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn other_bytes_than_the_cid_names_are_never_taken_for_the_blob() {
    let world = World::new().await;
    let short = cid_of(b"right");
    world.pds.add_as(short, "wrong", "text/plain", Fault::None);
    check(
        &world.get(&format!("/blob/{ALICE}/{short}")).await,
        404,
        "NotFoundError",
        "Bad cid check",
    );
    // A long one is on its way already: it is cut off.
    let long = noise(2_000_000);
    let cid = cid_of(&long);
    world.pds.add_as(cid, [&long[..], b"!"].concat(), "video/mp4", Fault::None);
    assert_eq!(world.get(&format!("/blob/{ALICE}/{cid}")).await.body, None);
    world.pds.add_as(cid, long[..1_999_999].to_vec(), "video/mp4", Fault::None);
    assert_eq!(world.get(&format!("/blob/{ALICE}/{cid}")).await.body, None);
}

#[tokio::test]
async fn what_a_pds_does_wrong_is_its_fault() {
    let world = World::new().await;
    let answer_to = async |fault: Fault| {
        let bytes = noise(100_000);
        let cid = cid_of(&bytes);
        world.pds.add_as(cid, bytes, "video/mp4", fault);
        world.get(&format!("/blob/{ALICE}/{cid}")).await
    };
    for status in [400, 401, 404, 429] {
        check(&answer_to(Fault::Status(status)).await, 404, "NotFoundError", "Blob not found");
    }
    for status in [204, 500, 503] {
        check(&answer_to(Fault::Status(status)).await, 502, "BadGatewayError", "Upstream Error");
    }
    check(&answer_to(Fault::CutOff).await, 502, "BadGatewayError", "Upstream Error");
    check(&answer_to(Fault::Silence).await, 502, "BadGatewayError", "Upstream Error");
    let endless = answer_to(Fault::Endless).await;
    assert_eq!((endless.status.as_u16(), endless.body), (200, None), "cut off at the limit");
    let large = noise(4_000_001);
    let cid = world.pds.add(large, "video/mp4");
    let answer = world.get(&format!("/blob/{ALICE}/{cid}")).await;
    check(&answer, 502, "BadGatewayError", "Upstream Error");
}

#[tokio::test]
async fn a_redirect_into_a_private_network_is_not_followed() {
    let world = World::guarded().await;
    let secret = crate::pds::Pds::default();
    let cid = secret.add("secret", "text/plain");
    let inside = secret.start().await;
    let to = format!("http://{inside}/xrpc/com.atproto.sync.getBlob?did={ALICE}&cid={cid}");
    world.pds.add_as(cid, "", "text/plain", Fault::Redirect(to));
    let answer = world.get(&format!("/blob/{ALICE}/{cid}")).await;
    check(&answer, 502, "BadGatewayError", "Upstream Error");
    assert_eq!((world.pds.asked(), secret.asked()), (1, 0));
    // To itself it may redirect.
    let other = world.pds.add("public", "text/plain");
    let to =
        format!("http://{}/xrpc/com.atproto.sync.getBlob?did={ALICE}&cid={other}", world.address);
    world.pds.add_as(cid_of(b"alias"), "", "text/plain", Fault::Redirect(to));
    let alias = world.get(&format!("/blob/{ALICE}/{}", cid_of(b"alias"))).await;
    check(&alias, 404, "NotFoundError", "Bad cid check");
}

#[tokio::test]
async fn one_host_takes_no_more_than_its_share() {
    let world = World::with(|config| config.host_fetches_max = 1).await;
    let cid = cid_of(b"slow");
    world.pds.add_as(cid, "slow", "text/plain", Fault::Silence);
    let path = format!("/blob/{ALICE}/{cid}");
    let (first, second) = tokio::join!(world.get(&path), world.get(&path));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [502, 503]);
}
