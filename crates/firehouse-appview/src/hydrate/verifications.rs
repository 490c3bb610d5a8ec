//! Verifications: who of the accounts of one answer is who he says, by accounts that we trust in this.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use firehouse_store::read::RecordRead;
use firehouse_types::{ActorId, Datetime, Rkey};

use super::actors::parse;
use crate::record::{RecordJson, VerificationFields};
use crate::{AppView, ViewError};

/// What an issuer found out, with what the account was called then.
#[derive(Debug)]
pub(crate) struct Verification {
    pub issuer: ActorId,
    pub rkey: Rkey,
    pub sort_at: Datetime,
    pub fields: VerificationFields,
}

/// Whose verifications count, and theirs by account, the oldest first.
pub(crate) type Verifications = (Arc<HashSet<ActorId>>, HashMap<ActorId, Vec<Verification>>);

/// Verifications of some accounts. One query, and now and then one beside it; none where we trust nobody. `None` about nobody.
pub(crate) async fn load_verifications(
    app: &AppView,
    actors: &[ActorId],
) -> Result<Option<Verifications>, ViewError> {
    if actors.is_empty() {
        return Ok(None);
    }
    let trusted = app.trusted_verifiers().await?;
    let issuers: Vec<_> = trusted.iter().copied().collect();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    let rows = async { Ok(app.store.verifications(actors, &issuers).await?) };
    let (rows, ()) = tokio::try_join!(rows, app.renew_verifiers())?;
    for row in rows {
        if let Some(verification) = read(&row) {
            let subject = ActorId::of(&verification.fields.subject);
            found.entry(subject).or_default().push(verification);
        }
    }
    Ok(Some((trusted, found)))
}

fn read(row: &RecordRead) -> Option<Verification> {
    let (head, fields) = (row.head(), parse(&RecordJson::new(&row.body)?)?);
    Some(Verification { issuer: row.actor, rkey: head.rkey()?, sort_at: head.sort_at(), fields })
}
