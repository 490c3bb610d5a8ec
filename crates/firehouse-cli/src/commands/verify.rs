//! `firehouse verify`: holds repos, as their PDSes give them, against what the store holds, and writes the difference if asked to.
//!
//! Beside a firehouse that runs on the same store, that one is asked to: only it can repair, and an embedded store has room for one.

mod report;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use firehouse_ingest::{Fetch, Keeper, Repairs, Verifier};
use firehouse_types::{ActorId, Did};
use firehouse_xrpc::Comparison;
use prometheus::Registry;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::args::Verified;
use crate::commands::backfill::dids;
use crate::commands::run::ingest;
use crate::database::Database;
use crate::proving::{self, PATHS_NAMED, prove};
use crate::running::Running;
use crate::serving::Sources;
use crate::settings::Settings;
use crate::signals::stop_on_signal;
use crate::{keeping, network};
use report::{Progress, Report};

/// Repos compared at once by this process.
const AT_ONCE: usize = 8;
/// Accounts per question for more of them.
const ACCOUNTS_PER_PAGE: u32 = 2_000;
/// Pause before a firehouse that compares enough repos is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Compares until all is done or a signal comes. An error, and exit status 1, unless each account was compared and is equal.
pub async fn run(settings: Settings, asked: Verified) -> Result<()> {
    let named = dids(asked.dids.iter().map(String::as_str))?;
    let accounts = Accounts { named, sample: asked.sample };
    let stop = stop_on_signal()?;
    // Nothing is written to a server's store without repairs, so whatever runs there may go on.
    let is_shared = settings.clickhouse_url.is_some() && !asked.repair;
    let running = if is_shared { None } else { Running::on_store(&settings).await? };
    let report = match running {
        Some(running) => {
            running.authorization()?;
            tracing::info!(address = %running.address, "asking the firehouse that runs on this store");
            let prover = Prover::There { running, repair: asked.repair };
            compare_until(accounts, prover, &stop).await?
        }
        None => here(settings, accounts, asked.repair, &stop).await?,
    };
    let mut out = std::io::stdout();
    if asked.json {
        writeln!(out, "{}", report.json())?;
    } else {
        out.write_all(report.text().as_bytes())?;
    }
    if report.is_equal() { Ok(()) } else { bail!("not every account is equal") }
}

/// With the store in this process.
async fn here(
    settings: Settings,
    accounts: Accounts,
    repair: bool,
    stop: &CancellationToken,
) -> Result<Report> {
    let registry = Registry::new();
    let database = Database::open(&settings, stop).await?;
    let resolver = network::resolver(&settings, &registry)?;
    let (backfill, repairs) =
        network::fetching(&settings, Fetch::Asked, &resolver, &registry, stop)?;
    // Who only looks compares with what the store is made to hold, whatever is configured.
    let keeper = match repair {
        true => keeping::keeper(&settings, &database.store, stop).await?,
        false => Keeper::saved(&database.store, keeping::limits(&settings)).await?,
    };
    let verifier = Verifier {
        store: database.store.clone(),
        client: backfill.client.clone(),
        resolver: resolver.clone(),
        keeper: keeper.clone(),
        paths_max: PATHS_NAMED,
    };
    let mut sources = Sources::new(&database.store, resolver, registry);
    let ingest = ingest(&settings, &mut sources, keeper, repair.then_some(backfill))?;
    // Nothing is followed, but while this is held the pipeline goes on.
    let (open, upstreams) = mpsc::channel(1);
    let comparing = async {
        let prover =
            Prover::Here { verifier: Box::new(verifier), repairs: repair.then_some(repairs) };
        let ended = compare_until(accounts, prover, stop).await;
        drop(open);
        ended
    };
    let piping = async {
        if repair {
            return ingest.run(upstreams, stop.clone()).await.context("ingest");
        }
        // Then not even deleted accounts are to be removed.
        drop(ingest);
        Ok(())
    };
    let ended = tokio::try_join!(comparing, piping);
    database.close().await;
    ended.map(|(report, ())| report)
}

/// Which accounts are compared.
struct Accounts {
    named: Vec<Did>,
    sample: Option<u32>,
}

/// Where in the list of all accounts we are.
enum Place {
    Begin,
    Behind(ActorId),
    End,
}

