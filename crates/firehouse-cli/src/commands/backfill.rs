//! `firehouse backfill`: fetches the repos that are missing here or behind, and ends when all are dealt with.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use firehouse_backfill::{Host, Plan};
use firehouse_ingest::{Exported, Fetch, Keeper, Lists, Walk, Walked, WalkedSoFar};
use firehouse_types::{Did, Nsid};
use prometheus::Registry;
use tokio::sync::mpsc;

use crate::args::Wanted;
use crate::commands::run::ingest;
use crate::database::Database;
use crate::serving::Sources;
use crate::settings::Settings;
use crate::signals::stop_on_signal;
use crate::{keeping, network, progress};

/// Reasons shown by name in the summary.
const LISTS_SHOWN: usize = 20;

/// Fetches until all is done or a signal comes; begun again, it goes on where it was.
pub async fn run(settings: Settings, wanted: Wanted) -> Result<()> {
    let limit = wanted.limit;
    let identities = wanted.identities;
    let is_named = !identities && !wanted.network && wanted.collection.is_empty();
    let stop = stop_on_signal()?;
    let registry = Registry::new();
    let database = Database::open_alone(&settings, &stop).await?;
    let keeper = keeping::keeper(&settings, &database.store, &stop).await?;
    let plans = plans(&settings, wanted, &keeper)?;
    let resolver = network::resolver(&settings, &registry)?;
    network::use_records(&settings, &resolver, &database.store);
    let (directory, exported) = network::directory(&settings, None)?;
    let (backfill, _repairs) =
        network::fetching(&settings, Fetch::Asked, &resolver, &registry, &stop)?;
    let (client, scheduler, asked) =
        (backfill.client.clone(), backfill.scheduler.clone(), backfill.asked.clone());
    let standings = backfill.standings.clone();
    let mut sources = Sources::new(&database.store, resolver, registry);
    let mut ingest = ingest(&settings, &mut sources, keeper.clone(), Some(backfill))?;
    ingest.directory = identities.then_some(directory);
    let walk = Walk {
        store: database.store.clone(),
        client,
        scheduler,
        asked,
        standings,
        held_only: false,
        patience: Duration::ZERO,
        walked: Walked::default(),
        keeper,
        metrics: ingest.metrics.clone(),
    };
    let began = Instant::now();
    // Nothing is followed, but while this is held the pipeline goes on.
    let (open, upstreams) = mpsc::channel(1);
    let walking = async {
        let walked = async {
            if identities {
                // The sender is gone only when the pipeline has failed, which says so itself.
                let Ok(exported) = exported.await else { return Ok(()) };
                std::io::stdout().write_all(summary_of(&exported).as_bytes())?;
            }
            let mut left = limit;
            for (name, plan) in plans {
                let before = walk.walked.so_far().asked;
                walk.run(&name, plan, left).await?;
                left = left.map(|left| left.saturating_sub(walk.walked.so_far().asked - before));
            }
            anyhow::Ok(())
        };
        let ended = tokio::select! {
            ended = walked => ended,
            () = progress::show(&walk.walked) => Ok(()),
            () = stop.cancelled() => Ok(()),
        };
        drop(open);
        ended
    };
    let piping = async { ingest.run(upstreams, stop.clone()).await.context("ingest") };
    let ended = tokio::try_join!(walking, piping);
    database.close().await;
    ended?;
    let so_far = walk.walked.so_far();
    let summary = summary(&so_far, began.elapsed(), stop.is_cancelled());
    std::io::stdout().write_all(summary.as_bytes())?;
    if is_named && !stop.is_cancelled() && !so_far.is_complete() {
        bail!("not all of them could be fetched");
    }
    Ok(())
}

/// What reading the export has brought.
fn summary_of(exported: &Exported) -> String {
    let Exported { believed, known, faults, seq } = exported;
    format!(
        "identities: {believed} operations believed, {known} known before, {faults} that prove nothing; the directory is read up to {seq}\n"
    )
}

