//! [`Bulk`]: the folder of repos, and what is said about each.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use firehouse_types::Rev;

use crate::bulk::content::Content;
use crate::protocol::block::{Block, Cid, car_header, write_block};
use crate::protocol::key::{Curve, Key};
use crate::protocol::repo::signed;
use crate::protocol::tree_builder::TreeBuilder;
use crate::world::Urls;

/// January 2025. Units: microseconds since 1970.
const START_US: u64 = 1_735_689_600_000_000;
/// July 2026.
const HEAD_US: u64 = 1_782_864_000_000_000;

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BulkConfig {
    /// Of every record.
    pub seed: u64,
    /// Accounts.
    pub repos: usize,
    /// Records of each, the profile not counted. About 390 bytes of CAR each: 2,750,000 give 1 GiB.
    pub records_per_repo: usize,
    /// Hosts that share them.
    pub pdses: usize,
}

/// Repos in a folder.
#[derive(Clone, Debug)]
pub struct Bulk {
    pub(crate) config: BulkConfig,
    pub(crate) repos: Vec<BulkRepo>,
    pub(crate) folder: PathBuf,
}

/// One of them.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct BulkRepo {
    pub(crate) did: String,
    pub(crate) handle: String,
    /// As a Multikey.
    pub(crate) key: String,
    pub(crate) rev: String,
    pub(crate) head: String,
    pub(crate) bytes: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Index {
    config: BulkConfig,
    repos: Vec<BulkRepo>,
}

impl Bulk {
    /// The repos of a folder, made when they are not there yet, by all cores. `progress` hears how many there are.
    /// Errors: the file system's.
    pub fn prepare(
        config: &BulkConfig,
        folder: &Path,
        progress: impl Fn(usize) + Sync,
    ) -> io::Result<Self> {
        let index = folder.join("bulk.json");
        if let Ok(text) = fs::read(&index)
            && let Ok(known) = serde_json::from_slice::<Index>(&text)
            && known.config == *config
        {
            return Ok(Self { config: known.config, repos: known.repos, folder: folder.into() });
        }
        fs::create_dir_all(folder)?;
        let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || -> io::Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= config.repos {
                    return Ok(());
                }
                let repo = make(config, number, &folder.join(file_name(number)))?;
                let mut made =
                    made.lock().map_err(|_| io::Error::other("another thread failed"))?;
                made.push((number, repo));
                progress(made.len());
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread failed")))
            })
        })?;
        let mut made = made.into_inner().map_err(|_| io::Error::other("a thread failed"))?;
        made.sort_by_key(|(number, _)| *number);
        let repos = made.into_iter().map(|(_, repo)| repo).collect();
        let known = Index { config: config.clone(), repos };
        fs::write(&index, serde_json::to_vec(&known)?)?;
        Ok(Self { config: known.config, repos: known.repos, folder: folder.into() })
    }

    /// Everything together. Units: bytes of CAR, and records.
    pub fn size(&self) -> (u64, u64) {
        let records = self.repos.len() * (self.config.records_per_repo + 1);
        (self.repos.iter().map(|repo| repo.bytes).sum(), records as u64)
    }

    /// The DIDs, to ask for one by one.
    pub fn dids(&self) -> impl Iterator<Item = &str> {
        self.repos.iter().map(|repo| repo.did.as_str())
    }

    /// Serves directory, one relay and the PDSes on loopback, until the runtime ends. Errors: no port is free.
    pub async fn serve(self) -> io::Result<Urls> {
        crate::bulk::server::serve(self).await
    }
}

pub(crate) fn file_name(number: usize) -> String {
    format!("{number:06}.car")
}

/// Writes one repo without ever holding it: nodes as they are complete, the commit last, its CID into the head at the end.
fn make(config: &BulkConfig, number: usize, file: &Path) -> io::Result<BulkRepo> {
    let name = format!("firehouse-sim/bulk/{}/{number}", config.seed);
    let key = Key::of(&name, Curve::K256);
    let letters =
        data_encoding::BASE32_NOPAD.encode(Cid::of_raw(name.as_bytes()).0[6..21].as_ref());
    let did = format!("did:plc:{}", letters.to_ascii_lowercase());
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    out.write_all(&car_header(Cid::of_raw(b"the commit, once it is known")))?;
    let mut content =
        Content::new(config.seed ^ (number as u64) << 32, config.records_per_repo, START_US);
    let profile = content.profile(number);
    let (mut tree, mut failure) = (TreeBuilder::default(), None);
    for (path, record) in std::iter::once(profile).chain(content) {
        let block = Block::new(record.encode());
        write_block(&block, &mut out)?;
        tree.push(path, block.cid, &mut |node| {
            failure = failure.take().or(write_block(&node, &mut out).err());
        });
    }
    let root = tree.finish(&mut |node| {
        failure = failure.take().or(write_block(&node, &mut out).err());
    });
    failure.map_or(Ok(()), Err)?;
    let rev = Rev::from(HEAD_US << 10).to_string();
    let root = root.ok_or_else(|| io::Error::other("a repo holds a profile at least"))?;
    let commit = Block::new(signed(&did, &rev, root, &key));
    write_block(&commit, &mut out)?;
    out.seek(SeekFrom::Start(0))?;
    out.write_all(&car_header(commit.cid))?;
    out.flush()?;
    let bytes = out.get_ref().metadata()?.len();
    let (handle, key) = (format!("bulk{number}.sim.test"), key.multibase());
    Ok(BulkRepo { did, handle, key, rev, head: commit.cid.to_string(), bytes })
}
