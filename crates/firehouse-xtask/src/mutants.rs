//! `cargo xtask mutants`: builds firehouse broken in known ways, and runs each against simulated networks until one shows it.
//!
//! What simulated runs are worth is known only when something is wrong. The work is done in a copy of the tracked files below `target/`, so
//! that nothing here changes, and each mutant costs the building of a crate or two.

mod list;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::engine;
use crate::workspace::{cargo, root, target};
use list::{MUTATIONS, Mutation};

/// What to break, and how hard to look.
pub struct Options {
    /// Names of mutations; all when empty.
    pub names: Vec<String>,
    /// Runs in which a mutant may hide; as many must show nothing of the code as it is.
    pub seeds: u64,
    /// The first of them.
    pub from: u64,
    /// Runs at the same time.
    pub jobs: usize,
}

/// Errors: something does not build, the code as it is fails a run, or a mutant was not caught.
pub fn run(options: &Options) -> Result<()> {
    let known = |name: &String| MUTATIONS.iter().any(|mutation| mutation.name == *name);
    if let Some(unknown) = options.names.iter().find(|name| !known(name)) {
        let names: Vec<_> = MUTATIONS.iter().map(|mutation| mutation.name).collect();
        bail!("there is no mutation {unknown}; there are {}", names.join(", "));
    }
    let library = engine::run()?;
    let folder = target().join("mutants");
    let copy = Copy { tree: folder.join("tree"), target: folder.join("build"), library };
    copy.refresh()?;
    eprintln!("mutants: building; the first time takes some minutes");
    copy.build(&["firehouse-cli", "firehouse-sim"])?;
    let simulator = folder.join("firehouse-sim");
    fs::copy(copy.target.join("debug/firehouse-sim"), &simulator).context("the simulator")?;
    let chosen: Vec<&Mutation> = MUTATIONS
        .iter()
        .filter(|mutation| {
            options.names.is_empty() || options.names.iter().any(|name| name == mutation.name)
        })
        .collect();
    let among: BTreeSet<&[&str]> = chosen.iter().map(|mutation| mutation.faults).collect();
    for faults in among {
        if let Caught::At(run) = copy.hunt(&simulator, options, faults)? {
            bail!("the code as it is fails:\n{run}");
        }
        let faults = if faults.is_empty() { "all".to_owned() } else { faults.join(", ") };
        eprintln!("mutants: the code as it is passes {} runs, faults: {faults}", options.seeds);
    }
    let mut survivors = Vec::new();
    for mutation in &chosen {
        let began = Instant::now();
        copy.mutate(mutation)?;
        let built = copy.build(&["firehouse-cli"]);
        let caught = built.and_then(|()| copy.hunt(&simulator, options, mutation.faults));
        copy.restore(mutation)?;
        let seconds = began.elapsed().as_secs();
        match caught.with_context(|| mutation.name)? {
            Caught::At(run) => {
                let first = run.lines().take(2).collect::<Vec<_>>().join(" ");
                eprintln!("{:28} caught in {seconds} s: {first}", mutation.name);
            }
            Caught::Never => {
                eprintln!("{:28} NOT CAUGHT in {seconds} s: {}", mutation.name, mutation.breaks);
                survivors.push(mutation.name);
            }
        }
    }
    eprintln!("{} of {} mutants caught", chosen.len() - survivors.len(), chosen.len());
    if survivors.is_empty() { Ok(()) } else { bail!("not caught: {}", survivors.join(", ")) }
}

/// Whether any run showed the defect.
enum Caught {
    /// What the simulator said of the run.
    At(String),
    Never,
}

/// The copy of the workspace, its builds, and the engine they load.
struct Copy {
    tree: PathBuf,
    target: PathBuf,
    library: PathBuf,
}

impl Copy {
    /// Brings the copy up to the tracked files. What has not changed keeps its time, so that it is not built again.
    fn refresh(&self) -> Result<()> {
        let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
        let listed = listed.context("git cannot be started")?;
        let listed = String::from_utf8(listed.stdout).context("file names")?;
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            copy_if_other(&root().join(path), &self.tree.join(path))?;
        }
        Ok(())
    }

    fn mutate(&self, mutation: &Mutation) -> Result<()> {
        let path = self.tree.join(mutation.file);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        if text.matches(mutation.from).count() != 1 {
            bail!("{}: its place in {} is gone", mutation.name, mutation.file);
        }
        Ok(fs::write(&path, text.replace(mutation.from, mutation.to))?)
    }

    fn restore(&self, mutation: &Mutation) -> Result<()> {
        copy_if_other(&root().join(mutation.file), &self.tree.join(mutation.file))
    }

    fn build(&self, packages: &[&str]) -> Result<()> {
        let mut build = cargo();
        build.current_dir(&self.tree).args(["build", "--quiet"]);
        build.args(packages.iter().flat_map(|package| ["--package", package]));
        let built = build.env("CARGO_TARGET_DIR", &self.target).output();
        let built = built.context("cargo cannot be started")?;
        // A mutant may well leave something unused: what was said matters only when that was all.
        let said = String::from_utf8_lossy(&built.stderr);
        if built.status.success() { Ok(()) } else { bail!("it does not build: {said}") }
    }

    /// Runs seeds with these faults, or all, until one fails.
    fn hunt(&self, simulator: &Path, options: &Options, faults: &[&str]) -> Result<Caught> {
        let end =
            options.from.checked_add(options.seeds).context("that many seeds there are not")?;
        let mut command = Command::new(simulator);
        // Most of the time goes into runs that wait for what never comes.
        command.args(["run", "--until-failure", "--quiet-s-max", "20"]);
        if !faults.is_empty() {
            command.args(["--only", &faults.join(",")]);
        }
        let ended = command
            .args(["--seeds", &format!("{}..{end}", options.from)])
            .args(["--jobs", &options.jobs.to_string()])
            .arg("--firehouse")
            .arg(self.target.join("debug/firehouse"))
            .env("FIREHOUSE_ENGINE_LIB", &self.library)
            .stdin(Stdio::null())
            .output()
            .context("the simulator cannot be started")?;
        let said = String::from_utf8_lossy(&ended.stderr);
        let failed: Vec<&str> = said
            .split(['\r', '\n'])
            .skip_while(|line| !line.starts_with("seed "))
            .take(4)
            .collect();
        match (ended.status.success(), failed.is_empty()) {
            (true, _) => Ok(Caught::Never),
            (false, false) => Ok(Caught::At(failed.join("\n"))),
            (false, true) => bail!("the simulator ended with {}: {said}", ended.status),
        }
    }
}

fn copy_if_other(from: &Path, to: &Path) -> Result<()> {
    // A tracked file that was just removed is nothing to copy.
    let Ok(wanted) = fs::read(from) else { return Ok(()) };
    if fs::read(to).is_ok_and(|held| held == wanted) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(to, wanted).with_context(|| to.display().to_string())
}
