//! The recording that comes with firehouse: three days of a small town, and the DID documents of its people.

use std::path::Path;

use anyhow::{Context, Result};
use firehouse_identity::{OfflineDocument, Resolver};
use firehouse_ingest::Upstream;
use tokio_util::sync::CancellationToken;

use crate::commands::replay::upstream_of_file;

const FRAMES: &[u8] = include_bytes!("../../../deploy/demo/frames.bin.zst");
const IDENTITIES: &[u8] = include_bytes!("../../../deploy/demo/identities.jsonl");

/// Somebody whose feed is worth a look.
pub const AN_ACTOR: &str = "alma.sparrowhill.test";

/// Knows the town and asks nobody.
pub fn resolver() -> Result<Resolver> {
    Ok(Resolver::offline(OfflineDocument::read_lines(IDENTITIES).context("the demo's identities")?))
}

/// The recording as an upstream. It is unpacked into `data`, since replays read files.
pub fn upstream(data: &Path, stop: &CancellationToken) -> Result<Upstream> {
    let file = data.join("frames.bin.zst");
    std::fs::write(&file, FRAMES).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(upstream_of_file("demo", file, None, stop))
}
