//! [`RunOptions`]: what the firehouse under test is, and what is expected of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::faults::fault::{Ability, Fault};
use crate::program::built;
use crate::run::disk;

/// The binary under test for tests: FIREHOUSE_PROGRAM, or one that is built. Errors: it does not build.
pub fn firehouse_program() -> std::io::Result<PathBuf> {
    built("FIREHOUSE_PROGRAM", "firehouse-cli", "firehouse")
}

/// The same for every seed of a fleet.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The binary under test.
    pub firehouse: PathBuf,
    /// What it can do. Faults that need more are not planned, and what more would bring about is not compared.
    pub abilities: BTreeSet<Ability>,
    /// Plan these faults and no others.
    pub only: Vec<Fault>,
    /// Do not plan these.
    pub without: Vec<Fault>,
    /// Faults per run.
    pub faults_per_run: usize,
    /// Whether firehouse and its engine are killed.
    pub kills: bool,
    /// Whether disks are filled; takes the rights to mount.
    pub fills_disks: bool,
    /// How long a world at rest may take until everything of it is readable. Units: seconds.
    pub quiet_s_max: u64,
    /// Whether no further run begins when one has failed.
    pub until_failure: bool,
    /// Where the stores of failed runs stay; otherwise nothing is kept.
    pub keep: Option<PathBuf>,
    /// What firehouse logs, as FIREHOUSE_LOG says it; on standard error.
    pub log: String,
}

impl RunOptions {
    /// What this build of firehouse can do, in every run.
    pub fn new(firehouse: PathBuf) -> Self {
        Self {
            firehouse,
            abilities: Ability::ALL.into(),
            only: Vec::new(),
            without: Vec::new(),
            faults_per_run: 10,
            kills: true,
            fills_disks: disk::can_be_made(),
            quiet_s_max: 60,
            until_failure: false,
            keep: None,
            log: "off".to_owned(),
        }
    }

    /// Whether so much is expected.
    pub fn can(&self, ability: Ability) -> bool {
        self.abilities.contains(&ability)
    }

    /// The faults that may be planned.
    pub fn faults(&self) -> Vec<Fault> {
        let is_meant = |fault: Fault| {
            (self.only.is_empty() || self.only.contains(&fault))
                && !self.without.contains(&fault)
                && self.can(fault.needs())
        };
        Fault::ALL.iter().copied().filter(|&fault| is_meant(fault)).collect()
    }

    /// The command that runs one seed again.
    pub fn command(&self, seed: u64) -> String {
        let mut command = format!(
            "firehouse-sim run --seeds {seed} --firehouse {} --faults-per-run {}",
            self.firehouse.display(),
            self.faults_per_run
        );
        let names: Vec<&str> = self.abilities.iter().map(|ability| ability.as_str()).collect();
        command += &format!(" --abilities {}", names.join(","));
        for (flag, faults) in [("only", &self.only), ("without", &self.without)] {
            let names: Vec<&str> = faults.iter().map(|fault| fault.as_str()).collect();
            if !names.is_empty() {
                command += &format!(" --{flag} {}", names.join(","));
            }
        }
        if !self.kills {
            command += " --no-kills";
        }
        command
    }
}
