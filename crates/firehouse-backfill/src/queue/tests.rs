//! Lines, rings, rests and joins, with a made-up clock and made-up hosts.

use std::collections::HashMap;
use std::time::Duration;

use firehouse_types::{Did, Rev};
use proptest::prelude::*;
use tokio::time::Instant;

use super::{Pushed, Queue};
use crate::health::Busy;
use crate::host::Host;
use crate::job::{Job, Priority, Reason};

const S: Duration = Duration::from_secs(1);

fn host(name: &str) -> Host {
    Host::of_url(&format!("https://{name}.test").parse().unwrap()).unwrap()
}

fn did(name: &str) -> Did {
    format!("did:web:{name}.test").parse().unwrap()
}

fn job(name: &str, at: Option<&str>, priority: Priority) -> Job {
    let host = at.map(host);
    Job { did: did(name), host, reason: Reason::New, priority, not_before: None }
}

fn queue(jobs: &[(&str, &str, Priority)]) -> Queue {
    let mut queue = Queue::new(100, 100);
    for (name, at, priority) in jobs {
        assert_eq!(queue.push(&job(name, Some(at), *priority)), Pushed::Queued);
    }
    queue
}

/// Everything that can be started when every host has room.
fn drain(queue: &mut Queue) -> Vec<String> {
    let next = || queue.next(Instant::now(), |_| Ok(())).map(|(did, ())| did.to_string());
    let names = std::iter::from_fn(next);
    names
        .map(|did| did.trim_start_matches("did:web:").trim_end_matches(".test").to_owned())
        .collect()
}

use Priority::{High, Low, Normal};

#[test]
fn hosts_take_turns_however_long_their_lines_are() {
    let mut queue =
        queue(&[("a1", "a", Low), ("a2", "a", Low), ("a3", "a", Low), ("b1", "b", Low)]);
    assert_eq!(drain(&mut queue), ["a1", "b1", "a2", "a3"]);
}

#[test]
fn what_is_urgent_comes_first_at_its_host_and_among_hosts() {
    let mut queue =
        queue(&[("a1", "a", Low), ("a2", "a", High), ("b1", "b", Normal), ("c1", "c", Low)]);
    assert_eq!(drain(&mut queue), ["a2", "b1", "c1", "a1"]);
}

#[test]
fn jobs_for_one_repo_become_one_with_all_reasons_and_the_highest_demands() {
    let mut queue = queue(&[("a1", "a", Low), ("a2", "a", Low)]);
    let urgent = Job {
        reason: Reason::Desynchronized,
        not_before: Some(Rev::from(7)),
        ..job("a2", None, High)
    };
    assert_eq!(queue.push(&urgent), Pushed::Joined);
    assert_eq!(queue.push(&job("a2", None, Low)), Pushed::Joined);
    assert_eq!(drain(&mut queue), ["a2", "a1"]);
    let waiting = queue.finish(&did("a2")).unwrap();
    assert!(
        waiting.reasons.contains(Reason::New) && waiting.reasons.contains(Reason::Desynchronized)
    );
    assert!(!waiting.reasons.contains(Reason::Requested));
    assert_eq!((waiting.not_before, queue.len()), (Some(Rev::from(7)), 1));
}

#[test]
fn a_host_without_room_rests_and_the_others_go_on() {
    let (start, mut queue) = (Instant::now(), queue(&[("a1", "a", High), ("b1", "b", Low)]));
    let (busy, until) = (host("a"), start + 5 * S);
    let place = |at: &Host| if *at == busy { Err(Busy::Until(until)) } else { Ok(()) };
    assert_eq!(queue.next(start, place).unwrap().0, did("b1"));
    assert!(queue.next(start, place).is_none());
    assert_eq!(queue.wake(start + 4 * S), Some(until));
    assert!(queue.next(start + 4 * S, |_| Ok(())).is_none(), "it rests");
    assert_eq!(queue.wake(until), None);
    assert_eq!(queue.next(until, |_| Ok(())).unwrap().0, did("a1"));
}

#[test]
fn a_full_host_is_woken_when_one_of_its_fetches_ends() {
    let (now, mut queue) = (Instant::now(), queue(&[("a1", "a", Low), ("a2", "a", Low)]));
    assert!(queue.next(now, |_| Ok(())).is_some());
    assert!(queue.next(now, |_| Err::<(), _>(Busy::Full)).is_none());
    queue.finish(&did("a1"));
    queue.freed(&host("a"));
    assert_eq!(queue.next(now, |_| Ok(())).unwrap().0, did("a2"));
}

