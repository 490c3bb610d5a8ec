//! Many seeds, some at a time, with a line of progress and a line for each that fails.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::faults::fault::Fault;
use crate::run::driver::{Outcome, run_seed};
use crate::run::engine::SharedEngine;
use crate::run::options::RunOptions;

/// Progress where nobody can redraw a line.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// What became of all of them.
#[derive(Debug, Default)]
pub struct Total {
    /// Runs that ended.
    pub runs: u64,
    /// Seeds that failed.
    pub failed: Vec<u64>,
    /// How often each fault happened.
    pub faults: BTreeMap<Fault, u64>,
    /// Kills of firehouse, and of its engine.
    pub kills: (u64, u64),
    /// Disks that were full for a while.
    pub disks_filled: u64,
    /// Records that were compared.
    pub records: u64,
    /// From the first to the last.
    pub took: Duration,
}

/// Runs every seed, `jobs` at a time, and tells `say` of what happens. Errors: an engine that does not start.
pub async fn run_seeds(
    seeds: Range<u64>,
    jobs: usize,
    options: &RunOptions,
    mut say: impl Write,
) -> std::io::Result<Total> {
    let (began, count) = (Instant::now(), seeds.end.saturating_sub(seeds.start));
    let next = Arc::new(AtomicU64::new(seeds.start));
    let (sender, mut outcomes) = mpsc::channel::<Outcome>(jobs.max(1));
    let options_of_all = Arc::new(options.clone());
    for _ in 0..jobs.max(1) {
        let engine = Arc::new(SharedEngine::start(options).await?);
        let (next, sender, options, end) =
            (Arc::clone(&next), sender.clone(), Arc::clone(&options_of_all), seeds.end);
        tokio::spawn(async move {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    return;
                }
                let (options, engine) = (Arc::clone(&options), Arc::clone(&engine));
                let run = tokio::spawn(async move { run_seed(seed, &options, &engine).await });
                let outcome = run.await.unwrap_or_else(|error| Outcome::panicked(seed, &error));
                if sender.send(outcome).await.is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let on_terminal = std::io::stderr().is_terminal();
    let (mut total, mut logged) = (Total::default(), Instant::now());
    while let Some(outcome) = outcomes.recv().await {
        if let Some(failure) = &outcome.failure {
            let (seed, command) = (outcome.seed, options.command(outcome.seed));
            writeln!(say, "\rseed {seed} failed: {failure}\n  again: {command}")?;
        }
        total.add(&outcome);
        if on_terminal || logged.elapsed() > LOG_EVERY || total.runs == count {
            logged = Instant::now();
            let line = total.progress(count, began.elapsed());
            let end = if on_terminal && total.runs < count { "" } else { "\n" };
            write!(say, "\r{line}{end}")?;
            say.flush()?;
        }
        if options.until_failure && outcome.failure.is_some() {
            next.store(seeds.end, Ordering::Relaxed);
        }
    }
    total.took = began.elapsed();
    Ok(total)
}

impl Total {
    fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.records += outcome.records as u64;
        self.disks_filled += u64::from(outcome.disks_filled);
        self.kills.0 += u64::from(outcome.kills.0);
        self.kills.1 += u64::from(outcome.kills.1);
        for (fault, times) in &outcome.faults {
            *self.faults.entry(*fault).or_default() += times;
        }
        if outcome.failure.is_some() {
            self.failed.push(outcome.seed);
        }
    }

    fn progress(&self, count: u64, took: Duration) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a line for people")]
        let (runs, left) = (self.runs as f64, count.saturating_sub(self.runs) as f64);
        let rate = runs / took.as_secs_f64().max(0.001);
        let eta = Duration::from_secs_f64(left / rate.max(0.000_001));
        format!(
            "{}/{count} runs, {} failed, {rate:.2} runs/s, {} s left",
            self.runs,
            self.failed.len(),
            eta.as_secs()
        )
    }

    /// The last lines of a report.
    pub fn summary(&self) -> String {
        let faults: Vec<String> = self
            .faults
            .iter()
            .map(|(fault, times)| format!("{} {times}", fault.as_str()))
            .collect();
        let mut failed: Vec<u64> = self.failed.clone();
        failed.sort_unstable();
        format!(
            "{} runs in {} s, {} failed{}\nfirehouse killed {} times, its engine {} times, its disk full {} times; {} records compared\nfaults: {}",
            self.runs,
            self.took.as_secs(),
            failed.len(),
            if failed.is_empty() { String::new() } else { format!(": seeds {failed:?}") },
            self.kills.0,
            self.kills.1,
            self.disks_filled,
            self.records,
            faults.join(", ")
        )
    }
}
