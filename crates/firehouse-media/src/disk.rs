//! [`DiskCache`]: made images in a folder of bounded size, of which those that were not asked for longest go first.
//!
//! A file is named by a hash of what it holds, written beside its place and moved there, and ends in a checksum: whatever a crash left
//! half-written is not taken for an image. The order of use survives a restart as the files' times, to the hour.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use lru::LruCache;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::MediaError;
use crate::metrics::Metrics;

/// What a file takes on disk at least, and what it is rounded up to; so the folder's size also bounds its number of files.
const BLOCK_BYTES: u64 = 4096;
/// How old the time of use on disk may be.
const TOUCHED_EVERY: Duration = Duration::from_secs(3600);
/// Bytes of the checksum at the end of a file.
const CHECKSUM_BYTES: usize = 16;
/// Files that are being written end like this.
const UNFINISHED: &str = ".part";

/// Names an image.
pub(crate) type Name = [u8; 16];

/// Images on disk. Cheap to clone.
#[derive(Clone)]
pub(crate) struct DiskCache(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    bytes_max: u64,
    kept: Mutex<Kept>,
    next_part: AtomicU64,
    metrics: Metrics,
}

/// What is in the folder, as far as is known.
struct Kept {
    files: LruCache<Name, Entry>,
    bytes: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    bytes: u64,
    touched: SystemTime,
}

/// The name of what these parts say.
pub(crate) fn name(parts: &[&str]) -> Name {
    // No part holds a line break.
    xxh3_128(parts.join("\n").as_bytes()).to_be_bytes()
}

impl DiskCache {
    /// Makes the folder; what is in it is found beside the work. Errors: [`MediaError::Folder`].
    pub(crate) fn new(folder: &Path, bytes_max: u64, metrics: Metrics) -> Result<Self, MediaError> {
        if bytes_max > 0 {
            fs::create_dir_all(folder)
                .map_err(|source| MediaError::Folder { folder: folder.to_owned(), source })?;
        }
        let kept = Mutex::new(Kept { files: LruCache::unbounded(), bytes: 0 });
        let folder = folder.to_owned();
        let inner = Inner { folder, bytes_max, kept, next_part: AtomicU64::new(0), metrics };
        let cache = Self(Arc::new(inner));
        if bytes_max > 0 {
            let found = cache.clone();
            tokio::task::spawn_blocking(move || found.0.find());
        }
        Ok(cache)
    }

    /// An image, if it is here and whole.
    pub(crate) async fn get(&self, name: Name) -> Option<Bytes> {
        if self.0.bytes_max == 0 {
            return None;
        }
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || inner.read(name)).await.ok().flatten()
    }

    /// Keeps an image. That it cannot be kept is counted and nothing else.
    pub(crate) async fn put(&self, name: Name, image: Bytes) {
        if self.0.bytes_max == 0 {
            return;
        }
        let inner = Arc::clone(&self.0);
        let putting = tokio::task::spawn_blocking(move || {
            if let Err(error) = inner.write(name, &image) {
                inner.metrics.cache_failures.inc();
                tracing::debug!(%error, "cannot keep an image");
            }
        });
        // A panic in there was reported when it happened.
        let _ = putting.await;
    }
}

impl Inner {
    fn read(&self, name: Name) -> Option<Bytes> {
        let path = self.path(name);
        let mut file = fs::read(&path).ok()?;
        let Some(image) = without_checksum(&mut file) else {
            self.metrics.cache_failures.inc();
            self.forget(name);
            let _ = fs::remove_file(&path);
            return None;
        };
        self.used(name, blocks(image.len() + CHECKSUM_BYTES));
        Some(image)
    }

    fn write(&self, name: Name, image: &[u8]) -> std::io::Result<()> {
        let part = self.next_part.fetch_add(1, Ordering::Relaxed);
        let part = self.folder.join(format!("{}-{part}{UNFINISHED}", std::process::id()));
        let written = File::create(&part).and_then(|mut file| {
            file.write_all(image)?;
            file.write_all(&checksum(image))
        });
        let moved = written.and_then(|()| fs::rename(&part, self.path(name)));
        if moved.is_err() {
            let _ = fs::remove_file(&part);
        }
        moved?;
        self.kept().put(name, blocks(image.len() + CHECKSUM_BYTES), SystemTime::now());
        self.make_room();
        Ok(())
    }

