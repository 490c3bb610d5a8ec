//! [`Searched`]: a network in which there is something of everything that a search can ask for.

use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_appview::Caller;
use firehouse_schema::TrendRow;
use firehouse_types::{Datetime, Did};
use serde_json::{Value, json};

use crate::labels::{MOD, accepting, label, say};
use crate::network::{Network, Written};
use crate::trends::{SPAN_S, ago, trend};

/// Keys of the records that queries name: those who ask may ask before they are written.
const ROOT: &str = "3lebsxaigos2a";
const LIST: &str = "3lebsxaigos2b";
const HOUR_MS: i64 = 3_600_000;

/// Ana asks. She follows Ben, who is on a list of hers; nobody follows Cho.
pub struct Searched {
    pub network: Network,
    ana: Did,
    ben: Did,
    cho: Did,
    dee: Did,
}

impl Searched {
    /// People and lists, and no posts; `None` when there is no engine library.
    pub async fn new() -> Option<Self> {
        let mut network = Network::new().await?;
        let [ana, ben, cho, dee] = ["ana", "ben", "cho", "dee"].map(|name| network.account(name));
        network.follow(&ana, &ben);
        let purpose = "app.bsky.graph.defs#curatelist";
        let list = json!({ "name": "some", "purpose": purpose });
        let list = network.write_as(&ana, "app.bsky.graph.list", Some(LIST), list);
        let item = json!({ "list": list.uri, "subject": ben.as_str() });
        network.write(&ana, "app.bsky.graph.listitem", item);
        network.settle().await;
        Some(Self { network, ana, ben, cho, dee })
    }

    /// Ana, who wants to hear of one labeler.
    pub fn caller(&self) -> Caller {
        Caller { viewer: Some(self.ana.clone()), ..accepting(&[(MOD, false)]) }
    }

