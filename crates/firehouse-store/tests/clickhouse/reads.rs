//! Every read query runs as it stands, and finds its rows by the table's key.

use std::collections::BTreeSet;
use std::path::Path;

use clickhouse::Client;
use clickhouse::query::Query;
use firehouse_sim::engine;
use firehouse_store::Store;

/// Parameters of one query, by its file's name. Values as ClickHouse reads them.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    ("thread_roots", &[("keys", "[(1,2)]")]),
    ("taken_down_blob", &[("actor", "5"), ("blob", "a")]),
    ("taken_down", &[("actors", "[1,2]")]),
    (
        "takedown",
        &[("actor", "5"), ("collection", "app.bsky.feed.post"), ("rkey", "5"), ("blob", "a")],
    ),
    ("tags", &[("records", "[(1,'app.bsky.feed.post',2)]"), ("actors", "[1,2]"), ("this", "5")]),
    ("sitemap_page", &[("day", "5"), ("handles", "5"), ("skipped", "5")]),
    ("sitemap_days", &[("days", "5")]),
    (
        "notifications",
        &[
            ("recipient", "5"),
            ("after_ms", "-253402300799999"),
            ("until_ms", "62167219200000"),
            ("after_actor", "5"),
            ("after_rkey", "5"),
            ("after_reason", "5"),
            ("reasons", "[1,2]"),
            ("followed", "5"),
            ("limit", "3"),
        ],
    ),
    ("named_records", &[("epoch_ms", "5"), ("keys", "[('a',2,3)]")]),
    ("named_heads", &[("keys", "[('a',2,3)]")]),
    ("link_targets", &[("keys", "[('a',2,3)]")]),
    ("target_actors", &[("keys", "[('a',2,3)]")]),
    ("hidden_answers", &[("roots", "[(1,2)]")]),
    ("gone_posts", &[("keys", "[(1,2)]")]),
    ("first_of_kind", &[("keys", "[(1,2,'a','a','a',6)]")]),
    ("editorial", &[("list", "a"), ("limit", "3")]),
    (
        "activity",
        &[
            ("subjects", "[1,2]"),
            ("after_ms", "-253402300799999"),
            ("until_ms", "62167219200000"),
            ("reason", "5"),
            ("after_actor", "5"),
            ("after_rkey", "5"),
            ("after_reason", "5"),
            ("since_ms", "[1,2]"),
            ("replies", "[1,2]"),
            ("posts", "[1,2]"),
            ("limit", "3"),
        ],
    ),
    ("actor_lists", &[("actor", "1"), ("before_ms", "5"), ("before_rkey", "9"), ("limit", "3")]),
    (
        "actor_records",
        &[
            ("actor", "1"),
            ("collection", "app.bsky.feed.generator"),
            ("claimed", "1"),
            ("before_ms", "5"),
            ("before_rkey", "9"),
            ("limit", "3"),
        ],
    ),
    ("actors", &[("actors", "[1,2]")]),
    (
        "author_items",
        &[
            ("actor", "1"),
            ("reposts", "1"),
            ("media", "17"),
            ("replies", "1"),
            ("before_ms", "253402300799999"),
            ("before_kind", "2"),
            ("before_rkey", "9"),
            ("limit", "3"),
        ],
    ),
    ("closed_gates", &[("roots", "[(1,2)]"), ("quoted", "[(3,4)]")]),
    ("closed_to", &[("keys", "[(1,2),(3,4)]")]),
    ("handles", &[("handles", "['a.test','b.test']")]),
    ("interactions", &[("keys", "[(1,2),(3,4)]"), ("viewer", "5"), ("op", "0")]),
    ("known_followers", &[("actors", "[1,2]"), ("viewer", "5")]),
    (
        "known_followers_of",
        &[
            ("actor", "1"),
            ("viewer", "5"),
            ("before_ms", "5"),
            ("before_actor", "9"),
            ("limit", "3"),
        ],
    ),
    ("known_likers", &[("keys", "[(1,2)]"), ("viewer", "5")]),
    (
        "liked_posts",
        &[
            ("actor", "1"),
            ("before_ms", "5"),
            ("before_actor", "9"),
            ("before_rkey", "9"),
            ("limit", "3"),
        ],
    ),
    ("liked_generators", &[("recent_ms", "5"), ("limit", "3")]),
    ("link_target", &[("actor", "1"), ("collection", "app.bsky.feed.like"), ("rkey", "2")]),
    ("labeler_services", &[("rkey", "1"), ("limit", "3")]),
    (
        "labels",
        &[
            ("actors", "[1,2]"),
            ("records", "[(1,'app.bsky.feed.post',2)]"),
            ("this", "3"),
            ("sources", "[3]"),
            ("now_ms", "-62167219200000"),
        ],
    ),
    ("likes", &[("keys", "[(1,'app.bsky.feed.generator',2)]"), ("viewer", "5")]),
    (
        "links_from",
        &[
            ("actor", "1"),
            ("collection", "app.bsky.graph.follow"),
            ("path", ".subject"),
            ("before_ms", "5"),
            ("before_actor", "9"),
            ("limit", "3"),
        ],
    ),
    (
        "links_to",
        &[
            ("target_actor", "1"),
            ("target_rkey", "2"),
            ("target_collection", "app.bsky.feed.post"),
            ("collection", "app.bsky.feed.like"),
            ("path", ".subject.uri"),
            ("before_ms", "-62167219200000"),
            ("before_actor", "9"),
            ("limit", "3"),
        ],
    ),
    ("list_blocks", &[("actors", "[1,2]"), ("subjects", "[2,3]")]),
    ("listed_by_subscribers", &[("actors", "[1,2]"), ("subjects", "[2,3]")]),
    (
        "list_feed",
        &[
            ("list_actor", "1"),
            ("list_rkey", "2"),
            ("candidates", "150"),
            ("by_author", "0"),
            ("before_ms", "253402300799999"),
            ("before_actor", "9"),
            ("before_kind", "2"),
            ("before_rkey", "9"),
            ("limit", "3"),
        ],
    ),
    (
        "list_members",
        &[
            ("actor", "1"),
            ("rkey", "2"),
            ("viewer", "1"),
            ("before_ms", "5"),
            ("before_actor", "9"),
            ("limit", "3"),
        ],
    ),
    ("list_memberships", &[("subject", "1"), ("keys", "[(3,4)]")]),
    ("list_samples", &[("keys", "[(3,4)]"), ("viewer", "5"), ("limit", "3")]),
    ("list_sizes", &[("keys", "[(3,4)]")]),
    ("list_subscriptions", &[("actor", "1"), ("keys", "[(3,4)]")]),
    ("op_replies", &[("actor", "1"), ("rkey", "2"), ("limit", "3")]),
    ("posts", &[("epoch_ms", "5"), ("keys", "[(1,2),(3,4)]")]),
    ("profile_counts", &[("actors", "[1,2]")]),
    (
        "quotes",
        &[
            ("target_actor", "1"),
            ("target_rkey", "2"),
            ("before_ms", "5"),
            ("before_actor", "9"),
            ("before_rkey", "9"),
            ("limit", "3"),
        ],
    ),
    (
        "query_labels",
        &[
            ("uris", "['did:web:a.test']"),
            ("actors", "[1,2]"),
            ("sources", "[3]"),
            ("now_ms", "5"),
            ("after_actor", "1"),
            ("after_collection", "app.bsky.feed.post"),
            ("after_rkey", "2"),
            ("after_src", "3"),
            ("after_id", "4"),
            ("limit", "3"),
        ],
    ),
    ("record_heads", &[("collections", "['app.bsky.feed.like']"), ("keys", "[(1,2)]")]),
    (
        "records",
        &[("epoch_ms", "5"), ("collections", "['app.bsky.feed.post']"), ("keys", "[(1,2)]")],
    ),
    ("refused_quotes", &[("keys", "[(1,2)]"), ("quoted", "[(3,4)]")]),
    ("refused_replies", &[("keys", "[(1,2),(3,4)]"), ("roots", "[(3,4)]")]),
    ("relations", &[("pairs", "[(1,2),(2,1)]")]),
    ("repo_rev", &[("actor", "1")]),
    ("reposted_posts", &[("actors", "[1,2]"), ("keys", "[(1,2)]")]),
    ("starter_pack_joins", &[("keys", "[(1,2)]"), ("since_ms", "5"), ("this", "3")]),
    ("suggested_starter_packs", &[("viewer", "1"), ("limit", "3")]),
    ("followers_sample", &[("actor", "1"), ("limit", "3")]),
    (
        "search_actors",
        &[
            ("beginning", "ali"),
            ("except", "[5]"),
            ("before_rank", "9"),
            ("before_actor", "9"),
            ("names", "200"),
            ("limit", "3"),
        ],
    ),
    (
        "search_actors_words",
        &[
            ("beginnings", "['ali','b']"),
            ("first", "ali"),
            ("second", "bcd"),
            ("third", ""),
            ("except", "[5]"),
            ("before_rank", "9"),
            ("before_actor", "9"),
            ("names", "200"),
            ("limit", "3"),
        ],
    ),
    ("followed_names", &[("viewer", "1"), ("limit", "3")]),
    ("names_to_read", &[("after_actor", "1"), ("limit", "3")]),
    (
        "offered_to_read",
        &[
            ("collection", "app.bsky.graph.list"),
            ("after_actor", "1"),
            ("after_rkey", "2"),
            ("limit", "3"),
        ],
    ),
    ("standings", &[("actors", "[1,2]")]),
    (
        "suggested_actors",
        &[
            ("seeds", "[1,2]"),
            ("viewer", "5"),
            ("before_rank", "9"),
            ("before_actor", "9"),
            ("limit", "3"),
        ],
    ),
    ("trends", &[("since_ms", "5"), ("limit", "3")]),
    (
        "trend_history",
        &[
            ("since_ms", "5"),
            ("until_ms", "9"),
            ("lang", "en"),
            ("before_ms", "253402300799999"),
            ("before_id", "9"),
            ("limit", "3"),
        ],
    ),
    ("post_revs", &[("keys", "[(1,2)]")]),
    ("posts_to_read", &[("after_actor", "1"), ("after_rkey", "2"), ("limit", "3")]),
    ("thread", &[("actor", "1"), ("rkey", "2"), ("limit", "3")]),
    ("thread_root", &[("actor", "1"), ("rkey", "2")]),
    (
        "timeline",
        &[
            ("viewer", "1"),
            ("candidates", "150"),
            ("by_author", "0"),
            ("before_ms", "253402300799999"),
            ("before_actor", "9"),
            ("before_kind", "2"),
            ("before_rkey", "9"),
            ("limit", "3"),
        ],
    ),
    ("verifications", &[("actors", "[1,2]"), ("issuers", "[3]")]),
];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/read"))
}

