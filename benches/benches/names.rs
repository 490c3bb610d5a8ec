//! Accounts by how their names begin: how long it takes to work out how everybody stands, and how long each answer takes while somebody types.
//!
//! `cargo bench --package firehouse-benches --bench names`; FIREHOUSE_BENCH_ACCOUNTS sets how many accounts there are, FIREHOUSE_BENCH_FOLLOWS
//! how many each follows. Answered by the AppView as anybody asks it: skeleton, hydration, rules, views, JSON.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::error::Error;
use std::time::Instant;

use firehouse_appview::{AppView, Caller, TagRules, search_actors_typeahead};
use firehouse_identity::Resolver;
use firehouse_indexer::name_rows;
use firehouse_schema::{ActorRow, ActorStatus, LinkRow, ProfileRow};
use firehouse_sim::{Random, engine};
use firehouse_store::Store;
use firehouse_types::{Datetime, Did, Nsid, Rev, RkeyId};
use serde_json::json;

/// Accounts of one INSERT.
const BATCH: usize = 50_000;
/// Answers of each kind.
const ANSWERS: usize = 300;
/// Whom the viewer follows.
const FOLLOWED: usize = 1_000;

/// Syllables of made-up names by script.
const SCRIPTS: [&[&str]; 5] = [
    &[
        "an", "na", "mar", "ie", "jo", "ha", "so", "phie", "li", "sa", "ro", "bert", "ka", "thé",
        "max", "el",
    ],
    &["ма", "рия", "ан", "на", "ё", "ле", "на", "сер", "гей", "ива", "нов", "пет", "ров"],
    &["山", "田", "小", "泉", "健", "二", "美", "咲", "さ", "く", "ら", "ハ", "ナ"],
    &["김", "민", "준", "서", "연", "이", "박", "지", "우", "하"],
    &["สม", "ชาย", "ใจ", "ดี", "มา", "นี", "วิ", "ชัย"],
];

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    // `cargo test --benches` runs every bench once, without --bench: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let set = |name| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let accounts = set("FIREHOUSE_BENCH_ACCOUNTS").unwrap_or(1_000_000);
    let follows = set("FIREHOUSE_BENCH_FOLLOWS").unwrap_or(10);
    // As a server's handlers run: on the threads that the answers of the engine come to, too.
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(runtime.spawn(run(accounts, follows)))?
}

async fn run(accounts: usize, follows: usize) -> Result<(), Failure> {
    let Some(store) = engine::store().await else { return Ok(()) };
    let began = Instant::now();
    let names = write(&store, accounts, follows).await?;
    let (took, edges) = (began.elapsed().as_secs_f64(), accounts * follows);
    println!("{accounts} accounts, {edges} follows, written in {took:.0} s");
    let began = Instant::now();
    store.rank_accounts(1).await?;
    println!("all standings worked out in {:.1} s", began.elapsed().as_secs_f64());
    let app = AppView::new(store, Resolver::offline([]), config()?);
    let viewer = Caller { viewer: Some(did(accounts - 1)), ..Caller::default() };
    for (who, caller) in [("nobody", Caller::default()), ("who follows 1,000", viewer)] {
        for chars in 1..=5 {
            measure(&app, &names, &caller, &format!("{chars} characters, {who}"), |name| {
                name.chars().take(chars).collect()
            })
            .await?;
        }
        measure(&app, &names, &caller, &format!("two words, {who}"), |name| {
            let begun = name.split(' ').map(|word| word.chars().take(2).collect::<String>());
            begun.collect::<Vec<_>>().join(" ")
        })
        .await?;
    }
    Ok(())
}

