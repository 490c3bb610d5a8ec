//! `firehouse serve`: the API alone, reading from a ClickHouse server.

use anyhow::{Result, bail};
use prometheus::Registry;

use crate::database::Database;
use crate::serving::{Answers, Sources};
use crate::settings::Settings;
use crate::signals::stop_on_signal;
use crate::{network, serving};

/// Serves until a signal.
pub async fn run(settings: Settings) -> Result<()> {
    if settings.clickhouse_url.is_none() {
        bail!(
            "serve reads from a running ClickHouse: name it with --clickhouse-url (`firehouse engine` is one), or use `firehouse run`"
        );
    }
    let stop = stop_on_signal()?;
    let registry = Registry::new();
    let database = Database::connect(&settings).await?;
    database.store.check_schema().await?;
    let resolver = network::resolver(&settings, &registry)?;
    let sources = Sources::new(&database.store, resolver, registry);
    serving::serve(settings, Answers::Everything, sources, stop).await
}