fn sql(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.sql"))).unwrap()
}

fn query(store: &Store, sql: &str, parameters: &[(&str, &str)]) -> Query {
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    let with = |query: Query, &(name, value): &(&str, &str)| {
        query.with_setting(format!("param_{name}"), value)
    };
    parameters.iter().fold(client.query(sql), with)
}

#[test]
fn every_file_has_its_case_and_says_what_it_needs() {
    let files = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<_> =
        files.filter_map(|name| name.strip_suffix(".sql").map(str::to_owned)).collect();
    let cases: BTreeSet<_> = CASES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, cases);
    for (name, parameters) in CASES {
        let sql = sql(name);
        assert!(
            !sql.contains('?'),
            "{name}: the client would take a question mark for an argument"
        );
        let comments = sql.lines().take_while(|line| line.starts_with("--")).collect::<String>();
        for (parameter, _) in *parameters {
            assert!(
                comments.contains(&format!("{parameter} ")),
                "{name}: {parameter} is not in its comment"
            );
            assert!(
                sql.contains(&format!("{{{parameter}:")),
                "{name}: {parameter} is not in its text"
            );
        }
    }
}

#[tokio::test]
async fn every_query_runs() {
    let Some(store) = engine::store().await else { return };
    for (name, parameters) in CASES {
        let ran = query(&store, &sql(name), parameters).execute().await;
        assert!(ran.is_ok(), "{name}: {ran:?}");
    }
}

