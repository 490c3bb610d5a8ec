//! A client that goes away stops its statement, and its connection serves the next one.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use crate::server::{self, Server, post};

/// Waits until no statement but the one that asks is running.
async fn idle(server: &Server) -> bool {
    for _ in 0..100 {
        let running = post(server, &[], "SELECT count() FROM system.processes").await.text();
        if running == "1\n" {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// Sends a request and drops it after a while.
async fn abandon(server: &Server, sql: &'static str) {
    let request = post(server, &[], sql);
    assert!(tokio::time::timeout(Duration::from_millis(500), request).await.is_err(), "{sql}");
}

#[tokio::test]
async fn a_statement_without_a_client_is_killed() {
    let Some(server) = server::start() else { return };
    post(&server, &[], "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    for sql in [
        // Computes, and would answer much later.
        "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)",
        // Answers without end.
        "SELECT * FROM numbers(1000000000000)",
        // Writes without end, and answers nothing.
        "INSERT INTO FUNCTION null('a UInt64') SELECT number FROM numbers(1000000000000)",
    ] {
        abandon(&server, sql).await;
        assert!(idle(&server).await, "still running: {sql}");
    }
}

#[tokio::test]
async fn a_dropped_cursor_stops_its_query_and_frees_the_connection() {
    let Some(server) = server::start() else { return };
    let client = server.client();
    // More cursors than the engine has connections.
    for _ in 0..100 {
        let mut rows = client
            .query("SELECT number FROM numbers(1000000000000)")
            .fetch::<u64>()
            .expect("a cursor");
        assert_eq!(rows.next().await.expect("a row"), Some(0));
    }
    assert!(idle(&server).await);
}

#[tokio::test]
async fn an_insert_that_is_cut_off_ends_and_is_not_taken_for_complete() {
    let Some(server) = server::start() else { return };
    post(&server, &[], "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let client = server.client();
    for _ in 0..100 {
        let mut insert = client.insert::<Number>("t").await.expect("an insert");
        insert.write(&Number { a: 1 }).await.expect("a row");
        drop(insert);
    }
    assert!(idle(&server).await);
    assert_eq!(post(&server, &[], "SELECT count() FROM t").await.text(), "0\n");
}

/// Such a body is received whole first.
#[tokio::test]
async fn a_small_statement_that_is_cut_off_does_not_run() {
    let Some(server) = server::start() else { return };
    post(&server, &[], "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let address = server.url.strip_prefix("http://").expect("the engine speaks HTTP");
    let text = "INSERT INTO t VALUES (1)";
    for (missing, expected) in [(1, "0\n"), (0, "1\n")] {
        let mut stream = TcpStream::connect(address).expect("a connection");
        let len = text.len() + missing;
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {len}\r\n\r\n{text}"
        )
        .expect("a request");
        if missing > 0 {
            stream.shutdown(Shutdown::Write).expect("a connection");
        }
        // However it is refused, by an answer or by an end.
        let _ = stream.read_to_end(&mut Vec::new());
        assert_eq!(post(&server, &[], "SELECT count() FROM t").await.text(), expected);
    }
}

#[derive(clickhouse::Row, serde::Serialize)]
struct Number {
    a: u64,
}
