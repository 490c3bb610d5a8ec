//! [`Source`]: where the packed library comes from, and how it is known to be the right one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::{locate::ENGINE_VERSION, platform::Platform, progress};
use crate::archive;

/// The engine project's releases. Cannot be tried where only registries can be reached.
const RELEASES: &str = "https://github.com/chdb-io/chdb-core/releases/download";

/// Where the packed library comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The npm registry, through its client.
    Npm,
    /// The releases of the engine project, through curl.
    Release,
}

impl Source {
    /// npm when it is installed.
    pub fn choose() -> Self {
        let mut npm = Command::new("npm");
        let status = npm.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if status.is_ok_and(|status| status.success()) { Self::Npm } else { Self::Release }
    }

    /// What the library is called inside of the archive.
    pub fn entry(self) -> &'static str {
        match self {
            Self::Npm => "package/libchdb.so",
            Self::Release => "libchdb.so",
        }
    }

    /// Fetches the archive into `work`, and checks it.
    pub fn fetch(self, platform: &Platform, work: &Path) -> Result<PathBuf> {
        match self {
            Self::Npm => from_npm(platform, work),
            Self::Release => from_release(platform, work),
        }
    }
}

fn from_npm(platform: &Platform, work: &Path) -> Result<PathBuf> {
    let package = format!("{}@{ENGINE_VERSION}", platform.package);
    let expected = match platform.integrity {
        Some(integrity) => integrity.to_owned(),
        None => {
            eprintln!("engine: the hash of {package} is not pinned; asking the registry for it");
            npm_output(&["view", &package, "dist.integrity"])?
        }
    };
    eprintln!("engine: fetching {package} from the npm registry");
    let folder = work.join("npm");
    fs::create_dir_all(&folder).context("make a folder for npm")?;
    // A cache of its own: the download is seen growing there, and goes with the folder.
    let mut child = Command::new("npm")
        .args(["pack", "--silent", "--ignore-scripts", &package])
        .arg("--cache")
        .arg(folder.join("cache"))
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("run npm pack")?;
    let status = progress::watch(&mut child, &folder, platform.packed_bytes)?;
    ensure!(status.success(), "npm pack {package} ended with {status}");
    let packed = only_archive(&folder)?;
    let found = archive::integrity(&packed)?;
    ensure!(found == expected, "{package} has the hash {found}, not {expected}");
    Ok(packed)
}

fn npm_output(arguments: &[&str]) -> Result<String> {
    let output = Command::new("npm").args(arguments).output().context("run npm")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "npm {}: {}", arguments.join(" "), errors.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// npm chooses the name of what it packs.
fn only_archive(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).context("look for what npm packed")?.flatten();
    let mut archives =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "tgz"));
    archives.next().context("npm pack left no archive")
}

fn from_release(platform: &Platform, work: &Path) -> Result<PathBuf> {
    let name = platform.release_archive;
    let base = format!("{RELEASES}/{}", release_tag(ENGINE_VERSION));
    eprintln!("engine: npm is not installed; fetching {base}/{name}");
    let sums = work.join("SHA256SUMS");
    curl(&format!("{base}/SHA256SUMS"), &sums, work)?;
    let sums = fs::read_to_string(&sums).context("read SHA256SUMS")?;
    let expected = listed(&sums, name).with_context(|| format!("SHA256SUMS has no {name}"))?;
    let packed = work.join(name);
    curl(&format!("{base}/{name}"), &packed, work)?;
    let found = archive::sha256(&packed)?;
    ensure!(found == expected, "{name} has the hash {found}, not {expected}");
    Ok(packed)
}

fn curl(url: &str, to: &Path, folder: &Path) -> Result<()> {
    let mut child = Command::new("curl")
        .args(["--fail", "--location", "--silent", "--show-error", "--connect-timeout", "30"])
        .args(["--retry", "3", "--proto", "=https", "--output"])
        .arg(to)
        .arg(url)
        .stdin(Stdio::null())
        .spawn()
        .context("run curl")?;
    let status = progress::watch(&mut child, folder, None)?;
    ensure!(status.success(), "curl {url} ended with {status}");
    Ok(())
}

/// npm's `26.7.3-stable.1` is the release `v26.7.3`.
fn release_tag(version: &str) -> String {
    let (release, _packaging) = version.split_once("-stable").unwrap_or((version, ""));
    format!("v{release}")
}

/// The hash of `name` in a list that sha256sum wrote.
fn listed(sums: &str, name: &str) -> Option<String> {
    let entries = sums.lines().filter_map(|line| line.split_once(char::is_whitespace));
    let mut named = entries.filter(|(_, file)| {
        let file = file.trim().trim_start_matches('*');
        file.rsplit('/').next() == Some(name)
    });
    named.next().map(|(digest, _)| digest.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_of_an_npm_version_is_known() {
        assert_eq!(release_tag("26.7.3-stable.1"), "v26.7.3");
        assert_eq!(release_tag("26.8.0"), "v26.8.0");
    }

    #[test]
    fn a_hash_is_found_in_a_list_of_hashes() {
        let sums = "AA  linux-x86_64-libchdb.tar.gz\nbb *./macos-arm64-libchdb.tar.gz\n";
        assert_eq!(listed(sums, "linux-x86_64-libchdb.tar.gz").as_deref(), Some("aa"));
        assert_eq!(listed(sums, "macos-arm64-libchdb.tar.gz").as_deref(), Some("bb"));
        assert_eq!(listed(sums, "libchdb.tar.gz"), None);
    }
}
