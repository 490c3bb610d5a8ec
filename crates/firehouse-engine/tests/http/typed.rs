//! The `clickhouse` crate: typed rows in and out.

use clickhouse::{Row, error::Result};
use serde::{Deserialize, Serialize};

use crate::server;

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Post {
    actor: u64,
    rkey: u64,
    text: String,
    langs: Vec<String>,
    reply: Option<u64>,
    score: f64,
}

impl Post {
    fn numbered(number: u64) -> Self {
        Self {
            actor: number % 97,
            rkey: number,
            text: format!("post {number} 'quoted' \\ \u{1f525}"),
            langs: vec!["en".to_owned(); (number % 3) as usize],
            reply: number.is_multiple_of(2).then_some(number / 2),
            score: number as f64 / 8.0,
        }
    }
}

const CREATE: &str = "CREATE TABLE posts (actor UInt64, rkey UInt64, text String, \
    langs Array(String), reply Nullable(UInt64), score Float64) \
    ENGINE = MergeTree ORDER BY (actor, rkey)";

async fn insert(client: &clickhouse::Client, numbers: std::ops::Range<u64>) -> Result<()> {
    let mut insert = client.insert::<Post>("posts").await?;
    for number in numbers {
        insert.write(&Post::numbered(number)).await?;
    }
    insert.end().await
}

#[tokio::test]
async fn typed_rows_come_back_as_they_were_written() -> Result<()> {
    let Some(server) = server::start() else { return Ok(()) };
    let plain = clickhouse::Compression::None;
    for client in [server.client(), server.client().with_compression(plain)] {
        client.query("DROP TABLE IF EXISTS posts").execute().await?;
        client.query(CREATE).execute().await?;
        insert(&client, 0..10_000).await?;
        let query = "SELECT ?fields FROM posts ORDER BY rkey";
        let rows = client.query(query).fetch_all::<Post>().await?;
        assert!(rows == (0..10_000).map(Post::numbered).collect::<Vec<_>>());
    }
    Ok(())
}

#[derive(Row, Deserialize)]
struct Bound {
    text: String,
    numbers: Vec<u32>,
    none: Option<i8>,
}

#[tokio::test]
async fn values_are_bound_by_the_server_and_by_the_client() -> Result<()> {
    let Some(server) = server::start() else { return Ok(()) };
    let client = server.client();
    let nasty = "a'; DROP TABLE posts; -- \\ {x:String} ?";
    let bound =
        client.query("SELECT {text:String} AS text, {numbers:Array(UInt32)} AS numbers, {none:Nullable(Int8)} AS none");
    let Bound { text, numbers, none } = bound
        .param("text", nasty)
        .param("numbers", vec![1u32, 2, 3])
        .param("none", None::<i8>)
        .fetch_one::<Bound>()
        .await?;
    assert_eq!((text.as_str(), numbers, none), (nasty, vec![1, 2, 3], None));
    let text: String = client.query("SELECT ?").bind(nasty).fetch_one().await?;
    assert_eq!(text, nasty);
    // Far longer than a URL may be.
    let long = "x".repeat(300_000);
    let query = client.query("SELECT length({text:String})").param("text", &long);
    assert_eq!(query.fetch_one::<u64>().await?, 300_000);
    Ok(())
}

#[tokio::test]
async fn a_large_result_is_streamed_without_being_held_in_memory() -> Result<()> {
    let Some(server) = server::start() else { return Ok(()) };
    let client = server.client();
    client.query("SELECT 1").fetch_one::<u8>().await?;
    let before = server.resident_bytes();
    // 1.6 GB of rows.
    let mut rows = client
        .query("SELECT number, repeat('x', 150) FROM numbers(10000000)")
        .fetch::<(u64, String)>()?;
    let (mut count, mut sum) = (0u64, 0u64);
    while let Some((number, _)) = rows.next().await? {
        count += 1;
        sum += number;
    }
    assert_eq!((count, sum), (10_000_000, 49_999_995_000_000));
    if let (Some(before), Some(after)) = (before, server.resident_bytes()) {
        assert!(after < before + (600 << 20), "from {before} to {after} bytes");
    }
    Ok(())
}

#[tokio::test]
async fn many_clients_write_and_read_at_once() -> Result<()> {
    let Some(server) = server::start() else { return Ok(()) };
    let client = server.client();
    client.query(CREATE).execute().await?;
    let tasks: Vec<_> = (0..64u64)
        .map(|task| {
            let client = client.clone();
            tokio::spawn(async move {
                insert(&client, task * 100..(task + 1) * 100).await?;
                let query = client.query("SELECT count() FROM posts WHERE rkey >= ? AND rkey < ?");
                query.bind(task * 100).bind((task + 1) * 100).fetch_one::<u64>().await
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic")?, 100);
    }
    assert_eq!(client.query("SELECT count() FROM posts").fetch_one::<u64>().await?, 6400);
    Ok(())
}

#[tokio::test]
async fn rows_are_there_after_a_kill_and_a_restart() -> Result<()> {
    let data = tempfile::TempDir::new().expect("a temporary directory");
    let Some(mut command) = server::command(data.path()) else { return Ok(()) };
    command.args(["--setting", "fsync_metadata=1"]);
    let server = server::Server::spawn(&mut command);
    server.client().query("CREATE DATABASE firehouse ENGINE = Atomic").execute().await?;
    let client = server.client().with_database("firehouse");
    client.query(CREATE).execute().await?;
    insert(&client, 0..1000).await?;
    server.kill();
    let server = server::Server::spawn(&mut command);
    let client = server.client().with_database("firehouse");
    assert_eq!(client.query("SELECT count() FROM posts").fetch_one::<u64>().await?, 1000);
    Ok(())
}
