//! [`locate_library`]: where libchdb is on this machine.
//!
//! `cargo xtask engine` puts it into the user's cache; whoever has it elsewhere says so in the
//! environment. Both sides agree on the names below.

use std::path::{Path, PathBuf};

/// The engine this version of firehouse is tested with: the npm version of the library.
pub const ENGINE_VERSION: &str = "26.7.3-stable.1";

/// The environment variable that names the library.
pub const LIBRARY_VARIABLE: &str = "FIREHOUSE_ENGINE_LIB";

/// The library is nowhere to be found.
#[derive(Debug, thiserror::Error)]
pub enum LibraryMissing {
    /// The variable is set to something that is not there.
    #[error("{LIBRARY_VARIABLE} names {}, which is not a file", path.display())]
    Named {
        /// What it names.
        path: PathBuf,
    },
    /// Neither the variable nor the cache has it.
    #[error(
        "the engine library is not at {}: fetch it with `cargo xtask engine`, or set {LIBRARY_VARIABLE} to a libchdb.so",
        path.display()
    )]
    NotFetched {
        /// Where it would be.
        path: PathBuf,
    },
    /// There is no cache directory to look in.
    #[error(
        "neither XDG_CACHE_HOME nor HOME is set, so there is no cache to look for the engine library in: set {LIBRARY_VARIABLE} to a libchdb.so"
    )]
    NoCache,
}

/// The library named by the environment, else the one in the user's cache.
/// Errors: both ways out are in the text.
pub fn locate_library() -> Result<PathBuf, LibraryMissing> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    locate(
        variable(LIBRARY_VARIABLE).map(PathBuf::from),
        cache_directory(variable("XDG_CACHE_HOME"), variable("HOME")),
    )
}

/// Where the library of [`ENGINE_VERSION`] is kept, below the user's cache directory.
pub fn cached_library(cache: &Path) -> PathBuf {
    cache.join("firehouse").join("engine").join(ENGINE_VERSION).join("libchdb.so")
}

/// The user's cache directory from the values of `XDG_CACHE_HOME` and `HOME`.
/// A relative `XDG_CACHE_HOME` is ignored, as the XDG specification asks.
pub fn cache_directory(
    xdg_cache_home: Option<std::ffi::OsString>,
    home: Option<std::ffi::OsString>,
) -> Option<PathBuf> {
    xdg_cache_home
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home.map(|home| PathBuf::from(home).join(".cache")))
}

fn locate(named: Option<PathBuf>, cache: Option<PathBuf>) -> Result<PathBuf, LibraryMissing> {
    if let Some(path) = named {
        return if path.is_file() { Ok(path) } else { Err(LibraryMissing::Named { path }) };
    }
    let path = cached_library(&cache.ok_or(LibraryMissing::NoCache)?);
    if path.is_file() { Ok(path) } else { Err(LibraryMissing::NotFetched { path }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_wins_over_the_cache_even_when_it_is_missing() {
        let missing = locate(Some("/nowhere/libchdb.so".into()), Some("/cache".into()));
        assert!(matches!(missing, Err(LibraryMissing::Named { .. })));
    }

    #[test]
    fn a_missing_library_names_both_ways_out() {
        let text = locate(None, Some("/cache".into())).unwrap_err().to_string();
        assert!(text.contains("cargo xtask engine") && text.contains(LIBRARY_VARIABLE), "{text}");
    }

    #[test]
    fn the_cache_is_the_xdg_one_or_below_home() {
        let home = || Some("/home/a".into());
        assert_eq!(cache_directory(Some("/xdg".into()), home()), Some("/xdg".into()));
        assert_eq!(cache_directory(Some("relative".into()), home()), Some("/home/a/.cache".into()));
        assert_eq!(cache_directory(None, None), None);
    }
}
