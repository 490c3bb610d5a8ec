//! The read path over HTTP: routes, parameters, XRPC errors, headers.
//!
//! Knows how to ask and how to answer, not what is answered: every method is one line in `methods.rs` that names a function of
//! `firehouse-appview`. Source: <https://atproto.com/specs/xrpc>; what it leaves open is done as the reference AppView does it.
//!
//! ```no_run
//! # async fn example(config: firehouse_xrpc::Config, services: firehouse_xrpc::Services) -> Result<(), Box<dyn std::error::Error>> {
//! use tokio_util::sync::CancellationToken;
//!
//! let listener = tokio::net::TcpListener::bind(config.listen).await?;
//! let shutdown = CancellationToken::new();
//! firehouse_xrpc::serve(config, services, listener, shutdown).await?;
//! # Ok(())
//! # }
//! ```

mod config;
mod error;
mod server;
mod connections;
mod impatient;
mod networks;
mod limits;
mod request_id;
mod api;
mod methods;
mod method;
mod routes;
mod answer;
mod caching;
mod parameters;
mod input;
mod admin;
mod selection;
mod handles;
mod repairs;
mod unconfigured;
mod generators;
mod recommender;
mod auth;
mod labelers;
mod labeler_accounts;
mod failure;
mod outage;
mod pages;
mod sitemap;
mod callers;
mod listeners;
mod live;
mod websocket;
mod search_facets;
mod search_feeds;
mod feed_xml;
mod metrics;

pub use admin::{Upstream, UpstreamError, Upstreams};
pub use config::{Config, EntrywayKey, InvalidEntrywayKey, Secret, TokenReuse};
pub use connections::connected;
pub use error::XrpcError;
pub use generators::HttpGenerators;
pub use handles::{Handles, RecheckError};
pub use networks::{InvalidNetwork, Network};
pub use recommender::HttpRecommender;
pub use repairs::{Comparison, Paths, RepairError, Repairs};
pub use selection::{Kept, SelectionError, SelectionWords, Selections};
pub use server::{HealthNow, Services, router, serve};
