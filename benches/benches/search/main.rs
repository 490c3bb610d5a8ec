//! Search over many posts in the scripts of the network: how long each kind of query takes, and what the index weighs.
//!
//! `cargo bench --package firehouse-benches --bench search`; FIREHOUSE_BENCH_POSTS sets how many (ten million take a quarter of an hour to
//! write and 5 GB). Ten days of posts. Of each kind two times are measured: until it is known which posts they are, as an index alone would
//! answer, and the whole answer of the AppView as anybody asks it: hydration, rules, views, the count of hits, JSON.
//! FIREHOUSE_BENCH_URL names an engine to be used instead of a new one; what it has in the database `test_0` is not written again.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

mod figures;
mod posts;

use std::error::Error;
use std::time::{Duration, Instant};

use clickhouse::Client;
use firehouse_appview::{AppView, Caller, TagRules, search_post_keys, search_posts_v2};
use firehouse_identity::Resolver;
use firehouse_indexer::{Indexer, Rows, Witness};
use firehouse_lexicon::{Catalog, to_dag_cbor};
use firehouse_repo::{RecordOp, sha256};
use firehouse_schema::{ActorRow, ActorStatus, Proof, Table};
use firehouse_sim::{Random, engine};
use firehouse_store::{PostAt, Store};
use firehouse_types::{Cid, Datetime, Did, Nsid, OpAction, Rev, Rkey};
use serde_json::{Value, json};

use figures::{ACCOUNTS, DAYS, MS_PER_DAY, mib, now_ms, percentiles, ratio, wanted};
use posts::Posts;

const DATABASE: &str = "test_0";
/// Rows of one INSERT.
const BATCH: usize = 50_000;
/// Queries of each kind. The first are measured, as an engine answers that was just started, and the last, as one does that is asked all day
/// and keeps what it unpacked. The very last are answered as a whole, too.
const QUERIES: usize = 1_000;
const MEASURED: usize = 200;
const ANSWERED: usize = 50;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    // `cargo test --benches` runs every bench once, without --bench: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    // As a server's handlers run: on the threads that the answers of the engine come to, too.
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(runtime.spawn(run(wanted())))?
}

async fn run(wanted: usize) -> Result<(), Failure> {
    let mut posts = Posts::new(1);
    let named = std::env::var("FIREHOUSE_BENCH_URL").ok();
    let Some(url) = named.or_else(|| engine::url().map(str::to_owned)) else { return Ok(()) };
    let client = Client::default().with_url(&url).with_database(DATABASE);
    let store = Store::new(&config(url));
    store.migrate().await?;
    if client.query("SELECT count() FROM posts").fetch_one::<u64>().await? == 0 {
        let began = Instant::now();
        let raw = write(&store, &mut posts, wanted).await?;
        let seconds = began.elapsed().as_secs_f64();
        println!("{wanted} posts, {} of text, written in {seconds:.0} s", mib(raw));
        settle(&client).await?;
        weigh(&client, raw).await?;
    }
    if store.check_engaged(PostAt::start()).await?.is_none() {
        let answered = store.answered_posts(0, u64::MAX).await?;
        let copied = store.copy_engaged(&answered).await?;
        println!("{copied} posts were answered often");
    }
    let newest_ms = "SELECT toUnixTimestamp64Milli(max(sort_at)) FROM post_texts";
    let newest_ms = client.query(newest_ms).fetch_one::<i64>().await?;
    let app = AppView::new(store, Resolver::offline([]), view()?);
    for (name, query) in KINDS {
        measure(&app, &posts, newest_ms, name, query).await?;
    }
    Ok(())
}

fn config(url: String) -> firehouse_store::Config {
    firehouse_store::Config {
        url,
        database: DATABASE.to_owned(),
        user: "default".to_owned(),
        password: String::new(),
        insert_timeout_s: 60,
        query_timeout_s: 60,
    }
}

fn did(account: usize) -> Did {
    Did::parse(&format!("did:plc:{account:a>24}").replace('0', "y").replace('1', "z"))
        .expect("a DID")
}

