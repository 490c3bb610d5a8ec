//! Seeds: where a target begins, taken from fixtures. A missing fixture folder makes poor seeds, not an error.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use data_encoding::BASE64;
use firehouse_repo::sha256;
use firehouse_types::{CommitEvent, Event};
use serde_json::Value;

use crate::stream::decode::{Decoded, decode};

/// Where seeds are to be written: then that is all a target does.
const SEEDS_VARIABLE: &str = "FIREHOUSE_FUZZ_SEEDS";

/// Units: bytes. Larger inputs make the fuzzer slow and tell it little.
const SEED_BYTES_MAX: usize = 32 << 10;
/// Seeds of one target.
const SEEDS_MAX: usize = 4_000;

/// Writes the seeds of a target and ends the process, when that is what was asked for.
pub fn seed(make: impl FnOnce(&mut Seeds)) {
    let Some(folder) = std::env::var_os(SEEDS_VARIABLE) else { return };
    let mut seeds = Seeds { folder: folder.into(), written: 0 };
    make(&mut seeds);
    eprintln!("{} seeds", seeds.written);
    std::process::exit(0);
}

/// A folder that seeds are written into.
pub struct Seeds {
    folder: PathBuf,
    written: usize,
}

impl Seeds {
    /// One more, named after its content, unless it is too large or there are enough.
    pub fn add(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if bytes.len() > SEED_BYTES_MAX || self.written >= SEEDS_MAX {
            return;
        }
        let [a, b, c, d, e, f, ..] = sha256(bytes);
        let name = format!("seed-{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}");
        fs::write(self.folder.join(name), bytes).expect("the folder of seeds can be written to");
        self.written += 1;
    }

    /// Every file in a folder of fixtures, unpacked when its name says so; none when it is not there.
    pub fn files(&self, folder: &str) -> Vec<Vec<u8>> {
        let folder = root().join(folder);
        let Ok(entries) = fs::read_dir(&folder) else {
            eprintln!("SKIPPED: {} is not there; set FIREHOUSE_FIXTURES", folder.display());
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths.iter().filter(|path| path.is_file()).map(|path| read(path)).collect()
    }

    /// One fixture; empty when it is not there.
    pub fn file(&self, path: &str) -> Vec<u8> {
        let path = root().join(path);
        if !path.is_file() {
            eprintln!("SKIPPED: {} is not there; set FIREHOUSE_FIXTURES", path.display());
            return Vec::new();
        }
        read(&path)
    }

    /// A fixture of one JSON value, or of one per line.
    pub fn json(&self, path: &str) -> Vec<Value> {
        let bytes = self.file(path);
        let values = serde_json::Deserializer::from_slice(&bytes).into_iter();
        values.map_while(Result::ok).collect()
    }

    /// Every text in a JSON value, of any depth, whose key is `key`.
    pub fn texts_at(key: &str, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        visit(value, &mut |name, value| {
            if let (true, Value::String(text)) = (name == key, value) {
                found.push(text.clone());
            }
        });
        found
    }

    /// Every recorded frame of subscribeRepos.
    pub fn frames(&self) -> Vec<Bytes> {
        let mut frames = Vec::new();
        for path in ["firehose/frames.bin.zst", "firehose/synthetic-p256/frames.bin"] {
            let bytes = self.file(path);
            let mut rest = bytes.as_slice();
            while let Some((len, behind)) = rest.split_first_chunk::<4>() {
                let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
                let Some((frame, behind)) = behind.split_at_checked(len) else { break };
                frames.push(Bytes::copy_from_slice(frame));
                rest = behind;
            }
        }
        for case in self.json("firehose/derived/cases.jsonl.zst") {
            let decoded = Self::texts_at("frame_b64", &case).into_iter().map(base64);
            frames.extend(decoded.map(Bytes::from));
        }
        frames.extend(self.files("firehose/legacy").into_iter().map(Bytes::from));
        frames
    }

    /// The commits among [`Seeds::frames`].
    pub fn commits(&self) -> Vec<CommitEvent> {
        let commit = |frame: Bytes| match decode(&frame) {
            Ok(Decoded::Event(Event::Commit(commit))) => Some(*commit),
            _ => None,
        };
        self.frames().into_iter().filter_map(commit).collect()
    }

    /// Every CAR: of repos, of trees, of hostile hosts.
    pub fn cars(&self) -> Vec<Bytes> {
        let mut cars: Vec<Bytes> = Vec::new();
        for folder in ["cars", "mst/cars", "car-format"] {
            cars.extend(self.files(folder).into_iter().map(Bytes::from));
        }
        for case in self.json("cars-adversarial/cases.jsonl.zst") {
            cars.extend(Self::texts_at("car_b64", &case).into_iter().map(base64).map(Bytes::from));
        }
        cars
    }
}

fn base64(text: String) -> Vec<u8> {
    BASE64.decode(text.as_bytes()).unwrap_or_default()
}

fn visit(value: &Value, each: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                each(key, value);
                visit(value, each);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, each)),
        _ => {}
    }
}

fn root() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/fixtures");
    std::env::var_os("FIREHOUSE_FIXTURES").unwrap_or_else(|| default.into()).into()
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_default();
    if path.extension().is_some_and(|extension| extension == "zst") {
        zstd::decode_all(bytes.as_slice()).unwrap_or_default()
    } else {
        bytes
    }
}
