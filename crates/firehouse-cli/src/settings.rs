//! [`Settings`]: the whole configuration, put together from defaults, file, environment and flags.
//!
//! The defaults are deploy/firehouse.example.toml itself, so that the page which explains a key cannot contradict it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use firehouse_types::{Datetime, Did};
use toml::{Table, Value};
use url::Url;

use crate::args::Overlay;
use crate::upstream_url::UpstreamUrl;

/// Every key, its default and its reason.
pub const EXAMPLE: &str = include_str!("../../../deploy/firehouse.example.toml");

const PREFIX: &str = "FIREHOUSE_";
/// Variables that are no keys: read elsewhere, the second half by tests only.
const NOT_KEYS: [&str; 9] = [
    "FIREHOUSE_CONFIG",
    "FIREHOUSE_ENGINE_LIB",
    "FIREHOUSE_LOG",
    "FIREHOUSE_FIXTURES",
    "FIREHOUSE_ENGINE_PROGRAM",
    "FIREHOUSE_PROGRAM",
    "FIREHOUSE_E2E_DIR",
    "FIREHOUSE_E2E_FRESHNESS",
    "FIREHOUSE_KILLS",
];

/// The configuration of one process. Keys are explained in deploy/firehouse.example.toml.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The file that was read by name, for the engine child to read too.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Variables that look like keys and are none: a typing error, or meant for another version.
    #[serde(skip)]
    pub unknown_variables: Vec<String>,
    pub data: PathBuf,
    #[serde(deserialize_with = "optional")]
    pub clickhouse_url: Option<Url>,
    pub database: String,
    pub listen: SocketAddr,
    pub did: Did,
    /// As configured; [`Settings::public_url`] says what holds.
    #[serde(deserialize_with = "optional")]
    pub public_url: Option<Url>,
    pub relay: Vec<UpstreamUrl>,
    pub plc: Url,
    #[serde(deserialize_with = "optional")]
    pub handle_resolver: Option<Url>,
    pub allow_private_addresses: bool,
    #[serde(deserialize_with = "optional")]
    pub admin_password: Option<String>,
    #[serde(deserialize_with = "optional")]
    pub moderation_did: Option<Did>,
    #[serde(deserialize_with = "crate::labelers::deserialize")]
    pub labeler: Vec<firehouse_ingest::Labeler>,
    pub default_labeler: Vec<Did>,
    pub trusted_verifier: Vec<Did>,
    pub engine: Engine,
    pub store: Store,
    pub stream: Stream,
    pub identity: Identity,
    pub keep: Keep,
    pub backfill: Backfill,
    pub ingest: firehouse_ingest::Config,
    pub trends: firehouse_ingest::TrendConfig,
    pub labels: firehouse_ingest::LabelConfig,
    pub xrpc: Xrpc,
    pub appview: AppView,
    pub search: Search,
    pub media: Media,
    pub log: Log,
}

/// `[engine]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    pub listen: SocketAddr,
    pub pool_size: usize,
    pub memory_bytes_max: u64,
}

/// `[store]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub user: String,
    pub password: String,
    pub insert_timeout_s: u64,
    pub query_timeout_s: u64,
}

/// `[stream]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    pub start: Start,
    pub frame_bytes_max: usize,
    pub queue_frames: usize,
    pub queue_bytes_max: usize,
    pub ping_interval_s: u64,
    pub idle_timeout_s: u64,
    pub silence_timeout_s: u64,
    pub connect_timeout_s: u64,
    pub backoff_min_ms: u64,
    pub backoff_max_ms: u64,
    pub backoff_long_ms: u64,
    pub stable_after_s: u64,
    pub gap_seqs_min: u64,
    #[serde(deserialize_with = "optional")]
    pub jetstream_dictionary: Option<PathBuf>,
}

/// Where to begin with an upstream that has no saved cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    Auto,
    Oldest,
    Live,
}

/// `[identity]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub cache_entries: u64,
    pub ttl_s: u64,
    pub error_ttl_s: u64,
    pub transient_ttl_s: u64,
    pub refresh_min_interval_s: u64,
    pub lookups_max: usize,
    pub connect_timeout_ms: u64,
    pub request_timeout_ms: u64,
    pub document_bytes_max: usize,
    pub plc_export: bool,
}

