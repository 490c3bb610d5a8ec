//! `firehouse verify`: holds repos, as their PDSes give them, against what the store holds, and writes the difference if asked to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use firehouse_ingest::{
    Comparison, Fetch, Findings, Paths, Repairs, RepoEnd, Verifier, VerifyError,
};
use firehouse_store::Store;
use firehouse_types::{ActorId, Did};
use prometheus::Registry;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::args::Verified;
use crate::commands::backfill::dids;
use crate::commands::run::ingest;
use crate::database::Database;
use crate::network;
use crate::serving::Sources;
use crate::settings::Settings;
use crate::signals::stop_on_signal;

/// Repos compared at once.
const AT_ONCE: usize = 8;
/// Paths of an account that are named of each kind.
const PATHS_NAMED: usize = 20;
/// Accounts that differ, or could not be compared, and are named; the rest is counted.
const ACCOUNTS_NAMED: usize = 1_000;
/// Accounts per query.
const ACCOUNTS_PER_PAGE: u32 = 2_000;
const LOG_EVERY: Duration = Duration::from_secs(10);

/// What was found, over all accounts.
#[derive(Default)]
struct Report {
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

/// Compares until all is done or a signal comes. An error, and exit status 1, unless each account was compared and is equal.
pub async fn run(settings: Settings, asked: Verified) -> Result<()> {
    let named = dids(asked.dids.iter().map(String::as_str))?;
    let stop = stop_on_signal()?;
    let registry = Registry::new();
    let database = if asked.repair {
        Database::open_alone(&settings, &stop).await?
    } else {
        // Nothing is written, so whatever runs there may go on.
        Database::open(&settings, &stop).await?
    };
    let resolver = network::resolver(&settings, &registry)?;
    let (backfill, repairs) =
        network::fetching(&settings, Fetch::Asked, &resolver, &registry, &stop)?;
    let verifier = Verifier {
        store: database.store.clone(),
        client: backfill.client.clone(),
        resolver: resolver.clone(),
        paths_max: PATHS_NAMED,
    };
    let mut sources = Sources::new(&database.store, resolver, registry);
    let ingest = ingest(&settings, &mut sources, asked.repair.then_some(backfill))?;
    // Nothing is followed, but while this is held the pipeline goes on.
    let (open, upstreams) = mpsc::channel(1);
    let comparing = async {
        let accounts = Accounts { named, sample: asked.sample, store: database.store.clone() };
        let compared = compare(accounts, verifier, asked.repair.then_some(repairs));
        let ended = tokio::select! {
            report = compared => report,
            () = stop.cancelled() => Err(anyhow::anyhow!("stopped early")),
        };
        drop(open);
        ended
    };
    let piping = async {
        if asked.repair {
            return ingest.run(upstreams, stop.clone()).await.context("ingest");
        }
        // Then not even deleted accounts are to be removed.
        drop(ingest);
        Ok(())
    };
    let ended = tokio::try_join!(comparing, piping);
    database.close().await;
    let (report, ()) = ended?;
    let mut out = std::io::stdout();
    if asked.json {
        writeln!(out, "{}", report.json())?;
    } else {
        out.write_all(report.text().as_bytes())?;
    }
    if report.is_equal() { Ok(()) } else { bail!("not every account is equal") }
}

/// Which accounts are compared.
struct Accounts {
    named: Vec<Did>,
    sample: Option<u32>,
    store: Store,
}

impl Accounts {
    /// The next of them behind those that came; none at the end.
    async fn next(&mut self, after: &mut Option<ActorId>) -> Result<Vec<Did>> {
        if !self.named.is_empty() {
            return Ok(std::mem::take(&mut self.named));
        }
        let Some(last) = *after else { return Ok(Vec::new()) };
        if let Some(sample) = self.sample {
            *after = None;
            return Ok(self.store.followed_sample(sample).await?);
        }
        let page = self.store.followed(last, ACCOUNTS_PER_PAGE).await?;
        *after = page.last().map(Did::actor);
        Ok(page)
    }
}

async fn compare(
    mut accounts: Accounts,
    verifier: Verifier,
    repairs: Option<Repairs>,
) -> Result<Report> {
    let mut report = Report::default();
    let mut progress = Progress::new();
    let mut after = accounts.named.is_empty().then_some(ActorId::from(0));
    let mut under_way = JoinSet::new();
    loop {
        let page = accounts.next(&mut after).await?;
        if page.is_empty() {
            break;
        }
        for did in page {
            if under_way.len() >= AT_ONCE
                && let Some(ended) = under_way.join_next().await
            {
                report.add(ended?);
            }
            under_way.spawn(one(did, verifier.clone(), repairs.clone()));
            progress.show(&report);
        }
    }
    while let Some(ended) = under_way.join_next().await {
        report.add(ended?);
        progress.show(&report);
    }
    Ok(report)
}

type Ended = (Did, Result<(Comparison, Option<RepoEnd>), VerifyError>);

/// Compares one account, and writes the difference if there is one and it is to be written.
async fn one(did: Did, verifier: Verifier, repairs: Option<Repairs>) -> Ended {
    let (comparison, repo) = match verifier.verify(&did).await {
        Ok(compared) => compared,
        Err(error) => return (did, Err(error)),
    };
    let repaired = match repairs.filter(|_| !comparison.is_equal()) {
        Some(repairs) => repairs.repair(repo, &comparison.host).await,
        None => None,
    };
    (did, Ok((comparison, repaired)))
}

impl Report {
    fn add(&mut self, (did, ended): Ended) {
        let (comparison, repaired) = match ended {
            Ok(compared) => compared,
            Err(error) => {
                let reason = reason(&error);
                *self.unproven.entry(reason.clone()).or_default() += 1;
                return self.name(
                    json!({ "did": did.as_str(), "error": reason }),
                    format!("{did}: could not be compared: {reason}\n"),
                );
            }
        };
        self.records += comparison.records;
        if comparison.is_equal() {
            self.equal += 1;
            return;
        }
        self.differ += 1;
        self.behind += u64::from(comparison.is_behind());
        let is_repaired = matches!(repaired, Some(RepoEnd::Written { .. }));
        self.repaired += u64::from(is_repaired);
        self.name(as_json(&comparison, is_repaired), as_text(&comparison, is_repaired));
    }

