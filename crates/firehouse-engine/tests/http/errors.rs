//! Errors: the engine's words, its code, and the status ClickHouse gives to that code.

use crate::server::{self, Server, post};

async fn check(
    server: &Server,
    parameters: &[(&str, &str)],
    body: &str,
    status: u16,
    code: &str,
    word: &str,
) {
    let answer = post(server, parameters, body.to_owned()).await;
    let found = (answer.status, answer.code());
    assert_eq!(found, (status, code), "{body} {parameters:?}: {}", answer.text());
    assert!(answer.text().contains(word), "{}", answer.text());
    assert!(
        answer.text().starts_with(&format!("Code: {code}. DB::Exception: ")),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn errors_have_clickhouses_codes_and_statuses() {
    let Some(server) = server::start() else { return };
    let check =
        async |body, status, code, word| check(&server, &[], body, status, code, word).await;
    check("SELEC 1", 400, "62", "(SYNTAX_ERROR)").await;
    check("SELECT nosuch", 404, "47", "`nosuch`").await;
    check("SELECT * FROM nosuch", 404, "60", "(UNKNOWN_TABLE)").await;
    check("SELECT 1 FORMAT Nosuch", 404, "73", "(UNKNOWN_FORMAT)").await;
    check("SELECT toUInt8('x')", 400, "6", "(CANNOT_PARSE_TEXT)").await;
    check("SELECT throwIf(1)", 500, "395", "(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)").await;
    check("INSERT INTO nosuch VALUES (1)", 404, "60", "(UNKNOWN_TABLE)").await;
    check("INSERT INTO nosuch SELECT 1", 404, "60", "(UNKNOWN_TABLE)").await;
    check("INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV 1", 501, "48", "input").await;
    check("1 + 1", 400, "62", "(SYNTAX_ERROR)").await;
    check("SELECT 1; SELECT 2", 400, "62", "Multi-statements are not allowed").await;
    check("", 400, "62", "Empty query").await;
}

#[tokio::test]
async fn what_the_url_asks_for_is_checked_before_the_engine_sees_it() {
    let Some(server) = server::start() else { return };
    let sql = "SELECT 1";
    check(&server, &[("database", "nosuch")], sql, 404, "81", "nosuch").await;
    check(&server, &[("nosuch_setting", "1")], sql, 404, "115", "nosuch_setting").await;
    check(&server, &[("max_threads", "many")], sql, 400, "27", "many").await;
    check(&server, &[("session_id", "s")], sql, 501, "48", "session_id").await;
    check(&server, &[("password", "wrong")], sql, 403, "516", "Authentication failed").await;
    check(&server, &[("user", "nobody")], sql, 403, "516", "nobody").await;
    check(&server, &[("default_format", "a; b")], sql, 404, "73", "a; b").await;
}

#[tokio::test]
async fn an_insert_that_fails_says_why_and_writes_nothing() {
    let Some(server) = server::start() else { return };
    post(&server, &[], "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a").await;
    let insert = [("query", "INSERT INTO t FORMAT CSV")];
    check(&server, &insert, "1\n2\nthree\n", 400, "117", "three").await;
    check(&server, &[("query", "INSERT INTO t (b) FORMAT CSV")], "1\n", 500, "16", "b").await;
    // So much data that the client is still sending when the error is found.
    let big = format!("x\n{}", "1\n".repeat(5_000_000));
    check(&server, &insert, &big, 400, "117", "INCORRECT_DATA").await;
    assert_eq!(post(&server, &[], "SELECT count() FROM t").await.text(), "0\n");
}

#[tokio::test]
async fn an_error_in_mid_stream_reaches_a_typed_client_and_a_plain_one() {
    let Some(server) = server::start() else { return };
    let sql = "SELECT throwIf(number = 4000000) FROM numbers(5000000)";
    for client in [server.client(), server.client().with_compression(clickhouse::Compression::None)]
    {
        let mut rows = client.query(sql).fetch::<u8>().expect("a cursor");
        let mut count = 0u64;
        let error = loop {
            match rows.next().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => panic!("the error is lost after {count} rows"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(count > 100_000, "the answer had begun: {count}");
        assert!(error.contains("Code: 395. DB::Exception"), "{error}");
    }
    let answer = post(&server, &[], sql).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.contains_key("x-clickhouse-exception-tag"));
    assert!(answer.cut_off, "the answer must not look complete");
}

#[tokio::test]
async fn a_query_id_in_use_is_refused() {
    let Some(server) = server::start() else { return };
    let slow = "SELECT sleepEachRow(0.5) FROM numbers(3)";
    let named = [("query_id", "mine")];
    let (first, second) = tokio::join!(post(&server, &named, slow), async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        post(&server, &named, "SELECT 1").await
    });
    assert_eq!((first.status, first.header("x-clickhouse-query-id")), (200, "mine"));
    assert_eq!(second.code(), "216", "{}", second.text());
    assert_eq!(post(&server, &named, "SELECT 1").await.text(), "1\n");
}