/// Tables and the key columns by which ClickHouse finds the rows, out of `EXPLAIN indexes = 1`.
#[tokio::test]
async fn every_read_goes_by_a_key() {
    let Some(store) = engine::store().await else { return };
    // An empty table is not planned at all.
    for table in [
        "records",
        "links",
        "posts",
        "post_texts",
        "feed_items",
        "lists",
        "list_items",
        "profiles",
        "trends",
    ] {
        let random = format!(
            "INSERT INTO {table} SELECT * REPLACE (0 AS deleted) FROM generateRandom() LIMIT 3"
        );
        query(&store, &random, &[]).execute().await.unwrap();
    }
    let others = ["actors", "repos", "labels", "thread_gates", "post_gates"];
    for table in others.into_iter().chain(["standings", "ranked_names", "best_names"]) {
        let random = format!("INSERT INTO {table} SELECT * FROM generateRandom() LIMIT 3");
        query(&store, &random, &[]).execute().await.unwrap();
    }
    let mut all = String::new();
    for (name, parameters) in CASES {
        let explained = query(&store, &format!("EXPLAIN indexes = 1\n{}", sql(name)), parameters);
        let lines: Vec<String> = explained.fetch_all().await.unwrap();
        all.push_str(&format!("{name}\n"));
        for table in by_table(&lines) {
            assert!(table.contains(": "), "{name} reads {table} without a key");
            all.push_str(&format!("    {table}\n"));
        }
    }
    insta::assert_snapshot!("keys_used", all);
}

/// `table: key, columns` of each read. Numbers of parts and granules are left out: they depend on merges.
fn by_table(lines: &[String]) -> Vec<String> {
    let mut tables: Vec<String> = Vec::new();
    let mut in_keys = false;
    let drawing = |c: char| c.is_whitespace() || "│├└─".contains(c);
    for line in lines.iter().map(|line| line.trim_matches(drawing)) {
        if let Some(name) = line.strip_prefix("ReadFromMergeTree (") {
            let name = name.trim_end_matches(')');
            tables.push(name.rsplit('.').next().unwrap_or(name).to_owned());
        }
        let Some(table) = tables.last_mut() else { continue };
        if line.starts_with("Condition:") {
            in_keys = false;
        } else if in_keys {
            table.push_str(if table.contains(": ") { ", " } else { ": " });
            table.push_str(line);
        }
        in_keys |= line == "Keys:" && !table.contains(": ");
    }
    tables
}
