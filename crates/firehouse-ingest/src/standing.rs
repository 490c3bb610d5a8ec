//! How accounts stand where they live: asked when something says otherwise than what is held here, since an `#account` event may have been
//! lost. The PDS decides, whoever raised the question.
//!
//! Source: <https://atproto.com/specs/account>

use std::time::Instant;

use firehouse_backfill::{Disposition, Gone, Host, SyncClient};
use firehouse_identity::{IdentityError, Resolver};
use firehouse_schema::{ActorStatus, RepoState};
use firehouse_types::{AccountStatus, ActorId, Did, DropReason, Rev};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::account::Known;
use crate::requests::Requests;
use crate::work::{Output, Promise, Stands, Work, tell};
use crate::worker::Worker;

/// Questions that wait for their turn; who raises one beyond them waits, or does without.
const QUESTIONS_MAX: usize = 1_024;
/// Accounts that are asked for at once.
const ASKED_AT_ONCE: usize = 16;

/// One account that may stand otherwise than it is held here.
pub struct Question {
    did: Did,
    listed: Option<ActorStatus>,
    rev: Option<Rev>,
    told: Option<oneshot::Sender<()>>,
}

/// Where questions are raised. Cheap to clone.
#[derive(Clone)]
pub struct Standings(mpsc::Sender<Question>);

/// The questions, to be answered by the pipeline.
pub type Questions = mpsc::Receiver<Question>;

impl Standings {
    /// For [`crate::Backfill::questions`], which comes second.
    pub fn new() -> (Self, Questions) {
        let (questions, end) = mpsc::channel(QUESTIONS_MAX);
        (Self(questions), end)
    }

    /// Raises what a list says of an account, and of the rev its repo has. Shape: told when the answer is durable; dropped when there is none.
    pub(crate) async fn ask(
        &self,
        did: Did,
        listed: ActorStatus,
        rev: Option<Rev>,
    ) -> oneshot::Receiver<()> {
        let (told, durable) = oneshot::channel();
        let question = Question { did, listed: Some(listed), rev, told: Some(told) };
        // Nobody takes it only when the pipeline is being torn down.
        let _ = self.0.send(question).await;
        durable
    }

    /// The same without waiting, and without anybody who waits. Where too many are raised, others will raise it again.
    pub(crate) fn raise(&self, did: Did) {
        let _ = self.0.try_send(Question { did, listed: None, rev: None, told: None });
    }
}

/// The task that finds the answers.
pub struct Answering {
    pub client: SyncClient,
    pub resolver: Resolver,
    pub questions: Questions,
    /// Weak: questions must not keep the workers from ending.
    pub workers: Vec<mpsc::WeakSender<Work>>,
}

impl Answering {
    /// Runs until nobody can raise questions any more.
    pub async fn run(mut self) {
        let mut asked = JoinSet::new();
        while let Some(question) = self.questions.recv().await {
            if asked.len() >= ASKED_AT_ONCE {
                asked.join_next().await;
            }
            let (client, resolver) = (self.client.clone(), self.resolver.clone());
            let workers = self.workers.clone();
            asked.spawn(async move {
                let Question { did, listed, rev, told } = question;
                let asked = Instant::now();
                let status = status_at_its_pds(&client, &resolver, &did, listed).await;
                let actor = did.actor();
                tell(&workers, actor, Work::Stands(Stands { did, status, rev, asked, told })).await;
            });
        }
        asked.join_all().await;
    }
}

/// What the PDS of an account says of it; `None` when nobody can say.
async fn status_at_its_pds(
    client: &SyncClient,
    resolver: &Resolver,
    did: &Did,
    listed: Option<ActorStatus>,
) -> Option<ActorStatus> {
    // It may have moved, and then its old PDS says that it is not active.
    resolver.forget(did);
    let identity = match resolver.resolve(did).await {
        Ok(identity) => identity,
        Err(IdentityError::Tombstoned) => return Some(ActorStatus::Deleted),
        Err(_) => return None,
    };
    let host = identity.pds.as_ref().and_then(|pds| Host::of_url(pds).ok())?;
    match client.repo_status(&host, did).await {
        Ok(status) => Some(status_of(status.active, status.status)),
        Err(error) => match error.disposition() {
            Disposition::Gone(Gone::Takendown) => Some(ActorStatus::Takendown),
            Disposition::Gone(Gone::Suspended) => Some(ActorStatus::Suspended),
            Disposition::Gone(Gone::Deactivated) => Some(ActorStatus::Deactivated),
            // Never there, deleted, or moved away: only together is it an answer.
            Disposition::Gone(Gone::NotFound) => {
                listed.filter(|&listed| listed == ActorStatus::Deleted)
            }
            Disposition::Retry { .. } | Disposition::Refused => None,
        },
    }
}

