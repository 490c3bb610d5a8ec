//! [`Network`]: a firehose out of a seed, frame by frame, and what must be true at its end.
//!
//! First everybody appears: an `#identity`, an `#account`, and a commit with a profile. Then commits in the mix of the real network:
//! 48 % likes, 20 % posts (replies, quotes, pictures, links, facets, seven languages), 17 % follows, 8 % reposts, and the rest deletes,
//! profile edits, blocks, lists, and commits of many ops. Every commit is signed and carries what Sync 1.1 asks for.

use crate::identity::IdentityLine;
use crate::manifest::{Manifest, count};
use crate::protocol::block::Cid;
use crate::protocol::frame::{self, Stamp, Write};
use crate::protocol::value::Value;
use crate::random::Random;
use crate::town::clock::Clock;
use crate::town::record::{self, Embed, StrongRef};
use crate::town::state::{Marks, Person, Post, Town};
use crate::town::words::{self, Mention};

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
    random: Random,
    clock: Clock,
    town: Town,
    seq: i64,
    /// Accounts that have not appeared yet are those from here on; each takes three frames.
    opening: usize,
    commits: usize,
}

/// What a commit changes in the town once its records have CIDs.
enum Deed {
    Other,
    Posted { parent: Option<usize>, root: Option<StrongRef>, quote: Option<usize> },
    MadeList,
}

impl Network {
    /// Nobody has appeared yet. Panics without users.
    pub fn new(config: Config) -> Self {
        assert!(config.users > 0, "a network has at least one account");
        let mut random = Random::new(config.seed);
        let town = Town::new(&mut random, config.seed, config.users, config.p256_percent);
        let clock = Clock::new(config.start_ms);
        Self { config, random, clock, town, seq: 0, opening: 0, commits: 0 }
    }

    /// Everybody's DID document.
    pub fn identities(&self) -> impl Iterator<Item = IdentityLine> {
        self.town.people.iter().map(|person| IdentityLine::new(person, &self.config.pds))
    }

    /// What is true after the frames taken so far: counted from what stands, not from what happened.
    pub fn manifest(&self) -> Manifest {
        count(&self.town, self.seq, self.clock.now())
    }

    fn open(&mut self) -> Vec<u8> {
        let (person, step) = (self.opening / 3, self.opening % 3);
        self.opening += 1;
        match step {
            0 => {
                self.clock.tick(&mut self.random, 40);
                let handle = self.town.people[person].handle.clone();
                self.stamped(person, |stamp| frame::identity(stamp, &handle))
            }
            1 => self.stamped(person, frame::account),
            _ => {
                let write = self.profile(person);
                self.commit(person, &[Write::Create(write.0, write.1)]).0
            }
        }
    }

    /// One commit of somebody. The first tenth is mostly follows and posts, so that there is something to like.
    fn act(&mut self) -> Vec<u8> {
        loop {
            self.clock.tick(&mut self.random, 40);
            let person = self.town.active(&mut self.random);
            let draw = if self.commits * 10 < self.config.commits {
                if self.random.chance(0.55) { 0.75 } else { 0.02 }
            } else {
                self.random.share()
            };
            let (writes, deed) = self.deed(person, draw);
            if writes.is_empty() {
                continue;
            }
            let (frame, cids) = self.commit(person, &writes);
            if let (Some(Write::Create(path, _)), Some(Some(cid))) = (writes.first(), cids.first())
            {
                self.remember(person, deed, path, *cid);
            }
            self.commits += 1;
            return frame;
        }
    }

    fn deed(&mut self, person: usize, draw: f64) -> (Vec<Write>, Deed) {
        let writes = match draw {
            ..0.20 => return self.post(person),
            ..0.68 => self.mark_post(person, record::LIKE, record::like, |p| &mut p.likes),
            ..0.85 => self.follow(person).into_iter().collect(),
            ..0.93 => self.mark_post(person, record::REPOST, record::repost, |p| &mut p.reposts),
            ..0.955 => self.undo(person).into_iter().collect(),
            ..0.965 => {
                let (path, record) = self.profile(person);
                vec![Write::Update(path, record)]
            }
            ..0.975 => self.block(person).into_iter().collect(),
            ..0.985 => return self.list(person),
            _ => {
                let ops = 2 + self.random.below(8);
                (0..ops).filter_map(|_| self.follow(person)).collect()
            }
        };
        (writes, Deed::Other)
    }

    fn post(&mut self, person: usize) -> (Vec<Write>, Deed) {
        let Self { random, town, clock, .. } = self;
        let mentioned =
            random.chance(0.1).then(|| town.popular(random)).map(|number| &town.people[number]);
        let mention = mentioned.map(|person| Mention { handle: &person.handle, did: &person.did });
        let language = town.people[person].language;
        let text = words::text(random, language, mention.as_ref());
        let parent = if random.chance(0.38) { town.some_post(random) } else { None };
        let (embed, quote) = match random.share() {
            ..0.06 => match town.some_post(random) {
                Some(quoted) => (Embed::Quote(town.posts[quoted].at.clone()), Some(quoted)),
                None => (Embed::None, None),
            },
            ..0.20 => (Embed::Images(1 + random.below(3)), None),
            ..0.30 => (Embed::Link, None),
            _ => (Embed::None, None),
        };
        let parent_ref = parent.map(|number| &town.posts[number]);
        let root = parent_ref.map(|post| post.root.clone().unwrap_or_else(|| post.at.clone()));
        let reply = root.as_ref().zip(parent_ref.map(|post| &post.at));
        let record = record::post(random, language, text, reply, &embed, &clock.now());
        let write = Write::Create(format!("{}/{}", record::POST, clock.tid()), record);
        (vec![write], Deed::Posted { parent, root, quote })
    }