/// Writes them through the indexer, oldest first, with likes by the popularity of posts. Returns how long their texts are.
async fn write(store: &Store, posts: &mut Posts, wanted: usize) -> Result<u64, Failure> {
    let dids: Vec<Did> = (0..ACCOUNTS).map(did).collect();
    let actors: Vec<_> = dids
        .iter()
        .enumerate()
        .map(|(n, did)| ActorRow {
            handle: format!("user{n}.test").into(),
            status: ActorStatus::Active,
            version: 1,
            ..ActorRow::mentioned(did.clone())
        })
        .collect();
    let _ = store.insert(&actors).await?;
    let indexer = Indexer::new(Catalog::embedded());
    let (mut random, mut raw) = (Random::new(2), 0);
    let span_us = DAYS * MS_PER_DAY * 1_000;
    let (start, step) = (now_ms() * 1_000 - span_us, span_us / i64::try_from(wanted)?);
    let mut told: Vec<(usize, String, Cid)> = Vec::new();
    let mut rows = Rows::default();
    for n in 0..wanted {
        let at = start + step * i64::try_from(n)?;
        let tid = Rev::from(u64::try_from(at)? << 10).to_string();
        let created = Datetime::from_ms(at / 1_000).to_string();
        let author = random.below(ACCOUNTS);
        let reply = |random: &mut Random| {
            let (whose, rkey, cid) = told
                .get(random.below(told.len().max(1)))
                .cloned()
                .unwrap_or_else(|| (0, tid.clone(), Cid::dag_cbor(sha256(b""))));
            let parent = json!({ "uri": format!("at://{}/app.bsky.feed.post/{rkey}", dids[whose]), "cid": cid.to_string() });
            json!({ "root": parent, "parent": parent })
        };
        let post = posts.draw(&created, reply);
        raw += post.text as u64;
        let cid =
            index(&indexer, &dids[author], "app.bsky.feed.post", &tid, &post.record, &mut rows)?;
        if told.len() < 10_000 {
            told.push((author, tid, cid));
        } else {
            let at = random.below(told.len());
            if random.chance(0.3) {
                let (whose, rkey, cid) = told[at].clone();
                let liked = json!({ "uri": format!("at://{}/app.bsky.feed.post/{rkey}", dids[whose]), "cid": cid.to_string() });
                let like = json!({ "$type": "app.bsky.feed.like", "subject": liked, "createdAt": created });
                index(
                    &indexer,
                    &dids[random.below(ACCOUNTS)],
                    "app.bsky.feed.like",
                    &tid,
                    &like,
                    &mut rows,
                )?;
            }
            if random.chance(0.2) {
                told[at] = (author, tid, cid);
            }
        }
        if rows.posts.len() >= BATCH || n + 1 == wanted {
            flush(store, &std::mem::take(&mut rows)).await?;
        }
    }
    Ok(raw)
}

fn index(
    indexer: &Indexer,
    did: &Did,
    collection: &str,
    tid: &str,
    record: &Value,
    rows: &mut Rows,
) -> Result<Cid, Failure> {
    let record = to_dag_cbor(record)?;
    let cid = Cid::dag_cbor(sha256(&record));
    let op = RecordOp {
        did: did.clone(),
        collection: Nsid::parse(collection)?,
        rkey: Rkey::parse(tid)?,
        action: OpAction::Create,
        cid: Some(cid),
        rev: tid.parse()?,
        record: record.into(),
    };
    let witness = Witness { witnessed_at_us: 0, proof: Proof::Live, source: "wss://bench.test" };
    indexer.index(&op, &witness, rows).map_err(|reason| reason.as_str())?;
    Ok(cid)
}

async fn flush(store: &Store, rows: &Rows) -> Result<(), Failure> {
    insert(store, &rows.records).await?;
    insert(store, &rows.links).await?;
    insert(store, &rows.posts).await?;
    insert(store, &rows.feed_items).await?;
    insert(store, &rows.post_texts).await
}

async fn insert<T: Table>(store: &Store, rows: &[T]) -> Result<(), Failure> {
    let _ = store.insert(rows).await?;
    Ok(())
}

