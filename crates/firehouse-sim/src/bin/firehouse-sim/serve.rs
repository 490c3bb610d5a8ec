//! `firehouse-sim serve`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use firehouse_sim::{Fault, FaultPlan, Occasions, Random, World, WorldConfig, directory, files};
use tokio::net::TcpListener;

use crate::until_stopped;

#[derive(clap::Args)]
pub struct Arguments {
    /// Serve only the identities of this folder, which generate has made.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Where, with --dir; a whole network takes free ports and names them.
    #[arg(long, default_value = "127.0.0.1:2700")]
    listen: SocketAddr,
    /// The same seed gives the same network.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// People.
    #[arg(long, default_value_t = 50)]
    accounts: usize,
    /// Hosts of repos.
    #[arg(long, default_value_t = 2)]
    pdses: usize,
    /// Streams of everything.
    #[arg(long, default_value_t = 1)]
    relays: usize,
    /// Accounts that label.
    #[arg(long, default_value_t = 1)]
    labelers: usize,
    /// Things that have happened at the start.
    #[arg(long, default_value_t = 500)]
    acts: usize,
    /// Things that happen per second.
    #[arg(long, default_value_t = 5.0)]
    rate: f64,
    /// Faults that happen among the first 1,000 events, any of all kinds.
    #[arg(long, default_value_t = 0)]
    faults: usize,
}

pub async fn serve(arguments: Arguments) -> io::Result<()> {
    match &arguments.dir {
        Some(folder) => identities(folder, arguments.listen).await,
        None => world(&arguments).await,
    }
}

async fn identities(folder: &Path, listen: SocketAddr) -> io::Result<()> {
    let identities = files::read_identities(folder)?;
    let listener = TcpListener::bind(listen).await?;
    eprintln!("{} identities at http://{}", identities.len(), listener.local_addr()?);
    directory::serve(identities, listener, until_stopped()).await
}

async fn world(arguments: &Arguments) -> io::Result<()> {
    let occasions = Occasions {
        faults: Fault::ALL,
        count: arguments.faults,
        hosts: arguments.relays,
        labelers: arguments.labelers,
        events: 1_000,
    };
    let world = World::new(WorldConfig {
        accounts: arguments.accounts,
        pdses: arguments.pdses,
        relays: arguments.relays,
        labelers: arguments.labelers,
        faults: FaultPlan::draw(&mut Random::new(arguments.seed), &occasions),
        ..WorldConfig::new(arguments.seed)
    });
    let urls = world.start().await?;
    world.act(arguments.acts);
    // One line for scripts, on standard output.
    writeln!(io::stdout(), "{}", serde_json::to_string(&urls)?)?;
    let relays: Vec<String> = urls.relays.iter().map(|url| format!("--relay {url}")).collect();
    eprintln!(
        "try: firehouse run --allow-private-addresses --plc {} --handle-resolver {} {}",
        urls.plc,
        urls.plc,
        relays.join(" ").replace("http://", "ws://")
    );
    tokio::select! {
        () = world.live(arguments.rate) => {}
        () = until_stopped() => {}
    }
    Ok(())
}