/// `[keep]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    pub collections: Vec<String>,
    pub dids: Vec<String>,
    pub follows_of: Vec<String>,
    pub pds_hosts: Vec<String>,
    pub languages: Vec<String>,
    pub accounts_max: usize,
    pub grace_s: u64,
    pub check_interval_s: u64,
}

/// `[backfill]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    pub repos: Repos,
    pub network: bool,
    pub sweep_interval_s: u64,
    pub fetches_max: usize,
    pub host_fetches_max: usize,
    pub repo_bytes_max: u64,
    pub memory_repo_bytes_max: usize,
    pub memory_bytes_max: usize,
    pub index_bytes_max: usize,
    pub spilled_repos_max: usize,
    pub queue_jobs_max: usize,
    pub queue_host_jobs_max: usize,
    pub attempts_max: u32,
    pub host_wait_ms_max: u64,
    pub requests_per_host_per_s: u32,
    pub hosts_max: usize,
    pub request_timeout_ms: u64,
    pub fetch_timeout_ms: u64,
    pub rate_bytes_per_s_min: u64,
    pub rate_grace_ms: u64,
    pub page_bytes_max: usize,
    pub backoff_min_ms: u64,
    pub backoff_max_ms: u64,
    pub list_hosts_max: usize,
    pub list_pages_max: u64,
}

/// Which repos are fetched as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repos {
    Auto,
    Broken,
    Seen,
    Off,
}

/// `[xrpc]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Xrpc {
    pub connections_max: usize,
    pub client_timeout_s: u64,
    pub body_bytes_max: u64,
    pub request_timeout_s: u64,
    pub requests_max: usize,
    pub token_lifetime_s_max: u64,
    pub token_reuse: firehouse_xrpc::TokenReuse,
    pub used_tokens_max: u64,
    pub rate_viewer_max: u32,
    pub rate_address_max: u32,
    pub rate_search_max: u32,
    pub rate_unverified_max: u32,
    pub rate_window_s: u64,
    pub trusted_proxies: Vec<firehouse_xrpc::Network>,
    pub alternate_audiences: Vec<String>,
    #[serde(deserialize_with = "optional")]
    pub site_url: Option<Url>,
    #[serde(deserialize_with = "optional")]
    pub verification_key: Option<String>,
    #[serde(deserialize_with = "optional")]
    pub entryway_key: Option<firehouse_xrpc::EntrywayKey>,
}

/// `[appview]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppView {
    #[serde(deserialize_with = "optional")]
    pub cdn_url: Option<Url>,
    #[serde(deserialize_with = "optional")]
    pub video_playlist_pattern: Option<String>,
    #[serde(deserialize_with = "optional")]
    pub video_thumbnail_pattern: Option<String>,
    #[serde(deserialize_with = "optional")]
    pub recommender: Option<Url>,
    pub debug_dids: Vec<Did>,
    #[serde(deserialize_with = "optional")]
    pub indexed_at_epoch: Option<Datetime>,
    pub thread_depth_max: u16,
    pub thread_parents_max: u16,
    pub big_threads: Vec<Box<str>>,
    pub big_thread_depth: u16,
    pub thread_replies_max: usize,
    pub thread_posts_max: usize,
    pub tags: firehouse_appview::TagRules,
    pub notifications_delay_ms: i64,
    pub drafts_max: u64,
    pub check_email_confirmed: bool,
    pub topics_enabled: bool,
    pub live_now: Vec<firehouse_appview::LiveNow>,
}

/// `[search]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub live_max: usize,
    pub live_address_max: usize,
    pub feeds: Vec<firehouse_appview::SavedSearch>,
}

/// `[media]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    pub cache_bytes_max: u64,
    pub blob_bytes_max: usize,
    pub image_bytes_max: usize,
    pub memory_bytes_max: u64,
    pub workers: usize,
    pub queue_max: usize,
    pub quality: u8,
    pub fetches_max: usize,
    pub host_fetches_max: usize,
    pub image_timeout_s: u64,
    pub blob_timeout_s: u64,
}

