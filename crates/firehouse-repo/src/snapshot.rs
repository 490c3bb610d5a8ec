//! [`RepoSnapshot`]: every record of a whole repo, after all of it was checked.
//!
//! All or nothing: a node or record that is missing makes the whole CAR useless, since whatever it lacks would look deleted. Only what
//! the tree reaches is a record; other blocks are left alone.
//! Source: <https://atproto.com/specs/repository#car-file-serialization>

use bytes::Bytes;
use firehouse_types::{Cid, Did, DropReason, Nsid, OpAction, Rev, Rkey};

use crate::mst::{TreeError, Visit, Walk};
use crate::op::read_leaf;
use crate::verify::check_rev;
use crate::{Car, Commit, PublicKey, RecordOp, RepoHead};

/// A repo at one rev.
#[derive(Clone, Debug)]
pub struct RepoSnapshot {
    /// Whose repo.
    pub did: Did,
    /// The rev of its commit.
    pub rev: Rev,
    /// Its commit block.
    pub commit: Cid,
    /// Root of its tree.
    pub data: Cid,
    /// Nodes of the tree.
    pub nodes: usize,
    /// Keys of the tree that are not records for us. The text is lossy where a key is not UTF-8.
    pub dropped: Vec<(Box<str>, DropReason)>,
    car: Car,
    /// Every path, one behind the other.
    paths: String,
    records: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where its path ends in `paths`; it begins where the one before ends.
    path_end: usize,
    /// Index in the CAR.
    block: usize,
}

/// One record of a repo. Its bytes hash to its CID; whether they decode is the reader's question ([`check_record`](crate::drisl::check_record)).
#[derive(Clone, Debug)]
pub struct SnapshotRecord<'a> {
    /// `collection/rkey`.
    pub path: &'a str,
    /// An NSID.
    pub collection: &'a str,
    /// A record key.
    pub rkey: &'a str,
    /// The record's block.
    pub cid: Cid,
    /// Its bytes.
    pub record: Bytes,
}

/// Reads the answer of `getRepo` for `did`: right account, known version, signed by `key`, rev not ahead of our clock, tree complete.
///
/// That the rev is not below one we have applied already is for the caller to check. Units: `now_us` is microseconds since 1970.
pub fn read_repo(
    bytes: &Bytes,
    did: &Did,
    key: &PublicKey,
    now_us: u64,
) -> Result<RepoSnapshot, DropReason> {
    read(bytes, |commit, rev| trust(commit, rev, did, key, now_us))
}

/// Verifies the commit block of a whole repo that is read in pieces; the checks are those of [`read_repo`].
pub fn verify_repo_commit(
    block: &[u8],
    did: &Did,
    key: &PublicKey,
    now_us: u64,
) -> Result<RepoHead, DropReason> {
    let commit = Commit::decode(block)?;
    let rev = commit.current_rev()?;
    trust(&commit, rev, did, key, now_us)?;
    Ok(RepoHead { rev, data: commit.data })
}

fn trust(
    commit: &Commit<'_>,
    rev: Rev,
    did: &Did,
    key: &PublicKey,
    now_us: u64,
) -> Result<(), DropReason> {
    if commit.did != did.as_str() {
        return Err(DropReason::CommitMismatch);
    }
    check_rev(rev, now_us)?;
    commit.verify_signature(key).map_err(|_| DropReason::InvalidSignature)
}

/// As [`read_repo`], from a source that needs no proof of who wrote it, such as a file of one's own.
pub fn read_repo_unverified(bytes: &Bytes) -> Result<RepoSnapshot, DropReason> {
    read(bytes, |_, _| Ok(()))
}

fn read(
    bytes: &Bytes,
    trust: impl FnOnce(&Commit<'_>, Rev) -> Result<(), DropReason>,
) -> Result<RepoSnapshot, DropReason> {
    let car = Car::parse(bytes)?;
    let root = *car.roots().first().ok_or(DropReason::CarMalformed)?;
    let commit = Commit::decode(car.block(&root).ok_or(DropReason::CommitMalformed)?)?;
    let (rev, data) = (commit.current_rev()?, commit.data);
    trust(&commit, rev)?;
    let did = Did::parse(commit.did).map_err(|_| DropReason::CommitMalformed)?;
    let (mut nodes, mut dropped) = (0, Vec::new());
    let (mut paths, mut records) = (String::new(), Vec::new());
    let mut walk = Walk::new(&car, data);
    while let Some(visit) = walk.next()? {
        match visit {
            Visit::Node(_) => nodes += 1,
            Visit::Leaf { key, value } => match read_leaf(key, value) {
                Ok(leaf) => {
                    let block = car.index_of(&leaf.cid).ok_or(TreeError::MissingNode(leaf.cid))?;
                    paths.push_str(leaf.path);
                    records.push(Entry { path_end: paths.len(), block });
                }
                Err(reason) => dropped.push((String::from_utf8_lossy(key).into(), reason)),
            },
        }
    }
    Ok(RepoSnapshot { did, rev, commit: root, data, nodes, dropped, car, paths, records })
}

impl RepoSnapshot {
    /// What to remember as applied once every record is.
    pub fn head(&self) -> RepoHead {
        RepoHead { rev: self.rev, data: self.data }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Every record, in path order.
    pub fn records(&self) -> impl Iterator<Item = SnapshotRecord<'_>> {
        let starts = std::iter::once(0).chain(self.records.iter().map(|entry| entry.path_end));
        starts.zip(&self.records).filter_map(|(start, entry)| {
            let path = self.paths.get(start..entry.path_end)?;
            let (collection, rkey) = path.split_once('/')?;
            let cid = self.car.cid_at(entry.block)?;
            Some(SnapshotRecord {
                path,
                collection,
                rkey,
                cid,
                record: self.car.slice(entry.block)?,
            })
        })
    }

    /// Every record as the creation it amounts to for someone who holds nothing of the repo, in path order.
    pub fn ops(&self) -> impl Iterator<Item = RecordOp> {
        // Paths of one collection stand together: its name is parsed once.
        let mut last: Option<Nsid> = None;
        self.records().filter_map(move |record| {
            let collection = match last.take().filter(|nsid| nsid.as_str() == record.collection) {
                Some(nsid) => nsid,
                None => Nsid::parse(record.collection).ok()?,
            };
            last = Some(collection.clone());
            Some(RecordOp {
                did: self.did.clone(),
                collection,
                rkey: Rkey::parse(record.rkey).ok()?,
                action: OpAction::Create,
                cid: Some(record.cid),
                rev: self.rev,
                record: record.record,
            })
        })
    }
}
