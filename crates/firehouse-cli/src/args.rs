//! Flags and subcommands. A flag wins over the environment and the file; see `settings.rs`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use toml::Table;

/// An AT Protocol AppView and indexer: follows relay firehoses, keeps the network in ClickHouse, answers XRPC.
#[derive(Debug, Parser)]
#[command(name = "firehouse", version, max_term_width = 110)]
pub struct Cli {
    /// Configuration file; deploy/firehouse.example.toml explains every key [default: ./firehouse.toml if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "FIREHOUSE_CONFIG")]
    pub config: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Consumer, API and embedded store in one process
    Run {
        #[command(flatten)]
        store: StoreFlags,
        #[command(flatten)]
        network: NetworkFlags,
        #[command(flatten)]
        service: ServiceFlags,
        /// Replay the recording that comes with firehouse, without any network, and serve it
        #[arg(long, conflicts_with_all = ["relay", "plc", "handle_resolver"])]
        demo: bool,
    },
    /// The consumer alone, writing to a ClickHouse server or to its own embedded one
    Ingest {
        #[command(flatten)]
        store: StoreFlags,
        #[command(flatten)]
        network: NetworkFlags,
        /// Health and metrics
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<SocketAddr>,
    },
    /// The API alone, reading from a ClickHouse server
    Serve {
        #[command(flatten)]
        store: StoreFlags,
        #[command(flatten)]
        network: NetworkFlags,
        #[command(flatten)]
        service: ServiceFlags,
    },
    /// Fetch whole repos that are missing here or behind, and end when all are dealt with; begun again, it goes on where it was
    Backfill {
        #[command(flatten)]
        wanted: Wanted,
        #[command(flatten)]
        store: StoreFlags,
        #[command(flatten)]
        network: NetworkFlags,
    },
    /// Fetch repos from their PDSes and compare them with what is held here, record by record; exit status 1 unless all are equal
    Verify {
        #[command(flatten)]
        verified: Verified,
        #[command(flatten)]
        store: StoreFlags,
        #[command(flatten)]
        network: NetworkFlags,
    },
    /// The embedded ClickHouse alone, for analysts: its HTTP interface on loopback
    Engine {
        /// Where the store lives [default: .firehouse]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Loopback address; port 0 takes a free one, which is printed
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<SocketAddr>,
        /// Stop when standard input closes: how a supervised engine follows its parent
        #[arg(long, hide = true)]
        stop_with_stdin: bool,
    },
    /// Bring the database to this build's schema
    Migrate {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Write the frames of an upstream to a file: [u32 little-endian length][frame], zstd when the name ends in .zst
    Record {
        /// Where to
        file: PathBuf,
        /// Stop after so many frames
        #[arg(long, value_name = "N")]
        frames: Option<u64>,
        /// Stop after so many seconds
        #[arg(long, value_name = "S")]
        seconds: Option<u64>,
        /// Start after this seq instead of with the next event; 0 is the oldest the upstream keeps
        #[arg(long, value_name = "SEQ")]
        cursor: Option<u64>,
        /// The upstream
        #[arg(long, value_name = "URL")]
        relay: Option<String>,
    },
    /// Index recorded frames; or, with --listen, serve them as an upstream
    Replay {
        /// A file made by record
        file: PathBuf,
        /// Speak com.atproto.sync.subscribeRepos here instead of indexing
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<SocketAddr>,
        /// Frames per second [default: as fast as they are taken]
        #[arg(long, value_name = "N")]
        rate: Option<f64>,
        /// DID documents to use instead of a directory: lines of {"did", "handle", "doc"}
        #[arg(long, value_name = "FILE")]
        identities: Option<PathBuf>,
        #[command(flatten)]
        store: StoreFlags,
        #[command(flatten)]
        network: NetworkFlags,
    },
    /// What a running firehouse says about itself
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Where it listens
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<SocketAddr>,
    },
}

/// Which repos are fetched.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Wanted {
    /// First every identity in the PLC directory's export, so that none has to be asked for
    #[arg(long)]
    pub identities: bool,
    /// Every repo that the relays, and the hosts they follow, list
    #[arg(long)]
    pub network: bool,
    /// The repos that have records of this collection, as far as the relays know; repeatable
    #[arg(long, value_name = "NSID")]
    pub collection: Vec<String>,
    /// These accounts
    #[arg(long, value_name = "DID", num_args = 1..)]
    pub did: Vec<String>,
    /// The accounts in this file, one DID a line
    #[arg(long, value_name = "FILE")]
    pub dids: Option<PathBuf>,
    /// Stop after asking for so many repos
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}

