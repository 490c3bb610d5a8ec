//! A made-up week on a real engine: what trends, in which order, for how long; and what does not, and would without each rule.

use std::sync::LazyLock;

use clickhouse::Client;
use firehouse_indexer::{Indexer, Rows, Witness};
use firehouse_lexicon::{Catalog, to_dag_cbor};
use firehouse_repo::{RecordOp, sha256};
use firehouse_schema::{ActorRow, ActorStatus, Proof};
use firehouse_sim::engine;
use firehouse_store::read::RankPosition;
use firehouse_types::{Cid, Did, Nsid, OpAction, Rev, Rkey};
use prometheus::Registry;
use serde_json::{Value, json};

use super::rules::tests::config;
use super::*;

const HOUR_MS: i64 = 3_600_000;
/// Days are of now: counts are not kept for longer than a month.
static NOON_MS: LazyLock<i64> =
    LazyLock::new(|| (now_us() / 1_000 / DAY_MS - 2) * DAY_MS + 12 * HOUR_MS);
/// Accounts of each kind; every account of one kind says the same.
const KIND: u64 = 1_000;
const HOSTS: u64 = 40;
/// The labeler that counts.
const LABELER: u64 = 7;

fn did(number: u64) -> Did {
    let name: String =
        number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    Did::parse(&format!("did:plc:{name:z>24}")).unwrap()
}

struct World {
    store: Store,
    indexer: Indexer,
    rows: Rows,
    said: u64,
}

impl World {
    async fn run(&self, sql: &str) {
        let client = Client::default().with_url(engine::url().unwrap());
        client.with_database(self.store.database()).query(sql).execute().await.unwrap();
    }

    /// A record of an account.
    fn write(
        &mut self,
        actor: u64,
        at_ms: i64,
        collection: &str,
        rkey: Option<&str>,
        record: Value,
    ) {
        self.said += 1;
        let rev = Rev::from((u64::try_from(at_ms).unwrap() * 1_000 + self.said) << 10);
        let rkey = rkey.map_or_else(|| rev.to_string(), str::to_owned);
        let mut record = record;
        record["$type"] = collection.into();
        record["createdAt"] = Datetime::from_ms(at_ms).to_string().into();
        let block = to_dag_cbor(&record).unwrap();
        let op = RecordOp {
            did: did(actor),
            collection: Nsid::parse(collection).unwrap(),
            rkey: Rkey::parse(&rkey).unwrap(),
            action: OpAction::Create,
            cid: Some(Cid::dag_cbor(sha256(&block))),
            rev,
            record: block.into(),
        };
        let witness = Witness { witnessed_at_us: 0, proof: Proof::Live, source: "test" };
        self.indexer.index(&op, &witness, &mut self.rows).unwrap();
    }

    /// `count` accounts of a kind say something, each with a word of his own.
    fn say(&mut self, kind: u64, count: u64, hour: i64, lang: &str, text: impl Fn(u64) -> String) {
        for n in 0..count {
            let at_ms = *NOON_MS + hour * HOUR_MS + 60_000 + i64::try_from(n).unwrap() * 1_000;
            let text = format!("{} own{kind}x{n}", text(n));
            let facets = match text.contains("news.test") {
                true => {
                    json!([{"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://news.test/a"}]}])
                }
                false => json!([]),
            };
            let external =
                json!({"uri": "https://news.test/a", "title": "Big News Today", "description": ""});
            let mut post = json!({"text": text, "langs": [lang], "facets": facets});
            if text.contains("news.test") && n == 0 {
                post["embed"] = json!({"$type": "app.bsky.embed.external", "external": external});
            }
            self.write(kind * KIND + n, at_ms, "app.bsky.feed.post", None, post);
        }
    }

    async fn settle(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let _ = self.store.insert(&rows.records).await.unwrap();
        let _ = self.store.insert(&rows.post_texts).await.unwrap();
        let _ = self.store.insert(&rows.profiles).await.unwrap();
    }

    fn job(&self, change: impl FnOnce(&mut TrendConfig)) -> TrendJob {
        let mut config = config();
        change(&mut config);
        let rules =
            Trends::new(config, vec![ActorId::from(LABELER)], vec!["hide-search".into()]).unwrap();
        let metrics = Metrics::new(&Registry::new()).unwrap();
        TrendJob { store: self.store.clone(), rules, metrics }
    }
}

