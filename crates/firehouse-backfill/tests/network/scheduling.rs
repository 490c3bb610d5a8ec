//! Many repos from many hosts: each job once, whatever hosts and documents do meanwhile.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use firehouse_backfill::{
    Config, FetchError, Gone, Host, Job, Outcome, Priority, Reason, SubmitError,
};
use firehouse_types::DropReason;

use crate::make::{Count, car_answer, config, metric};
use crate::testing::{Account, posts, rev};
use crate::town::{Scheduling, Server, directory, pds, schedule};

fn account(n: usize) -> Account {
    Account::new(&format!("did:plc:{n:a>24}").replace(|c: char| c.is_ascii_digit(), "b"))
}

/// Accounts whose DIDs differ.
fn accounts(count: usize) -> Vec<Account> {
    let letter = |n: usize| char::from(b"abcdefghijklmnopqrstuvwxyz"[n % 26]);
    let did = |n: usize| format!("did:plc:{}{}{}", "a".repeat(22), letter(n / 26), letter(n));
    (0..count).map(|n| Account::new(&did(n))).collect()
}

fn job(account: &Account, host: Option<&Server>) -> Job {
    Job {
        did: account.did.clone(),
        host: host.map(|host| host.running.host()),
        reason: Reason::New,
        priority: Priority::Normal,
        not_before: None,
    }
}

/// A PDS that has the repo of the account at rev `at`, and a directory that says so.
fn keep(pds: &Server, directory: &Server, account: &Account, at: u64) {
    let car = account.repo(rev(at), &posts(at)).car();
    pds.known.set(account.did.as_str(), move || car_answer(car.clone(), 1_000));
    directory.settle(account, pds);
}

async fn outcome(scheduling: &mut Scheduling) -> Outcome {
    let outcome = tokio::time::timeout(Duration::from_secs(60), scheduling.outcomes.next());
    outcome.await.expect("in time").expect("one more")
}

#[tokio::test]
async fn every_repo_of_every_host_comes_once() {
    let (directory, hosts) = (directory().await, [pds().await, pds().await, pds().await]);
    let accounts = accounts(60);
    for (n, account) in accounts.iter().enumerate() {
        keep(&hosts[n % 3], &directory, account, 1 + n as u64 % 7);
    }
    let mut scheduling = schedule(&config(), directory.resolver());
    for (n, account) in accounts.iter().enumerate() {
        // Some with the right host, some with a wrong one, some without.
        let host = [Some(&hosts[n % 3]), Some(&hosts[(n + 1) % 3]), None][n / 3 % 3];
        scheduling.scheduler.submit(&job(account, host)).await.expect("it runs");
    }
    let mut found = HashMap::new();
    for _ in &accounts {
        let outcome = outcome(&mut scheduling).await;
        let repo = outcome.result.expect("a repo");
        assert_eq!(*repo.did(), outcome.did);
        assert!(found.insert(outcome.did.to_string(), repo.record_count()).is_none(), "once");
    }
    for (n, account) in accounts.iter().enumerate() {
        assert_eq!(found[account.did.as_str()], 1 + n as u64 % 7);
        assert_eq!(hosts[n % 3].known.asked(account.did.as_str()), 1);
    }
    assert_eq!(scheduling.scheduler.queued(), 0);
    let fetched = metric(&scheduling.registry, "firehouse_backfill_jobs_total", &["fetched"]);
    assert_eq!(fetched, 60.0);
}

