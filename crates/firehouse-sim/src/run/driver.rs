//! One run: a world, a firehouse, what befalls both, and the comparison when all is quiet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

use crate::faults::fault::{Ability, Fault};
use crate::run::answers::{self, Api};
use crate::run::compare;
use crate::run::disk::Full;
use crate::run::engine::SharedEngine;
use crate::run::options::RunOptions;
use crate::run::plan::{RunPlan, Step};
use crate::run::process::{Firehouse, Setup, Store, free_address};
use crate::run::quiet::wait_readable;
use crate::run::store::{Sql, client};
use crate::world::World;

/// Differences that a report shows.
const SHOWN: usize = 12;
/// How long a store may take to become equal behind its own word that everything is readable, where something happens behind that word:
/// handles are verified, repos are fetched.
const SETTLING: Duration = Duration::from_secs(4);

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// Nothing, when all was as it should be.
    pub failure: Option<Failure>,
    /// Faults that happened.
    pub faults: BTreeMap<Fault, u64>,
    /// Kills of firehouse, and of its engine.
    pub kills: (u32, u32),
    /// How often its disk was full.
    pub disks_filled: u32,
    /// Records that were compared.
    pub records: usize,
    /// How long it took.
    pub took: Duration,
}

/// Why a run failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The store or the answers are not what the model says.
    #[error("{count} differences:\n  {}", .shown.join("\n  "))]
    Different {
        /// All of them.
        count: usize,
        /// The first of them.
        shown: Vec<String>,
    },
    /// Firehouse never said that everything is readable.
    #[error("{0}")]
    NotQuiet(String),
    /// Rows were missing after firehouse had said that they are readable, and came later.
    #[error("readable too early, {count} differences:\n  {}", .shown.join("\n  "))]
    TooEarly {
        /// All of them.
        count: usize,
        /// The first of them.
        shown: Vec<String>,
    },
    /// Planned faults did not happen: the run proves less than it should.
    #[error("faults that did not happen (planned, happened): {0:?}")]
    Vacuous(BTreeMap<Fault, (u64, u64)>),
    /// The run itself did not work.
    #[error("the run could not be made: {0}")]
    Broken(String),
}

impl Outcome {
    /// Of a run that ended with a fault of ours.
    pub(crate) fn panicked(seed: u64, error: &tokio::task::JoinError) -> Self {
        let (failure, faults) = (Some(broken(error)), BTreeMap::new());
        Self {
            seed,
            failure,
            faults,
            kills: (0, 0),
            disks_filled: 0,
            records: 0,
            took: Duration::ZERO,
        }
    }
}

/// Runs one seed. An engine that is shared is used by plans that want one.
pub async fn run_seed(seed: u64, options: &RunOptions, engine: &SharedEngine) -> Outcome {
    let began = Instant::now();
    let plan = RunPlan::draw(seed, options);
    let world = World::new(plan.world.clone());
    let mut run = Run { plan: &plan, options, world: &world, kills: (0, 0), disks_filled: 0, seed };
    let failure = run.go(engine).await.err();
    let (kills, disks_filled) = (run.kills, run.disks_filled);
    let records = world.model().records().len();
    let faults = world.ledger().all_fired();
    Outcome { seed, failure, faults, kills, disks_filled, records, took: began.elapsed() }
}

struct Run<'a> {
    plan: &'a RunPlan,
    options: &'a RunOptions,
    world: &'a World,
    kills: (u32, u32),
    disks_filled: u32,
    seed: u64,
}