fn did(account: usize) -> Did {
    let key: String =
        format!("{account:024}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    Did::parse(&format!("did:plc:{key}")).expect("a DID")
}

/// A name of two words, most of them in Latin letters.
fn name(random: &mut Random) -> String {
    let script = if random.chance(0.6) { 0 } else { random.below(SCRIPTS.len()) };
    let syllables = SCRIPTS[script];
    let word = |random: &mut Random| {
        (0..2 + random.below(3))
            .map(|_| syllables[random.below(syllables.len())])
            .collect::<String>()
    };
    format!("{} {}", word(random), word(random))
}

/// Writes them. Few are followed by many. Returns some of the display names.
async fn write(store: &Store, accounts: usize, follows: usize) -> Result<Vec<String>, Failure> {
    let (mut random, mut some) = (Random::new(1), Vec::new());
    let dids: Vec<Did> = (0..accounts).map(did).collect();
    let popular = |random: &mut Random| {
        let draw = |random: &mut Random| random.below(accounts);
        draw(random).min(draw(random)).min(draw(random)).min(draw(random))
    };
    for begin in (0..accounts).step_by(BATCH) {
        let (mut actors, mut profiles, mut words, mut links) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (n, did) in dids.iter().enumerate().skip(begin).take(BATCH) {
            let (actor, display_name) = (did.actor(), name(&mut random));
            words.extend(name_rows(actor, &display_name));
            let latin = SCRIPTS[0];
            let handle = format!("{}{n}", latin[random.below(latin.len())].replace('é', "e"));
            actors.push(ActorRow {
                handle: format!("{handle}.bsky.social").into(),
                status: ActorStatus::Active,
                version: 1,
                ..ActorRow::mentioned(did.clone())
            });
            let count = if n + 1 == accounts { FOLLOWED } else { follows };
            for rkey in 0..count {
                links.push(follow(did, &dids[popular(&mut random)], rkey as u64));
            }
            if n % (accounts / 1_000).max(1) == 0 {
                some.push(display_name.clone());
            }
            profiles.push(profile(did, &display_name));
        }
        let _ = store.insert(&actors).await?;
        let _ = store.insert(&profiles).await?;
        let _ = store.insert(&words).await?;
        let _ = store.insert(&links).await?;
    }
    Ok(some)
}

fn follow(who: &Did, whom: &Did, rkey: u64) -> LinkRow {
    LinkRow {
        target_actor: whom.actor(),
        target_rkey: RkeyId::from(0),
        target_collection: "".into(),
        collection: Nsid::parse("app.bsky.graph.follow").expect("an NSID"),
        path: ".subject".into(),
        actor: who.actor(),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(1),
        deleted: 0,
        target_cid: [0; 32],
        target_url: "".into(),
        sort_at: Datetime::from_ms(1),
    }
}

fn profile(did: &Did, display_name: &str) -> ProfileRow {
    ProfileRow {
        actor: did.actor(),
        rev: Rev::from(1),
        deleted: 0,
        cid: [7; 32],
        display_name: display_name.into(),
        description: "".into(),
        pronouns: "".into(),
        website: "".into(),
        avatar: "".into(),
        banner: "".into(),
        pinned_post: "".into(),
        pinned_cid: "".into(),
        joined_via: "".into(),
        labels: Vec::new(),
        created_at: Datetime::EPOCH,
        sort_at: Datetime::EPOCH,
    }
}

async fn measure(
    app: &AppView,
    names: &[String],
    caller: &Caller,
    what: &str,
    begin: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    let (mut random, mut times, mut found, mut statements) = (Random::new(2), Vec::new(), 0, 0);
    for n in 0..ANSWERS + 20 {
        let q = begin(&names[random.below(names.len())]);
        let app = app.for_request();
        let began = Instant::now();
        let asked = serde_json::from_value(json!({ "q": q }))?;
        let answer = search_actors_typeahead(&app, caller, asked).await;
        let body = answer.map_err(|error| error.to_string())?.body;
        let bytes = serde_json::to_vec(&body)?;
        let took = began.elapsed();
        // The first ones load what is read once.
        if n >= 20 {
            times.push(took);
            found += body.actors.len();
            statements += app.statements();
        }
        drop(bytes);
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    let each = |sum: usize| sum / ANSWERS;
    println!(
        "{what:32} p50 {:>6.1} ms  p90 {:>6.1} ms  p99 {:>6.1} ms   {} shown, {} statements each",
        at(50),
        at(90),
        at(99),
        each(found),
        each(usize::try_from(statements)?),
    );
    Ok(())
}

fn config() -> Result<firehouse_appview::Config, Failure> {
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