impl Accounts {
    /// The next of them; none at the end.
    async fn next(&mut self, place: &mut Place, prover: &Prover) -> Result<Vec<Did>> {
        let after = match place {
            Place::End => return Ok(Vec::new()),
            Place::Begin => ActorId::from(0),
            Place::Behind(last) => *last,
        };
        *place = Place::End;
        if !self.named.is_empty() {
            return Ok(std::mem::take(&mut self.named));
        }
        if let Some(sample) = self.sample {
            return prover.sample(sample).await;
        }
        let page = prover.accounts(after).await?;
        if let Some(last) = page.last() {
            *place = Place::Behind(last.actor());
        }
        Ok(page)
    }
}

/// Who compares and repairs.
#[derive(Clone)]
enum Prover {
    Here { verifier: Box<Verifier>, repairs: Option<Repairs> },
    There { running: Running, repair: bool },
}

impl Prover {
    fn at_once(&self) -> usize {
        match self {
            Self::Here { .. } => AT_ONCE,
            Self::There { .. } => proving::AT_ONCE,
        }
    }

    async fn sample(&self, limit: u32) -> Result<Vec<Did>> {
        match self {
            Self::Here { verifier, .. } => Ok(verifier.store.followed_sample(limit).await?),
            Self::There { running, .. } => {
                if limit > ACCOUNTS_PER_PAGE {
                    bail!("a running firehouse draws {ACCOUNTS_PER_PAGE} accounts at most");
                }
                listed(running, &format!("limit={limit}&sample=true")).await
            }
        }
    }

    async fn accounts(&self, after: ActorId) -> Result<Vec<Did>> {
        match self {
            Self::Here { verifier, .. } => {
                Ok(verifier.store.followed(after, ACCOUNTS_PER_PAGE).await?)
            }
            Self::There { running, .. } => {
                let page = format!("limit={ACCOUNTS_PER_PAGE}&cursor={}", after.get());
                listed(running, &page).await
            }
        }
    }

    /// Compares one account, and writes the difference if there is one and it is to be written. Errors: why it could not be compared.
    async fn prove(&self, did: &Did) -> Result<Comparison, String> {
        match self {
            Self::Here { verifier, repairs } => {
                let proved = prove(verifier, repairs.as_ref(), did).await;
                proved.map_err(|error| match error {
                    firehouse_xrpc::RepairError::NotCompared { reason } => reason,
                    error => error.to_string(),
                })
            }
            Self::There { running, repair } => there(running, *repair, did).await,
        }
    }
}

async fn listed(running: &Running, parameters: &str) -> Result<Vec<Did>> {
    let path = format!("/xrpc/dev.firehouse.admin.listRepos?{parameters}");
    let mut answer = running.get_as_admin(&path).await?;
    match answer.status {
        200 => Ok(serde_json::from_value(answer.body["dids"].take())?),
        _ => bail!("{} refuses to list its accounts: {}", running.address, answer.body["message"]),
    }
}

/// As long as it takes: who is asked has its own limits.
async fn there(running: &Running, repair: bool, did: &Did) -> Result<Comparison, String> {
    let method = if repair { "repairRepo" } else { "verifyRepo" };
    let path = format!("/xrpc/dev.firehouse.admin.{method}");
    loop {
        let answer = running.post(&path, &json!({ "did": did.as_str() })).await;
        let answer = answer.map_err(|error| format!("{error:#}"))?;
        match answer.status {
            200 => return serde_json::from_value(answer.body).map_err(|error| error.to_string()),
            503 => sleep(BUSY_PAUSE).await,
            _ => return Err(answer.body["message"].as_str().unwrap_or("refused").to_owned()),
        }
    }
}

async fn compare_until(
    accounts: Accounts,
    prover: Prover,
    stop: &CancellationToken,
) -> Result<Report> {
    tokio::select! {
        report = compare(accounts, prover) => report,
        () = stop.cancelled() => Err(anyhow::anyhow!("stopped early")),
    }
}

async fn compare(mut accounts: Accounts, prover: Prover) -> Result<Report> {
    let mut report = Report::default();
    let mut progress = Progress::new();
    let mut place = Place::Begin;
    let mut under_way = JoinSet::new();
    loop {
        let page = accounts.next(&mut place, &prover).await?;
        if page.is_empty() {
            break;
        }
        for did in page {
            if under_way.len() >= prover.at_once()
                && let Some(ended) = under_way.join_next().await
            {
                report.add(ended?);
            }
            let prover = prover.clone();
            under_way.spawn(async move {
                let proved = prover.prove(&did).await;
                (did, proved)
            });
            progress.show(&report);
        }
    }
    while let Some(ended) = under_way.join_next().await {
        report.add(ended?);
        progress.show(&report);
    }
    Ok(report)
}
