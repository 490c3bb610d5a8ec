//! [`Core`]: the state of a world, and the two ways it changes: something is committed, something is told.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::json;

use crate::faults::ambush::Ambush;
use crate::faults::commit::Victim;
use crate::faults::directory::DirectoryFault;
use crate::faults::ledger::Ledger;
use crate::model::{Model, RecordTruth, Says, Status};
use crate::protocol::block::{Block, car};
use crate::protocol::frame::Envelope;
use crate::protocol::key::{Curve, Key};
use crate::protocol::plc::{Claims, Operation};
use crate::protocol::repo::{Commit, Write};
use crate::random::Random;
use crate::servers::stream::Stream;
use crate::town::clock::Clock;
use crate::town::life::Life;
use crate::town::state::Town;
use crate::world::account::Account;
use crate::world::config::{Urls, WorldConfig};
use crate::world::event::{Event, News};
use crate::world::labels::Labeler;
use crate::world::outlet::{Outlet, Scene, Tongue};

/// Everything.
pub(crate) struct Core {
    pub(crate) config: WorldConfig,
    pub(crate) life: Life,
    /// In the order of the town's people; labelers last.
    pub(crate) accounts: Vec<Account>,
    pub(crate) by_did: HashMap<Arc<str>, usize>,
    /// Where handles lead.
    pub(crate) handles: HashMap<String, Arc<str>>,
    /// Relays, then PDSes, then Jetstreams.
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) labelers: Vec<Labeler>,
    /// Every operation of the directory, one line each.
    pub(crate) plc: Stream,
    /// What will befall the directory's stream.
    pub(crate) plc_faults: VecDeque<DirectoryFault>,
    /// DID documents that were asked for.
    pub(crate) documents_asked: AtomicU64,
    pub(crate) model: Model,
    pub(crate) urls: Urls,
    pub(crate) ambush: Arc<Ambush>,
    pub(crate) ledger: Ledger,
    /// Of what people do beside ordinary life.
    pub(crate) whims: Random,
}

/// How a commit is made and told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Usual,
    /// Its records break their lexicon.
    Unlawful,
    /// As before Sync 1.1.
    Legacy,
    /// Nobody is told.
    Silent,
}

impl Core {
    /// Everybody is there, and everybody has written a profile.
    pub(crate) fn new(config: WorldConfig, ledger: Ledger) -> Self {
        assert!(
            config.accounts > 0 && config.pdses > 0,
            "a world has accounts and a home for them"
        );
        let people = config.accounts + config.labelers;
        let mut random = Random::new(config.seed);
        let mut town = Town::new(&mut random, config.seed, people, 0);
        let mut whims = Random::new(config.seed ^ 0x5eed_0001);
        let mut accounts = Vec::new();
        for (number, person) in town.people.iter_mut().enumerate() {
            let name = format!("firehouse-sim/world/{}/{number}", config.seed);
            let is_p256 = whims.below(100) < usize::from(config.p256_percent);
            let curve = if is_p256 { Curve::P256 } else { Curve::K256 };
            let (account, key) = Account::new(&name, &person.handle, curve, number % config.pdses);
            (person.did, person.key) = (account.did.to_string(), key);
            accounts.push(account);
        }
        let ambush = Arc::new(Ambush::new(ledger.clone()));
        let outlet = |host: usize| {
            let stream = Arc::new(Stream::new(ledger.clone()));
            let random = Random::new(config.seed ^ 0x5eed_1000 ^ host as u64);
            let agenda = config.faults.agenda(host, false);
            let tongue =
                if host < config.first_jetstream() { Tongue::Frames } else { Tongue::Lines };
            Outlet::new(tongue, stream, Arc::clone(&ambush), ledger.clone(), random, agenda)
        };
        let hosts = config.first_jetstream() + config.jetstreams;
        let outlets = (0..hosts).map(outlet).collect();
        let by_did = accounts.iter().map(|a| Arc::clone(&a.did)).zip(0..).collect();
        let clock = Clock::new(config.start_ms);
        let mut core = Self {
            life: Life { random, clock, town },
            accounts,
            by_did,
            handles: HashMap::new(),
            outlets,
            labelers: Vec::new(),
            plc: Stream::new(ledger.clone()),
            plc_faults: VecDeque::new(),
            documents_asked: AtomicU64::new(0),
            model: Model::default(),
            urls: Urls::default(),
            ambush,
            ledger,
            whims,
            config,
        };
        core.open();
        core
    }

