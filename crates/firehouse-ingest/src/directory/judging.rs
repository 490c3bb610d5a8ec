//! A page of operations held against what is known of their DIDs: what is to be written, and who is to be told.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use firehouse_identity::{Identity, PlcFault, PlcHead, PlcLast, PlcLine, PlcState};
use firehouse_schema::{ActorRow, IdentityRow, IdentityState};
use firehouse_store::Store;
use firehouse_types::{ActorId, Did, Handle};

use crate::directory::Exported;
use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::{Metrics, PLC_BELIEVED, PLC_KNOWN};
use crate::recorded::{key_of, pds_of, row_of};

/// What became of some lines.
pub struct Judged {
    /// The last of each DID.
    pub rows: Vec<IdentityRow>,
    /// Whom they are about, who that is now, and whether the store holds something else.
    pub told: Vec<(Did, Option<Arc<Identity>>, bool)>,
    /// How many were what; the highest number among them, or `after`.
    pub counted: Exported,
}

/// One DID while a page is read.
#[derive(Default)]
struct Entry {
    head: Option<PlcHead>,
    /// What this page made of it.
    changed: Option<(IdentityRow, Option<Arc<Identity>>)>,
}

/// Judges lines in their order.
pub async fn judge(
    store: &Store,
    metrics: &Metrics,
    lines: Vec<Bytes>,
    after: u64,
) -> Result<Judged, IngestError> {
    let parsed: Vec<Result<PlcLine, PlcFault>> =
        lines.iter().map(|line| PlcLine::parse(line)).collect();
    let actors: Vec<ActorId> = parsed.iter().flatten().map(|line| line.did.actor()).collect();
    let held = retried(metrics, || store.identities(&actors)).await?;
    let accounts = retried(metrics, || store.accounts(&actors)).await?;
    // Signatures are for a thread that may take its time.
    let judging = tokio::task::spawn_blocking(move || judge_all(parsed, held, after));
    let (entries, counted, outcomes) =
        judging.await.map_err(|_| IngestError::TaskEnded { task: "judge of operations" })?;
    for (outcome, count) in outcomes {
        metrics.plc_operations.with_label_values(&[outcome]).inc_by(count);
    }
    let seen: HashMap<ActorId, ActorRow> =
        accounts.into_iter().map(|account| (account.actor.actor, account.actor)).collect();
    let (mut rows, mut told) = (Vec::new(), Vec::new());
    for (did, entry) in entries {
        let Some((row, identity)) = entry.changed else { continue };
        let held = seen.get(&row.actor).filter(|held| held.did == did);
        let is_news = held.is_some_and(|held| differs(held, identity.as_deref()));
        rows.push(row);
        told.push((did, identity, is_news));
    }
    Ok(Judged { rows, told, counted })
}

fn differs(held: &ActorRow, identity: Option<&Identity>) -> bool {
    identity.is_none_or(|identity| {
        let claimed = identity.handle.as_ref().map_or("", Handle::as_str);
        *held.key != *key_of(identity) || *held.pds != *pds_of(identity) || *held.handle != *claimed
    })
}

type Entries = HashMap<Did, Entry>;
type Outcomes = HashMap<&'static str, u64>;

fn judge_all(
    lines: Vec<Result<PlcLine, PlcFault>>,
    held: Vec<IdentityRow>,
    after: u64,
) -> (Entries, Exported, Outcomes) {
    let (mut entries, mut outcomes) = (Entries::new(), Outcomes::new());
    let mut counted = Exported { seq: after, ..Exported::default() };
    for row in held {
        let entry = Entry { head: Some(head_of(&row)), changed: None };
        entries.insert(row.did, entry);
    }
    for line in lines {
        let outcome = match line {
            Err(fault) => fault.as_str(),
            Ok(line) => {
                counted.seq = counted.seq.max(line.seq);
                entries.entry(line.did.clone()).or_default().take(&line)
            }
        };
        match outcome {
            PLC_BELIEVED => counted.believed += 1,
            PLC_KNOWN => counted.known += 1,
            _ => counted.faults += 1,
        }
        *outcomes.entry(outcome).or_default() += 1;
    }
    (entries, counted, outcomes)
}

impl Entry {
    fn take(&mut self, line: &PlcLine) -> &'static str {
        if line.is_known(self.head.as_ref()) {
            return PLC_KNOWN;
        }
        let judged = line.judge(self.head.as_ref());
        let row = row_of(line, judged.as_ref().ok());
        self.head = Some(head_of(&row));
        let (identity, outcome) = match judged {
            Ok(PlcState::Open(identity, _)) => (Some(Arc::from(identity)), PLC_BELIEVED),
            Ok(PlcState::Tombstoned) => (None, PLC_BELIEVED),
            Err(fault) => (None, fault.as_str()),
        };
        self.changed = Some((row, identity));
        outcome
    }
}

fn head_of(row: &IdentityRow) -> PlcHead {
    let last = (row.state == IdentityState::Open)
        .then(|| PlcLast { cid: row.cid, rotation_keys: row.rotation_keys.clone() });
    PlcHead { seq: row.seq, last }
}