    /// Notes the files of earlier runs, the latest used last, and removes what is none of ours.
    fn find(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let Ok(about) = entry.metadata() else { continue };
            match named(&entry.file_name().to_string_lossy()) {
                Some(name) => {
                    let touched = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.push((touched, name, about.len()));
                }
                // Whoever writes one now has just begun.
                None if about.is_file() && is_old(&about) => drop(fs::remove_file(entry.path())),
                None => {}
            }
        }
        found.sort_unstable();
        let mut kept = self.kept();
        // What was used meanwhile was used later than all of these.
        let mut used = Vec::new();
        while let Some(file) = kept.files.pop_lru() {
            used.push(file);
        }
        kept.bytes = 0;
        for (touched, name, bytes) in found {
            kept.put(name, bytes.next_multiple_of(BLOCK_BYTES), touched);
        }
        for (name, file) in used {
            kept.put(name, file.bytes, file.touched);
        }
        drop(kept);
        self.make_room();
    }

    fn used(&self, name: Name, bytes: u64) {
        let now = SystemTime::now();
        let mut kept = self.kept();
        let known = kept.files.get(&name).map(|file| file.touched);
        let is_noted = known.is_some_and(|touched| {
            now.duration_since(touched).is_ok_and(|age| age < TOUCHED_EVERY)
        });
        if is_noted {
            return;
        }
        kept.put(name, bytes, now);
        self.metrics.cache_bytes.set(i64::try_from(kept.bytes).unwrap_or(i64::MAX));
        drop(kept);
        let touched = File::options().write(true).open(self.path(name));
        // It may be gone already, and is then made again.
        let _ = touched.and_then(|file| file.set_modified(now));
    }

    fn make_room(&self) {
        loop {
            let mut kept = self.kept();
            self.metrics.cache_bytes.set(i64::try_from(kept.bytes).unwrap_or(i64::MAX));
            if kept.bytes <= self.bytes_max {
                return;
            }
            let Some((name, file)) = kept.files.pop_lru() else { return };
            kept.bytes = kept.bytes.saturating_sub(file.bytes);
            drop(kept);
            let _ = fs::remove_file(self.path(name));
        }
    }

    fn forget(&self, name: Name) {
        let mut kept = self.kept();
        if let Some(file) = kept.files.pop(&name) {
            kept.bytes = kept.bytes.saturating_sub(file.bytes);
        }
    }

    fn path(&self, name: Name) -> PathBuf {
        self.folder.join(HEXLOWER.encode(&name))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, name: Name, bytes: u64, touched: SystemTime) {
        let before = self.files.put(name, Entry { bytes, touched });
        self.bytes = (self.bytes + bytes).saturating_sub(before.map_or(0, |file| file.bytes));
    }
}

fn blocks(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX / 2).max(1).next_multiple_of(BLOCK_BYTES)
}

fn checksum(image: &[u8]) -> [u8; CHECKSUM_BYTES] {
    xxh3_128(image).to_be_bytes()
}

fn without_checksum(file: &mut Vec<u8>) -> Option<Bytes> {
    let length = file.len().checked_sub(CHECKSUM_BYTES)?;
    let end = file.split_off(length);
    let image = Bytes::from(std::mem::take(file));
    (!image.is_empty() && checksum(&image)[..] == end[..]).then_some(image)
}

fn named(file: &str) -> Option<Name> {
    HEXLOWER.decode(file.as_bytes()).ok()?.try_into().ok()
}

fn is_old(about: &fs::Metadata) -> bool {
    let age = about.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age > TOUCHED_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(folder: &Path, bytes_max: u64) -> DiskCache {
        let metrics = Metrics::new(&prometheus::Registry::new()).expect("a new registry");
        DiskCache::new(folder, bytes_max, metrics).expect("a folder")
    }

    fn bytes_in(folder: &Path) -> u64 {
        let files = fs::read_dir(folder).expect("a folder");
        files.map(|file| file.and_then(|file| file.metadata()).map_or(0, |about| about.len())).sum()
    }

    fn image(seed: u8) -> Bytes {
        Bytes::from(vec![seed; 10_000])
    }

    #[tokio::test]
    async fn the_folder_stays_within_its_bound_and_what_is_used_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        // Room for five images of three blocks.
        let cache = cache(folder.path(), 5 * 3 * BLOCK_BYTES);
        for seed in 0..50 {
            cache.put(name(&[&seed.to_string()]), image(seed)).await;
            assert_eq!(cache.get(name(&["0"])).await, Some(image(0)), "after {seed}");
            assert!(bytes_in(folder.path()) <= 5 * 3 * BLOCK_BYTES);
        }
        assert_eq!(cache.get(name(&["49"])).await, Some(image(49)));
        assert_eq!(cache.get(name(&["20"])).await, None);
    }

    #[tokio::test]
    async fn a_restart_knows_what_is_there_and_makes_room_for_less() {
        let folder = tempfile::tempdir().expect("a folder");
        let before = cache(folder.path(), 1 << 30);
        for seed in 0..20 {
            before.put(name(&[&seed.to_string()]), image(seed)).await;
        }
        assert_eq!(cache(folder.path(), 1 << 30).get(name(&["3"])).await, Some(image(3)));
        let smaller = cache(folder.path(), 5 * 3 * BLOCK_BYTES);
        while bytes_in(folder.path()) > 5 * 3 * BLOCK_BYTES {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(smaller);
    }

    #[tokio::test]
    async fn what_a_crash_left_half_written_is_no_image() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = cache(folder.path(), 1 << 30);
        let name = name(&["a"]);
        cache.put(name, image(1)).await;
        let path = folder.path().join(HEXLOWER.encode(&name));
        let whole = fs::read(&path).expect("the file");
        for damaged in
            [&whole[..whole.len() - 1], &whole[..5], &[][..], &[&[9][..], &whole[1..]].concat()]
        {
            fs::write(&path, damaged).expect("a file");
            assert_eq!(cache.get(name).await, None);
            assert!(!path.exists());
        }
    }
}
