//! `firehouse-sim generate`.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use firehouse_sim::{Config, Network, files};

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder; made when missing.
    #[arg(long)]
    out: PathBuf,
    /// Accounts.
    #[arg(long, default_value_t = 2000)]
    users: usize,
    /// Commits, on top of the first one of every account.
    #[arg(long, default_value_t = 100_000)]
    commits: usize,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub fn generate(arguments: &Arguments) -> io::Result<()> {
    let since = Instant::now();
    let config = Config::new(arguments.seed, arguments.users, arguments.commits);
    let written = files::write(&mut Network::new(config), &arguments.out)?;
    let seconds = since.elapsed().as_secs_f64();
    eprintln!("{} frames, {} bytes, {seconds:.1} s", written.frames, written.bytes);
    Ok(())
}
