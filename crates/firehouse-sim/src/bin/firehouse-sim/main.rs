//! `firehouse-sim`: makes a simulated network, serves one, and runs firehouse against many.

mod generate;
mod serve;
mod run;
mod bulk;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A seeded network in a box.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes frames.bin, identities.jsonl and manifest.json into a folder.
    Generate(generate::Arguments),
    /// Serves a whole network to play with; or, with --dir, the identities of a folder.
    Serve(serve::Arguments),
    /// Runs firehouse against simulated networks with faults and kills, and compares it with the truth.
    Run(run::Arguments),
    /// Serves many repos, or very large ones, out of a folder that is filled first.
    Bulk(bulk::Arguments),
    /// Lists the faults there are: name, what a consumer must be able to do, where it happens.
    Faults,
}

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Generate(arguments) => generate::generate(&arguments)?,
        Command::Serve(arguments) => serve::serve(arguments).await?,
        Command::Run(arguments) => return run::run(arguments).await,
        Command::Bulk(arguments) => bulk::bulk(arguments).await?,
        Command::Faults => run::list_faults(&mut io::stdout())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Until Ctrl-C; without a signal to wait for, for ever.
async fn until_stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