/// Which lists are walked, each with the name its positions are saved under.
fn plans(settings: &Settings, wanted: Wanted, keeper: &Keeper) -> Result<Vec<(String, Plan)>> {
    let mut plans = Vec::new();
    let relays = settings.relay.iter().filter(|relay| relay.has_repos());
    let relays: Vec<Host> =
        relays.map(|relay| Host::of_url(&relay.url)).collect::<Result<_, _>>()?;
    for relay in &relays {
        if wanted.network {
            plans.push(of_network(relay, keeper));
        }
        for collection in &wanted.collection {
            let collection = Nsid::parse(collection)
                .with_context(|| format!("{collection:?} is not the NSID of a collection"))?;
            let name = format!("collection {collection} {relay}");
            plans.push((name, Plan::Collection { host: relay.clone(), collection }));
        }
    }
    let mut dids = dids(wanted.did.iter().map(String::as_str))?;
    if let Some(file) = &wanted.dids {
        dids.extend(dids_of_file(file)?);
    }
    if !dids.is_empty() {
        plans.push(("dids".into(), Plan::Dids(dids)));
    }
    if plans.is_empty() && !wanted.identities {
        bail!("nothing to fetch: no relay is configured, or no DID is in the file");
    }
    Ok(plans)
}

/// Every repo that a relay, or a host it follows, lists, and that may be kept.
pub fn of_network(relay: &Host, keeper: &Keeper) -> (String, Plan) {
    (format!("network {relay}"), Lists::network(relay, &keeper.selection()))
}

/// DIDs of a file, one a line; empty lines and those that begin with `#` are left out.
fn dids_of_file(file: &Path) -> Result<Vec<Did>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    dids(text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')))
        .with_context(|| file.display().to_string())
}

/// DIDs that accounts can have.
pub fn dids<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Vec<Did>> {
    let did = |text: &str| {
        let did = Did::parse(text).ok().filter(Did::is_resolvable);
        did.with_context(|| format!("{text:?} is not the DID of an account"))
    };
    texts.map(did).collect()
}

/// What came of it, for people.
fn summary(walked: &WalkedSoFar, took: Duration, is_cut: bool) -> String {
    let seconds = took.as_secs_f64();
    let mut text = format!(
        "{}listed {} repos: {} in step, {} inactive, {}{} asked for\n",
        if is_cut { "stopped early; begun again, it goes on from here\n" } else { "" },
        walked.listed,
        walked.in_step + walked.needless,
        walked.inactive,
        if walked.not_kept > 0 { format!("{} not kept, ", walked.not_kept) } else { String::new() },
        walked.asked,
    );
    let _ = writeln!(
        text,
        "fetched {} repos with {} records, {} of them new or changed here, in {seconds:.1} s: {:.1} repos/s, {:.0} records/s",
        walked.written,
        walked.records,
        walked.changed,
        walked.written as f64 / seconds,
        walked.records as f64 / seconds,
    );
    for (what, count, reasons) in
        [("gone", walked.gone(), &walked.gone), ("failed", walked.failed(), &walked.failed)]
    {
        if count > 0 {
            let reasons: Vec<_> =
                reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
            let _ = writeln!(text, "{what} {count}: {}", reasons.join(", "));
        }
    }
    if !walked.lists_failed.is_empty() {
        let _ = writeln!(text, "not read to their end: {} lists", walked.lists_failed.len());
        for (host, error) in walked.lists_failed.iter().take(LISTS_SHOWN) {
            let _ = writeln!(text, "  {host}: {error}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_why_repos_are_not_here() {
        let walked = WalkedSoFar {
            listed: 12,
            in_step: 3,
            inactive: 1,
            not_kept: 0,
            asked: 8,
            written: 3,
            needless: 1,
            records: 100,
            changed: 90,
            gone: [("takendown", 1), ("not_found", 2)].into(),
            failed: [("request", 1)].into(),
            lists: 1,
            lists_failed: [("https://a.test".into(), "not_xrpc")].into(),
        };
        let lines = "listed 12 repos: 4 in step, 1 inactive, 8 asked for
fetched 3 repos with 100 records, 90 of them new or changed here, in 2.0 s: 1.5 repos/s, 50 records/s
gone 3: not_found 2, takendown 1
failed 1: request 1
not read to their end: 1 lists
  https://a.test: not_xrpc
";
        assert_eq!(summary(&walked, Duration::from_secs(2), false), lines);
    }

    #[test]
    fn a_file_of_dids_may_be_commented_and_a_word_that_is_none_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "# friends\ndid:web:a.test\n\n  did:web:b.test\n").unwrap();
        assert_eq!(dids_of_file(file.path()).unwrap().len(), 2);
        std::fs::write(&file, "did:web:a.test\na.test\n").unwrap();
        assert!(format!("{:#}", dids_of_file(file.path()).unwrap_err()).contains("\"a.test\""));
    }
}