fn hour(hour: i64) -> Interval {
    Interval { at: Datetime::from_ms(*NOON_MS + hour * HOUR_MS), span_s: 3_600 }
}

/// Names of the trends of a language, the highest first.
async fn names(store: &Store, at: i64, lang: &str) -> Vec<String> {
    let trends = store.trends_at(hour(at).at).await.unwrap();
    let of_lang = trends.iter().filter(|trend| &*trend.lang == lang);
    of_lang.map(|trend| trend.name.to_string()).collect()
}

/// Kinds of accounts by what is the matter with them.
const FARM: u64 = 11;
const NO_FOLLOWERS: u64 = 13;
const NEW_FOLLOWERS: u64 = 14;
const TAKEN_DOWN: u64 = 15;
const POSTS_TAKEN_DOWN: u64 = 16;
const LABELLED: u64 = 17;
const LABELLED_BY_OTHERS: u64 = 18;
const LABELLED_BY_SELF: u64 = 19;
const HIDDEN: u64 = 20;
const TAGGED: u64 = 21;
const SUSPENDED: u64 = 22;
const POSTS_LABELLED: u64 = 25;
const KINDS: u64 = 30;

/// The numbers of all accounts of some kinds, as SQL: their handles say which kind they are.
fn actors(kinds: &[u64]) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("'kind{kind}'")).collect();
    format!("(SELECT actor FROM actors WHERE handle IN ({}))", kinds.join(","))
}