    fn open(&mut self) {
        for person in 0..self.accounts.len() {
            self.life.tick();
            let account = &self.accounts[person];
            let (did, handle) = (Arc::clone(&account.did), account.claims.handle.clone());
            let birth = account.operations[0].clone();
            self.publish_operation(&did, &birth);
            self.handles.insert(handle.clone(), Arc::clone(&did));
            self.learn_claims(person);
            self.tell_identity(person);
            self.tell_status(person);
            let (path, profile) = self.life.profile(person);
            self.commit(person, &[Write::Create(path, profile)], Manner::Usual);
        }
        self.open_labelers();
    }

    /// Applies writes to somebody's repo, and tells everybody who listens.
    pub(crate) fn commit(&mut self, person: usize, writes: &[Write], manner: Manner) -> Commit {
        let rev = self.next_rev(person);
        let account = &mut self.accounts[person];
        let author = &mut self.life.town.people[person];
        if self.whims.chance(0.1) {
            let head = author.repo.head().map(|head| head.rev.clone());
            account.stale = head.zip(account.car(&author.repo)).or(account.stale.take());
        }
        let commit = author.repo.commit(&account.did, &rev, &author.key, writes);
        for (write, op) in writes.iter().zip(&commit.ops) {
            let collection = op.path.split('/').next().unwrap_or_default();
            match write {
                Write::Delete(path) => {
                    account.records.remove(path);
                    account.graves.push(path.clone());
                    self.model.remove(&account.did, path);
                }
                Write::Create(path, value) | Write::Update(path, value) => {
                    let block = Block::new(value.encode());
                    let lawful = manner != Manner::Unlawful;
                    let says = if lawful { Says::of(collection, value) } else { Says::Nothing };
                    account.graves.retain(|grave| grave != path);
                    if is_record(path) {
                        self.model.put(&account.did, path, RecordTruth::new(&block, says));
                    }
                    account.records.insert(path.clone(), block);
                }
            }
        }
        let mut envelope = match manner {
            Manner::Usual | Manner::Unlawful => Envelope::of(&commit),
            Manner::Legacy => Envelope::of(&commit).legacy(),
            Manner::Silent => return commit,
        };
        envelope.records = writes.iter().map(Write::json).collect();
        self.tell(person, News::Commit(Arc::new(envelope)), Some(&commit));
        commit
    }

    /// The clock's, unless somebody's repo has been ahead of it.
    fn next_rev(&mut self, person: usize) -> String {
        let ahead_ms = self.outlets.iter_mut().find_map(Outlet::clock_jump).unwrap_or(0);
        let account = &mut self.accounts[person];
        let rev = self.life.clock.rev_after(account.last_rev.as_deref(), ahead_ms);
        account.last_rev = Some(rev.clone());
        rev
    }

    /// Tells the relays and the account's PDS.
    pub(crate) fn tell(&mut self, person: usize, news: News, commit: Option<&Commit>) {
        let account = &self.accounts[person];
        let home = self.config.relays + account.pds;
        let event = Event { did: Arc::clone(&account.did), time: self.life.clock.now(), news };
        let author = &self.life.town.people[person];
        for (host, outlet) in self.outlets.iter_mut().enumerate() {
            let is_pds = (self.config.relays..self.config.first_jetstream()).contains(&host);
            if is_pds && host != home {
                continue;
            }
            let victim = || Victim {
                did: &account.did,
                key: &author.key,
                old_keys: &account.old_keys,
                repo: &author.repo,
            };
            let stranger = self
                .accounts
                .iter()
                .find(|other| other.pds != account.pds && other.status == Status::Active);
            let scene = Scene {
                commit: commit.map(|commit| (commit, victim())),
                stranger: stranger.filter(|_| is_pds).map(|other| Arc::clone(&other.did)),
            };
            outlet.hear(&event, &scene);
        }
    }

    pub(crate) fn tell_identity(&mut self, person: usize) {
        let handle = self.accounts[person].claims.handle.clone();
        // Whoever hears it looks.
        self.model.account(&self.accounts[person].did).lost_unheard = false;
        // Half of the hosts leave the hint out.
        let handle = self.whims.chance(0.5).then_some(handle);
        self.tell(person, News::Identity { handle }, None);
    }

