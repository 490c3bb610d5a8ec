//! `firehouse-sim bulk`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use firehouse_sim::bulk::{Bulk, BulkConfig};

use crate::until_stopped;

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder of CAR files; filled when it does not hold what is asked for.
    #[arg(long)]
    dir: PathBuf,
    /// Accounts.
    #[arg(long, default_value_t = 2_000)]
    repos: usize,
    /// Records of each; 2,750,000 give a repo of 1 GiB.
    #[arg(long, default_value_t = 1_000)]
    records: usize,
    /// Hosts that share them.
    #[arg(long, default_value_t = 4)]
    pdses: usize,
    /// The same seed gives the same repos.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Make them and do not serve them.
    #[arg(long)]
    only_make: bool,
}

pub async fn bulk(arguments: Arguments) -> io::Result<()> {
    let config = BulkConfig {
        seed: arguments.seed,
        repos: arguments.repos,
        records_per_repo: arguments.records,
        pdses: arguments.pdses,
    };
    let began = Instant::now();
    let bulk = tokio::task::block_in_place(|| {
        Bulk::prepare(&config, &arguments.dir, |made| {
            if made % 100 == 0 || made == config.repos {
                eprint!("\r{made}/{} repos", config.repos);
            }
        })
    })?;
    let (bytes, records) = bulk.size();
    eprintln!("\r{records} records in {bytes} bytes, {:.1} s", began.elapsed().as_secs_f64());
    if arguments.only_make {
        return Ok(());
    }
    let urls = bulk.serve().await?;
    // One line for scripts, on standard output.
    writeln!(io::stdout(), "{}", serde_json::to_string(&urls)?)?;
    until_stopped().await;
    Ok(())
}
