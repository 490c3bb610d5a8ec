//! The migrations together are the schema.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clickhouse::Client;
use firehouse_schema::MIGRATIONS;
use firehouse_sim::engine;
use firehouse_store::{Migrated, StoreError};

/// `CREATE` statements of a database by table, as the engine words them, without the database's name.
async fn statements(client: &Client, database: &str) -> BTreeMap<String, String> {
    let query = "SELECT name, create_table_query FROM system.tables WHERE database = {database:String} AND name != 'schema_migrations'";
    let rows: Vec<(String, String)> =
        client.query(query).param("database", database).fetch_all().await.unwrap();
    rows.into_iter()
        .map(|(name, statement)| (name, statement.replace(&format!("{database}."), "")))
        .collect()
}

#[tokio::test]
async fn all_migrations_together_give_exactly_the_table_and_view_files() {
    let Some(store) = engine::store().await else { return };
    let client = Client::default().with_url(engine::url().unwrap());
    client.query("CREATE DATABASE from_files ENGINE = Atomic").execute().await.unwrap();
    let from_files = client.clone().with_database("from_files");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema");
    for folder in ["tables", "views"] {
        for file in fs::read_dir(schema.join(folder)).unwrap() {
            let sql = fs::read_to_string(file.unwrap().path()).unwrap();
            from_files.query_raw(&sql).execute().await.unwrap();
        }
    }
    let (migrated, written) =
        (statements(&client, store.database()).await, statements(&client, "from_files").await);
    assert!(!written.is_empty());
    assert_eq!(migrated, written);
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let Some(store) = engine::empty_store() else { return };
    let latest = MIGRATIONS.last().unwrap().version;
    assert_eq!(store.migrate().await.unwrap(), Migrated { from: 0, to: latest });
    assert_eq!(store.migrate().await.unwrap(), Migrated { from: latest, to: latest });
    store.check_schema().await.unwrap();
}

#[tokio::test]
async fn a_database_of_another_build_is_refused() {
    let Some(store) = engine::store().await else { return };
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    let insert = "INSERT INTO schema_migrations (version, name, text_hash) VALUES";
    client.query(&format!("{insert} (9999, 'of_the_future', 0)")).execute().await.unwrap();
    assert!(matches!(store.migrate().await, Err(StoreError::SchemaVersion { found: 9999, .. })));
    client.query(&format!("{insert} (1, 'create_records', 1)")).execute().await.unwrap();
    assert!(matches!(store.migrate().await, Err(StoreError::MigrationChanged { version: 1, .. })));
}

#[tokio::test]
async fn an_empty_database_is_told_apart_from_a_current_one() {
    let Some(store) = engine::empty_store() else { return };
    let error = store.check_schema().await.unwrap_err();
    assert!(matches!(error, StoreError::SchemaVersion { found: 0, .. }), "{error:?}");
    assert!(error.to_string().contains("firehouse migrate"));
}
