//! `firehouse-sim`: makes a simulated network, and serves its identities.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Parser, Subcommand};
use firehouse_sim::{Config, Network, directory, files};
use tokio::net::TcpListener;

/// A seeded network in a box.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes frames.bin, identities.jsonl and manifest.json into a folder.
    Generate {
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
    },
    /// Serves the identities of a folder: a PLC directory and a handle resolver.
    Serve {
        /// The folder.
        #[arg(long)]
        dir: PathBuf,
        /// Where.
        #[arg(long, default_value = "127.0.0.1:2700")]
        listen: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> io::Result<()> {
    match Arguments::parse().command {
        Command::Generate { out, users, commits, seed } => {
            generate(&out, &Config::new(seed, users, commits))
        }
        Command::Serve { dir, listen } => serve(&dir, listen).await,
    }
}

fn generate(folder: &Path, config: &Config) -> io::Result<()> {
    let since = Instant::now();
    let written = files::write(&mut Network::new(config.clone()), folder)?;
    let seconds = since.elapsed().as_secs_f64();
    eprintln!("{} frames, {} bytes, {seconds:.1} s", written.frames, written.bytes);
    Ok(())
}

async fn serve(folder: &Path, listen: SocketAddr) -> io::Result<()> {
    let identities = files::read_identities(folder)?;
    let listener = TcpListener::bind(listen).await?;
    eprintln!("{} identities at http://{}", identities.len(), listener.local_addr()?);
    let stop = async {
        // Without a signal to wait for, it runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    directory::serve(identities, listener, stop).await
}
