//! [`World`]: the network, running.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::faults::directory::DirectoryFault;
use crate::faults::fault::Fault;
use crate::faults::ledger::Ledger;
use crate::model::Model;
use crate::servers::listening::{Host, listen};
use crate::servers::{jetstream, labeler, pds, plc, relay};
use crate::world::config::{Urls, WorldConfig};
use crate::world::core::Core;
use crate::world::outlet::Outlet;

/// A simulated network. Its hosts stop listening when it is dropped.
pub struct World {
    core: Arc<Mutex<Core>>,
    ledger: Ledger,
    stop: CancellationToken,
}

impl World {
    /// Everybody has appeared; nobody listens yet. Panics without accounts or PDSes.
    pub fn new(config: WorldConfig) -> Self {
        let ledger = Ledger::default();
        let core = Core::new(config, ledger.clone());
        Self { core: Arc::new(Mutex::new(core)), ledger, stop: CancellationToken::new() }
    }

    /// Opens every host on a free port of loopback. Errors: no port is free.
    pub async fn start(&self) -> std::io::Result<Urls> {
        let (relays, pdses, jetstreams, labelers) = {
            let config = &self.core().config;
            (config.relays, config.pdses, config.jetstreams, config.labelers)
        };
        let host = |number| Host::new(&self.core, number, &self.stop);
        let mut urls =
            Urls { plc: listen(plc::router(host(0)), &self.stop).await?, ..Urls::default() };
        for number in 0..pdses {
            urls.pdses.push(listen(pds::router(host(number)), &self.stop).await?);
        }
        for number in 0..relays {
            urls.relays.push(listen(relay::router(host(number)), &self.stop).await?);
        }
        for number in 0..jetstreams {
            urls.jetstreams.push(listen(jetstream::router(host(number)), &self.stop).await?);
        }
        for number in 0..labelers {
            let url = listen(labeler::router(host(number)), &self.stop).await?;
            let did = {
                let core = self.core();
                core.accounts[core.labelers[number].person].did.to_string()
            };
            urls.labelers.push((did, url));
        }
        self.core().move_in(&urls);
        Ok(urls)
    }

    /// Where everything is; empty before [`World::start`].
    pub fn urls(&self) -> Urls {
        self.core().urls.clone()
    }

    /// So many things happen, at once.
    pub fn act(&self, times: usize) {
        let mut core = self.core();
        (0..times).for_each(|_| core.act());
    }

    /// Things happen at a rate until the future is dropped. Units: acts per second.
    pub async fn live(&self, per_second: f64) {
        let mut ticks = interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut owed = 0.0;
        loop {
            ticks.tick().await;
            owed += per_second / 50.0;
            while owed >= 1.0 {
                owed -= 1.0;
                self.act(1);
            }
        }
    }

    /// Brings the world to rest: what is planned takes place, what is held back is told. With `last_words` every account says once more
    /// who and what it is, so that a consumer which has lost something can notice.
    pub fn settle(&self, last_words: bool) {
        self.core().settle(last_words);
    }

    /// Makes whoever follows a relay fetch a repo, because faults still wait for that. Shape: whether there was any reason to.
    pub fn provoke_fetch(&self, relay: usize) -> bool {
        self.core().provoke_fetch(relay)
    }

    /// Makes whoever follows a relay look through its list of repos, because faults still wait for that. Shape: whether there was any reason
    /// to.
    pub fn provoke_list(&self, relay: usize) -> bool {
        self.core().provoke_list(relay)
    }

    /// Moves the replay window of an upstream (relays first, then PDSes) up to its head.
    pub fn forget(&self, upstream: usize, announced: bool) {
        let core = self.core();
        let fault = if announced { Fault::OutdatedCursor } else { Fault::WindowLost };
        core.outlets[upstream].stream.forget_all(announced);
        core.ledger.fire(fault);
    }

    /// The newest seq of every upstream, relays first, then PDSes, then the latest time of Jetstreams; and of every labeler.
    pub fn heads(&self) -> (Vec<i64>, Vec<i64>) {
        let core = self.core();
        let outlets = core.outlets.iter().map(Outlet::head).collect();
        let labelers = core.labelers.iter().map(|labeler| labeler.stream.last_event()).collect();
        (outlets, labelers)
    }

    /// The frames an upstream keeps (relays first, then PDSes), as whoever meets no fault on the way gets them.
    pub fn frames(&self, upstream: usize) -> Vec<Vec<u8>> {
        let frames = self.core().outlets[upstream].stream.frames();
        frames.into_iter().map(Into::into).collect()
    }

    /// Somebody signs with a new key from now on, and only the directory tells of it. Shape: who.
    pub fn rotate_key_silently(&self) -> String {
        self.core().rotate_key_silently()
    }

    /// An account writes an empty commit, and its hosts tell of it.
    pub fn touch(&self, did: &str) {
        self.core().touch(did);
    }

    /// The account of this number posts a text, now. Shape: the AT-URI of the post.
    pub fn write_post(&self, account: usize, text: &str) -> String {
        self.core().write_post(account, text)
    }

    /// A post of [`World::write_post`] gets another text. Panics for what nobody wrote, as the next does.
    pub fn rewrite_post(&self, uri: &str, text: &str) {
        self.core().rewrite_post(uri, text);
    }

    /// A post of [`World::write_post`] is deleted.
    pub fn delete_post(&self, uri: &str) {
        self.core().delete_post(uri);
    }

    /// The account of this number likes a post of [`World::write_post`]. Panics for what is not there.
    pub fn like_post(&self, account: usize, uri: &str) {
        self.core().like_post(account, uri);
    }

    /// The host of the account of this number takes it down.
    pub fn take_down(&self, account: usize) {
        self.core().take_down(account);
    }

    /// Lets something go wrong with the export of the directory.
    pub fn befall_directory(&self, fault: DirectoryFault) {
        self.core().befall_directory(fault);
    }

    /// How many DID documents were asked for.
    pub fn documents_asked(&self) -> u64 {
        self.core().documents_asked.load(Ordering::Relaxed)
    }

    /// What is true now.
    pub fn model(&self) -> Model {
        self.core().model.clone()
    }

    /// Which faults were planned, and which happened.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