#[tokio::test]
async fn what_is_gone_is_an_answer_and_what_fails_is_tried_again_and_given_up() {
    let (directory, pds) = (directory().await, pds().await);
    let [gone, flaky, forged]: [Account; 3] = accounts(3).try_into().ok().expect("three");
    for account in [&gone, &flaky, &forged] {
        keep(&pds, &directory, account, 3);
    }
    let takendown = || (StatusCode::BAD_REQUEST, r#"{"error":"RepoTakendown"}"#).into_response();
    pds.known.set(gone.did.as_str(), takendown);
    let (whole, count) = (flaky.repo(rev(3), &posts(3)).car(), Count::default());
    pds.known.set(flaky.did.as_str(), move || match count.up() {
        0 => car_answer(whole[..whole.len() / 2].to_vec(), 1_000),
        _ => car_answer(whole.clone(), 1_000),
    });
    let other = account(1).repo(rev(3), &posts(3)).car();
    pds.known.set(forged.did.as_str(), move || car_answer(other.clone(), 1_000));
    let mut scheduling = schedule(&config(), directory.resolver());
    for account in [&gone, &flaky, &forged] {
        scheduling.scheduler.submit(&job(account, None)).await.expect("it runs");
    }
    for _ in 0..3 {
        let outcome = outcome(&mut scheduling).await;
        match outcome.result {
            Ok(repo) => assert_eq!((&outcome.did, repo.record_count()), (&flaky.did, 3)),
            Err(gave_up) if outcome.did == gone.did => {
                assert!(matches!(gave_up.error, FetchError::Gone(Gone::Takendown)));
                assert_eq!(gave_up.attempts, 1);
            }
            Err(gave_up) => {
                assert_eq!((&outcome.did, gave_up.attempts), (&forged.did, 2));
                let is_refused =
                    matches!(gave_up.error, FetchError::Refused(DropReason::CommitMismatch));
                assert!(is_refused, "{gave_up:?}");
            }
        }
    }
    assert_eq!(pds.known.asked(flaky.did.as_str()), 2);
    assert_eq!(metric(&scheduling.registry, "firehouse_backfill_retries_total", &[]), 2.0);
}

#[tokio::test]
async fn an_account_that_moved_is_fetched_from_where_it_moved_to() {
    let (directory, old, new) = (directory().await, pds().await, pds().await);
    let account = account(1);
    keep(&old, &directory, &account, 3);
    let resolver = directory.resolver();
    resolver.resolve(&account.did).await.expect("a document");
    // The old host still has the repo as it was; our copy of the document is from before.
    keep(&new, &directory, &account, 9);
    let mut scheduling = schedule(&config(), resolver);
    let stale = Job { not_before: Some(rev(9)), ..job(&account, Some(&old)) };
    scheduling.scheduler.submit(&stale).await.expect("it runs");
    let outcome = outcome(&mut scheduling).await;
    assert_eq!(outcome.host, Some(new.running.host()));
    assert_eq!(outcome.result.expect("a repo").head().rev, rev(9));
    assert_eq!(
        (old.known.asked(account.did.as_str()), new.known.asked(account.did.as_str())),
        (1, 1)
    );
}

#[tokio::test]
async fn a_repo_that_fell_out_of_step_is_looked_up_anew_at_once() {
    let (directory, old, new) = (directory().await, pds().await, pds().await);
    let account = account(1);
    keep(&old, &directory, &account, 3);
    let resolver = directory.resolver();
    resolver.resolve(&account.did).await.expect("a document");
    keep(&new, &directory, &account, 9);
    let mut scheduling = schedule(&config(), resolver);
    let job = Job { reason: Reason::Desynchronized, ..job(&account, Some(&old)) };
    scheduling.scheduler.submit(&job).await.expect("it runs");
    let outcome = outcome(&mut scheduling).await;
    assert!(outcome.reasons.contains(Reason::Desynchronized));
    assert_eq!(outcome.result.expect("a repo").head().rev, rev(9));
    assert_eq!(old.known.asked(account.did.as_str()), 0);
}

#[tokio::test]
async fn one_dead_host_keeps_nobody_from_the_others_and_its_jobs_are_given_up() {
    let (directory, good, bad) = (directory().await, pds().await, pds().await);
    let accounts = accounts(40);
    for (n, account) in accounts.iter().enumerate() {
        keep(if n % 2 == 0 { &good } else { &bad }, &directory, account, 2);
        if n % 2 == 1 {
            bad.known.set(account.did.as_str(), || StatusCode::BAD_GATEWAY.into_response());
        }
    }
    // Parked hosts stay parked for the test.
    let config = Config { backoff_min_ms: 600_000, backoff_max_ms: 600_000, ..config() };
    let mut scheduling = schedule(&config, directory.resolver());
    for (n, account) in accounts.iter().enumerate() {
        let host = if n % 2 == 0 { &good } else { &bad };
        scheduling.scheduler.submit(&job(account, Some(host))).await.expect("it runs");
    }
    let mut good_repos = 0;
    while good_repos < 20 {
        let outcome = outcome(&mut scheduling).await;
        match outcome.result {
            Ok(_) => good_repos += 1,
            Err(gave_up) => {
                assert!(matches!(gave_up.error, FetchError::Parked { .. }), "{gave_up:?}")
            }
        }
    }
    let report = scheduling.client.hosts().report();
    assert_eq!(report[0].host, bad.running.host());
    assert!(report[0].failures > 0 && report[1].failures == 0, "{report:?}");
    assert!(bad.known.log().len() <= 7, "{} requests to a dead host", bad.known.log().len());
}

#[tokio::test]
async fn outcomes_that_nobody_takes_stop_new_fetches() {
    let (directory, pds) = (directory().await, pds().await);
    let accounts = accounts(40);
    accounts.iter().for_each(|account| keep(&pds, &directory, account, 1));
    let config = Config { fetches_max: 3, queue_jobs_max: 10, ..config() };
    let mut scheduling = schedule(&config, directory.resolver());
    let (mut submitted, mut taken) = (0, 0);
    while submitted < accounts.len() {
        match scheduling.scheduler.try_submit(&job(&accounts[submitted], Some(&pds))) {
            Ok(()) => submitted += 1,
            Err(SubmitError::Full) => {
                assert!(pds.known.log().len() <= taken + 3 + 1 + 1, "ahead of whoever takes");
                outcome(&mut scheduling).await.result.expect("a repo");
                taken += 1;
            }
            Err(SubmitError::Stopped) => panic!("nobody stopped it"),
        }
    }
    while taken < accounts.len() {
        outcome(&mut scheduling).await.result.expect("a repo");
        taken += 1;
    }
}

#[tokio::test]
async fn a_stop_ends_everything_at_once_and_tells_whoever_waits() {
    let (directory, pds) = (directory().await, pds().await);
    let account = account(1);
    directory.settle(&account, &pds);
    pds.known.set(account.did.as_str(), || {
        crate::make::slow_answer(vec![0x3a], b"x", Duration::from_secs(600))
    });
    let mut scheduling = schedule(&Config { queue_jobs_max: 1, ..config() }, directory.resolver());
    scheduling.scheduler.submit(&job(&account, Some(&pds))).await.expect("it runs");
    let scheduler = scheduling.scheduler.clone();
    let other = job(&accounts(1)[0], None);
    let waiting = tokio::spawn(async move { scheduler.submit(&other).await });
    while pds.known.log().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    scheduling.stop.cancel();
    assert!(scheduling.outcomes.next().await.is_none());
    assert_eq!(waiting.await.expect("no panic"), Err(SubmitError::Stopped));
    assert_eq!(scheduling.scheduler.try_submit(&job(&account, None)), Err(SubmitError::Stopped));
    let _: Host = pds.running.host();
}