/// Waits until the engine has merged what it merges by itself.
async fn settle(client: &Client) -> Result<(), Failure> {
    loop {
        let merges: u64 = client.query("SELECT count() FROM system.merges").fetch_one().await?;
        if merges == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// What the columns and the index of post_texts take on disk.
async fn weigh(client: &Client, raw: u64) -> Result<(), Failure> {
    let columns: Vec<(String, u64)> = client
        .query("SELECT name, data_compressed_bytes FROM system.columns WHERE database = currentDatabase() AND table = 'post_texts' ORDER BY name")
        .fetch_all()
        .await?;
    let indexes: Vec<(String, u64)> = client
        .query("SELECT name, data_compressed_bytes FROM system.data_skipping_indices WHERE database = currentDatabase() AND table = 'post_texts'")
        .fetch_all()
        .await?;
    let parts: u64 = client
        .query("SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'post_texts' AND active")
        .fetch_one()
        .await?;
    for (name, bytes) in columns
        .iter()
        .map(|(name, bytes)| (format!("column {name}"), bytes))
        .chain(indexes.iter().map(|(name, bytes)| (format!("index {name}"), bytes)))
    {
        println!("{name:20} {:>12}  {}", mib(*bytes), ratio(*bytes, raw));
    }
    println!("{parts} parts");
    Ok(())
}

/// Makes one query of a kind. What stands behind the posts is when the newest was written, in milliseconds since 1970.
type Make = fn(&Posts, i64, &mut Random) -> Value;

const KINDS: [(&str, Make); 6] = [
    ("one rare word", |posts, _, random| json!({ "query": word(posts, 0, 5_000..60_000, random) })),
    ("two common words", |posts, _, random| {
        let words = [word(posts, 0, 0..30, random), word(posts, 0, 0..30, random)];
        json!({ "query": words.join(" ") })
    }),
    (
        "a CJK phrase",
        |posts, _, random| json!({ "query": posts.phrase(1, random.below(300), random) }),
    ),
    ("a phrase with filters", |posts, _, random| {
        let phrase = posts.phrase(0, random.below(100), random);
        json!({ "query": format!("\"{phrase}\" lang:en"), "hasMedia": true, "excludeReplies": true })
    }),
    ("from: with words", |posts, _, random| {
        let author = random.below(ACCOUNTS);
        json!({ "query": format!("from:user{author}.test {}", word(posts, 0, 0..30, random)) })
    }),
    ("top over 24 h", |posts, newest_ms, random| {
        let since = Datetime::from_ms(newest_ms - MS_PER_DAY).to_string();
        json!({ "query": word(posts, 0, 0..300, random), "sort": "top", "since": since })
    }),
];

fn word(
    posts: &Posts,
    language: usize,
    ranks: std::ops::Range<usize>,
    random: &mut Random,
) -> String {
    posts.languages[language].words[ranks.start + random.below(ranks.len())].clone()
}

async fn measure(
    app: &AppView,
    posts: &Posts,
    newest_ms: i64,
    name: &str,
    make: Make,
) -> Result<(), Failure> {
    let mut random = Random::new(3);
    let (mut keys, mut times, mut found, mut hits) = (Vec::new(), Vec::new(), 0, 0);
    for n in 0..QUERIES {
        let mut asked = make(posts, newest_ms, &mut random);
        asked["sort"] = asked.get("sort").cloned().unwrap_or_else(|| json!("recent"));
        asked["allTime"] = json!(true);
        let (caller, began) = (Caller::default(), Instant::now());
        let asked_keys = serde_json::from_value(asked.clone())?;
        let _ = search_post_keys(&app.for_request(), &caller, asked_keys)
            .await
            .map_err(|error| error.to_string())?;
        keys.push(began.elapsed());
        if n < QUERIES - ANSWERED {
            continue;
        }
        let began = Instant::now();
        let answer =
            search_posts_v2(&app.for_request(), &caller, serde_json::from_value(asked)?).await;
        let body = answer.map_err(|error| error.to_string())?.body;
        let json = serde_json::to_vec(&body)?;
        times.push(began.elapsed());
        drop(json);
        found += body.posts.len();
        hits += body.hits_total;
    }
    println!(
        "{name:24} known in {}  at first {}  answered in {}   {:.1} shown, {:.0} hits each",
        percentiles(keys.split_off(QUERIES - MEASURED)),
        percentiles(keys.drain(..MEASURED).collect()),
        percentiles(times),
        found as f64 / ANSWERED as f64,
        hits as f64 / ANSWERED as f64,
    );
    Ok(())
}

fn view() -> Result<firehouse_appview::Config, Failure> {
    Ok(firehouse_appview::Config {
        public_url: "https://view.test".parse()?,
        did: Did::parse("did:web:view.test")?,
        cdn_url: None,
        video_playlist_pattern: None,
        video_thumbnail_pattern: None,
        trusted_verifiers: Vec::new(),
        tags: TagRules::default(),
        debug_dids: Vec::new(),
        thread_depth_max: 10,
        thread_parents_max: 50,
        big_threads: Vec::new(),
        big_thread_depth: None,
        thread_replies_max: 10_000,
        thread_posts_max: 1_000,
        notifications_delay_ms: 0,
        drafts_max: 5,
        check_email_confirmed: false,
        topics_enabled: false,
        live_now: Vec::new(),
        saved_searches: Vec::new(),
    })
}
