//! A simulated network in a folder: `frames.bin` ([u32 little-endian length][frame], as `firehouse replay` reads it),
//! `identities.jsonl` and `manifest.json`.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use crate::identity::IdentityLine;
use crate::manifest::Manifest;
use crate::network::Network;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Frames.
    pub frames: u64,
    /// Bytes of frames, lengths included.
    pub bytes: u64,
}

/// Runs a network to its end and writes it into `folder`, which is made when missing. Errors: the file system's.
pub fn write(network: &mut Network, folder: &Path) -> io::Result<Written> {
    fs::create_dir_all(folder)?;
    let mut written = Written { frames: 0, bytes: 0 };
    let mut out = BufWriter::with_capacity(1 << 20, File::create(folder.join("frames.bin"))?);
    for frame in network.by_ref() {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&frame)?;
        written.frames += 1;
        written.bytes += 4 + u64::from(length);
    }
    out.flush()?;
    let mut out = BufWriter::new(File::create(folder.join("identities.jsonl"))?);
    for line in network.identities() {
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    let mut out = BufWriter::new(File::create(folder.join("manifest.json"))?);
    serde_json::to_writer(&mut out, &network.manifest())?;
    out.flush()?;
    Ok(written)
}

/// The identities of a folder that [`write`] made. Errors: the file system's, or a line that is none.
pub fn read_identities(folder: &Path) -> io::Result<Vec<IdentityLine>> {
    let lines = BufReader::new(File::open(folder.join("identities.jsonl"))?).lines();
    lines.map(|line| serde_json::from_str(&line?).map_err(io::Error::other)).collect()
}

/// The right answers of a folder that [`write`] made. Errors: the file system's, or a file that holds none.
pub fn read_manifest(folder: &Path) -> io::Result<Manifest> {
    serde_json::from_reader(BufReader::new(File::open(folder.join("manifest.json"))?))
        .map_err(io::Error::other)
}
