//! Chores as `cargo xtask …`: one file each.

use clap::{Parser, Subcommand};

mod run;
mod sim;
mod fuzz;
mod mutants;
mod test;
mod tidy;
mod engine;
mod lexicons;
mod routes;
mod archive;
mod workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of this workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Fetch the engine once, build, and run consumer, API and embedded store; flags of `firehouse run` go behind --
    Run {
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Everything CI runs, from a fresh clone; arguments of `cargo test` go behind --
    Test {
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Run firehouse against simulated networks with faults and kills; arguments of `firehouse-sim run` go behind --
    Sim {
        /// How many seeds
        #[arg(long, default_value_t = 20)]
        seeds: u64,
        /// The first of them
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// Runs at the same time
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Throw whatever a network may send at every decoder that reads it
    Fuzz {
        /// Targets; all when none is named
        targets: Vec<String>,
        /// For each target
        #[arg(long, default_value_t = 600)]
        seconds: u64,
        /// Targets at the same time
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Where the fuzzer's random numbers begin
        #[arg(long)]
        seed: Option<u32>,
    },
    /// Build firehouse broken in known ways, and see whether simulated runs catch each
    Mutants {
        /// Names of mutations; all when there are none
        names: Vec<String>,
        /// Runs in which a mutant may hide
        #[arg(long, default_value_t = 40)]
        seeds: u64,
        /// The first of them
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// Runs at the same time
        #[arg(long, default_value_t = 2)]
        jobs: usize,
    },
    /// Check that the map is true: rows of crates, the crate table, the top level, licences
    Tidy,
    /// Fetch the engine library into the user's cache, once, and check its hash
    Engine,
    /// Name every route of the reference AppView that is not served here
    Routes,
    /// Bring lexicons/ up to date with the official documents
    Lexicons {
        /// Change nothing; fail when something would change
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Run { arguments } => run::run(&arguments),
        Task::Test { arguments } => test::run(&arguments),
        Task::Sim { seeds, from, jobs, arguments } => sim::run(seeds, from, jobs, &arguments),
        Task::Fuzz { targets, seconds, jobs, seed } => {
            fuzz::run(&fuzz::Options { targets, seconds, jobs, seed })
        }
        Task::Mutants { names, seeds, from, jobs } => {
            mutants::run(&mutants::Options { names, seeds, from, jobs })
        }
        Task::Tidy => tidy::run(),
        Task::Engine => engine::run().map(drop),
        Task::Routes => routes::run(),
        Task::Lexicons { check } => lexicons::run(check),
    }
}
