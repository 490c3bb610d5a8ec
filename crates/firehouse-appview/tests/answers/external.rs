//! The card of a link, out of the records that say they stand at its address.

use firehouse_appview::{Caller, get_embed_external_view};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck};

async fn card(network: &Network, url: &str, uris: &[&str]) -> Value {
    let asked = parameters(json!({ "url": url, "uris": uris }));
    let answer = get_embed_external_view(&network.app, &Caller::default(), asked).await;
    json("app.bsky.embed.getEmbedExternalView", answer)
}

#[tokio::test]
async fn an_article_is_shown_with_its_publication_where_both_say_it_stands_and_nowhere_else() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let colour =
        |part: u8| json!({ "$type": "site.standard.theme.color#rgb", "r": part, "g": 0, "b": 1 });
    let publication = json!({
        "name": "News", "url": "https://a.test/blog/", "description": "daily",
        "basicTheme": { "background": colour(7), "accent": { "r": 1, "g": 2, "b": 3 } },
    });
    let publication = network.write(&alice, "site.standard.publication", publication);
    let article = |site: &str| {
        json!({
            "title": "One", "site": site, "path": "/one", "description": "first",
            "publishedAt": "2025-01-01T00:00:00Z", "textContent": "word ".repeat(250),
        })
    };
    let whole = network.write(&bob, "site.standard.document", article(&publication.uri));
    let loose = network.write(&bob, "site.standard.document", article("https://b.test"));
    let missing = format!("at://{alice}/site.standard.publication/3jwdwj2ctlk26");
    let orphan = network.write(&bob, "site.standard.document", article(&missing));
    let post = network.post(&bob, "a post");
    network.settle().await;

    let shown = card(&network, "https://a.test/blog/one?utm=1", &[&whole.uri]).await;
    let external = &shown["view"]["external"];
    assert_eq!((&external["title"], &external["readingTime"]), (&json!("One"), &json!(2)));
    assert_eq!(external["source"]["title"], "News");
    let background = json!({ "$type": "app.bsky.embed.external#colorRGB", "r": 7, "g": 0, "b": 1 });
    assert_eq!(external["source"]["theme"], json!({ "backgroundRGB": background }));
    assert_eq!(pluck(&external["associatedProfiles"], "/handle"), ["bob.test", "alice.test"]);
    assert_eq!(pluck(&shown["associatedRefs"], "/uri"), [&*whole.uri, &*publication.uri]);
    assert_eq!(
        pluck(&shown["associatedRecords"], "/$type"),
        ["site.standard.document", "site.standard.publication"]
    );

    let loose = card(&network, "https://b.test/one/", &[&post.uri, &loose.uri]).await;
    assert_eq!(loose["associatedRefs"].as_array().unwrap().len(), 1);
    let home = card(&network, "https://a.test/blog", &[&publication.uri]).await;
    assert_eq!(home["view"]["external"]["title"], "News");
    for (url, uri) in [
        ("https://a.test/blog/two", &whole.uri),
        ("https://a.test/blog/one", &orphan.uri),
        ("https://a.test/blog/one", &post.uri),
        ("https://a.test/blog/one", &publication.uri),
    ] {
        assert_eq!(card(&network, url, &[uri]).await, json!({}), "{url} {uri}");
    }
}
