//! [`Platform`]: what the library is called for each system, and what its hashes are.

use anyhow::{Context, Result};

/// One system the engine project publishes a library for.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    /// As Rust names it.
    os: &'static str,
    /// As Rust names it.
    architecture: &'static str,
    /// The npm package.
    pub package: &'static str,
    /// `dist.integrity` of [`ENGINE_VERSION`](super::locate::ENGINE_VERSION) of that package.
    /// Not pinned where the package could not be looked up: the registry is then asked.
    pub integrity: Option<&'static str>,
    /// SHA-256 of the library in that package.
    pub library_sha256: Option<&'static str>,
    /// Bytes of that package.
    pub packed_bytes: Option<u64>,
    /// The archive of the project's releases.
    pub release_archive: &'static str,
}

const PLATFORMS: [Platform; 4] = [
    Platform {
        os: "linux",
        architecture: "x86_64",
        package: "@chdb/lib-linux-x64-gnu",
        integrity: Some(
            "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
        ),
        library_sha256: Some("36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5"),
        packed_bytes: Some(177_817_999),
        release_archive: "linux-x86_64-libchdb.tar.gz",
    },
    Platform {
        os: "linux",
        architecture: "aarch64",
        package: "@chdb/lib-linux-arm64-gnu",
        integrity: None,
        library_sha256: None,
        packed_bytes: None,
        release_archive: "linux-aarch64-libchdb.tar.gz",
    },
    Platform {
        os: "macos",
        architecture: "aarch64",
        package: "@chdb/lib-darwin-arm64",
        integrity: None,
        library_sha256: None,
        packed_bytes: None,
        release_archive: "macos-arm64-libchdb.tar.gz",
    },
    Platform {
        os: "macos",
        architecture: "x86_64",
        package: "@chdb/lib-darwin-x64",
        integrity: None,
        library_sha256: None,
        packed_bytes: None,
        release_archive: "macos-x86_64-libchdb.tar.gz",
    },
];

impl Platform {
    /// The platform of this machine.
    pub fn here() -> Result<&'static Self> {
        Self::of(std::env::consts::OS, std::env::consts::ARCH)
    }

    fn of(os: &str, architecture: &str) -> Result<&'static Self> {
        let found = PLATFORMS.iter().find(|p| p.os == os && p.architecture == architecture);
        found.with_context(|| {
            let variable = super::LIBRARY_VARIABLE;
            format!(
                "the engine project publishes no library for {architecture} {os}: run against a \
                 ClickHouse server with --clickhouse-url, or set {variable} to a libchdb of your own"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_platform_is_found_and_no_other() {
        for platform in &PLATFORMS {
            assert_eq!(Platform::of(platform.os, platform.architecture).unwrap(), platform);
        }
        let text = Platform::of("windows", "x86_64").unwrap_err().to_string();
        assert!(text.contains("--clickhouse-url"), "{text}");
    }

    #[test]
    fn pinned_hashes_have_the_shape_of_hashes() {
        for platform in &PLATFORMS {
            if let Some(integrity) = platform.integrity {
                assert!(integrity.starts_with("sha512-") && integrity.len() == 95, "{integrity}");
            }
            if let Some(digest) = platform.library_sha256 {
                assert!(digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
            }
        }
    }
}
