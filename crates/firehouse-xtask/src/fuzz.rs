//! `cargo xtask fuzz`: builds the fuzz targets with coverage counters, seeds them from fixtures, and runs each for some time.
//!
//! Any toolchain will do and nothing needs installing: the counters are an LLVM pass that stable rustc can be asked for, and the fuzzer
//! is LLVM's, which the crate libfuzzer-sys compiles. Memory errors are not looked for: the code is safe Rust, and the sanitizers are
//! nightly's. What cargo-fuzz does beyond this, it can do on the same folder.

mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{fs, thread};

use anyhow::{Context, Result, bail};

use crate::workspace::{cargo, root, target};
use report::Report;

/// What makes coverage visible to libFuzzer; those of cargo-fuzz.
const RUSTFLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// Units: seconds. No input may take longer. Decoders take microseconds, but on a busy machine the fuzzer may wait for its turn.
const INPUT_SECONDS_MAX: u32 = 30;
/// Units: MiB. With the corpus in it.
const RSS_MIB_MAX: u32 = 1_024;
/// Units: bytes.
const INPUT_BYTES_MAX: u32 = 32 << 10;

/// What to run, and for how long.
pub struct Options {
    /// Names of targets; all when empty.
    pub targets: Vec<String>,
    /// For each target.
    pub seconds: u64,
    /// Targets at the same time.
    pub jobs: usize,
    /// Where the fuzzer's random numbers begin; with the same corpus a run then takes the same way.
    pub seed: Option<u32>,
}

/// Runs the targets. Errors: something does not build, or a target found something; what, and how to see it again, has been printed.
pub fn run(options: &Options) -> Result<()> {
    let package = root().join("crates/firehouse-stream/fuzz");
    let known = targets(&package)?;
    if let Some(unknown) = options.targets.iter().find(|name| !known.contains(name)) {
        bail!("there is no target {unknown}; there are {}", known.join(", "));
    }
    let chosen = if options.targets.is_empty() { known } else { options.targets.clone() };
    eprintln!("fuzz: building; the first time takes some minutes");
    let programs = build(&package)?;
    let waiting = Mutex::new(chosen.into_iter());
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let work = || {
            loop {
                let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
                let Some(name) = next else { return };
                let report = fuzz(&programs.join(&name), &name, options);
                if let Ok(report) = &report {
                    eprintln!("fuzz: {name}: {}", report.summary());
                }
                if let Ok(mut reports) = reports.lock() {
                    reports.push((name, report));
                }
            }
        };
        for _ in 0..options.jobs.max(1) {
            scope.spawn(work);
        }
    });
    conclude(reports.into_inner().unwrap_or_default())
}

/// The names of the targets: one per file.
fn targets(package: &Path) -> Result<Vec<String>> {
    let folder = package.join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Shape: the folder of the programs.
fn build(package: &Path) -> Result<PathBuf> {
    let version = Command::new("rustc").arg("-vV").output().context("rustc cannot be started")?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say what it builds for")?;
    let mut build = cargo();
    // With a target named, build scripts and macros are built without counters.
    build.args(["build", "--quiet", "--release", "--bins", "--target", host]);
    build.arg("--manifest-path").arg(package.join("Cargo.toml"));
    build.env("RUSTFLAGS", RUSTFLAGS).env("CARGO_TARGET_DIR", target());
    if !build.status().context("cargo cannot be started")?.success() {
        bail!("the fuzz targets do not build");
    }
    Ok(target().join(host).join("release"))
}

fn fuzz(program: &Path, name: &str, options: &Options) -> Result<Report> {
    let [corpus, findings] =
        ["corpus", "findings"].map(|kind| target().join("fuzz").join(kind).join(name));
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let seeded = Command::new(program)
        .env("FIREHOUSE_FUZZ_SEEDS", &corpus)
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    if !seeded.success() {
        bail!("{name} cannot write its seeds");
    }
    let output = Command::new(program)
        .arg(&corpus)
        .args(options.seed.map(|seed| format!("-seed={seed}")))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-report_slow_units={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={RSS_MIB_MAX}"))
        .arg(format!("-max_len={INPUT_BYTES_MAX}"))
        .arg("-print_final_stats=1")
        .output()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let finding = (!output.status.success()).then(|| {
        let file = said.lines().find_map(|line| line.split_once("Test unit written to "));
        let file = file.map_or("", |(_, file)| file);
        format!("{}\n  to see it again: {} {file}", report::why(&said), program.display())
    });
    Ok(Report::read(&said, finding))
}

fn conclude(mut reports: Vec<(String, Result<Report>)>) -> Result<()> {
    reports.sort_by(|one, other| one.0.cmp(&other.0));
    eprintln!("{}", report::HEAD);
    let mut failed = Vec::new();
    for (name, report) in reports {
        match report {
            Ok(report) => {
                eprintln!("{}", report.line(&name));
                failed.extend(report.finding.map(|finding| format!("{name}: {finding}")));
            }
            Err(error) => failed.push(format!("{name}: {error:#}")),
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}
