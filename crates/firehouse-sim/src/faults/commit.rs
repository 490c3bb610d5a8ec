//! What a stream says a commit was, under a fault: something else instead of it, or something false behind it.
//!
//! What is false behind a commit is a *phantom*: a commit that the repo never saw, with a record that nobody wrote.

use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_types::Rev;

use crate::faults::fault::Fault;
use crate::protocol::block::{Block, Cid};
use crate::protocol::frame::Envelope;
use crate::protocol::key::{Curve, Key};
use crate::protocol::repo::{Commit, Op, Repo, Write};
use crate::protocol::value::Value;
use crate::random::Random;
use crate::town::record;

const YEAR_US: u64 = 365 * 86_400_000_000;

/// Whose commit it is, as things stand behind it.
pub(crate) struct Victim<'a> {
    pub(crate) did: &'a str,
    pub(crate) key: &'a Key,
    /// Keys the account had before.
    pub(crate) old_keys: &'a [Key],
    pub(crate) repo: &'a Repo,
}

/// What is told.
pub(crate) enum Told {
    /// This and not the truth.
    Instead(Envelope),
    /// The truth, and then this.
    Behind(Envelope),
}

/// A commit under a fault of [`Place::Commit`](crate::Place::Commit). `None` when this commit cannot suffer it.
pub(crate) fn twist(
    fault: Fault,
    commit: &Commit,
    victim: &Victim<'_>,
    random: &mut Random,
) -> Option<Told> {
    let truth = || Envelope::of(commit);
    Some(match fault {
        Fault::ForgedSignature => {
            let stranger = Key::of(&format!("stranger/{}", random.bits()), Curve::K256);
            Told::Behind(phantom(victim, &stranger, just_after(commit), random))
        }
        Fault::OldKeySignature => {
            Told::Behind(phantom(victim, victim.old_keys.last()?, just_after(commit), random))
        }
        Fault::FutureRev => {
            let rev = Rev::from((now_us() + YEAR_US) << 10);
            Told::Behind(phantom(victim, victim.key, rev, random))
        }
        Fault::WrongPrevData => {
            commit.since.as_ref()?;
            let elsewhere = Cid::of_drisl(&random.bits().to_be_bytes());
            Told::Instead(Envelope { prev_data: Some(elsewhere), ..truth() })
        }
        Fault::WrongSince => {
            let (since, _) = commit.since.as_ref()?;
            let earlier = Rev::from(number(since) - (1 << 20));
            Told::Instead(Envelope { since: Some(earlier.to_string()), ..truth() })
        }
        Fault::MissingBlock => {
            let mut without = commit.clone();
            let gone = without.records.pop()?.cid;
            without.records.retain(|record| record.cid != gone);
            Told::Instead(Envelope { blocks: without.car(), ..truth() })
        }
        Fault::BlockHashWrong => {
            let mut altered = commit.clone();
            altered.records.last_mut()?.bytes.push(0xf6);
            Told::Instead(Envelope { blocks: altered.car(), ..truth() })
        }
        Fault::TooBig => Told::Instead(Envelope {
            blocks: Vec::new(),
            ops: Vec::new(),
            too_big: true,
            ..truth()
        }),
        Fault::OpsContradictTree => Told::Instead(contradiction(commit, random)?),
        _ => return None,
    })
}

/// The ops leave a record out, or make one up whose block is there.
fn contradiction(commit: &Commit, random: &mut Random) -> Option<Envelope> {
    commit.since.as_ref()?;
    let mut told = commit.clone();
    if !told.ops.is_empty() && random.chance(0.5) {
        told.ops.pop();
    } else {
        let (path, record) = nobodys_post(random);
        let block = Block::new(record.encode());
        told.ops.push(Op { action: "create", path, cid: Some(block.cid), prev: None });
        told.records.push(block);
    }
    Some(Envelope::of(&told))
}

fn phantom(victim: &Victim<'_>, key: &Key, rev: Rev, random: &mut Random) -> Envelope {
    let (path, record) = nobodys_post(random);
    let mut repo = victim.repo.clone();
    let commit = repo.commit(victim.did, &rev.to_string(), key, &[Write::Create(path, record)]);
    Envelope::of(&commit)
}

fn nobodys_post(random: &mut Random) -> (String, Value) {
    let rkey = Rev::from(random.bits() >> 2);
    let record = Value::Map(vec![
        ("$type", record::POST.into()),
        ("text", "nobody wrote this".into()),
        ("createdAt", "2026-07-01T00:00:00.000Z".into()),
    ]);
    (format!("{}/{rkey}", record::POST), record)
}

fn just_after(commit: &Commit) -> Rev {
    Rev::from(number(&commit.head.rev) + (1 << 10))
}

fn number(rev: &str) -> u64 {
    // Every rev here was written by the town's clock.
    rev.parse().map_or(0, |rev: Rev| rev.get())
}

fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
