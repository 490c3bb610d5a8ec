//! Keys, homes, handles and statuses of accounts, and how they change.

use std::sync::Arc;

use crate::model::Status;
use crate::protocol::key::{Curve, Key};
use crate::protocol::repo::{Repo, Write};
use crate::town::state::Marks;
use crate::world::core::{Core, Manner};

impl Core {
    /// A new signing key, of either curve; the next commit is already signed with it.
    pub(crate) fn rotate_key(&mut self) {
        self.life.tick();
        let person = self.somebody();
        self.take_new_key(person);
        self.publish_claims(person);
        self.tell_identity(person);
        self.commit(person, &[], Manner::Usual);
    }

    /// A new signing key that only the directory tells of.
    pub(crate) fn rotate_key_silently(&mut self) -> String {
        self.life.tick();
        let person = self.somebody();
        self.take_new_key(person);
        self.publish_claims(person);
        self.accounts[person].did.to_string()
    }

    /// An empty commit of this account.
    pub(crate) fn touch(&mut self, did: &str) {
        self.life.tick();
        if let Some(&person) = self.by_did.get(did) {
            self.commit(person, &[], Manner::Usual);
        }
    }

    /// The account moves, and its key with it: the new PDS makes one.
    pub(crate) fn migrate(&mut self) {
        self.life.tick();
        let person = self.somebody();
        if self.config.pdses < 2 {
            return self.live(Manner::Usual);
        }
        let account = &mut self.accounts[person];
        let old = account.pds;
        account.pds = (old + 1 + self.whims.below(self.config.pdses - 1)) % self.config.pdses;
        account.left.retain(|&left| left != account.pds);
        account.left.push(old);
        let home = account.pds;
        self.accounts[person].claims.pds = self.pds_origin(home);
        self.take_new_key(person);
        self.publish_claims(person);
        self.tell_identity(person);
        self.tell_status(person);
        let told_as_sync = self.config.mix.syncs && self.whims.chance(0.5);
        let manner = if told_as_sync { Manner::Silent } else { Manner::Usual };
        self.commit(person, &[], manner);
        if told_as_sync {
            self.tell_sync(person);
        }
    }

    fn take_new_key(&mut self, person: usize) {
        let curve = if self.whims.chance(0.3) { Curve::P256 } else { Curve::K256 };
        let key = Key::of(&format!("key/{}/{}", self.config.seed, self.whims.bits()), curve);
        let account = &mut self.accounts[person];
        account.claims.signing_key = key.did_key();
        account.old_keys.push(std::mem::replace(&mut self.life.town.people[person].key, key));
    }

    pub(crate) fn pds_origin(&self, pds: usize) -> String {
        let url = self.urls.pdses.get(pds).cloned();
        url.unwrap_or_else(|| format!("https://pds{pds}.sim.test"))
    }

    /// Another handle; one in five leads nowhere, and the old one is free.
    pub(crate) fn change_handle(&mut self) {
        self.life.tick();
        let person = self.somebody();
        let handle = format!("user{person}-{}.sim.test", self.accounts[person].operations.len());
        let leads_here = self.whims.chance(0.8);
        self.claim(person, handle, leads_here);
    }

    /// Somebody claims the handle of somebody else, and half of the time gets it.
    pub(crate) fn contest_handle(&mut self) {
        self.life.tick();
        let (person, other) = (self.somebody(), self.somebody());
        let handle = self.accounts[other].claims.handle.clone();
        if person == other || self.accounts[person].claims.handle == handle {
            return self.live(Manner::Usual);
        }
        let wins = self.whims.chance(0.5);
        self.claim(person, handle, wins);
    }

    fn claim(&mut self, person: usize, handle: String, leads_here: bool) {
        let account = &mut self.accounts[person];
        let did = Arc::clone(&account.did);
        let before = std::mem::replace(&mut account.claims.handle, handle.clone());
        if self.handles.get(&before) == Some(&did) {
            self.handles.remove(&before);
            self.model.give_up_handle(&before);
        }
        if leads_here {
            self.handles.insert(handle.clone(), did);
        }
        self.life.town.people[person].handle = handle;
        self.publish_claims(person);
        self.tell_identity(person);
    }

    /// An account is hidden, or seen again. Deleted accounts come back empty, if at all; some accounts always stay.
    pub(crate) fn change_status(&mut self) {
        self.life.tick();
        let hidden: Vec<usize> = (0..self.accounts.len())
            .filter(|&person| match self.accounts[person].status {
                Status::Active => false,
                Status::Deleted => self.config.mix.rebirths,
                Status::Deactivated | Status::Suspended | Status::Takendown => true,
            })
            .collect();
        let few_left = self.active() * 3 < self.accounts.len() * 2;
        if !hidden.is_empty() && (few_left || self.whims.chance(0.6)) {
            let person = *self.whims.pick(&hidden);
            return self.show(person);
        }
        let person = self.somebody();
        if few_left || person >= self.config.accounts {
            return self.live(Manner::Usual);
        }
        let status = match self.whims.below(7) {
            0 => Status::Suspended,
            1 => Status::Takendown,
            2 => Status::Deleted,
            _ => Status::Deactivated,
        };
        self.hide(person, status);
        // A flap: away and back within a moment.
        if status != Status::Deleted && self.whims.chance(0.3) {
            self.show(person);
        }
    }

    pub(crate) fn hide(&mut self, person: usize, status: Status) {
        self.accounts[person].status = status;
        let did = Arc::clone(&self.accounts[person].did);
        if status == Status::Deleted {
            self.model.delete_account(&did);
            self.bury(person);
        } else {
            self.model.account(&did).status = status;
        }
        self.tell_status(person);
    }

    fn show(&mut self, person: usize) {
        let account = &mut self.accounts[person];
        let was_deleted = account.status == Status::Deleted;
        account.status = Status::Active;
        self.model.account(&account.did).status = Status::Active;
        self.tell_status(person);
        if was_deleted {
            let (path, profile) = self.life.profile(person);
            self.commit(person, &[Write::Create(path, profile)], Manner::Usual);
        }
    }

    /// Everything the account wrote is gone; the rev it had reached is remembered by the clock of its next repo.
    fn bury(&mut self, person: usize) {
        let account = &mut self.accounts[person];
        account.records.clear();
        account.graves.clear();
        account.stale = None;
        let author = &mut self.life.town.people[person];
        author.repo = Repo::default();
        for marks in
            [&mut author.follows, &mut author.likes, &mut author.reposts, &mut author.blocks]
        {
            *marks = Marks::default();
        }
        author.lists.clear();
        for post in std::mem::take(&mut author.posts) {
            self.life.town.posts[post].deleted = true;
        }
    }
}
