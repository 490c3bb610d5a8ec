//! `firehouse ingest`: the consumer alone. Serves health and metrics, and the read API too, since it costs nothing while nobody asks.

use anyhow::Result;

use crate::settings::Settings;

/// Follows the configured upstreams until a signal.
pub async fn run(settings: Settings) -> Result<()> {
    super::run::run(settings).await
}