/// `[log]`
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Settings {
    /// Reads the file, if any, and the environment, and lays the flags over them.
    pub fn load(file: Option<&Path>, flags: Overlay) -> Result<Self> {
        let text = match file {
            Some(file) => Some(
                fs::read_to_string(file)
                    .with_context(|| format!("configuration file {}", file.display()))?,
            ),
            None => match fs::read_to_string("firehouse.toml") {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                text => Some(text.context("configuration file ./firehouse.toml")?),
            },
        };
        let variables = env::vars()
            .filter(|(name, _)| name.starts_with(PREFIX) && !NOT_KEYS.contains(&name.as_str()));
        let settings = Self::from_layers(text.as_deref(), variables.collect(), flags)?;
        Ok(Self { file: file.map(Path::to_owned), ..settings })
    }

    /// Where clients reach us: as configured, else where we listen.
    pub fn public_url(&self) -> Result<Url> {
        match &self.public_url {
            Some(url) => Ok(url.clone()),
            None if self.listen.ip().is_unspecified() => {
                Ok(format!("http://127.0.0.1:{}", self.listen.port()).parse()?)
            }
            None => Ok(format!("http://{}", self.listen).parse()?),
        }
    }

    fn from_layers(
        file: Option<&str>,
        variables: BTreeMap<String, String>,
        flags: Overlay,
    ) -> Result<Self> {
        let mut table: Table = EXAMPLE.parse().context("deploy/firehouse.example.toml")?;
        if let Some(file) = file {
            let file: Table = file.parse().context("configuration file")?;
            lay_over(&mut table, file, "")?;
        }
        let mut unknown_variables = Vec::new();
        for (name, value) in variables {
            match slot_of(&mut table, &name) {
                Some(slot) => set(slot, &name, &value)?,
                None => unknown_variables.push(name),
            }
        }
        lay_over(&mut table, flags.0, "")?;
        let mut settings: Self = Value::Table(table).try_into().context("configuration")?;
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        for workers in [&mut settings.ingest.workers, &mut settings.media.workers] {
            if *workers == 0 {
                *workers = cores();
            }
        }
        Ok(Self { unknown_variables, ..settings })
    }
}

/// Puts every key of `upper` over the same key of `lower`, which has all there are.
fn lay_over(lower: &mut Table, upper: Table, path: &str) -> Result<()> {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (None, _) => {
                bail!("unknown key {path}{key}: deploy/firehouse.example.toml lists all there are")
            }
            (Some(Value::Table(lower)), Value::Table(upper)) => {
                lay_over(lower, upper, &format!("{path}{key}."))?
            }
            (Some(lower), value) => *lower = value,
        }
    }
    Ok(())
}

/// `FIREHOUSE_INGEST__FLUSH_WAIT_MS` is the key `ingest.flush_wait_ms`.
fn slot_of<'a>(table: &'a mut Table, name: &str) -> Option<&'a mut Value> {
    let path = name.trim_start_matches(PREFIX).to_lowercase();
    let mut keys: Vec<&str> = path.split("__").collect();
    let last = keys.pop()?;
    let mut table = table;
    for key in keys {
        table = table.get_mut(key)?.as_table_mut()?;
    }
    table.get_mut(last).filter(|value| !value.is_table())
}

/// Reads a text as the type that the default has.
fn set(slot: &mut Value, name: &str, value: &str) -> Result<()> {
    *slot = match slot {
        Value::Integer(_) => {
            Value::Integer(value.parse().with_context(|| format!("{name}: not a whole number"))?)
        }
        Value::Boolean(_) => Value::Boolean(
            value.parse().with_context(|| format!("{name}: neither true nor false"))?,
        ),
        Value::Array(_) => Value::Array(
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(Value::from)
                .collect(),
        ),
        Value::String(_) | Value::Float(_) | Value::Datetime(_) | Value::Table(_) => {
            Value::String(value.into())
        }
    };
    Ok(())
}