/// Waits until firehouse answers, within reason: what cannot be had is found out later.
async fn serves(client: &reqwest::Client, listen: &str) {
    let url = format!("http://{listen}/xrpc/_health");
    for _ in 0..500 {
        if client.get(&url).send().await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn broken(error: impl ToString) -> Failure {
    Failure::Broken(error.to_string())
}

impl Run<'_> {
    async fn go(&mut self, engine: &SharedEngine) -> Result<(), Failure> {
        let urls = self.world.start().await.map_err(broken)?;
        self.world.act(self.plan.acts_before);
        // Each PDS marked as one, which may speak for its own accounts only.
        let pdses = urls.pdses.iter().map(|url| format!("pds+{url}"));
        let jetstreams = urls.jetstreams.iter().map(|url| format!("jetstream+{url}"));
        let upstreams: Vec<String> =
            urls.relays.iter().cloned().chain(pdses).chain(jetstreams).collect();
        let followed: Vec<(usize, String)> =
            self.plan.upstreams.iter().map(|&host| (host, upstreams[host].clone())).collect();
        let mut flags = vec!["--allow-private-addresses".to_owned()];
        let mut flag = |name: &str, value: &str| flags.extend([name.to_owned(), value.to_owned()]);
        flag("--plc", &urls.plc);
        flag("--handle-resolver", &urls.plc);
        for (_, url) in &followed {
            flag("--relay", &url.replace("http://", "ws://"));
        }
        if self.options.can(Ability::Labels) {
            for (did, url) in &urls.labelers {
                flag("--labeler", &format!("{did}={url}"));
            }
        }
        let data = tempfile::tempdir().map_err(broken)?;
        let (store, sql) = self.store(&data, engine).map_err(broken)?;
        let last_words = data.path().join("last-words");
        let setup = Setup::new(self.options, store, self.plan.own_disk, flags, last_words)
            .map_err(broken)?;
        let mut firehouse = setup.start().map_err(broken)?;
        let mut checked = self.watch(&setup, &sql, &followed, &mut firehouse).await;
        if let (Err(Failure::NotQuiet(why)), Ok(words)) =
            (&mut checked, std::fs::read_to_string(&setup.last_words))
        {
            let words: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
            *why += &words.iter().take(4).map(|line| format!("\n  {line}")).collect::<String>();
        }
        // An engine whose parent is killed would go on for a moment, in a folder that is being removed.
        firehouse.kill_engine();
        firehouse.kill();
        self.clear_away(data, &sql, checked.is_err()).await;
        checked
    }

    fn store(&self, data: &TempDir, engine: &SharedEngine) -> std::io::Result<(Store, Sql)> {
        if self.plan.embedded {
            let (folder, address) = (data.path().to_owned(), free_address()?);
            let sql = Sql::new(format!("http://{address}"), "firehouse".to_owned());
            Ok((Store::Own { folder, engine: address }, sql))
        } else {
            let database = format!("sim_{}_{}", self.seed, std::process::id());
            let sql = Sql::new(engine.url.clone(), database.clone());
            Ok((Store::Shared { url: engine.url.clone(), database }, sql))
        }
    }

    async fn clear_away(&self, data: TempDir, sql: &Sql, failed: bool) {
        match &self.options.keep {
            Some(folder) if failed => {
                let kept = folder.join(format!("seed-{}", self.seed));
                // A store that cannot be kept is lost, and the seed makes another.
                let _ = std::fs::create_dir_all(folder);
                let _ = std::fs::rename(data.keep(), kept);
            }
            _ if !self.plan.embedded => {
                let database = format!("sim_{}_{}", self.seed, std::process::id());
                let _ = sql.rows(&format!("DROP DATABASE IF EXISTS {database} SYNC")).await;
            }
            _ => {}
        }
    }

    /// What befalls the world and firehouse, until all is quiet; then the comparison.
    async fn watch(
        &mut self,
        setup: &Setup,
        sql: &Sql,
        followed: &[(usize, String)],
        firehouse: &mut Firehouse,
    ) -> Result<(), Failure> {
        for step in &self.plan.steps {
            match *step {
                Step::Act(times) => self.world.act(times),
                Step::Pause(ms) => sleep(Duration::from_millis(ms)).await,
                Step::AwaitServing => serves(&client(), &setup.listen.to_string()).await,
                Step::KillFirehouse => {
                    firehouse.kill();
                    self.kills.0 += 1;
                    *firehouse = setup.start().map_err(broken)?;
                }
                Step::KillEngine => self.kills.1 += u32::from(firehouse.kill_engine()),
                Step::FillDisk(ms) => {
                    let Store::Own { folder, .. } = &setup.store else { continue };
                    // An engine that cannot write what its tables are is beyond help; that is written at the first start only.
                    serves(&client(), &setup.listen.to_string()).await;
                    let _full = Full::new(firehouse.id(), folder).map_err(broken)?;
                    self.disks_filled += 1;
                    self.world.act(5);
                    sleep(Duration::from_millis(ms)).await;
                }
            }
        }
        self.world.settle(self.plan.is_lossy());
        let client = client();
        let origin = format!("http://{}", setup.listen);
        self.wait(&client, &origin, followed, firehouse).await?;
        let (relay, mut lost_more) = (self.plan.upstreams[0], false);
        for _ in 0..5 {
            let lists = self.world.provoke_list(relay);
            if !self.world.provoke_fetch(relay) && !lists {
                break;
            }
            lost_more |= lists;
            self.wait(&client, &origin, followed, firehouse).await?;
            sleep(Duration::from_millis(200)).await;
        }
        if self.plan.denies_repos() || lost_more {
            self.world.settle(true);
            self.wait(&client, &origin, followed, firehouse).await?;
        }
        let api = Api { client: &client, origin: &origin };
        self.compare(sql, &api).await?;
        if self.still_to_come().await? {
            self.compare(sql, &api).await?;
        }
        Ok(())
    }

    /// Waits for planned faults that did not happen yet: firehouse may be about to look for what it missed in a gap. Whether there were any.
    async fn still_to_come(&self) -> Result<bool, Failure> {
        let began = Instant::now();
        let mut missing = self.world.ledger().missing();
        let some = !missing.is_empty();
        while !missing.is_empty() {
            if began.elapsed() > Duration::from_secs(self.options.quiet_s_max) {
                return Err(Failure::Vacuous(missing));
            }
            sleep(Duration::from_millis(50)).await;
            missing = self.world.ledger().missing();
        }
        Ok(some)
    }

    async fn wait(
        &self,
        client: &reqwest::Client,
        origin: &str,
        followed: &[(usize, String)],
        firehouse: &mut Firehouse,
    ) -> Result<(), Failure> {
        let (heads, labelers) = self.world.heads();
        let mut heads: BTreeMap<String, i64> =
            followed.iter().map(|(host, url)| (url.clone(), heads[*host])).collect();
        if self.options.can(Ability::Labels) {
            let urls = self.world.urls().labelers;
            heads.extend(urls.into_iter().map(|(_, url)| url).zip(labelers));
        }
        let patience = Duration::from_secs(self.options.quiet_s_max);
        wait_readable(client, origin, &heads, firehouse, patience).await.map_err(Failure::NotQuiet)
    }

    /// A moment's patience with a store that does not answer: where the disk was full, the engine may find damage only now, and start anew.
    async fn may_recover(&self, began: Instant, error: String) -> Result<(), Failure> {
        sleep(Duration::from_millis(200)).await;
        if self.disks_filled == 0 || began.elapsed() > Duration::from_secs(self.options.quiet_s_max)
        {
            return Err(broken(error));
        }
        Ok(())
    }

    async fn compare(&self, sql: &Sql, api: &Api<'_>) -> Result<(), Failure> {
        let model = self.world.model();
        let repairs = self.options.can(Ability::Resync) || self.options.can(Ability::Sweep);
        let patience =
            if repairs { Duration::from_secs(self.options.quiet_s_max) } else { SETTLING };
        let began = Instant::now();
        let mut at_first: Option<Vec<String>> = None;
        loop {
            let mut found = match compare::tables(sql, &model, self.options).await {
                Ok(found) => found,
                Err(error) => {
                    self.may_recover(began, error).await?;
                    continue;
                }
            };
            // What is only verified or repaired behind the cursor may come later; rows may not.
            let early = |line: &&String| !repairs && line.starts_with("record ");
            let rows: Vec<String> = found.iter().filter(early).cloned().collect();
            at_first.get_or_insert(rows);
            if found.is_empty() {
                match answers::sample(api, &model, self.options, self.seed).await {
                    Ok(differences) if differences.is_empty() => break,
                    Ok(differences) => found = differences,
                    Err(error) => {
                        self.may_recover(began, error).await?;
                        continue;
                    }
                }
            }
            if began.elapsed() > patience {
                let shown = found.iter().take(SHOWN).cloned().collect();
                return Err(Failure::Different { count: found.len(), shown });
            }
            sleep(Duration::from_millis(50)).await;
        }
        let early = at_first.unwrap_or_default();
        if early.is_empty() {
            return Ok(());
        }
        let shown = early.iter().take(SHOWN).cloned().collect();
        Err(Failure::TooEarly { count: early.len(), shown })
    }
}