/// A status as the protocol says it.
pub fn status_of(is_active: bool, status: Option<AccountStatus>) -> ActorStatus {
    match (is_active, status) {
        (true, _) => ActorStatus::Active,
        (false, Some(AccountStatus::Takendown)) => ActorStatus::Takendown,
        (false, Some(AccountStatus::Suspended)) => ActorStatus::Suspended,
        (false, Some(AccountStatus::Deleted)) => ActorStatus::Deleted,
        (false, Some(AccountStatus::Deactivated)) => ActorStatus::Deactivated,
        (
            false,
            Some(AccountStatus::Desynchronized | AccountStatus::Throttled | AccountStatus::Other)
            | None,
        ) => ActorStatus::Inactive,
    }
}

impl Worker {
    /// Takes over how an account stands, unless it has said something itself since.
    pub(crate) fn stand(&mut self, actor: ActorId, stands: Stands, output: &mut Output) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        let Some(known) = &mut account.known else { return };
        let Stands { status, rev, asked, told, .. } = stands;
        let is_kept = self.selection.keeps_account(actor, &known.row.pds);
        let is_news = known.status_heard.is_none_or(|heard| heard < asked);
        if let Some(status) = status.filter(|_| is_news) {
            take_status(known, status, is_kept, &self.requests, output);
        }
        let is_inactive =
            !matches!(known.row.status, ActorStatus::Active | ActorStatus::Deleted) && is_kept;
        let is_behind = known.head.is_some() && rev.is_some_and(|rev| !known.has(rev));
        if is_inactive && is_behind && known.state == RepoState::Synchronized {
            // Nobody gives it now. It is fetched when the account is back, and until then it is not called complete.
            output.repos.push(known.desynchronize(DropReason::CommitsMissed));
        }
        output.promises.extend(told.map(Promise::Done));
    }
}

/// Takes over how an account stands; one that is back may have been written to meanwhile, where nobody told us.
pub fn take_status(
    known: &mut Known,
    status: ActorStatus,
    is_kept: bool,
    requests: &Requests,
    output: &mut Output,
) {
    let before = known.row.status;
    if status == ActorStatus::Inactive && !matches!(before, ActorStatus::Active) {
        // Why it is not active was said before.
        return;
    }
    let row = known.set_status(status);
    if status == ActorStatus::Deleted && is_kept {
        output.repos.push(known.to_be_purged());
    }
    if before == ActorStatus::Deleted && status != ActorStatus::Deleted {
        output.returned.extend(row);
    } else {
        output.actors.extend(row);
    }
    let is_back = before != ActorStatus::Active && status == ActorStatus::Active;
    if !is_kept || !is_back {
        // Of others only who they are and how they stand is followed.
    } else if before == ActorStatus::Deleted {
        output.repos.push(known.forget_repo());
        requests.repo(known);
    } else {
        requests.if_newer(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of whom nothing is proven there is no row in `repos`, and the purge looks for deleted accounts there.
    #[test]
    fn a_deleted_account_is_found_by_the_purge_each_time_it_is_told() {
        let mut known = Known::first_seen(Did::parse("did:plc:44ybard66vv44zksje25o7dz").unwrap());
        for is_kept in [true, true, false] {
            let mut output = Output::default();
            take_status(
                &mut known,
                ActorStatus::Deleted,
                is_kept,
                &Requests::nowhere(),
                &mut output,
            );
            assert_eq!(output.repos.len(), usize::from(is_kept));
        }
    }
}
