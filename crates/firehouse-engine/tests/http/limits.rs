//! Settings of one request: enforced by the engine, and gone with the request.

use crate::server::{self, post, send};

#[tokio::test]
async fn limits_in_the_url_are_enforced() {
    let Some(server) = server::start() else { return };
    let code = async |parameters: &[(&str, &str)], sql: &'static str| {
        let answer = post(&server, parameters, sql).await;
        answer.code().to_owned()
    };
    let endless = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)";
    assert_eq!(code(&[("max_execution_time", "1")], endless).await, "159");
    assert_eq!(code(&[("max_result_rows", "10")], "SELECT number FROM numbers(100)").await, "396");
    let greedy = "SELECT groupArray(number) FROM numbers(100000000) FORMAT Null";
    assert_eq!(code(&[("max_memory_usage", "10000000")], greedy).await, "241");
    // None of them is left behind.
    assert_eq!(code(&[], "SELECT number FROM numbers(100)").await, "");
}

#[tokio::test]
async fn readonly_cannot_be_left() {
    let Some(server) = server::start() else { return };
    post(&server, &[], "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a").await;
    let readonly = [("readonly", "1")];
    for sql in [
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t SELECT 1",
        "DROP TABLE t",
        "CREATE TABLE u (a UInt8) ENGINE = Memory",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "INSERT INTO t SETTINGS readonly = 0 VALUES (1)",
        "INSERT INTO FUNCTION file('f.csv') SELECT 1",
        "ALTER TABLE t DELETE WHERE 1",
        "TRUNCATE TABLE t",
        "OPTIMIZE TABLE t",
    ] {
        let answer = post(&server, &readonly, sql).await;
        assert_eq!(answer.code(), "164", "{sql}: {}", answer.text());
    }
    assert_eq!(post(&server, &readonly, "SELECT count() FROM t").await.text(), "0\n");
    // A GET may read only, whatever it asks for.
    let parameters = [("query", "DROP TABLE t"), ("readonly", "0")];
    let answer = send(&server, "GET", &parameters, &[], "").await;
    assert_eq!(answer.code(), "164");
}

#[tokio::test]
async fn what_a_client_would_do_with_its_files_is_not_done_with_the_servers() {
    let Some(server) = server::start() else { return };
    let target = std::env::temp_dir().join(format!("firehouse-outfile-{}", server.id()));
    for sql in [
        format!("SELECT 1 INTO OUTFILE '{}'", target.display()),
        format!("SELECT 1 INTO /* */ OUTFILE '{}' FORMAT CSV", target.display()),
        format!("(SELECT 1) INTO\nOUTFILE '{}' TRUNCATE", target.display()),
        format!("SHOW TABLES INTO OUTFILE '{}'", target.display()),
    ] {
        let answer = post(&server, &[], sql.clone()).await;
        assert_eq!(answer.code(), "358", "{sql}: {}", answer.text());
    }
    assert!(!target.exists());
    post(&server, &[], "CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a").await;
    let infile = "INSERT INTO t FROM INFILE '/etc/hostname' FORMAT LineAsString";
    assert_eq!(post(&server, &[], infile).await.code(), "78");
    // Wrong, and known: a server keeps table functions inside of its user_files_path, while the
    // library lets them read whatever its user may. Whoever may ask the engine may read that, too.
    let own = concat!(
        "SELECT count() > 0 FROM file('",
        env!("CARGO_MANIFEST_DIR"),
        "/Cargo.toml', 'LineAsString')"
    );
    assert_eq!(post(&server, &[], own).await.text(), "1\n");
}

#[tokio::test]
async fn a_request_leaves_nothing_behind_in_its_connection() {
    let Some(server) = server::start() else { return };
    for sql in [
        "SET max_result_rows = 1",
        "USE system",
        "CREATE TEMPORARY TABLE one (a UInt8)",
        "SELECT 1 SETTINGS max_result_rows = 1",
    ] {
        assert_eq!(post(&server, &[], sql).await.status, 200, "{sql}");
    }
    for _ in 0..3 {
        let rows = post(&server, &[], "SELECT count() FROM (SELECT number FROM numbers(5))").await;
        assert_eq!(rows.text(), "5\n");
        assert_eq!(post(&server, &[], "SELECT currentDatabase()").await.text(), "default\n");
        let gone = post(&server, &[], "SELECT * FROM one").await;
        assert_eq!(gone.code(), "60");
    }
}

#[tokio::test]
async fn the_configured_password_is_asked_for() {
    let Some(server) = server::start_with(&["--password", "secret"]) else { return };
    assert_eq!(post(&server, &[], "SELECT 1").await.status, 403);
    assert_eq!(post(&server, &[("password", "secret")], "SELECT 1").await.text(), "1\n");
    let basic = [("authorization", "Basic ZGVmYXVsdDpzZWNyZXQ=")];
    assert_eq!(send(&server, "POST", &[], &basic, "SELECT 2").await.text(), "2\n");
    let key = [("x-clickhouse-key", "secret")];
    assert_eq!(send(&server, "POST", &[], &key, "SELECT 3").await.text(), "3\n");
}
