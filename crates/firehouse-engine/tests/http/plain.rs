//! curl, and what scripts do with it.

use std::process::Command;

use crate::server;

/// Runs curl; `None`, loudly, when there is none.
fn curl(arguments: &[&str], stdin: &str) -> Option<(i32, String)> {
    use std::io::Write;
    let mut child = match Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "60"])
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(error) => {
            eprintln!("SKIPPED: curl: {error}");
            return None;
        }
    };
    child.stdin.take().expect("a pipe").write_all(stdin.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("an end");
    Some((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn check(arguments: &[&str], stdin: &str, expected: &str) {
    if let Some(found) = curl(arguments, stdin) {
        assert_eq!(found, (0, expected.to_owned()), "{arguments:?}");
    }
}

#[test]
fn curl_asks_and_inserts_in_every_way_the_manual_shows() {
    let Some(server) = server::start() else { return };
    let url = server.url.as_str();
    let with = |query: &str| format!("{url}/?query={}", query.replace(' ', "+"));
    check(&[url], "", "Ok.\n");
    check(&[&format!("{url}/ping")], "", "Ok.\n");
    check(&[&format!("{url}/replicas_status")], "", "Ok.\n");
    check(&[&with("SELECT 1")], "", "1\n");
    check(&["--data-binary", "@-", url], "SELECT 1", "1\n");
    check(&["--data-binary", "@-", &with("SELECT 1,")], "2", "1\t2\n");
    check(&["--data-binary", "@-", url], "CREATE TABLE t (a UInt8, b String) ENGINE = Memory", "");
    check(&["--data-binary", "@-", url], "INSERT INTO t VALUES (1, 'a'), (2, 'b;')", "");
    check(&["--data-binary", "@-", &with("INSERT INTO t VALUES")], "(3, lower('C'))", "");
    check(&["--data-binary", "@-", &with("INSERT INTO t FORMAT CSV")], "4,d\n5,e\n", "");
    check(&["--data-binary", "@-", url], "INSERT INTO t FORMAT TSV\n6\tf\n", "");
    check(
        &["--data-binary", "@-", url],
        "INSERT INTO t FORMAT JSONEachRow {\"a\":7,\"b\":\"g\"}",
        "",
    );
    check(
        &[
            "-H",
            "Transfer-Encoding: chunked",
            "--data-binary",
            "@-",
            &with("INSERT INTO t FORMAT CSV"),
        ],
        "8,h\n",
        "",
    );
    check(&["-X", "POST", &with("INSERT INTO t SELECT 9, 'i'")], "", "");
    check(&["-X", "POST", &with("INSERT INTO t (b) VALUES ('j')")], "", "");
    check(
        &["--data-binary", "@-", &format!("{url}/?default_format=CSV")],
        "SELECT * FROM t ORDER BY b;",
        "1,\"a\"\n2,\"b;\"\n3,\"c\"\n4,\"d\"\n5,\"e\"\n6,\"f\"\n7,\"g\"\n8,\"h\"\n9,\"i\"\n0,\"j\"\n",
    );
    check(
        &["--data-binary", "@-", &format!("{url}/?param_id=2")],
        "SELECT b FROM t WHERE a = {id:UInt8} -- end",
        "b;\n",
    );
    check(&["--form", "query=SELECT {x:String}", "--form", "param_x=it's", url], "", "it\\'s\n");
    check(
        &["--data-binary", "@-", url],
        "SELECT 'FORMAT CSV' AS format FORMAT JSONEachRow",
        "{\"format\":\"FORMAT CSV\"}\n",
    );
    check(&["--data-binary", "@-", url], "SELECT count() FROM t", "10\n");
}

#[test]
fn statements_of_every_kind_answer() {
    let Some(server) = server::start() else { return };
    let ask = |sql: &str| curl(&["--data-binary", "@-", &server.url], sql);
    for (sql, expected) in [
        ("CREATE DATABASE firehouse ENGINE = Atomic", ""),
        ("CREATE TABLE firehouse.t (a UInt8) ENGINE = MergeTree ORDER BY a", ""),
        ("INSERT INTO firehouse.t SETTINGS insert_deduplicate = 0 VALUES (1)", ""),
        ("SHOW TABLES FROM firehouse", "t\n"),
        ("EXISTS TABLE firehouse.t", "1\n"),
        ("DESCRIBE TABLE firehouse.t", "a\tUInt8\t\t\t\t\t\n"),
        (
            "DESC firehouse.t FORMAT JSONCompactEachRow",
            "[\"a\", \"UInt8\", \"\", \"\", \"\", \"\", \"\"]\n",
        ),
        ("CHECK TABLE firehouse.t SETTINGS check_query_single_value_result = 1", "1\n"),
        ("EXPLAIN SYNTAX SELECT 1", "SELECT 1\nFROM system.one\n"),
        ("WITH 1 AS x SELECT x UNION ALL SELECT x", "1\n1\n"),
        ("(SELECT 1)", "1\n"),
        ("SELECT 1 SETTINGS max_threads = 1", "1\n"),
        ("SELECT 1 SETTINGS max_threads = 1 FORMAT CSV", "1\n"),
        ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "1\n"),
        (
            "SELECT number, count() FROM numbers(2) GROUP BY number WITH TOTALS ORDER BY number",
            "0\t1\n1\t1\n\n0\t2\n",
        ),
        ("SELECT 1 FORMAT Null", ""),
        ("ALTER TABLE firehouse.t DELETE WHERE a = 1 SETTINGS mutations_sync = 1", ""),
        ("OPTIMIZE TABLE firehouse.t FINAL", ""),
        ("SYSTEM FLUSH LOGS", ""),
        ("TRUNCATE TABLE firehouse.t", ""),
        ("DROP DATABASE firehouse", ""),
    ] {
        if let Some((_, found)) = ask(sql) {
            assert_eq!(found, expected, "{sql}");
        }
    }
}

#[test]
fn what_is_kept_decoded_of_text_indexes_is_bounded() {
    let Some(server) = server::start() else { return };
    let query =
        "SELECT value FROM system.server_settings WHERE name = 'text_index_postings_cache_size'";
    check(&["--data-binary", query, &server.url], "", "268435456\n");
}
