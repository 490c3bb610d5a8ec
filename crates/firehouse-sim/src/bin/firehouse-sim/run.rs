//! `firehouse-sim run`.

use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use firehouse_sim::Fault;
use firehouse_sim::run::{RunOptions, run_seeds};

#[derive(clap::Args)]
pub struct Arguments {
    /// One seed, or A..B without B.
    #[arg(long, value_parser = seeds)]
    seeds: Range<u64>,
    /// Runs at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// The binary under test.
    #[arg(long)]
    firehouse: PathBuf,
    /// What it can do; faults that need more are not planned. Default: everything.
    #[arg(long, value_delimiter = ',')]
    abilities: Vec<String>,
    /// Plan these faults and no others.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Fault>,
    /// Do not plan these.
    #[arg(long, value_delimiter = ',')]
    without: Vec<Fault>,
    /// Faults per run.
    #[arg(long, default_value_t = 10)]
    faults_per_run: usize,
    /// Kill neither firehouse nor its engine.
    #[arg(long)]
    no_kills: bool,
    /// Longest wait for a network at rest to be readable, in seconds.
    #[arg(long, default_value_t = 60)]
    quiet_s_max: u64,
    /// Begin no further run when one has failed.
    #[arg(long)]
    until_failure: bool,
    /// Keep the stores of failed runs here.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// What firehouse logs, such as "debug"; on standard error.
    #[arg(long, default_value = "off")]
    log: String,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{text:?} is no seed"));
    match text.split_once("..") {
        Some((from, to)) => Ok(number(from)?..number(to)?),
        None => number(text).map(|seed| seed..seed + 1),
    }
}

pub async fn run(arguments: Arguments) -> io::Result<ExitCode> {
    let mut options = RunOptions::new(arguments.firehouse);
    if !arguments.abilities.is_empty() {
        let abilities = arguments.abilities.iter().map(|name| name.parse());
        options.abilities = abilities.collect::<Result<_, String>>().map_err(io::Error::other)?;
    }
    options.only = arguments.only;
    options.without = arguments.without;
    options.faults_per_run = arguments.faults_per_run;
    options.kills = !arguments.no_kills;
    options.quiet_s_max = arguments.quiet_s_max;
    options.until_failure = arguments.until_failure;
    options.keep = arguments.keep;
    options.log = arguments.log;
    let total = run_seeds(arguments.seeds, arguments.jobs, &options, io::stderr()).await?;
    writeln!(io::stdout(), "{}", total.summary())?;
    Ok(if total.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub fn list_faults(out: &mut impl Write) -> io::Result<()> {
    for fault in Fault::ALL {
        let (name, needs) = (fault.as_str(), fault.needs().as_str());
        writeln!(out, "{name:22} {needs:10} {:?}", fault.place())?;
    }
    Ok(())
}