/// A week of which each hour has a steady word and each noon a greeting, and then a noon at which much happens.
async fn week() -> Option<World> {
    let (store, noon_ms) = (engine::store().await?, *NOON_MS);
    let indexer = Indexer::new(Catalog::embedded());
    let mut world = World { store, indexer, rows: Rows::default(), said: 0 };
    let all = (0..KINDS).flat_map(|kind| (0..600).map(move |n| (kind, n)));
    let account = |(kind, n)| {
        let host = if kind == FARM { "farm".to_owned() } else { format!("host{}", n % HOSTS) };
        ActorRow {
            handle: format!("kind{kind}").into(),
            pds: format!("https://{host}.test").into(),
            status: if kind == SUSPENDED { ActorStatus::Suspended } else { ActorStatus::Active },
            version: 1,
            ..ActorRow::mentioned(did(kind * KIND + n))
        }
    };
    let _ = world.store.insert(&all.map(account).collect::<Vec<_>>()).await.unwrap();
    let followed: Vec<u64> =
        (0..KINDS).filter(|kind| ![NO_FOLLOWERS, NEW_FOLLOWERS].contains(kind)).collect();
    for (kinds, since_ms) in [(&*followed, 0), (&[NEW_FOLLOWERS][..], *NOON_MS - HOUR_MS)] {
        let follow = format!(
            "INSERT INTO links SELECT actor, 0, '', 'app.bsky.graph.follow', '.subject', 5, actor, 1, 0, '', '', \
            fromUnixTimestamp64Milli({since_ms}, 'UTC') FROM {}",
            actors(kinds)
        );
        world.run(&follow).await;
    }
    // The past: 150 accounts say the steady word each hour, 200 the greeting each noon, this one too.
    let steady = format!(
        "INSERT INTO post_texts SELECT \
            fromUnixTimestamp64Milli({noon_ms} + (h - 192) * {HOUR_MS} + 1000, 'UTC'), actor, h, 1, 0, \
            if(h % 24 = 0 AND cityHash64(actor) % 3 = 0, 'goodmorning', 'steady'), '', ['lang:en'] \
        FROM {} AS people CROSS JOIN (SELECT number AS h FROM numbers(197)) AS hours WHERE cityHash64(actor, 1) % 3 = 0",
        actors(&[1])
    );
    world.run(&steady).await;

    world.say(2, 120, 0, "en", |n| {
        format!("Volcano Eruption{}", if n % 2 == 0 { " #Volcano" } else { "" })
    });
    world.say(3, 60, 0, "pt", |_| "Greve Geral".into());
    world.say(4, 50, 0, "ja", |n| match n % 3 {
        0 => "大谷翔平がホームラン".into(),
        1 => format!("今日の大谷翔平{}", ["すごい", "よ"][usize::from(n % 2 == 0)]),
        _ => "やっぱり大谷翔平".into(),
    });
    world.say(5, 40, 0, "en", |n| format!("see news.test p{n}"));
    for _ in 0..1_000 {
        world.say(10, 1, 0, "en", |_| "zebrastripes".into());
    }
    world.say(FARM, 500, 0, "en", |_| "farmword".into());
    world.say(12, 300, 0, "en", |_| "buy the miracle pill now from our shop".into());
    world.say(NO_FOLLOWERS, 100, 0, "en", |_| "ghostword".into());
    world.say(NEW_FOLLOWERS, 100, 0, "en", |_| "freshword".into());
    world.say(TAKEN_DOWN, 100, 0, "en", |_| "takenword".into());
    world.say(POSTS_TAKEN_DOWN, 100, 0, "en", |_| "postword".into());
    world.say(LABELLED, 100, 0, "en", |_| "spamword".into());
    world.say(LABELLED_BY_OTHERS, 30, 0, "en", |_| "slander".into());
    world.say(LABELLED_BY_SELF, 100, 0, "en", |_| "shyword".into());
    world.say(HIDDEN, 100, 0, "en", |_| "hiddenword".into());
    world.say(TAGGED, 100, 0, "en", |_| "tagword".into());
    world.say(SUSPENDED, 100, 0, "en", |_| "goneword".into());
    world.say(23, 70, 0, "en", |_| "Brânza".into());
    world.say(POSTS_LABELLED, 100, 0, "en", |_| "junkword".into());
    for n in 0..100 {
        let there = json!({"uri": format!("at://{}/app.bsky.feed.post/3l", did(1)), "cid": "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae"});
        let post = json!({"text": format!("replyword r{n}"), "langs": ["en"], "reply": {"root": there, "parent": there}});
        world.write(24 * KIND + n, *NOON_MS + 5_000, "app.bsky.feed.post", None, post);
        let hides = json!({"hideFromAlgorithmicRecommendations": true});
        world.write(
            HIDDEN * KIND + n,
            0,
            "app.bsky.actor.contentVisibilityDeclaration",
            Some("self"),
            hides,
        );
        let labels = json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]});
        let shy = json!({"labels": labels});
        world.write(LABELLED_BY_SELF * KIND + n, 0, "app.bsky.actor.profile", Some("self"), shy);
    }
    world.say(2, 60, 1, "en", |_| "Volcano Eruption".into());
    world.settle().await;
    world
        .run(&format!(
            "INSERT INTO takedowns SELECT actor, '', 0, '', '', '', 1, '', 1 FROM {}",
            actors(&[TAKEN_DOWN])
        ))
        .await;
    let posts = "INSERT INTO takedowns SELECT actor, 'app.bsky.feed.post', rkey, '', '', '', 1, '', 1 FROM post_texts WHERE actor IN";
    world.run(&format!("{posts} {}", actors(&[POSTS_TAKEN_DOWN]))).await;
    world
        .run(&format!(
            "INSERT INTO tags SELECT actor, '', 0, '', ['hide-search'], 1 FROM {}",
            actors(&[TAGGED])
        ))
        .await;
    for (labeler, kind) in [(LABELER, LABELLED), (LABELER + 1, LABELLED_BY_OTHERS)] {
        let label = format!(
            "INSERT INTO labels SELECT actor, '', 0, {labeler}, 1, 1, '', '', '', 'spam', 0, '', '', '2299-01-01 00:00:00', 1, 0, '', '', 1 FROM {}",
            actors(&[kind])
        );
        world.run(&label).await;
    }
    let label = format!(
        "INSERT INTO labels SELECT actor, 'app.bsky.feed.post', rkey, {LABELER}, 1, 1, '', '', '', '!hide', 0, '', '', '2299-01-01 00:00:00', 1, 0, '', '', 1 \
        FROM post_texts WHERE actor IN {}",
        actors(&[POSTS_LABELLED])
    );
    world.run(&label).await;
    let job = world.job(|_| {});
    // Of the days before only the hours that are asked for.
    for h in (-168_i64..0).filter(|h| *h >= -24 || [23, 0, 1].contains(&h.rem_euclid(24))) {
        world.store.count_terms(hour(h), &job.rules.counting).await.unwrap();
    }
    Some(world)
}

/// Accounts and posts of a term in all languages at noon, as they were counted.
async fn counted(world: &World, term: &str) -> Option<(u32, u32)> {
    let client = Client::default().with_url(engine::url().unwrap());
    let client = client.with_database(world.store.database());
    let sql = "SELECT accounts, posts FROM term_counts FINAL WHERE at = fromUnixTimestamp64Milli(?, 'UTC') AND lang = '' AND term = ?";
    client.query(sql).bind(*NOON_MS).bind(term).fetch_optional().await.unwrap()
}

