//! [`Life`]: what people do next, and what the town remembers of it.
//!
//! In the mix of the real network: 48 % likes, 20 % posts (replies, quotes, pictures, links, facets, seven languages), 17 % follows, 8 %
//! reposts, and the rest deletes, profile edits, blocks, lists, and commits of many ops.

use crate::protocol::repo::{Commit, Write};
use crate::protocol::value::Value;
use crate::random::Random;
use crate::town::clock::Clock;
use crate::town::record::{self, Embed, StrongRef};
use crate::town::state::{Marks, Person, Post, Town};
use crate::town::words::{self, Mention};

/// The town in motion.
pub(crate) struct Life {
    pub(crate) random: Random,
    pub(crate) clock: Clock,
    pub(crate) town: Town,
}

/// What a commit changes in the town once its records have CIDs.
pub(crate) enum Deed {
    Other,
    Posted { parent: Option<usize>, root: Option<StrongRef>, quote: Option<usize> },
    MadeList,
}

impl Life {
    /// What somebody does next, by a number from 0 to 1. Nothing when it cannot be done now.
    pub(crate) fn deed(&mut self, person: usize, draw: f64) -> (Vec<Write>, Deed) {
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

    pub(crate) fn profile(&mut self, person: usize) -> (String, Value) {
        let language = self.town.people[person].language;
        let record = record::profile(&mut self.random, language, person, &self.clock.now());
        (format!("{}/self", record::PROFILE), record)
    }

    /// Lets a while pass.
    pub(crate) fn tick(&mut self) {
        self.clock.tick(&mut self.random, 40);
    }

    /// Somebody who acts next.
    pub(crate) fn somebody(&mut self) -> usize {
        self.town.active(&mut self.random)
    }

    /// Takes note of the first thing a commit made, now that it has a CID.
    pub(crate) fn remember(&mut self, person: usize, deed: Deed, commit: &Commit) {
        let Some((op, cid)) = commit.ops.first().and_then(|op| Some((op, op.cid?))) else { return };
        let author = &mut self.town.people[person];
        let uri = format!("at://{}/{}", author.did, op.path);
        match deed {
            Deed::Other => {}
            Deed::MadeList => author.lists.push(uri),
            Deed::Posted { parent, root, quote } => {
                author.posts.push(self.town.posts.len());
                let rkey = op.path.rsplit('/').next().unwrap_or_default().to_owned();
                let at = StrongRef { uri, cid };
                self.town.posts.push(Post { at, rkey, root, parent, quote, deleted: false });
            }
        }
    }

    /// Another text for one of somebody's posts: which, where, and the record. What it answers stays, what it shows does not.
    pub(crate) fn rewrite(&mut self, person: usize) -> Option<(usize, String, Value)> {
        let Self { random, town, clock } = self;
        let author = &town.people[person];
        if author.posts.is_empty() {
            return None;
        }
        let number = *random.pick(&author.posts);
        let language = author.language;
        let text = words::text(random, language, None);
        let post = &town.posts[number];
        let parent = post.parent.map(|parent| town.posts[parent].at.clone());
        let reply = post.root.as_ref().zip(parent.as_ref());
        let record = record::post(random, language, text, reply, &Embed::None, &clock.now());
        let path = format!("{}/{}", record::POST, post.rkey);
        town.posts[number].quote = None;
        Some((number, path, record))
    }

    /// As [`Life::remember`], of a post at the key of one that is gone: it takes its place, so that whoever liked that one has liked this.
    pub(crate) fn revive(&mut self, person: usize, deed: Deed, commit: &Commit) {
        let posts = self.town.posts.len();
        self.remember(person, deed, commit);
        let Some(new) = (self.town.posts.len() > posts).then(|| self.town.posts.pop()).flatten()
        else {
            return;
        };
        let author = &mut self.town.people[person];
        author.posts.pop();
        if let Some(old) = self.town.posts.iter().position(|post| post.at.uri == new.at.uri) {
            author.posts.push(old);
            self.town.posts[old] = new;
        }
    }
}