    /// A text with `{ana}`, `{ben}`, `{cho}` and `{dee}` as DIDs, `{root}` and `{list}` as AT-URIs.
    pub fn named(&self, text: &str) -> String {
        [
            ("{ana}", self.ana.to_string()),
            ("{ben}", self.ben.to_string()),
            ("{cho}", self.cho.to_string()),
            ("{dee}", self.dee.to_string()),
            ("{root}", format!("at://{}/app.bsky.feed.post/{ROOT}", self.ana)),
            ("{list}", format!("at://{}/app.bsky.graph.list/{LIST}", self.ana)),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn write(&mut self, did: &Did, text: &str, mut record: Value) -> Written {
        record["text"] = text.into();
        self.network.write(did, "app.bsky.feed.post", record)
    }

    /// Posts, nearly all of which say "rain" and each of which is something more; the last was written an hour ago.
    pub async fn posts(&mut self) {
        let (ana, ben, cho) = (self.ana.clone(), self.ben.clone(), self.cho.clone());
        let root = json!({ "text": "rain at the root" });
        let root = self.network.write_as(&ana, "app.bsky.feed.post", Some(ROOT), root);
        let labelled = self.write(&cho, "snow", json!({}));
        self.write(&ana, "rain snow", json!({}));
        let liked = self.write(&ana, "rain with snow", json!({}));
        self.write(&ben, "rain umbrella", json!({ "langs": ["en"] }));
        self.write(&cho, "rain chuva", json!({ "langs": ["pt-BR"] }));
        self.write(&ana, "rain #wet", json!({}));
        self.write(&ana, "rain $WET", json!({}));
        self.write(&ana, "rain 雨が降る 🌧 3.14", json!({}));
        self.write(&cho, "雨 🌧 3.14 with snow", json!({}));
        self.write(&ana, "rain early", json!({ "createdAt": "2024-06-01T12:00:00Z" }));

        let faceted = |feature: Value| {
            let index = json!({ "byteStart": 0, "byteEnd": 1 });
            json!({ "facets": [{ "index": index, "features": [feature] }] })
        };
        let mention = |did: &Did| {
            faceted(json!({ "$type": "app.bsky.richtext.facet#mention", "did": did.as_str() }))
        };
        self.write(&cho, "rain told to ana", mention(&ana));
        self.write(&ana, "rain told to ben", mention(&ben));
        let link =
            json!({ "$type": "app.bsky.richtext.facet#link", "uri": "https://www.example.com/x" });
        self.write(&ben, "rain linked", faceted(link));

        let blob = |kind: &str| json!({ "$type": "blob", "mimeType": kind, "size": 1, "ref": { "$link": "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m" } });
        for (text, alt) in [("rain pictured", ""), ("rain described", "a wet cat")] {
            let images = json!([{ "alt": alt, "image": blob("image/png") }]);
            let embed = json!({ "$type": "app.bsky.embed.images", "images": images });
            self.write(&ben, text, json!({ "embed": embed }));
        }
        let film = json!({ "$type": "app.bsky.embed.video", "video": blob("video/mp4") });
        self.write(&ben, "rain filmed", json!({ "embed": film }));
        for uri in
            ["https://media.tenor.com/AAAAAC/rain.gif?hh=280&ww=498", "https://poll.blue/p/x"]
        {
            let external = json!({ "uri": uri, "title": "", "description": "" });
            let embed = json!({ "$type": "app.bsky.embed.external", "external": external });
            self.write(&ben, "rain on a card", json!({ "embed": embed }));
        }
        self.network.quote(&ben, "rain quoted", &root);
        let reply = self.network.reply(&ben, "rain answered", &root, &root);
        self.network.reply(&cho, "rain answered again", &root, &reply);
        self.network.reply(&ana, "rain goes on", &root, &root);
        let original = "<p>rain from afar</p>";
        self.write(&ana, "rain from afar", json!({ "bridgyOriginalText": original }));
        self.network.like(&ben, &liked);
        self.network.repost(&ben, &liked);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let now = i64::try_from(now).unwrap();
        self.network.wait_until(Datetime::from_ms(now - HOUR_MS));
        self.write(&ana, "rain today", json!({}));
        self.network.settle().await;
        say(&self.network, &[label(MOD, &labelled.uri, "cold"), label(MOD, &liked.uri, "cold")])
            .await;
    }

    /// Names, lists, starter packs, generators and trends: two of each say "rain", and one says "snow". Dee, who is
    /// seen with a trend, blocks Ana and Cho.
    pub async fn offers(&mut self) {
        let Self { network, ana, ben, cho, dee } = self;
        network.block(dee, ana);
        network.block(dee, cho);
        for (did, name, kind) in [
            (&*ben, "rain one", "modlist"),
            (&*cho, "rain two", "curatelist"),
            (&*ana, "snow", "modlist"),
        ] {
            let profile = json!({ "displayName": name });
            network.write_as(did, "app.bsky.actor.profile", Some("self"), profile);
            let purpose = format!("app.bsky.graph.defs#{kind}");
            let list = json!({ "name": name, "purpose": purpose });
            network.write(ben, "app.bsky.graph.list", list);
            let members = network.list(did, "referencelist", &[]);
            let pack = json!({ "name": name, "list": members.uri });
            network.write(did, "app.bsky.graph.starterpack", pack);
            let generator = json!({ "displayName": name, "did": "did:web:feeds.test" });
            let generator = network.write(ben, "app.bsky.feed.generator", generator);
            network.like(ana, &generator);
        }
        network.settle().await;
        let actors = vec![ben.actor(), dee.actor()];
        let rows = [
            TrendRow::heading(ago(1), SPAN_S, 1),
            TrendRow { actors, ..trend(1, "", ("rain", "rain"), 9.0) },
            trend(1, "", ("#soaked", "#soaked"), 8.0),
            TrendRow { started_at: ago(8), ..trend(8, "", ("snow storm", "\"snow storm\""), 9.0) },
            trend(1, "pt", ("chuva", "chuva"), 8.0),
        ];
        let _ = network.store.insert(&rows).await.unwrap();
    }
}
