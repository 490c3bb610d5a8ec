//! [`RecordedIdentities`]: what the store knows from the directory's export, instead of a request for every account.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use firehouse_identity::{Identity, PlcLine, PlcState, Records};
use firehouse_repo::PublicKey;
use firehouse_schema::{IdentityRow, IdentityState};
use firehouse_store::Store;
use firehouse_types::{Did, Handle};
use futures_util::future::BoxFuture;
use url::Url;

use crate::directory::{IN_STEP, walk_of};
use crate::metrics::now_us;

/// How long it is taken for known whether the copy may be believed.
const CHECK_EVERY: Duration = Duration::from_secs(10);

/// The copy of a directory. Believed for as long after it was last in step as a document would be.
pub struct RecordedIdentities {
    store: Store,
    walk: String,
    believed: Duration,
    checked: Mutex<Option<(Instant, bool)>>,
}

impl RecordedIdentities {
    /// Of this directory. `believed`: how long a document is, when nothing says that it changed.
    pub fn new(store: &Store, plc: &Url, believed: Duration) -> Self {
        Self { store: store.clone(), walk: walk_of(plc), believed, checked: Mutex::new(None) }
    }

    /// Whether the export was read to its end not long ago. What is half read may be old without knowing it.
    async fn is_believed(&self) -> bool {
        let checked = *self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, is_believed)) = checked.filter(|(at, _)| at.elapsed() < CHECK_EVERY) {
            return is_believed;
        }
        let saved = self.store.position(&self.walk, IN_STEP).await.ok().flatten();
        let believed_us = i64::try_from(self.believed.as_micros()).unwrap_or(i64::MAX);
        let is_young = |version: u64| {
            i64::try_from(version).is_ok_and(|version| now_us() - version <= believed_us)
        };
        let is_believed = saved.is_some_and(|saved| is_young(saved.version));
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), is_believed));
        is_believed
    }
}

impl Records for RecordedIdentities {
    fn identity<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Option<Arc<Identity>>> {
        Box::pin(async move {
            if !did.as_str().starts_with("did:plc:") || !self.is_believed().await {
                return None;
            }
            // A store that does not answer is no reason not to ask the directory.
            let row = self.store.identities(&[did.actor()]).await.ok()?.pop()?;
            (row.did == *did).then(|| identity_of(&row)).flatten().map(Arc::new)
        })
    }
}

/// What is kept of a line that was judged.
pub fn row_of(line: &PlcLine, state: Option<&PlcState>) -> IdentityRow {
    let mut row = IdentityRow {
        actor: line.did.actor(),
        did: line.did.clone(),
        seq: line.seq,
        state: IdentityState::Doubtful,
        cid: [0; 32],
        rotation_keys: Vec::new(),
        handle: "".into(),
        pds: "".into(),
        key: "".into(),
        document: "".into(),
    };
    match state {
        None => {}
        Some(PlcState::Tombstoned) => row.state = IdentityState::Tombstoned,
        Some(PlcState::Open(identity, last)) => {
            row.state = IdentityState::Open;
            (row.cid, row.rotation_keys) = (last.cid, last.rotation_keys.clone());
            row.handle = identity.handle.as_ref().map_or("", Handle::as_str).into();
            row.pds = pds_of(identity).into();
            row.key = key_of(identity).into();
            if !identity.services.is_empty() || !identity.keys.is_empty() {
                row.document = line.document().into();
            }
        }
    }
    row
}

/// The origin of the account's PDS, as `actors` has it.
pub fn pds_of(identity: &Identity) -> &str {
    identity.pds.as_ref().map_or("", |pds| pds.as_str().trim_end_matches('/'))
}

/// The account's key, as `actors` has it.
pub fn key_of(identity: &Identity) -> String {
    identity.key.as_ref().map_or_else(String::new, PublicKey::to_did_key)
}

/// `None` where the directory must be asked.
fn identity_of(row: &IdentityRow) -> Option<Identity> {
    if row.state != IdentityState::Open {
        return None;
    }
    if !row.document.is_empty() {
        return Identity::from_document(&row.did, row.document.as_bytes()).ok();
    }
    Some(Identity {
        did: row.did.clone(),
        handle: Handle::parse(&row.handle).ok(),
        key: PublicKey::from_did_key(&row.key).ok(),
        pds: Url::parse(&row.pds).ok(),
        services: Box::default(),
        keys: Box::default(),
    })
}
