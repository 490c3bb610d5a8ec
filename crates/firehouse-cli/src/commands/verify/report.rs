//! [`Report`]: what was found over all accounts, for programs and for people; and [`Progress`], while it is being found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use firehouse_types::Did;
use firehouse_xrpc::Comparison;
use serde_json::{Value, json};

/// Accounts that differ, or could not be compared, and are named; the rest is counted.
const ACCOUNTS_NAMED: usize = 1_000;
const LOG_EVERY: Duration = Duration::from_secs(10);

/// What was found, over all accounts.
#[derive(Default)]
pub struct Report {
    equal: u64,
    records: u64,
    differ: u64,
    /// Of those that differ: our rev is below that of the repo.
    behind: u64,
    repaired: u64,
    /// Accounts that could not be compared, by the reason.
    unproven: BTreeMap<String, u64>,
    /// Of each account that is named: as JSON and for people.
    named: Vec<(Value, String)>,
}

impl Report {
    /// Takes in what was found of one account, or why nothing was.
    pub fn add(&mut self, (did, proved): (Did, Result<Comparison, String>)) {
        let comparison = match proved {
            Ok(comparison) => comparison,
            Err(reason) => {
                *self.unproven.entry(reason.clone()).or_default() += 1;
                return self.name(
                    json!({ "did": did.as_str(), "error": reason }),
                    format!("{did}: could not be compared: {reason}\n"),
                );
            }
        };
        self.records += comparison.records;
        if comparison.equal {
            self.equal += 1;
            return;
        }
        self.differ += 1;
        self.behind += u64::from(comparison.behind);
        self.repaired += u64::from(comparison.repaired);
        self.name(json!(comparison), as_text(&comparison));
    }

    fn name(&mut self, json: Value, text: String) {
        if self.named.len() < ACCOUNTS_NAMED {
            self.named.push((json, text));
        }
    }

    /// Whether each account was compared and is equal.
    pub fn is_equal(&self) -> bool {
        self.differ == 0 && self.unproven.is_empty()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "equal": self.equal,
            "records": self.records,
            "differ": self.differ,
            "behind": self.behind,
            "repaired": self.repaired,
            "notCompared": self.unproven,
            "accounts": self.named.iter().map(|(json, _)| json).collect::<Vec<_>>(),
        })
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text: String = self.named.iter().map(|(_, text)| text.as_str()).collect();
        let unproven: u64 = self.unproven.values().sum();
        let unnamed = (self.differ + unproven).saturating_sub(self.named.len() as u64);
        if unnamed > 0 {
            let _ = writeln!(text, "and {unnamed} more");
        }
        let _ = writeln!(
            text,
            "{} accounts equal; {} differ ({} of them behind their PDS), {} repaired; {unproven} could not be compared; {} records",
            self.equal, self.differ, self.behind, self.repaired, self.records,
        );
        text
    }
}

fn as_text(comparison: &Comparison) -> String {
    let Comparison { missing, extra, different, newer, .. } = comparison;
    let held = comparison.held_rev.as_deref().unwrap_or("nothing");
    let mut text = format!("{}: {held} here, {} there", comparison.did, comparison.rev);
    if comparison.behind {
        text += "; commits still on their way may explain it";
    }
    if comparison.known_to_be_incomplete {
        text += "; known to be incomplete";
    }
    if comparison.repaired {
        text += "; repaired";
    }
    if let Some(reason) = &comparison.not_repaired {
        let _ = write!(text, "; not repaired: {reason}");
    }
    text += "\n";
    for (what, paths) in [("missing", missing), ("extra", extra), ("different", different)] {
        if paths.count > 0 {
            let _ = writeln!(text, "  {what}: {}", paths.count);
        }
        for path in &paths.paths {
            let _ = writeln!(text, "    {path}");
        }
        let unnamed = paths.count.saturating_sub(paths.paths.len() as u64);
        if unnamed > 0 {
            let _ = writeln!(text, "    and {unnamed} more");
        }
    }
    if *newer > 0 {
        let _ = writeln!(text, "  newer than there: {newer}");
    }
    text
}

/// One line on a terminal, log lines elsewhere.
pub struct Progress {
    on_terminal: bool,
    shown: Instant,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        Self { on_terminal: std::io::stderr().is_terminal(), shown: Instant::now() }
    }

    /// Shows how far it is, unless that was shown a moment ago.
    pub fn show(&mut self, report: &Report) {
        let unproven: u64 = report.unproven.values().sum();
        let every = if self.on_terminal { LOG_EVERY / 40 } else { LOG_EVERY };
        if self.shown.elapsed() < every {
            return;
        }
        self.shown = Instant::now();
        let Report { equal, differ, records, .. } = report;
        if self.on_terminal {
            // Progress that cannot be shown is not worth failing for.
            let _ = write!(
                std::io::stderr(),
                "\r\x1b[2K{equal} equal, {differ} differ, {unproven} not compared, {records} records"
            );
        } else {
            tracing::info!(equal, differ, unproven, records, "comparing repos");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
