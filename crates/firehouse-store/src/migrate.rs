//! Brings a database to the schema of this build: forward only, one statement at a time, each recorded when it is done. A statement may
//! read all that is there and take hours: none is cut short, and what takes long is told.
//!
//! ClickHouse has no transaction around DDL. A crash between a statement and its record runs the statement again, so each is written
//! to be repeatable (`IF NOT EXISTS`), and suits the code of the build before as well.

use std::time::{Duration, Instant};

use clickhouse::Row;
use firehouse_schema::{MIGRATIONS, Migration};

use crate::{Store, StoreError};

const CREATE_DATABASE: &str = include_str!("create_database.sql");
const CREATE_MIGRATIONS: &str = include_str!("create_migrations.sql");
const APPLIED: &str = include_str!("applied_migrations.sql");
const RECORD: &str = include_str!("record_migration.sql");

/// So often is told that a statement still runs.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// What [`Store::migrate`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Version before; 0 for an empty database.
    pub from: u32,
    /// Version now.
    pub to: u32,
}

#[derive(Row, serde::Deserialize)]
struct Applied {
    version: u32,
    text_hash: u64,
}

impl Store {
    /// Applies every migration that is missing and returns once the last is recorded. Errors: [`StoreError::Migrate`],
    /// [`StoreError::MigrationChanged`], [`StoreError::SchemaVersion`] for a database from a newer build. Calling again is safe.
    pub async fn migrate(&self) -> Result<Migrated, StoreError> {
        let own =
            |source| StoreError::Migrate { version: 0, name: "the list of migrations", source };
        self.server()
            .query(CREATE_DATABASE)
            .param("database", self.database())
            .execute()
            .await
            .map_err(own)?;
        self.client().query(CREATE_MIGRATIONS).execute().await.map_err(own)?;
        let from = self.schema_version().await?;
        for migration in MIGRATIONS.iter().filter(|m| m.version > from) {
            self.apply(migration).await?;
        }
        Ok(Migrated { from, to: latest() })
    }

    /// Returns when the database has exactly this build's schema. Errors: [`StoreError::SchemaVersion`] otherwise.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let (found, needed) = (self.schema_version().await?, latest());
        if found == needed { Ok(()) } else { Err(StoreError::SchemaVersion { found, needed }) }
    }

    async fn apply(&self, migration: &Migration) -> Result<(), StoreError> {
        let failed = |source| StoreError::Migrate {
            version: migration.version,
            name: migration.name,
            source,
        };
        let patient = self.client().clone().with_setting("max_execution_time", "0");
        told(migration, patient.query_raw(migration.sql).execute()).await.map_err(failed)?;
        let record = self
            .client()
            .query(RECORD)
            .param("version", migration.version)
            .param("name", migration.name);
        record.param("text_hash", text_hash(migration)).execute().await.map_err(failed)
    }

    /// The last migration applied; also refuses a history that is not ours.
    async fn schema_version(&self) -> Result<u32, StoreError> {
        let rows = self.client().query(APPLIED).fetch_all::<Applied>().await;
        let rows = match rows {
            Ok(rows) => rows,
            // An empty database has no list yet: UNKNOWN_DATABASE, UNKNOWN_TABLE.
            Err(clickhouse::error::Error::BadResponse(text))
                if matches!(crate::clickhouse_code(&text), Some(60 | 81)) =>
            {
                Vec::new()
            }
            Err(source) => return Err(StoreError::Read { query: "applied_migrations", source }),
        };
        for (row, migration) in rows.iter().zip(MIGRATIONS) {
            if row.version != migration.version || row.text_hash != text_hash(migration) {
                return Err(StoreError::MigrationChanged {
                    version: migration.version,
                    name: migration.name,
                });
            }
        }
        let found = rows.last().map_or(0, |row| row.version);
        if found > latest() {
            Err(StoreError::SchemaVersion { found, needed: latest() })
        } else {
            Ok(found)
        }
    }
}

/// Waits for a statement, and tells of it while it runs.
async fn told<T>(migration: &Migration, statement: impl Future<Output = T>) -> T {
    let (began, mut statement) = (Instant::now(), std::pin::pin!(statement));
    loop {
        match tokio::time::timeout(TELL_EVERY, &mut statement).await {
            Ok(done) => return done,
            Err(_) => tracing::info!(
                version = migration.version,
                name = migration.name,
                seconds = began.elapsed().as_secs(),
                "migrating; what is there already is written anew, which takes minutes for millions of records"
            ),
        }
    }
}

fn latest() -> u32 {
    MIGRATIONS.last().map_or(0, |m| m.version)
}

fn text_hash(migration: &Migration) -> u64 {
    firehouse_types::ActorId::of(migration.sql).get()
}
