//! The `firehouse` binary: configuration, wiring, supervision of the engine, signals.

mod args;
mod settings;
mod log;
mod engine_child;
mod database;
mod keeping;
mod labelers;
mod upstream_url;
mod network;
mod following;
mod gaps;
mod upstreams;
mod health;
mod proving;
mod handles;
mod serving;
mod running;
mod signals;
mod progress;
mod sweeping;
mod demo;
mod commands;

use anyhow::Result;
use clap::Parser;

use crate::args::{Cli, Command, Overlay};
use crate::serving::Answers;
use crate::settings::Settings;

fn main() -> Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(run(cli));
    // A thread that still waits for a name server must not keep a stopped process alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended
}

async fn run(cli: Cli) -> Result<()> {
    let load = |flags: Overlay| -> Result<Settings> {
        let settings = Settings::load(cli.config.as_deref(), flags)?;
        log::start(&settings.log)?;
        for name in &settings.unknown_variables {
            tracing::warn!(
                name,
                "this environment variable is no key; deploy/firehouse.example.toml lists all there are"
            );
        }
        Ok(settings)
    };
    let flags = Overlay::default();
    match cli.command {
        Command::Run { store, network, service, demo } => {
            let settings = load(flags.store(store).network(network).service(service))?;
            if demo {
                commands::run::demo(settings).await
            } else {
                commands::run::run(settings, Answers::Everything).await
            }
        }
        Command::Ingest { store, network, listen } => {
            commands::ingest::run(load(flags.store(store).network(network).text("listen", listen))?)
                .await
        }
        Command::Serve { store, network, service } => {
            commands::serve::run(load(flags.store(store).network(network).service(service))?).await
        }
        Command::Engine { data, listen, stop_with_stdin } => {
            let data = data.map(|data| data.display().to_string());
            commands::engine::run(
                load(flags.text("data", data).text_in("engine", "listen", listen))?,
                stop_with_stdin,
            )
            .await
        }
        Command::Migrate { store } => commands::migrate::run(load(flags.store(store))?).await,
        Command::Backfill { wanted, store, network } => {
            commands::backfill::run(load(flags.store(store).network(network))?, wanted).await
        }
        Command::Verify { verified, store, network } => {
            let flags = flags.text("admin_password", verified.admin_password.as_ref());
            commands::verify::run(load(flags.store(store).network(network))?, verified).await
        }
        Command::Record { file, frames, seconds, cursor, relay } => {
            let settings = load(flags.list("relay", relay.into_iter().collect()))?;
            commands::record::run(
                settings,
                file,
                commands::record::Bounds { frames, seconds, cursor },
            )
            .await
        }
        Command::Replay { file, listen: Some(address), rate, .. } => {
            load(flags)?;
            commands::replay::serve(file, address, rate).await
        }
        Command::Replay { file, listen: None, rate, identities, store, network } => {
            commands::replay::index(
                load(flags.store(store).network(network))?,
                file,
                rate,
                identities,
            )
            .await
        }
        Command::Status { json, listen } => {
            commands::status::run(load(flags.text("listen", listen))?, json).await
        }
    }
}
