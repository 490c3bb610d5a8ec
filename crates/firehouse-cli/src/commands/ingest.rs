//! `firehouse ingest`: the consumer alone, with health and metrics.

use anyhow::Result;

use crate::serving::Answers;
use crate::settings::Settings;

/// Follows the configured upstreams until a signal.
pub async fn run(settings: Settings) -> Result<()> {
    super::run::run(settings, Answers::HealthOnly).await
}
