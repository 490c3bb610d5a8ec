//! [`Store`]: the connection everything else in this crate goes through.

use std::sync::Arc;
use std::time::Duration;

use clickhouse::{Client, Compression};
use firehouse_types::Datetime;

use crate::StoreError;
use crate::arrivals::Arrivals;
use crate::private::Turns;
use crate::read::Round;

/// Where ClickHouse is.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// HTTP interface, `http://host:port`.
    pub url: String,
    /// Database of all tables; made by `migrate` when missing.
    pub database: String,
    /// ClickHouse user.
    pub user: String,
    /// Its password; may be empty.
    pub password: String,
    /// Longest wait for the acknowledgement of one INSERT. Units: seconds.
    pub insert_timeout_s: u64,
    /// Longest run of one read query, enforced by ClickHouse. Units: seconds.
    pub query_timeout_s: u64,
}

/// A ClickHouse database of ours. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Store {
    /// Without a database: only to create it.
    server: Client,
    client: Client,
    url: String,
    database: String,
    insert_timeout: Duration,
    /// Queries of one request, for a handle that belongs to one.
    round: Option<Arc<Round>>,
    turns: Turns,
    arrivals: Arrivals,
    index_time_after: Datetime,
}

impl Store {
    /// Connects lazily: nothing is sent before the first statement.
    pub fn new(config: &Config) -> Self {
        let server = Client::default()
            .with_url(&config.url)
            .with_user(&config.user)
            .with_password(&config.password)
            .with_compression(Compression::Lz4)
            .with_product_info("firehouse", env!("CARGO_PKG_VERSION"))
            .with_setting("max_execution_time", config.query_timeout_s.to_string());
        let client = server.clone().with_database(&config.database);
        Self {
            server,
            client,
            url: config.url.clone(),
            database: config.database.clone(),
            insert_timeout: Duration::from_secs(config.insert_timeout_s),
            round: None,
            turns: Turns::new(),
            arrivals: Arrivals::default(),
            index_time_after: Datetime::from_ms(i64::MAX),
        }
    }

    /// The same store, whose records read as if they were sorted by when they were indexed, where that was after `epoch`. Pages keep
    /// their order.
    pub fn showing_index_time_after(self, epoch: Datetime) -> Self {
        Self { index_time_after: epoch, ..self }
    }

    pub(crate) fn index_time_after(&self) -> Datetime {
        self.index_time_after
    }

    /// Returns once ClickHouse has answered. Errors: [`StoreError::Ping`]; calling again is safe.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.server.query("SELECT 1").fetch_one::<u8>().await;
        answer.map(drop).map_err(|source| StoreError::Ping { url: self.url.clone(), source })
    }

    /// Name of the database.
    pub fn database(&self) -> &str {
        &self.database
    }

    pub(crate) fn server(&self) -> &Client {
        &self.server
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn round(&self) -> Option<&Round> {
        self.round.as_deref()
    }

    pub(crate) fn with_round(&self, round: Round) -> Self {
        Self { round: Some(Arc::new(round)), ..self.clone() }
    }

    /// Posts that are written by way of this handle and its clones, as they come.
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(crate) fn insert_timeout(&self) -> Duration {
        self.insert_timeout
    }
}