#[test]
fn a_failed_job_waits_and_comes_again() {
    let (now, mut queue) = (Instant::now(), queue(&[("a1", "a", Low)]));
    assert_eq!(drain(&mut queue), ["a1"]);
    queue.delay(&did("a1"), now + S);
    assert_eq!(queue.push(&job("a1", None, High)), Pushed::Joined, "which does not hurry it");
    assert!(drain(&mut queue).is_empty());
    assert_eq!(queue.wake(now), Some(now + S));
    assert_eq!(queue.wake(now + S), None);
    assert_eq!(drain(&mut queue), ["a1"]);
    assert_eq!(queue.finish(&did("a1")).unwrap().attempts, 1);
}

#[test]
fn a_job_without_a_host_gets_one_and_a_moved_one_another() {
    let mut queue = Queue::new(100, 100);
    queue.push(&job("x", None, Low));
    queue.push(&job("y", None, High));
    assert!(drain(&mut queue).is_empty());
    assert_eq!((queue.next_unrouted(), queue.next_unrouted()), (Some(did("y")), Some(did("x"))));
    queue.moved(&did("x"), host("a"));
    assert_eq!(drain(&mut queue), ["x"]);
    queue.moved(&did("x"), host("b"));
    let (_, at) = queue.next(Instant::now(), |host| Ok(host.clone())).unwrap();
    assert_eq!(at, host("b"));
}

#[test]
fn there_is_room_for_so_many_and_as_many_urgent_ones() {
    let mut queue = Queue::new(4, 2);
    let mut push = |name: &str, at: &str, priority| queue.push(&job(name, Some(at), priority));
    assert_eq!((push("a1", "a", Low), push("a2", "a", Low)), (Pushed::Queued, Pushed::Queued));
    assert_eq!(push("a3", "a", Low), Pushed::Full, "its host has its share");
    assert_eq!((push("b1", "b", Low), push("c1", "c", Low)), (Pushed::Queued, Pushed::Queued));
    assert_eq!(push("d1", "d", Low), Pushed::Full);
    assert_eq!(push("a1", "a", Low), Pushed::Joined);
    assert_eq!((push("a4", "a", High), push("a5", "a", High)), (Pushed::Queued, Pushed::Queued));
    assert_eq!(push("a6", "a", High), Pushed::Full);
}

/// What a test does to a queue.
#[derive(Clone, Debug)]
enum Act {
    Push(u8, Option<u8>, u8),
    Next(u8),
    Unrouted,
    Finish,
    Delay,
    Move(u8),
    Wake,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..20_u8, prop::option::of(0..4_u8), 0..3_u8).prop_map(|(n, at, p)| Act::Push(n, at, p)),
        4 => (0..5_u8).prop_map(Act::Next),
        1 => Just(Act::Unrouted),
        2 => Just(Act::Finish),
        1 => Just(Act::Delay),
        1 => (0..4_u8).prop_map(Act::Move),
        1 => Just(Act::Wake),
    ]
}

proptest! {
    #[test]
    fn each_job_runs_once_at_a_time_and_none_is_lost(acts in prop::collection::vec(act(), 0..200)) {
        let (mut now, mut queue) = (Instant::now(), Queue::new(1_000, 1_000));
        let (mut running, mut open) = (Vec::new(), HashMap::new());
        let name = |n: u8| format!("n{n}");
        for act in acts {
            match act {
                Act::Push(n, at, priority) => {
                    let job = job(&name(n), at.map(name).as_deref(), Priority::ALL[usize::from(priority)]);
                    let pushed = queue.push(&job);
                    prop_assert_eq!(pushed == Pushed::Joined, open.insert(job.did, ()).is_some());
                }
                // One host of five is busy, in turn.
                Act::Next(busy) => {
                    let busy = host(&name(busy));
                    let place = |at: &Host| if *at == busy { Err(Busy::Until(now + S)) } else { Ok(()) };
                    if let Some((did, ())) = queue.next(now, place) {
                        prop_assert!(!running.contains(&did), "{} runs twice", did);
                        running.push(did);
                    }
                }
                Act::Unrouted => running.extend(queue.next_unrouted()),
                Act::Finish => if let Some(did) = running.pop() {
                    prop_assert!(queue.finish(&did).is_some());
                    open.remove(&did);
                },
                Act::Delay => if let Some(did) = running.pop() {
                    queue.delay(&did, now + S);
                },
                Act::Move(to) => if let Some(did) = running.pop() {
                    queue.moved(&did, host(&name(to)));
                },
                Act::Wake => {
                    now += 2 * S;
                    queue.wake(now);
                }
            }
            prop_assert_eq!(queue.len(), open.len());
        }
        // Whatever is still waiting can be run in the end, and then nothing is left behind.
        now += 10 * S;
        queue.wake(now);
        while let Some(did) = queue.next(now, |_| Ok(())).map(|(did, ())| did).or_else(|| queue.next_unrouted()) {
            running.push(did);
        }
        for did in running {
            prop_assert!(queue.finish(&did).is_some());
            open.remove(&did);
        }
        prop_assert_eq!((open.len(), queue.len(), queue.lines.len()), (0, 0, 0));
    }
}