/// Which repos are compared, and what is done then.
#[derive(Debug, Args)]
pub struct Verified {
    /// These accounts [default: every active one]
    #[arg(value_name = "DID")]
    pub dids: Vec<String>,
    /// So many accounts, drawn by chance
    #[arg(long, value_name = "N", conflicts_with = "dids")]
    pub sample: Option<u32>,
    /// Write the difference, deletes included
    #[arg(long)]
    pub repair: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Password of the user admin, for a firehouse that runs on the same store
    #[arg(long, value_name = "PASSWORD")]
    pub admin_password: Option<String>,
}

/// Where rows are.
#[derive(Debug, Args)]
pub struct StoreFlags {
    /// Where the embedded store lives [default: .firehouse]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A ClickHouse server's HTTP interface, instead of the embedded engine
    #[arg(long, value_name = "URL")]
    clickhouse_url: Option<String>,
    /// Database of all tables [default: firehouse]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
}

/// Where events and identities come from.
#[derive(Debug, Args)]
pub struct NetworkFlags {
    /// An upstream: a relay, a single PDS with pds+ in front, or a Jetstream with jetstream+; repeatable [default: the public relay]
    #[arg(long, value_name = "URL")]
    relay: Vec<String>,
    /// PLC directory [default: the public one]
    #[arg(long, value_name = "URL")]
    plc: Option<String>,
    /// Ask this service's com.atproto.identity.resolveHandle instead of DNS and well-known
    #[arg(long, value_name = "URL")]
    handle_resolver: Option<String>,
    /// A label stream to follow; repeatable
    #[arg(long, value_name = "DID[=URL]")]
    labeler: Vec<String>,
    /// Let outgoing requests reach loopback and private networks
    #[arg(long)]
    allow_private_addresses: bool,
}

/// Who we are and whom we trust.
#[derive(Debug, Args)]
pub struct ServiceFlags {
    /// XRPC, metrics and health [default: 127.0.0.1:2684]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Who we are: the aud of tokens
    #[arg(long, value_name = "DID")]
    did: Option<String>,
    /// Where clients reach us: the base of image links [default: where we listen]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Password of the user admin
    #[arg(long, value_name = "PASSWORD")]
    admin_password: Option<String>,
    /// The moderation service, which sees what is taken down
    #[arg(long, value_name = "DID")]
    moderation_did: Option<String>,
    /// A labeler that applies, redacting, when a caller names none; repeatable
    #[arg(long, value_name = "DID")]
    default_labeler: Vec<String>,
    /// An account whose verifications count; repeatable
    #[arg(long, value_name = "DID")]
    trusted_verifier: Vec<String>,
}

/// Flags as the keys of the configuration file that they are.
#[derive(Debug, Default)]
pub struct Overlay(pub Table);

impl Overlay {
    /// Sets a key when the flag was given.
    pub fn text(mut self, key: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.insert(key.into(), value.to_string().into());
        }
        self
    }

    /// As [`Overlay::text`], for a key of a section.
    pub fn text_in(mut self, section: &str, key: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            let section = self.0.entry(section).or_insert_with(|| Table::new().into());
            if let Some(section) = section.as_table_mut() {
                section.insert(key.into(), value.to_string().into());
            }
        }
        self
    }

    /// Sets a key when the flag was given at least once.
    pub fn list(mut self, key: &str, values: Vec<String>) -> Self {
        if !values.is_empty() {
            self.0.insert(key.into(), values.into());
        }
        self
    }

    /// Takes over the flags of [`StoreFlags`].
    pub fn store(self, flags: StoreFlags) -> Self {
        let data = flags.data.map(|data| data.display().to_string());
        self.text("data", data)
            .text("clickhouse_url", flags.clickhouse_url)
            .text("database", flags.database)
    }

    /// Takes over the flags of [`NetworkFlags`].
    pub fn network(mut self, flags: NetworkFlags) -> Self {
        if flags.allow_private_addresses {
            self.0.insert("allow_private_addresses".into(), true.into());
        }
        self.list("relay", flags.relay)
            .list("labeler", flags.labeler)
            .text("plc", flags.plc)
            .text("handle_resolver", flags.handle_resolver)
    }

    /// Takes over the flags of [`ServiceFlags`].
    pub fn service(self, flags: ServiceFlags) -> Self {
        self.text("listen", flags.listen)
            .text("did", flags.did)
            .text("public_url", flags.public_url)
            .text("admin_password", flags.admin_password)
            .text("moderation_did", flags.moderation_did)
            .list("default_labeler", flags.default_labeler)
            .list("trusted_verifier", flags.trusted_verifier)
    }
}
