//! [`Config`]: what blobs and images may cost.

use std::path::PathBuf;

/// How blobs and images are served.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whether images are made here; without them a CDN is configured, and only blobs are served.
    pub images: bool,
    /// Where made images are kept. Whatever is not ours in there may be removed.
    pub cache_folder: PathBuf,
    /// Size of that folder; the images that were not asked for longest go first. 0: nothing is kept.
    pub cache_bytes_max: u64,
    /// Largest blob that is passed on.
    pub blob_bytes_max: usize,
    /// Largest blob that an image is made of.
    pub image_bytes_max: usize,
    /// Memory of all images that are being made; one that needs more than all of it is refused.
    pub memory_bytes_max: u64,
    /// Images made at once; each takes one core.
    pub workers: usize,
    /// Images that may wait for a worker.
    pub queue_max: usize,
    /// Quality of what is made, 1 to 100.
    pub quality: u8,
    /// Blobs fetched at once.
    pub fetches_max: usize,
    /// Blobs fetched at once from one host.
    pub host_fetches_max: usize,
    /// Longest time from a request until its image is made. Units: seconds.
    pub image_timeout_s: u64,
    /// Longest transfer of one blob. Units: seconds.
    pub blob_timeout_s: u64,
}
