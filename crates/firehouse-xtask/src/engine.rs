//! `cargo xtask engine`: puts libchdb where `firehouse` looks for it.
//!
//! It comes from the npm registry, or, without npm, from the engine project's own releases. It is
//! checked, unpacked beside its place, checked again, and renamed into it: a fetch that is killed
//! leaves nothing behind that anybody would take for the library. Running it again costs nothing.

#[path = "../../firehouse-engine/src/locate.rs"]
#[expect(dead_code, reason = "shared with the engine, which uses the rest")]
mod locate;
mod platform;
mod progress;
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use self::{locate::LIBRARY_VARIABLE, platform::Platform, source::Source};
use crate::archive;

/// Makes sure that the library is there, and says where.
pub fn run() -> Result<PathBuf> {
    let named = std::env::var_os(LIBRARY_VARIABLE).filter(|value| !value.is_empty());
    if let Some(path) = named.map(PathBuf::from) {
        archive::check_object(&path)
            .with_context(|| format!("{LIBRARY_VARIABLE} names {}", path.display()))?;
        eprintln!("engine: {} ({LIBRARY_VARIABLE})", path.display());
        return Ok(path);
    }
    let platform = Platform::here()?;
    let cache =
        locate::cache_directory(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME"));
    let library = locate::cached_library(&cache.ok_or(locate::LibraryMissing::NoCache)?);
    let stamp = Stamp::beside(&library);
    if stamp.vouches_for(&library) {
        eprintln!("engine: {} (already there)", library.display());
        return Ok(library);
    }
    if let Some(expected) = platform.library_sha256
        && library.is_file()
        && archive::sha256(&library)? == expected
    {
        stamp.write(&library, expected)?;
        eprintln!("engine: {} (already there, hash checked)", library.display());
        return Ok(library);
    }
    fetch(platform, &library, &stamp)?;
    eprintln!("engine: {} (fetched)", library.display());
    Ok(library)
}

/// Fetches, checks, unpacks and moves into place.
fn fetch(platform: &Platform, library: &Path, stamp: &Stamp) -> Result<()> {
    let folder = library.parent().context("the cache has no parent")?;
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    // On the same file system as its place, so that the last step is a rename; named for this
    // process, so that two fetches at once do not meet.
    let work = folder.join(format!("fetch-{}", std::process::id()));
    remove_leftovers(folder);
    fs::create_dir_all(&work).with_context(|| format!("make {}", work.display()))?;
    let done = fetch_into(&work, platform, library, stamp);
    // What could not be removed is removed by the next fetch.
    let _ = fs::remove_dir_all(&work);
    done
}

fn fetch_into(work: &Path, platform: &Platform, library: &Path, stamp: &Stamp) -> Result<()> {
    let source = Source::choose();
    let packed = source.fetch(platform, work).with_context(|| ways_out(&source))?;
    let unpacked = work.join("libchdb.so");
    let digest = archive::unpack(&packed, source.entry(), &unpacked)?;
    // The releases are built apart from the npm packages, so only the latter's hash is known.
    match platform.library_sha256 {
        Some(expected) if source == Source::Npm && digest != expected => {
            bail!("the library in {} has the hash {digest}, not {expected}", packed.display());
        }
        Some(_) | None => archive::check_object(&unpacked)?,
    }
    fs::rename(&unpacked, library).with_context(|| format!("move into {}", library.display()))?;
    stamp.write(library, &digest)
}

fn ways_out(source: &Source) -> String {
    let tried = match source {
        Source::Npm => "npm could not fetch the engine library",
        Source::Release => {
            "npm is not installed, and the engine project's release archive could not be fetched"
        }
    };
    format!(
        "{tried}. Two ways out: install npm (with Node) and run `cargo xtask engine` again, or get \
         libchdb.so by other means and set {LIBRARY_VARIABLE} to its path"
    )
}

/// Removes what fetches that were killed have left, unless they are still running.
fn remove_leftovers(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix("fetch-"));
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A note beside the library: the hash it had when it was checked, and the size and time it had
/// then. As long as those are the same, it need not be read again (0.5 GB).
struct Stamp {
    path: PathBuf,
}

impl Stamp {
    fn beside(library: &Path) -> Self {
        Self { path: library.with_extension("so.checked") }
    }

    fn vouches_for(&self, library: &Path) -> bool {
        let noted = fs::read_to_string(&self.path).ok();
        let noted = noted.as_deref().and_then(|text| text.trim_end().rsplit_once(' '));
        match (noted, fingerprint(library)) {
            (Some((seen, _digest)), Ok(now)) => seen == now,
            (None, _) | (_, Err(_)) => false,
        }
    }

    fn write(&self, library: &Path, digest: &str) -> Result<()> {
        let text = format!("{} {digest}\n", fingerprint(library)?);
        let half = self.path.with_extension(format!("{}", std::process::id()));
        fs::write(&half, text).with_context(|| format!("write {}", half.display()))?;
        fs::rename(&half, &self.path).with_context(|| format!("write {}", self.path.display()))
    }
}

/// Size in bytes and time of the last change in nanoseconds.
fn fingerprint(library: &Path) -> Result<String> {
    let facts = fs::metadata(library).with_context(|| format!("look at {}", library.display()))?;
    let changed = facts.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", facts.len(), changed.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("firehouse-xtask-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_stamp_vouches_for_the_file_it_was_written_for_and_no_other() {
        let folder = folder("stamp");
        let library = folder.join("libchdb.so");
        let stamp = Stamp::beside(&library);
        fs::write(&library, "one").unwrap();
        assert!(!stamp.vouches_for(&library));
        stamp.write(&library, "hash").unwrap();
        assert!(stamp.vouches_for(&library));
        fs::write(&library, "other").unwrap();
        assert!(!stamp.vouches_for(&library));
        fs::remove_file(&library).unwrap();
        assert!(!stamp.vouches_for(&library));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_a_killed_fetch_leaves_is_removed_and_a_running_one_is_left_alone() {
        let folder = folder("leftovers");
        let (dead, alive) = ("fetch-999999999", format!("fetch-{}", std::process::id()));
        fs::create_dir_all(folder.join(dead).join("npm")).unwrap();
        fs::create_dir_all(folder.join(&alive)).unwrap();
        fs::write(folder.join("libchdb.so"), "kept").unwrap();
        remove_leftovers(&folder);
        assert!(!folder.join(dead).exists());
        assert!(folder.join("libchdb.so").exists());
        assert_eq!(folder.join(alive).exists(), Path::new("/proc").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_failure_names_both_ways_out() {
        for source in [Source::Npm, Source::Release] {
            let text = ways_out(&source);
            assert!(text.contains("install npm") && text.contains(LIBRARY_VARIABLE), "{text}");
        }
    }
}
