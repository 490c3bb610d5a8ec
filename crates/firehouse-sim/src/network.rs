//! [`Network`]: a firehose out of a seed, frame by frame, and what must be true at its end.
//!
//! First everybody appears: an `#identity`, an `#account`, and a commit with a profile. Then commits in the mix of the real network
//! (`town/life.rs`). Every commit is signed and carries what Sync 1.1 asks for.

use crate::identity::IdentityLine;
use crate::manifest::{Manifest, count};
use crate::protocol::frame::{self, Envelope, Stamp};
use crate::protocol::repo::{Commit, Write};
use crate::random::Random;
use crate::town::clock::Clock;
use crate::town::life::Life;
use crate::town::state::Town;

/// What to simulate.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The same seed gives the same frames, byte for byte.
    pub seed: u64,
    /// Accounts, at least one.
    pub users: usize,
    /// Commits, on top of the first one of every account.
    pub commits: usize,
    /// Share of accounts that sign with P-256, a few of a hundred on the real network. Units: percent.
    pub p256_percent: u8,
    /// The town's time at the start. Units: milliseconds since 1970.
    pub start_ms: i64,
    /// The PDS in everybody's DID document; nothing has to answer there.
    pub pds: String,
}

impl Config {
    /// A town of this size, in July 2026.
    pub fn new(seed: u64, users: usize, commits: usize) -> Self {
        let pds = "https://pds.sim.test".to_owned();
        Self { seed, users, commits, p256_percent: 5, start_ms: 1_782_864_000_000, pds }
    }
}

/// A network in the making: an iterator over frames.
pub struct Network {
    config: Config,
    life: Life,
    seq: i64,
    /// Accounts that have not appeared yet are those from here on; each takes three frames.
    opening: usize,
    commits: usize,
}

impl Network {
    /// Nobody has appeared yet. Panics without users.
    pub fn new(config: Config) -> Self {
        assert!(config.users > 0, "a network has at least one account");
        let mut random = Random::new(config.seed);
        let town = Town::new(&mut random, config.seed, config.users, config.p256_percent);
        let clock = Clock::new(config.start_ms);
        Self { config, life: Life { random, clock, town }, seq: 0, opening: 0, commits: 0 }
    }

    /// Everybody's DID document.
    pub fn identities(&self) -> impl Iterator<Item = IdentityLine> {
        self.life.town.people.iter().map(|person| IdentityLine::new(person, &self.config.pds))
    }

    /// What is true after the frames taken so far: counted from what stands, not from what happened.
    pub fn manifest(&self) -> Manifest {
        count(&self.life.town, self.seq, self.life.clock.now())
    }

    fn open(&mut self) -> Vec<u8> {
        let (person, step) = (self.opening / 3, self.opening % 3);
        self.opening += 1;
        match step {
            0 => {
                self.life.tick();
                let handle = self.life.town.people[person].handle.clone();
                self.stamped(person, |stamp| frame::identity(stamp, Some(&handle)))
            }
            1 => self.stamped(person, |stamp| frame::account(stamp, None)),
            _ => {
                let write = self.life.profile(person);
                self.commit(person, &[Write::Create(write.0, write.1)]).0
            }
        }
    }

    /// One commit of somebody. The first tenth is mostly follows and posts, so that there is something to like.
    fn act(&mut self) -> Vec<u8> {
        loop {
            self.life.tick();
            let person = self.life.somebody();
            let draw = if self.commits * 10 < self.config.commits {
                if self.life.random.chance(0.55) { 0.75 } else { 0.02 }
            } else {
                self.life.random.share()
            };
            let (writes, deed) = self.life.deed(person, draw);
            if writes.is_empty() {
                continue;
            }
            let (frame, commit) = self.commit(person, &writes);
            self.life.remember(person, deed, &commit);
            self.commits += 1;
            return frame;
        }
    }

    fn commit(&mut self, person: usize, writes: &[Write]) -> (Vec<u8>, Commit) {
        let rev = self.life.clock.tid();
        let (seq, time) = (self.next_seq(), self.life.clock.now());
        let person = &mut self.life.town.people[person];
        let commit = person.repo.commit(&person.did, &rev, &person.key, writes);
        let stamp = Stamp { seq, did: &person.did, time: &time };
        (frame::commit(&stamp, &Envelope::of(&commit)), commit)
    }

    fn stamped(&mut self, person: usize, make: impl FnOnce(&Stamp<'_>) -> Vec<u8>) -> Vec<u8> {
        let (seq, time) = (self.next_seq(), self.life.clock.now());
        make(&Stamp { seq, did: &self.life.town.people[person].did, time: &time })
    }

    fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }
}

impl Iterator for Network {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.opening < 3 * self.config.users {
            return Some(self.open());
        }
        (self.commits < self.config.commits).then(|| self.act())
    }
}
