//! [`Rechecks`]: handles that somebody wants looked at now, whatever was found out a moment ago.
//!
//! The worker of the account takes over what is found, as after any other look-up, so it cannot cross what an event says.

use std::sync::Arc;

use firehouse_identity::{Identity, Resolver};
use firehouse_types::Did;
use tokio::sync::{mpsc, oneshot};

use crate::lookup::{HANDLE_PATIENCE, handle_check};
use crate::work::{HandleCheck, Told, Work, tell};

/// Accounts that wait for their turn.
const WAITING_MAX: usize = 16;

/// Asks for it. Cheap to clone.
#[derive(Clone)]
pub struct Rechecks(mpsc::Sender<Recheck>);

/// What was asked for, for the pipeline.
pub struct Asked(mpsc::Receiver<Recheck>);

struct Recheck {
    did: Did,
    done: oneshot::Sender<()>,
}

impl Rechecks {
    /// The two ends.
    pub fn new() -> (Self, Asked) {
        let (asked, inbox) = mpsc::channel(WAITING_MAX);
        (Self(asked), Asked(inbox))
    }

    /// Looks at the handle of a known account, and returns when the store knows what was found; `false` when the process is stopping.
    pub async fn recheck(&self, did: &Did) -> bool {
        let (done, is_done) = oneshot::channel();
        let asked = self.0.send(Recheck { did: did.clone(), done }).await;
        asked.is_ok() && is_done.await.is_ok()
    }
}

impl Asked {
    /// Answers, one after another, until nobody can ask any more.
    pub(crate) async fn run(mut self, resolver: Resolver, workers: Vec<mpsc::WeakSender<Work>>) {
        while let Some(Recheck { did, done }) = self.0.recv().await {
            look_again(&resolver, &workers, did).await;
            // Who asked may have lost patience.
            let _ = done.send(());
        }
    }
}

/// Finds out whether an account still has its handle, and returns when the store knows.
pub(crate) async fn look_again(resolver: &Resolver, workers: &[mpsc::WeakSender<Work>], did: Did) {
    resolver.forget(&did);
    let identity: Option<Arc<Identity>> = resolver.resolve(&did).await.ok();
    let handle = match &identity {
        Some(identity) => handle_check(resolver, identity, HANDLE_PATIENCE).await,
        None => HandleCheck::Unknown,
    };
    let (done, is_done) = oneshot::channel();
    let actor = did.actor();
    let told = Told { did, identity, handle, is_news: true, done };
    tell(workers, actor, Work::Told(told)).await;
    // An answer and none both mean that there is nothing left to do.
    let _ = is_done.await;
}