    fn mark_post(
        &mut self,
        person: usize,
        collection: &str,
        make: fn(&StrongRef, &str) -> Value,
        marks: fn(&mut Person) -> &mut Marks,
    ) -> Vec<Write> {
        let Some(post) = self.town.some_post(&mut self.random) else { return Vec::new() };
        let marks = marks(&mut self.town.people[person]);
        if marks.has(post) {
            return Vec::new();
        }
        let rkey = self.clock.tid();
        let record = make(&self.town.posts[post].at, &self.clock.now());
        marks.add(post, rkey.clone());
        vec![Write::Create(format!("{collection}/{rkey}"), record)]
    }

    fn follow(&mut self, person: usize) -> Option<Write> {
        let other = self.town.popular(&mut self.random);
        if other == person || self.town.people[person].follows.has(other) {
            return None;
        }
        let rkey = self.clock.tid();
        let record = record::follow(&self.town.people[other].did, &self.clock.now());
        self.town.people[person].follows.add(other, rkey.clone());
        Some(Write::Create(format!("{}/{rkey}", record::FOLLOW), record))
    }

    fn block(&mut self, person: usize) -> Option<Write> {
        let other = self.random.below(self.town.people.len());
        if other == person || self.town.people[person].blocks.has(other) {
            return None;
        }
        let rkey = self.clock.tid();
        let record = record::block(&self.town.people[other].did, &self.clock.now());
        self.town.people[person].blocks.add(other, rkey.clone());
        Some(Write::Create(format!("{}/{rkey}", record::BLOCK), record))
    }

    fn undo(&mut self, person: usize) -> Option<Write> {
        let (random, person) = (&mut self.random, &mut self.town.people[person]);
        let (collection, rkey) = match random.below(3) {
            0 => (record::FOLLOW, person.follows.undo(random)?),
            1 => (record::LIKE, person.likes.undo(random)?),
            _ if person.posts.len() > 3 => {
                let post = person.posts.remove(random.below(person.posts.len() - 2));
                self.town.posts[post].deleted = true;
                (record::POST, self.town.posts[post].rkey.clone())
            }
            _ => return None,
        };
        Some(Write::Delete(format!("{collection}/{rkey}")))
    }

    fn list(&mut self, person: usize) -> (Vec<Write>, Deed) {
        let (rkey, now) = (self.clock.tid(), self.clock.now());
        let Self { random, town, .. } = self;
        let author = &town.people[person];
        if author.lists.is_empty() || random.chance(0.2) {
            let record = record::list(random, author.language, &now);
            return (
                vec![Write::Create(format!("{}/{rkey}", record::LIST), record)],
                Deed::MadeList,
            );
        }
        let member = &town.people[town.popular(random)].did;
        let list: &String = random.pick(&author.lists);
        let record = record::list_item(list, member, &now);
        (vec![Write::Create(format!("{}/{rkey}", record::LIST_ITEM), record)], Deed::Other)
    }

    fn profile(&mut self, person: usize) -> (String, Value) {
        let language = self.town.people[person].language;
        let record = record::profile(&mut self.random, language, person, &self.clock.now());
        (format!("{}/self", record::PROFILE), record)
    }

    fn commit(&mut self, person: usize, writes: &[Write]) -> (Vec<u8>, Vec<Option<Cid>>) {
        let rev = self.clock.tid();
        let (seq, time) = (self.next_seq(), self.clock.now());
        let person = &mut self.town.people[person];
        let stamp = Stamp { seq, did: &person.did, time: &time };
        person.repo.commit(&stamp, &rev, &person.key, writes)
    }

    fn remember(&mut self, person: usize, deed: Deed, path: &str, cid: Cid) {
        let author = &mut self.town.people[person];
        let uri = format!("at://{}/{path}", author.did);
        match deed {
            Deed::Other => {}
            Deed::MadeList => author.lists.push(uri),
            Deed::Posted { parent, root, quote } => {
                author.posts.push(self.town.posts.len());
                let rkey = path.rsplit('/').next().unwrap_or_default().to_owned();
                let at = StrongRef { uri, cid };
                self.town.posts.push(Post { at, rkey, root, parent, quote, deleted: false });
            }
        }
    }

    fn stamped(&mut self, person: usize, make: impl FnOnce(&Stamp<'_>) -> Vec<u8>) -> Vec<u8> {
        let (seq, time) = (self.next_seq(), self.clock.now());
        make(&Stamp { seq, did: &self.town.people[person].did, time: &time })
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
