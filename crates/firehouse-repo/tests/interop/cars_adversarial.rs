//! cars-adversarial: answers of getRepo from hosts that are careless, broken or hostile.

use bytes::Bytes;
use firehouse_repo::drisl::check_record;
use firehouse_repo::{RepoSnapshot, read_repo};
use firehouse_types::{Did, DropReason};

use crate::cars::records_sha256;
use crate::support::{NOW_US, base64, fixture, json_lines, read_json, signing_key, text};

#[test]
fn each_answer_is_taken_as_its_authors_say() {
    let Some(document) = fixture("cars-adversarial/did_doc.json") else { return };
    let document = read_json(&document);
    let (did, key) = (Did::parse(text(&document, "id")).unwrap(), signing_key(&document));
    for case in json_lines("cars-adversarial/cases.jsonl.zst") {
        let (name, reason) = (text(&case, "name"), text(&case, "reason"));
        let bytes = Bytes::from(base64(text(&case, "car_b64")));
        let result = read_repo(&bytes, &did, &key, NOW_US);
        match text(&case, "expect") {
            "accept" => {
                let repo = accepted(name, &result);
                assert_eq!((repo.dropped.len(), undecodable(repo)), (0, 0), "{name}");
                if let Some((_, digest)) = reason.split_once("records_sha256 ") {
                    let records = repo.records().map(|r| (r.path, r.cid.to_string()));
                    assert_eq!(records_sha256(records), digest, "{name}");
                }
            }
            "reject" => assert!(result.is_err(), "{name}: {reason}"),
            "accept_or_reject" => {}
            "skip_record" => {
                let repo = accepted(name, &result);
                assert_eq!((repo.dropped.len(), undecodable(repo)), (1, 0), "{name}");
            }
            "keep_bytes_record_undecodable" => {
                let repo = accepted(name, &result);
                assert_eq!((repo.dropped.len(), undecodable(repo)), (0, 1), "{name}");
            }
            other => panic!("{name} expects {other}"),
        }
    }
}

fn accepted<'r>(name: &str, result: &'r Result<RepoSnapshot, DropReason>) -> &'r RepoSnapshot {
    result.as_ref().unwrap_or_else(|reason| panic!("{name}: {reason:?}"))
}

fn undecodable(repo: &RepoSnapshot) -> usize {
    repo.records().filter(|record| check_record(&record.record).is_err()).count()
}