const TRENDS: [&str; 5] =
    ["Volcano Eruption", "Greve Geral", "大谷翔平", "Big News Today", "slander"];

#[tokio::test]
async fn what_many_talk_about_trends_in_order_and_fades_and_its_history_stays() {
    let Some(world) = week().await else { return };
    let (store, job) = (&world.store, world.job(|_| {}));
    assert_eq!(job.look_at(hour(-1)).await.unwrap(), 0);
    job.look_at(hour(0)).await.unwrap();
    assert_eq!(names(store, 0, "").await, TRENDS);
    assert_eq!(names(store, 0, "en").await, ["Volcano Eruption", "Big News Today", "slander"]);
    assert_eq!(names(store, 0, "pt").await, ["Greve Geral"]);
    assert_eq!(names(store, 0, "ja").await, ["大谷翔平"]);

    let first = store.trends_at(hour(0).at).await.unwrap();
    let of =
        |name: &str| first.iter().find(|row| &*row.name == name && row.lang.is_empty()).unwrap();
    let volcano = of("Volcano Eruption");
    assert_eq!((volcano.accounts, volcano.posts, volcano.is_hot), (120, 120, 1));
    assert!(volcano.terms.contains(&"#volcano".into()), "{:?}", volcano.terms);
    assert_eq!((volcano.actors.len(), volcano.samples.len()), (25, 10));
    let queries = ["Volcano Eruption", "大谷翔平", "Big News Today"].map(|name| &*of(name).query);
    assert_eq!(queries, ["\"volcano eruption\"", "\"大谷翔平\"", "url:\"https://news.test/a\""]);

    job.look_at(hour(0)).await.unwrap();
    let again = store.trends_at(hour(0).at).await.unwrap();
    let key = |row: &TrendRow| (row.id, row.accounts, row.all_posts);
    assert_eq!(
        again.iter().map(key).collect::<Vec<_>>(),
        first.iter().map(key).collect::<Vec<_>>()
    );

    for h in 1..5 {
        job.look_at(hour(h)).await.unwrap();
    }
    assert_eq!(names(store, 1, "").await, &TRENDS[..4]);
    assert_eq!(names(store, 2, "").await, &TRENDS[..2]);
    assert_eq!(names(store, 3, "").await, &TRENDS[..1]);
    assert!(names(store, 4, "").await.is_empty());
    assert!(store.trends(hour(0).at, 9).await.unwrap().is_empty(), "none in the last interval");

    let (since, until) = (hour(-5).at, hour(9).at);
    let history = async |lang, before, limit| {
        store.trend_history((since, until), lang, before, limit).await.unwrap()
    };
    let all = history("", RankPosition::START, 9).await;
    assert_eq!(all.len(), 5);
    let volcano = all.iter().find(|trend| &*trend.name == "Volcano Eruption").unwrap();
    let intervals: Vec<_> = volcano.intervals().map(|i| (i.at, i.accounts, i.posts)).collect();
    let expected = [(0, 120, 120), (1, 60, 60), (2, 0, 0), (3, 0, 0)];
    assert_eq!(intervals, expected.map(|(h, accounts, posts)| (hour(h).at, accounts, posts)));
    assert_eq!(
        (volcano.peak_at(), volcano.peak_accounts, volcano.all_posts),
        (hour(0).at, 120, 180)
    );
    let page = history("", RankPosition::START, 2).await;
    let rest = history("", page[1].position(), 9).await;
    let ids = |trends: &[firehouse_store::read::PastTrend]| {
        trends.iter().map(|t| t.id).collect::<Vec<_>>()
    };
    assert_eq!([ids(&page), ids(&rest)].concat(), ids(&all));
    assert_eq!(history("pt", RankPosition::START, 9).await.len(), 1);
}

