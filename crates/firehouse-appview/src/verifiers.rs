//! Trusted verifiers: whose verifications count. dev.firehouse.admin.addVerifier, removeVerifier and listVerifiers change at run time what
//! the configuration says; what was said at run time wins.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use firehouse_schema::{EditorialList, EditorialRow};
use firehouse_store::Store;
use firehouse_types::{ActorId, Did};

use crate::{Answer, AppView, Caller, NoParameters, ViewError, clock};

/// How long a change by another process may go unnoticed here.
const BELIEVED: Duration = Duration::from_secs(5);

/// Who was trusted a moment ago. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct TrustedVerifiers(Arc<Mutex<Option<Trusted>>>);

/// Who was trusted, and when that was asked.
type Trusted = (Instant, Arc<HashSet<ActorId>>);

/// Whom to trust, or not.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct VerifierInput {
    did: Did,
}

/// The output of listVerifiers.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Verifiers {
    /// In the order of their DIDs.
    pub verifiers: Vec<VerifierView>,
}

/// One verifier that is configured, or that something was said of.
#[derive(Clone, Debug, serde::Serialize)]
pub struct VerifierView {
    /// Who.
    pub did: Did,
    /// Whether the configuration names it.
    pub configured: bool,
    /// Whether its verifications count.
    pub trusted: bool,
}

impl AppView {
    /// Whose verifications count now: at most one query in some seconds.
    pub(crate) async fn trusted_verifiers(&self) -> Result<Arc<HashSet<ActorId>>, ViewError> {
        match self.known_verifiers() {
            Some(known) => Ok(known),
            None => self.ask_verifiers().await,
        }
    }

    /// As [`AppView::trusted_verifiers`], if that takes no query.
    pub(crate) fn known_verifiers(&self) -> Option<Arc<HashSet<ActorId>>> {
        self.verifiers.get(BELIEVED)
    }

    /// Asks again in time, beside other queries, so that while there are requests none of them has to wait for it.
    pub(crate) async fn renew_verifiers(&self) -> Result<(), ViewError> {
        if self.verifiers.get(BELIEVED / 2).is_none() {
            self.ask_verifiers().await?;
        }
        Ok(())
    }

    async fn ask_verifiers(&self) -> Result<Arc<HashSet<ActorId>>, ViewError> {
        let all = all(&self.store, &self.config.trusted_verifiers).await?;
        let trusted = all.iter().filter(|(_, view)| view.trusted);
        let trusted = Arc::new(trusted.map(|(did, _)| did.actor()).collect());
        self.verifiers.set(Some((Instant::now(), Arc::clone(&trusted))));
        Ok(trusted)
    }
}

impl TrustedVerifiers {
    /// Unless it was asked longer ago than this.
    fn get(&self, believed: Duration) -> Option<Arc<HashSet<ActorId>>> {
        let known = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = known.as_ref().filter(|(since, _)| since.elapsed() < believed);
        known.map(|(_, trusted)| Arc::clone(trusted))
    }

    fn set(&self, known: Option<Trusted>) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = known;
    }
}

/// What the configuration names, and over it what was said at run time.
async fn all(store: &Store, configured: &[Did]) -> Result<BTreeMap<Did, VerifierView>, ViewError> {
    let view =
        |did: Did, configured, trusted| (did.clone(), VerifierView { did, configured, trusted });
    let mut all: BTreeMap<_, _> =
        configured.iter().map(|did| view(did.clone(), true, true)).collect();
    for row in store.editorial_history(EditorialList::Verifiers).await? {
        let Ok(did) = Did::parse(&row.subject) else { continue };
        let is_configured = configured.contains(&did);
        if is_configured || row.listed == 1 {
            all.extend([view(did, is_configured, row.listed == 1)]);
        }
    }
    Ok(all)
}

/// Trusts a verifier from now on.
pub async fn add_verifier(
    app: &AppView,
    _caller: &Caller,
    input: VerifierInput,
) -> Result<Answer<()>, ViewError> {
    say(app, &input.did, 1).await
}

/// Trusts a verifier no longer, also one that the configuration names.
pub async fn remove_verifier(
    app: &AppView,
    _caller: &Caller,
    input: VerifierInput,
) -> Result<Answer<()>, ViewError> {
    say(app, &input.did, 0).await
}

async fn say(app: &AppView, did: &Did, listed: u8) -> Result<Answer<()>, ViewError> {
    let (tag, subject, version) = ("".into(), did.as_str().into(), clock::version());
    let list = EditorialList::Verifiers;
    let row = EditorialRow { list, tag, subject, position: 0, listed, version };
    app.store.save_editorial(&[row]).await?;
    app.verifiers.set(None);
    Ok(Answer::new(()))
}

/// Who is trusted, and who would be by the configuration.
pub async fn list_verifiers(
    app: &AppView,
    _caller: &Caller,
    _parameters: NoParameters,
) -> Result<Answer<Verifiers>, ViewError> {
    let all = all(&app.store, &app.config.trusted_verifiers).await?;
    Ok(Answer::new(Verifiers { verifiers: all.into_values().collect() }))
}
