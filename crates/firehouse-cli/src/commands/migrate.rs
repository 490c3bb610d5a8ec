//! `firehouse migrate`: brings the database to this build's schema.

use std::io::Write;

use anyhow::Result;

use crate::database::Database;
use crate::settings::Settings;
use crate::signals::stop_on_signal;

/// Migrates and says what it did.
pub async fn run(settings: Settings) -> Result<()> {
    let stop = stop_on_signal()?;
    let database = Database::open(&settings, &stop).await?;
    // Opening migrates; doing it again says where it stands.
    let migrated = database.store.migrate().await;
    database.close().await;
    writeln!(
        std::io::stdout(),
        "database {} is at schema version {}",
        settings.database,
        migrated?.to
    )?;
    Ok(())
}