/// An empty text means: not set.
fn optional<'de, D: serde::Deserializer<'de>, T: std::str::FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = <String as serde::Deserialize>::deserialize(deserializer)?;
    if text.is_empty() {
        Ok(None)
    } else {
        text.parse().map(Some).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, variables: &[(&str, &str)], flags: Overlay) -> Result<Settings> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::from_layers(Some(file), variables.collect(), flags)
    }

    #[test]
    fn the_example_file_is_a_whole_configuration() {
        let settings = load("", &[], Overlay::default()).unwrap();
        assert_eq!(settings.listen.port(), 2684);
        assert_eq!(settings.clickhouse_url, None);
        assert!(settings.ingest.workers > 0);
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file() {
        let file =
            "listen = \"127.0.0.1:1\"\ndatabase = \"of_the_file\"\nplc = \"https://file.test\"";
        let environment =
            [("FIREHOUSE_LISTEN", "127.0.0.1:2"), ("FIREHOUSE_PLC", "https://environment.test")];
        let settings =
            load(file, &environment, Overlay::default().text("listen", Some("127.0.0.1:3")))
                .unwrap();
        assert_eq!(settings.listen.port(), 3);
        assert_eq!(settings.plc.as_str(), "https://environment.test/");
        assert_eq!(settings.database, "of_the_file");
    }

    #[test]
    fn a_search_is_a_feed_by_its_table_and_one_that_nobody_can_make_stops_us() {
        let feed = |query: &str| {
            let file =
                format!("[[search.feeds]]\nname = \"rain\"\nquery = '{query}'\ntitle = \"Rain\"");
            load(&file, &[], Overlay::default())
        };
        assert_eq!(&*feed("rain OR \"wet cat\"").unwrap().search.feeds[0].title, "Rain");
        let refused = format!("{:#}", feed("(rain").unwrap_err());
        assert!(refused.contains("the query of the feed rain"), "{refused}");
    }

    #[test]
    fn without_a_public_url_clients_reach_us_where_we_listen() {
        let public_url = |file| load(file, &[], Overlay::default()).unwrap().public_url().unwrap();
        assert_eq!(public_url("listen = \"127.0.0.1:3\"").as_str(), "http://127.0.0.1:3/");
        assert_eq!(public_url("listen = \"0.0.0.0:3\"").as_str(), "http://127.0.0.1:3/");
        assert_eq!(public_url("public_url = \"https://a.test\"").as_str(), "https://a.test/");
    }

    #[test]
    fn the_environment_reaches_sections_lists_and_numbers() {
        let environment = [
            ("FIREHOUSE_INGEST__FLUSH_WAIT_MS", "7"),
            ("FIREHOUSE_RELAY", "wss://a.test, pds+ws://b.test"),
            ("FIREHOUSE_ALLOW_PRIVATE_ADDRESSES", "true"),
            ("FIREHOUSE_LABELER", "did:plc:a, did:web:b.test=wss://b.test"),
            ("FIREHOUSE_LABELS__DISCOVER", "true"),
        ];
        let settings = load("", &environment, Overlay::default()).unwrap();
        assert_eq!(
            (settings.ingest.flush_wait_ms, settings.relay.len(), settings.allow_private_addresses),
            (7, 2, true)
        );
        assert_eq!((settings.labeler.len(), settings.labels.discover), (2, true));
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_named() {
        let check = |file, variables: &[_], named: &str| {
            let error = format!("{:#}", load(file, variables, Overlay::default()).unwrap_err());
            assert!(error.contains(named), "{error}");
        };
        check("lisen = 1", &[], "lisen");
        check("[ingest]\nflush_wait = 1", &[], "ingest.flush_wait");
        check(
            "",
            &[("FIREHOUSE_INGEST__FLUSH_WAIT_MS", "soon")],
            "FIREHOUSE_INGEST__FLUSH_WAIT_MS",
        );
        check("plc = \"not a url\"", &[], "plc");
        check("labeler = [\"a.test\"]", &[], "a.test");
        check("relay = [\"wss://me:secret@a.test\"]", &[], "credentials");
    }

    #[test]
    fn a_variable_that_is_no_key_is_remembered_for_a_warning() {
        let settings = load(
            "",
            &[("FIREHOUSE_LISEN", "127.0.0.1:1"), ("FIREHOUSE_INGEST", "1")],
            Overlay::default(),
        )
        .unwrap();
        assert_eq!(settings.unknown_variables, ["FIREHOUSE_INGEST", "FIREHOUSE_LISEN"]);
    }
}
