//! The engine as a process: its lock, its listener, its end.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use crate::server::{self, Server, post};

#[test]
fn a_data_directory_serves_one_process() {
    let data = tempfile::TempDir::new().expect("a temporary directory");
    let Some(mut command) = server::command(data.path()) else { return };
    let first = Server::spawn(&mut command);
    let ready = std::iter::repeat_with(|| {
        std::net::TcpStream::connect(first.url.trim_start_matches("http://"))
    });
    assert!(ready.take(100).any(|connected| connected.is_ok()));
    // The lock is taken while the engine starts: wait until it answers.
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    assert_eq!(runtime.block_on(post(&first, &[], "SELECT 1")).text(), "1\n");
    let second = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().expect("it runs");
    let errors = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && errors.contains("in use by another process"), "{errors}");
}

#[test]
fn other_machines_are_not_served_unless_the_configuration_says_so() {
    let data = tempfile::TempDir::new().expect("a temporary directory");
    let Some(mut command) = server::command(data.path()) else { return };
    command.args(["--listen", "0.0.0.0:0"]).stderr(Stdio::piped());
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("not a loopback address"), "{errors}");
}

#[tokio::test]
async fn sigterm_lets_a_running_request_finish() {
    let Some(mut server) = server::start() else { return };
    assert_eq!(post(&server, &[], "SELECT 1").await.text(), "1\n");
    let slow = "SELECT sleepEachRow(0.5) FROM numbers(3)";
    let id = server.id().to_string();
    let (answer, killed) = tokio::join!(post(&server, &[], slow), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Command::new("kill").args(["-TERM", &id]).status()
    });
    assert!(killed.is_ok_and(|status| status.success()));
    assert_eq!((answer.status, answer.text().as_str()), (200, "0\n0\n0\n"));
    assert!(server.wait().success());
}

#[test]
fn it_stops_when_its_standard_input_closes_if_told_so() {
    let data = tempfile::TempDir::new().expect("a temporary directory");
    let Some(mut command) = server::command(data.path()) else { return };
    command.arg("--stop-with-stdin").stdin(Stdio::piped());
    let mut server = Server::spawn(&mut command);
    assert!(server.close_stdin());
    assert!(server.wait().success());
}

#[tokio::test]
async fn a_damaged_part_ends_it_and_the_next_start_sets_it_aside() {
    let data = tempfile::TempDir::new().expect("a temporary directory");
    let Some(mut command) = server::command(data.path()) else { return };
    let mut first = Server::spawn(&mut command);
    for sql in [
        "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (2)",
    ] {
        assert_eq!(post(&first, &[], sql).await.status, 200, "{sql}");
    }
    let path = "SELECT path FROM system.parts WHERE table = 't' AND name = 'all_2_2_0'";
    let part = post(&first, &[], path).await.text();
    // As a disk that runs full leaves it.
    let files =
        std::fs::read_dir(part.trim()).expect("a part").map(|file| file.expect("a file").path());
    let marks: Vec<_> = files.filter(|path| path.to_string_lossy().contains(".cmrk")).collect();
    assert!(!marks.is_empty());
    for marks in marks {
        std::fs::write(marks, "").expect("it is ours");
    }
    // Whether the answer still comes is a matter of chance.
    let sum = "SELECT sum(a) FROM t";
    assert!(first.client().query(sum).fetch_one::<u64>().await.is_err());
    assert!(!first.wait().success());
    let second = Server::spawn(&mut command);
    assert_eq!(post(&second, &[], sum).await.text(), "1\n");
}
