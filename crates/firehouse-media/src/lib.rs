//! Blobs and images over HTTP: fetched from the account's PDS, checked against their CID, resized, cached on disk.
//!
//! Everything here is named by strangers and made by strangers: which host is asked (so the guarded client asks), what it answers (so the
//! CID decides), and what an image decodes to (so its size is known before memory is given to it). Neither XRPC nor lexicons are known here;
//! what the routes answer is what those of the reference answer.
//!
//! ```no_run
//! # async fn example(config: firehouse_media::Config, services: firehouse_media::Services) -> Result<(), firehouse_media::MediaError> {
//! let router: axum::Router = firehouse_media::router(config, services)?;
//! # Ok(())
//! # }
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod config;
mod error;
mod routes;
mod path;
mod origin;
mod verified;
mod standing;
mod blobs;
mod images;
mod workshop;
mod picture;
mod disk;
mod failure;
mod metrics;

pub use config::Config;
pub use error::MediaError;
pub use routes::{Services, router};
pub use standing::{Standing, Unknown};