/// Looks at noon again with another configuration: what trends that does not else.
async fn check(world: &World, change: impl FnOnce(&mut TrendConfig), expected: &[&str]) {
    world.job(change).look_at(hour(0)).await.unwrap();
    let mut found = names(&world.store, 0, "").await;
    found.retain(|name| !TRENDS.contains(&name.as_str()));
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn an_account_counts_once_and_a_host_to_its_limit_in_what_is_counted() {
    let Some(world) = week().await else { return };
    let job = world.job(|_| {});
    world.store.count_terms(hour(0), &job.rules.counting).await.unwrap();
    assert_eq!(counted(&world, "volcano").await, Some((120, 120)));
    assert_eq!(counted(&world, "#volcano").await, Some((60, 60)));
    assert_eq!(counted(&world, "volcano eruption").await, Some((120, 120)));
    assert_eq!(counted(&world, "翔平").await, Some((50, 50)));
    assert_eq!(counted(&world, "farmword").await, Some((10, 500)));
    assert_eq!(counted(&world, "replyword").await, None);
    let counting = world.job(|config| config.host_accounts_max = 0).rules.counting;
    world.store.count_terms(hour(0), &counting).await.unwrap();
    assert_eq!(counted(&world, "farmword").await, Some((500, 500)));
    assert_eq!(counted(&world, "zebrastripes").await, None, "a thousand posts of one account");
    let Some((copies, _)) = counted(&world, "miracle").await else { return };
    assert!(copies < 15, "{copies} of 300 copies");
}

#[tokio::test]
async fn without_each_rule_what_it_keeps_out_trends() {
    let Some(world) = week().await else { return };
    check(&world, |_| {}, &[]).await;
    check(&world, |config| config.host_accounts_max = 0, &["farmword"]).await;
    check(&world, |config| config.copies_max = 1_000, &["miracle pill"]).await;
    check(&world, |config| config.followers_min = 0, &["freshword", "ghostword"]).await;
    check(&world, |config| config.followed_for_s = 0, &["freshword"]).await;
    check(&world, |config| config.deny.clear(), &["Brânza"]).await;
    check(&world, |config| config.labels.clear(), &["junkword", "shyword", "spamword"]).await;
    check(&world, |config| config.labels = vec!["spam".into()], &["junkword", "shyword"]).await;
    for table in ["takedowns", "tags"] {
        world.run(&format!("TRUNCATE TABLE {table}")).await;
    }
    check(&world, |_| {}, &["postword", "tagword", "takenword"]).await;
    world.run("ALTER TABLE records DELETE WHERE collection LIKE '%Declaration' SETTINGS mutations_sync = 1").await;
    world.run("INSERT INTO actors SELECT * REPLACE ('active' AS status, 2 AS version) FROM actors WHERE handle = 'kind22'").await;
    let every = ["goneword", "hiddenword", "postword", "tagword", "takenword"];
    check(&world, |_| {}, &every).await;
    // Nobody else's rules are left to keep these out: one account, answers, what is said every day.
    let still_not = names(&world.store, 0, "").await;
    for word in ["zebrastripes", "replyword", "steady", "goodmorning"] {
        assert!(!still_not.iter().any(|name| name == word), "{word}");
    }
}

#[tokio::test]
async fn the_job_counts_what_is_finished_and_goes_on_where_it_was() {
    let Some(store) = engine::store().await else { return };
    let (indexer, rows) = (Indexer::new(Catalog::embedded()), Rows::default());
    let world = World { store, indexer, rows, said: 0 };
    let job = || world.job(|config| config.followers_min = 0);
    let now = Datetime::from_ms(now_us() / 1_000);
    let this = beginning(now, 3_600);
    let post = |at_ms: i64| {
        format!(
            "INSERT INTO post_texts VALUES (fromUnixTimestamp64Milli({at_ms}, 'UTC'), 1, {at_ms}, 1, 0, 'word', '', ['lang:en'])"
        )
    };
    let walked = async || {
        // It never ends by itself.
        let ran = tokio::time::timeout(Duration::from_secs(3), job().run()).await;
        assert!(ran.is_err(), "{ran:?}");
        let positions = world.store.positions("trends 3600").await.unwrap();
        let cursor = positions.lists.first().and_then(|(_, cursor)| cursor.clone());
        cursor.map(|cursor| cursor.parse::<i64>().unwrap())
    };
    let hours_ago = |hours: i64| this.ms() - hours * HOUR_MS;
    assert_eq!(walked().await, None);
    world.run(&post(hours_ago(4) + 5)).await;
    assert_eq!(walked().await, None, "what is behind it may still come");
    world.run(&post(hours_ago(2))).await;
    assert_eq!(walked().await, Some(hours_ago(3)));
    world.run(&post(now.ms())).await;
    assert_eq!(walked().await, Some(hours_ago(1)));
    assert_eq!(walked().await, Some(hours_ago(1)), "this one is not over");
}
