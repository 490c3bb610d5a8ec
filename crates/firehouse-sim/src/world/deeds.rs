//! What happens next: mostly ordinary life, now and then one of the rarities that the world's mix allows.

use crate::protocol::repo::Write;
use crate::town::life::Deed;
use crate::town::record;
use crate::world::core::{Core, Manner};

impl Core {
    /// One thing happens. Shape: about one commit, sometimes an identity, a status or some labels instead.
    pub(crate) fn act(&mut self) {
        let mix = self.config.mix;
        let draw = self.whims.share();
        match draw {
            ..0.04 if mix.odd_records => self.write_odd_record(),
            0.04..0.08 => self.edit(),
            0.08..0.12 => self.write_again(),
            0.12..0.13 => self.commit_nothing(),
            0.13..0.15 if mix.legacy => self.live(Manner::Legacy),
            0.15..0.16 if mix.syncs => self.change_silently(),
            0.16..0.175 if mix.key_rotations => self.rotate_key(),
            0.175..0.19 if mix.migrations => self.migrate(),
            0.19..0.205 if mix.handles => self.change_handle(),
            0.205..0.215 if mix.contests => self.contest_handle(),
            0.215..0.245 if mix.statuses => self.change_status(),
            0.245..0.285 if !self.labelers.is_empty() => self.label(),
            _ => self.live(Manner::Usual),
        }
    }

    /// Ordinary life. The first acts are mostly follows and posts, so that there is something to like.
    pub(crate) fn live(&mut self, manner: Manner) {
        loop {
            self.life.tick();
            let person = self.somebody();
            let draw = if self.life.town.posts.len() < self.accounts.len() {
                if self.life.random.chance(0.5) { 0.75 } else { 0.02 }
            } else {
                self.life.random.share()
            };
            let (writes, deed) = self.life.deed(person, draw);
            if !writes.is_empty() {
                let commit = self.commit(person, &writes, manner);
                self.life.remember(person, deed, &commit);
                return;
            }
        }
    }

    /// A post gets another text.
    fn edit(&mut self) {
        self.life.tick();
        let person = self.somebody();
        let Some((post, path, text)) = self.life.rewrite(person) else {
            return self.live(Manner::Usual);
        };
        // An account that was deleted and is back has nothing of what it wrote before.
        if !self.accounts[person].records.contains_key(&path) {
            return self.live(Manner::Usual);
        }
        let commit = self.commit(person, &[Write::Update(path, text)], Manner::Usual);
        if let Some(cid) = commit.ops.first().and_then(|op| op.cid) {
            self.life.town.posts[post].at.cid = cid;
        }
    }

    /// Something new at the key of something that is gone; sometimes other things beside it in the same commit.
    fn write_again(&mut self) {
        self.life.tick();
        let person = self.somebody();
        let graves = &self.accounts[person].graves;
        if graves.is_empty() {
            return self.live(Manner::Usual);
        }
        let grave = self.whims.pick(graves).clone();
        let (writes, deed) = match grave.split_once('/').map(|(collection, _)| collection) {
            Some(record::POST) => self.life.deed(person, 0.1),
            Some(record::LIKE) => self.life.deed(person, 0.3),
            Some(record::FOLLOW) => self.life.deed(person, 0.7),
            _ => return self.live(Manner::Usual),
        };
        let [Write::Create(path, value)] = writes.as_slice() else {
            return self.live(Manner::Usual);
        };
        self.life.town.people[person].rekey(path, &grave);
        let writes = [Write::Create(grave, value.clone())];
        let commit = self.commit(person, &writes, Manner::Usual);
        match deed {
            Deed::Posted { .. } => self.life.revive(person, deed, &commit),
            Deed::Other | Deed::MadeList => self.life.remember(person, deed, &commit),
        }
    }

    /// A new rev of the same tree.
    pub(crate) fn commit_nothing(&mut self) {
        self.life.tick();
        let person = self.somebody();
        self.commit(person, &[], Manner::Usual);
    }

    /// A change that is told as `#sync`: what the repo is now, not what changed.
    fn change_silently(&mut self) {
        self.life.tick();
        let person = self.somebody();
        if self.whims.chance(0.5) {
            // The root stays: nothing has to be fetched.
            self.commit(person, &[], Manner::Silent);
        } else {
            let (path, profile) = self.life.profile(person);
            let write = if self.accounts[person].records.contains_key(&path) {
                Write::Update(path, profile)
            } else {
                Write::Create(path, profile)
            };
            self.commit(person, &[write], Manner::Silent);
        }
        self.tell_sync(person);
    }
}