    fn name(&mut self, json: Value, text: String) {
        if self.named.len() < ACCOUNTS_NAMED {
            self.named.push((json, text));
        }
    }

    fn is_equal(&self) -> bool {
        self.differ == 0 && self.unproven.is_empty()
    }

    fn json(&self) -> Value {
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

    fn text(&self) -> String {
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

fn reason(error: &VerifyError) -> String {
    match error {
        VerifyError::Fetch(error) => error.as_str().to_owned(),
        VerifyError::Identity(_) => "identity".to_owned(),
        error => error.to_string(),
    }
}

fn as_json(comparison: &Comparison, is_repaired: bool) -> Value {
    let Findings { missing, extra, different, newer } = &comparison.findings;
    let paths = |paths: &Paths| json!({ "count": paths.count, "paths": paths.named });
    json!({
        "did": comparison.did.as_str(),
        "host": comparison.host.as_str(),
        "rev": comparison.rev.to_string(),
        "heldRev": comparison.held_rev().map(|rev| rev.to_string()),
        "behind": comparison.is_behind(),
        "knownToBeIncomplete": comparison.is_known(),
        "missing": paths(missing),
        "extra": paths(extra),
        "different": paths(different),
        "newer": newer,
        "repaired": is_repaired,
    })
}

fn as_text(comparison: &Comparison, is_repaired: bool) -> String {
    let Findings { missing, extra, different, newer } = &comparison.findings;
    let held = comparison.held_rev().map_or("nothing".into(), |rev| rev.to_string());
    let mut text = format!("{}: {} here, {} there", comparison.did, held, comparison.rev);
    if comparison.is_behind() {
        text += "; commits still on their way may explain it";
    }
    if comparison.is_known() {
        text += "; known to be incomplete";
    }
    text += if is_repaired { "; repaired\n" } else { "\n" };
    for (what, paths) in [("missing", missing), ("extra", extra), ("different", different)] {
        if paths.count > 0 {
            let _ = writeln!(text, "  {what}: {}", paths.count);
        }
        for path in &paths.named {
            let _ = writeln!(text, "    {path}");
        }
        let unnamed = paths.count - paths.named.len() as u64;
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
struct Progress {
    on_terminal: bool,
    shown: Instant,
}

impl Progress {
    fn new() -> Self {
        Self { on_terminal: std::io::stderr().is_terminal(), shown: Instant::now() }
    }

    fn show(&mut self, report: &Report) {
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
