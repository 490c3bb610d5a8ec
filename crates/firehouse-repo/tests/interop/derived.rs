//! firehose/derived: recorded frames with one thing changed. What concerns the connection or the account is judged elsewhere.

use firehouse_repo::{Chain, RepoHead, VerifiedCommit, verify_commit, verify_sync};
use firehouse_types::DropReason;
use serde_json::Value;

use crate::event::{Frame, decode_frame};
use crate::frames::recorded_keys;
use crate::support::{NOW_US, base64, cid, json_lines, text};

#[test]
fn each_changed_frame_gets_its_verdict() {
    let Some(keys) = recorded_keys() else { return };
    for case in json_lines("firehose/derived/cases.jsonl.zst") {
        let expect = text(&case, "expect");
        let Some(key) = case["did"].as_str().and_then(|did| keys.get(did)) else { continue };
        let head = head(&case["state_before"]);
        match decode_frame(&base64(text(&case, "frame_b64"))) {
            Frame::Commit(event) => {
                let result = verify_commit(&event, key, head, NOW_US);
                check_commit(&case, expect, &result);
            }
            Frame::Sync(event) => {
                let result = verify_sync(&event, key, NOW_US);
                assert_eq!(result.is_ok(), expect == "sync", "{} {result:?}", case["name"]);
            }
            // Not even an event: dropped before it comes here, or the connection is.
            Frame::Other => {
                let elsewhere = ["drop", "hard_error", "ignore", "stream_error", "gap_alarm"];
                assert!(elsewhere.contains(&expect), "{} expects {expect}", case["name"]);
            }
        }
    }
}

fn head(state: &Value) -> Option<RepoHead> {
    let rev = state["rev"].as_str()?.parse().ok()?;
    Some(RepoHead { rev, data: cid(text(state, "data")) })
}

fn check_commit(case: &Value, expect: &str, result: &Result<VerifiedCommit, DropReason>) {
    let chain = result.as_ref().map(|commit| commit.chain);
    let is_linked = chain == Ok(Chain::Linked);
    let must_fetch = matches!(chain, Ok(Chain::Unlinked(_)) | Err(DropReason::TooBig));
    let fits = match expect {
        "accept" => is_linked && result.as_ref().is_ok_and(|c| c.dropped.is_empty()),
        "drop" => result.is_err(),
        "resync" => must_fetch,
        "accept_or_resync" => is_linked || must_fetch,
        "accept_lenient_or_resync" => {
            must_fetch && result.as_ref().is_ok_and(|c| !c.ops.is_empty())
        }
        "drop_or_resync" => {
            must_fetch && result.as_ref().is_ok_and(|c| c.ops.is_empty()) || result.is_err()
        }
        // A fault of the frame that this lenient decoder of tests does not see.
        "hard_error" | "ignore" => true,
        other => panic!("{} expects {other}", case["name"]),
    };
    assert!(fits, "{} expects {expect} ({}), found {chain:?}", case["name"], case["reason"]);
}
