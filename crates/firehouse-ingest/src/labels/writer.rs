//! Writes labels in batches: the rows, then the cursors, each only when the one before is acknowledged.

use std::collections::HashMap;
use std::time::Duration;

use firehouse_schema::LabelRow;
use firehouse_store::Store;
use firehouse_types::Seq;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;
use crate::status::Status;
use crate::ticket::Ticket;

/// From a follower: rows, and the tickets that are done when these and all rows before them are durable.
pub struct Output {
    pub rows: Vec<LabelRow>,
    pub done: Vec<Ticket>,
}

/// The task that owns the batch. Followers wait while it writes: labels have no promise of freshness but a second or two.
pub struct Writer {
    pub store: Store,
    pub status: Status,
    pub metrics: Metrics,
    pub input: mpsc::Receiver<Output>,
    pub flush_wait: Duration,
    pub batch_rows_max: usize,
}

#[derive(Default)]
struct Batch {
    rows: Vec<LabelRow>,
    done: Vec<Ticket>,
}

impl Writer {
    /// Runs until every follower is gone and the last batch is written.
    pub async fn run(mut self) -> Result<(), IngestError> {
        let mut saved = HashMap::new();
        while let Some(first) = self.input.recv().await {
            let mut batch = Batch::default();
            batch.absorb(first);
            let due = Instant::now() + self.flush_wait;
            while batch.rows.len() < self.batch_rows_max {
                match timeout_at(due, self.input.recv()).await {
                    Ok(Some(output)) => batch.absorb(output),
                    Ok(None) | Err(_) => break,
                }
            }
            self.flush(batch, &mut saved).await?;
        }
        Ok(())
    }

    /// Of `saved`, the cursors by upstream, those that may move do.
    async fn flush(
        &self,
        batch: Batch,
        saved: &mut HashMap<usize, Seq>,
    ) -> Result<(), IngestError> {
        let receipt = retried(&self.metrics, || self.store.insert(&batch.rows)).await?;
        self.metrics.rows.with_label_values(&["labels"]).inc_by(receipt.rows as u64);
        // Every label of these events is now visible to every query.
        self.status.done(&batch.done);
        let low_water = |upstream| Some((upstream, self.status.low_water(upstream)?));
        let moved = (0..self.status.len()).filter_map(low_water);
        let moved: Vec<(usize, Seq)> =
            moved.filter(|(upstream, seq)| saved.get(upstream) != Some(seq)).collect();
        let named: Vec<_> =
            moved.iter().map(|&(upstream, seq)| (self.status.name(upstream), seq)).collect();
        let rows: Vec<_> = named.iter().map(|(name, seq)| (&**name, *seq)).collect();
        retried(&self.metrics, || self.store.save_cursors(&rows)).await?;
        saved.extend(moved);
        Ok(())
    }
}

impl Batch {
    fn absorb(&mut self, output: Output) {
        self.rows.extend(output.rows);
        self.done.extend(output.done);
    }
}
