//! One op on its way to rows, from a commit or from a whole repo.

use firehouse_indexer::{Indexer, Witness};
use firehouse_repo::RecordOp;
use firehouse_types::OpAction;

use crate::metrics::Metrics;
use crate::work::Output;

/// Indexes an op, counts it, and notes that older versions of its record must be buried.
pub fn apply_op(
    op: &RecordOp,
    witness: &Witness<'_>,
    indexer: &Indexer,
    metrics: &Metrics,
    output: &mut Output,
) {
    let action = match op.action {
        OpAction::Create => "create",
        OpAction::Update => "update",
        OpAction::Delete => "delete",
    };
    metrics.ops.with_label_values(&[action]).inc();
    if let Err(reason) = indexer.index(op, witness, &mut output.rows) {
        metrics.ops_dropped.with_label_values(&[reason.as_str()]).inc();
    }
    if op.action != OpAction::Create {
        output.buried.push(((op.did.actor(), op.collection.clone(), op.rkey.id()), op.rev));
    }
}