    pub(crate) fn tell_status(&mut self, person: usize) {
        let status = self.accounts[person].status;
        self.tell(person, News::Account(status), None);
    }

    /// Says what the repo is now, and not how it came about.
    pub(crate) fn tell_sync(&mut self, person: usize) {
        let Some(head) = self.life.town.people[person].repo.head() else { return };
        let blocks = car(head.block.cid, [&head.block]);
        let news = News::Sync { rev: head.rev.clone(), blocks };
        self.tell(person, news, None);
    }

    /// Registers what an account now says of itself.
    pub(crate) fn publish_claims(&mut self, person: usize) {
        let account = &mut self.accounts[person];
        let operation =
            Operation::sign(&account.claims, account.operations.last(), &account.rotation);
        account.operations.push(operation.clone());
        let did = Arc::clone(&account.did);
        self.publish_operation(&did, &operation);
        self.learn_claims(person);
    }

    /// The hosts have addresses now: everybody says where they live.
    pub(crate) fn move_in(&mut self, urls: &Urls) {
        self.urls = urls.clone();
        for person in 0..self.accounts.len() {
            self.accounts[person].claims.pds = self.pds_origin(self.accounts[person].pds);
        }
        for (number, (_, url)) in urls.labelers.iter().enumerate() {
            let person = self.labelers[number].person;
            if let Some((_, origin)) = &mut self.accounts[person].claims.labeler {
                origin.clone_from(url);
            }
        }
        (0..self.accounts.len()).for_each(|person| self.publish_claims(person));
    }

    fn publish_operation(&self, did: &str, operation: &Operation) {
        let created_at = self.life.clock.now();
        self.plc.publish(None, |seq| {
            json!({
                "type": "sequenced_op",
                "seq": seq,
                "did": did,
                "cid": operation.cid.to_string(),
                "operation": operation.json(),
                "createdAt": created_at,
            })
            .to_string()
            .into_bytes()
        });
    }

    /// Lets something go wrong with the export.
    pub(crate) fn befall_directory(&mut self, fault: DirectoryFault) {
        match fault {
            DirectoryFault::Malformed => {
                self.plc.publish(None, |_| b"{ no line".to_vec());
            }
            DirectoryFault::Oversized => {
                self.plc.publish(None, |_| vec![b'x'; 100_000]);
            }
            DirectoryFault::Repeated => {
                let newest = self.plc.frames().pop().unwrap_or_default();
                self.plc.publish(None, |_| newest.to_vec());
            }
            DirectoryFault::Forged => {
                let account = &self.accounts[0];
                let forger = Key::of("forger", Curve::K256);
                let claims = Claims { signing_key: forger.did_key(), ..account.claims.clone() };
                let forged = Operation::sign(&claims, account.operations.last(), &forger);
                self.publish_operation(&Arc::clone(&account.did), &forged);
            }
            DirectoryFault::LeftOut | DirectoryFault::OutdatedCursor | DirectoryFault::TooSlow => {
                self.plc_faults.push_back(fault);
            }
        }
    }

    /// Whether this befalls the directory's stream now.
    pub(crate) fn befalls_plc(&mut self, fault: DirectoryFault) -> bool {
        let is_due = self.plc_faults.front() == Some(&fault);
        if is_due {
            self.plc_faults.pop_front();
        }
        is_due
    }

    /// Tells the model.
    fn learn_claims(&mut self, person: usize) {
        let account = &self.accounts[person];
        let handle = account.claims.handle.clone();
        let truth = self.model.account(&account.did);
        truth.claimed.clone_from(&handle);
        truth.pds.clone_from(&account.claims.pds);
        truth.key.clone_from(&account.claims.signing_key);
        let leads_to = self.handles.get(&handle).map(|did| &**did);
        self.model.resolve_handle(&handle, leads_to);
    }

    /// Somebody whose account is to be seen.
    pub(crate) fn somebody(&mut self) -> usize {
        loop {
            let person = self.life.somebody();
            if self.accounts[person].status == Status::Active {
                return person;
            }
        }
    }

    pub(crate) fn active(&self) -> usize {
        self.accounts.iter().filter(|account| account.status == Status::Active).count()
    }
}

/// Whether a path in a tree is that of a record.
fn is_record(path: &str) -> bool {
    let parts = path.split_once('/');
    parts.is_some_and(|(collection, rkey)| collection.contains('.') && !rkey.contains('/'))
}
