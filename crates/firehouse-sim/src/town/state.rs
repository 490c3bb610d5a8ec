//! [`Town`]: everybody, everything they wrote that still stands, and who did what to it.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::protocol::key::{Curve, Key};
use crate::protocol::repo::Repo;
use crate::random::{Random, Zipf};
use crate::town::record::StrongRef;
use crate::town::words::{self, Language};

/// One account.
pub(crate) struct Person {
    pub(crate) did: String,
    pub(crate) handle: String,
    pub(crate) key: Key,
    pub(crate) language: &'static Language,
    pub(crate) repo: Repo,
    pub(crate) follows: Marks,
    pub(crate) likes: Marks,
    pub(crate) reposts: Marks,
    pub(crate) blocks: Marks,
    /// Numbers of the posts that still stand, oldest first.
    pub(crate) posts: Vec<usize>,
    /// URIs of lists.
    pub(crate) lists: Vec<String>,
}

/// One post, standing or not.
pub(crate) struct Post {
    pub(crate) at: StrongRef,
    pub(crate) rkey: String,
    pub(crate) root: Option<StrongRef>,
    /// Number of the post it answers.
    pub(crate) parent: Option<usize>,
    /// Number of the post it quotes.
    pub(crate) quote: Option<usize>,
    pub(crate) deleted: bool,
}

/// What somebody marked, each once, and the record that says so.
#[derive(Default)]
pub(crate) struct Marks {
    subjects: HashSet<usize>,
    records: Vec<(usize, String)>,
}

impl Marks {
    pub(crate) fn has(&self, subject: usize) -> bool {
        self.subjects.contains(&subject)
    }

    pub(crate) fn add(&mut self, subject: usize, rkey: String) {
        self.subjects.insert(subject);
        self.records.push((subject, rkey));
    }

    /// Takes one back, any. Shape: the record's key.
    pub(crate) fn undo(&mut self, random: &mut Random) -> Option<String> {
        if self.records.is_empty() {
            return None;
        }
        let (subject, rkey) = self.records.swap_remove(random.below(self.records.len()));
        self.subjects.remove(&subject);
        Some(rkey)
    }

    /// The record that says so has another key.
    pub(crate) fn rekey(&mut self, from: &str, to: &str) {
        for (_, rkey) in &mut self.records {
            if rkey == from {
                to.clone_into(rkey);
            }
        }
    }

    pub(crate) fn subjects(&self) -> impl Iterator<Item = usize> {
        self.subjects.iter().copied()
    }
}

/// Everybody and everything.
pub(crate) struct Town {
    pub(crate) people: Vec<Person>,
    pub(crate) posts: Vec<Post>,
    /// Who is talked about, and who talks: two orders of the same people.
    popular: Vec<usize>,
    active: Vec<usize>,
    popularity: Zipf,
    activity: Zipf,
    recency: Zipf,
}

impl Town {
    pub(crate) fn new(random: &mut Random, seed: u64, users: usize, p256_percent: u8) -> Self {
        let people =
            (0..users).map(|number| Person::new(random, seed, number, p256_percent)).collect();
        Self {
            people,
            posts: Vec::new(),
            popular: random.shuffled(users),
            active: random.shuffled(users),
            popularity: Zipf::new(users, 1.05),
            activity: Zipf::new(users, 0.6),
            recency: Zipf::new(3000, 0.9),
        }
    }

    /// Somebody, by how much people talk about them.
    pub(crate) fn popular(&self, random: &mut Random) -> usize {
        self.popular[self.popularity.draw(random)]
    }

    /// Somebody, by how much they talk.
    pub(crate) fn active(&self, random: &mut Random) -> usize {
        self.active[self.activity.draw(random)]
    }

    /// A post that stands: a late one of somebody popular, or one of the latest of all.
    pub(crate) fn some_post(&self, random: &mut Random) -> Option<usize> {
        if self.posts.is_empty() {
            return None;
        }
        (0..5).find_map(|_| {
            let number = if random.chance(0.55) {
                let posts = &self.people[self.popular(random)].posts;
                let back = random.below(6) + 1;
                *posts.get(posts.len().saturating_sub(back))?
            } else {
                self.posts.len().saturating_sub(1 + self.recency.draw(random))
            };
            (!self.posts[number].deleted).then_some(number)
        })
    }
}

impl Person {
    /// What was about to be written at one path is written at another of the same collection.
    pub(crate) fn rekey(&mut self, from: &str, to: &str) {
        let rkey = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        for marks in [&mut self.follows, &mut self.likes, &mut self.reposts, &mut self.blocks] {
            marks.rekey(&rkey(from), &rkey(to));
        }
    }

    fn new(random: &mut Random, seed: u64, number: usize, p256_percent: u8) -> Self {
        let name = format!("firehouse-sim/{seed}/{number}");
        let letters = data_encoding::BASE32_NOPAD.encode(&Sha256::digest(name.as_bytes())[..15]);
        let curve =
            if random.below(100) < usize::from(p256_percent) { Curve::P256 } else { Curve::K256 };
        Self {
            did: format!("did:plc:{}", letters.to_ascii_lowercase()),
            handle: format!("user{number}.sim.test"),
            key: Key::of(&name, curve),
            language: words::language(random),
            repo: Repo::default(),
            follows: Marks::default(),
            likes: Marks::default(),
            reposts: Marks::default(),
            blocks: Marks::default(),
            posts: Vec::new(),
            lists: Vec::new(),
        }
    }
}
