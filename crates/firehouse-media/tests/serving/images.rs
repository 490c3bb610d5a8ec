//! `/img`: made once, kept, and shown only as long as it may be.

use std::time::Duration;

use image::ImageFormat;

use crate::pds::{Fault, cid_of};
use crate::world::{ALICE, Answer, World, picture};

fn check_size(answer: &Answer, kind: &str, size: (u32, u32)) {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
    let image = image::load_from_memory(answer.body.as_deref().expect("a body")).expect("an image");
    assert_eq!((image.width(), image.height()), size);
}

#[tokio::test]
async fn an_image_is_made_once_for_each_preset_and_format() {
    let world = World::new().await;
    let cid = world.pds.add(picture(300, 100, ImageFormat::Png), "image/png");
    for (preset, size) in [
        ("avatar", (1000, 1000)),
        ("banner", (3000, 1000)),
        ("feed_thumbnail", (2000, 667)),
        ("feed_fullsize", (1000, 333)),
    ] {
        for (format, kind) in [("", "image/webp"), ("@webp", "image/webp"), ("@jpeg", "image/jpeg")]
        {
            let path = format!("/img/{preset}/plain/{ALICE}/{cid}{format}");
            let first = world.get(&path).await;
            check_size(&first, kind, size);
            let expected = if format == "@webp" { "hit" } else { "miss" };
            assert_eq!(first.header("x-cache"), expected, "{path}");
            assert_eq!(first.header("cache-control"), "public, max-age=31536000");
            let second = world.get(&path).await;
            assert_eq!(second.header("x-cache"), "hit");
            assert_eq!(second.body, first.body);
        }
    }
    assert_eq!(world.pds.asked(), 8);
}

#[tokio::test]
async fn what_was_made_survives_a_restart_and_its_pds() {
    let world = World::new().await;
    let cid = world.pds.add(picture(30, 30, ImageFormat::Jpeg), "image/jpeg");
    let path = format!("/img/avatar/plain/{ALICE}/{cid}");
    let made = world.get(&path).await;
    let world = world.again().await;
    world.pds.remove_all();
    let kept = world.get(&path).await;
    assert_eq!((kept.header("x-cache"), &kept.body), ("hit", &made.body));
    // A moderator's word holds for it all the same.
    world.hidden.0.lock().expect("no panic").insert(cid);
    assert_eq!(
        world.get(&path).await.error(),
        (404, "NotFoundError".into(), "Blob not found".into())
    );
}

#[tokio::test]
async fn whoever_has_an_image_is_told_so() {
    let world = World::new().await;
    let cid = world.pds.add(picture(30, 30, ImageFormat::Png), "image/png");
    let path = format!("/img/avatar/plain/{ALICE}/{cid}");
    let first = world.get(&path).await;
    let tag = first.header("etag").to_owned();
    let again = world.ask("GET", &path, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status.as_u16(), again.header("etag")), (304, &*tag));
    assert_eq!(again.body.map(|body| body.len()), Some(0));
    let other = world.ask("GET", &path, &[("if-none-match", "\"other\"")]).await;
    assert_eq!(other.status, 200);
    let of_jpeg = world.ask("GET", &format!("{path}@jpeg"), &[("if-none-match", &tag)]).await;
    assert_eq!(of_jpeg.status, 200);
}

#[tokio::test]
async fn many_who_ask_at_once_wait_for_one() {
    let world = World::new().await;
    let cid = world.pds.add(picture(500, 500, ImageFormat::Png), "image/png");
    let path = format!("/img/feed_thumbnail/plain/{ALICE}/{cid}");
    let answers = futures_util::future::join_all((0..20).map(|_| world.get(&path))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(world.pds.asked(), 1);
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused_and_harms_nobody() {
    let world = World::with(|config| config.memory_bytes_max = 128 * 1024 * 1024).await;
    let not_an_image = (400, "BadRequestError".to_owned(), "Not an image".to_owned());
    let ask = async |cid| world.get(&format!("/img/avatar/plain/{ALICE}/{cid}")).await.error();
    let text = world.pds.add("hello", "text/plain");
    assert_eq!(ask(text).await, not_an_image);
    let unnamed = world.pds.add("hello, too", "application/octet-stream");
    assert_eq!(ask(unnamed).await, not_an_image);
    let svg = world.pds.add("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml");
    assert_eq!(ask(svg).await, not_an_image);
    // 36 megapixels of one colour in a few kilobytes.
    let bomb = image::DynamicImage::new_rgba8(6_000, 6_000);
    let mut bytes = std::io::Cursor::new(Vec::new());
    bomb.write_to(&mut bytes, ImageFormat::Png).expect("an encoder");
    let bomb = world.pds.add(bytes.into_inner(), "image/png");
    assert_eq!(ask(bomb).await, not_an_image);
    // Longer than any image may be.
    let long = world.pds.add(vec![0; 2_000_001], "image/png");
    assert_eq!(ask(long).await.0, 502);
    // Bytes of another image.
    let swapped = cid_of(b"right");
    world.pds.add_as(swapped, picture(9, 9, ImageFormat::Png), "image/png", Fault::None);
    assert_eq!(ask(swapped).await, (404, "NotFoundError".into(), "Blob not found".into()));
    for (path, message) in [
        ("avatar", "Invalid path"),
        ("large/plain/a/b", "Invalid path: bad preset"),
        ("avatar/plain/a/b@png", "Invalid path: bad format"),
    ] {
        let refused = world.get(&format!("/img/{path}")).await.error();
        assert_eq!(refused, (400, "Error".into(), message.into()));
    }
    // It still works.
    let cid = world.pds.add(picture(9, 9, ImageFormat::Png), "image/png");
    assert_eq!(world.get(&format!("/img/avatar/plain/{ALICE}/{cid}")).await.status, 200);
}

#[tokio::test]
async fn an_image_is_made_to_the_end_for_those_who_still_wait() {
    let world = World::new().await;
    let cid = world.pds.add(picture(800, 800, ImageFormat::Png), "image/png");
    let path = format!("/img/feed_thumbnail/plain/{ALICE}/{cid}");
    let impatient = tokio::time::timeout(Duration::from_millis(5), world.get(&path)).await;
    assert!(impatient.is_err());
    assert_eq!(world.get(&path).await.status, 200);
    assert_eq!(world.pds.asked(), 1);
}

#[tokio::test]
async fn a_cdn_makes_images_unnecessary() {
    let world = World::with(|config| config.images = false).await;
    let cid = world.pds.add(picture(9, 9, ImageFormat::Png), "image/png");
    assert_eq!(world.get(&format!("/img/avatar/plain/{ALICE}/{cid}")).await.status, 404);
    assert_eq!(world.get(&format!("/blob/{ALICE}/{cid}")).await.status, 200);
}
