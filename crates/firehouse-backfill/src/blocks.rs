//! [`Blocks`]: the blocks of one repo, in memory while it is small, in an unlinked file once it is not.
//!
//! Every block was hashed before it came here. Record bytes are handed out as slices of a shared buffer, so that none costs an
//! allocation of its own.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use bytes::{Bytes, BytesMut};
use firehouse_repo::mst::{NodeSource, TreeError};
use firehouse_types::Cid;

use crate::index::{BlockIndex, Extent, IndexBuilder, IndexFull};

/// How much is written to the file at once.
const WRITE_BYTES: usize = 1 << 20;
/// How much of a buffer for records read from the file is taken at once.
const ARENA_BYTES: usize = 1 << 18;

/// A repo that was fetched and verified cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A block is missing or malformed; after the repo was verified this does not happen.
    #[error("tree of the repo")]
    Tree(#[from] TreeError),
    /// The file it was spilled to cannot be read.
    #[error("read of the spilled repo")]
    Io(#[source] io::Error),
}

/// A block cannot be kept.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// More different blocks than the index may hold.
    IndexFull,
    Io(io::Error),
}

/// Blocks that are being collected.
pub(crate) struct BlockWriter {
    index: IndexBuilder,
    /// In memory everything, with a file what is not written yet.
    pending: Vec<u8>,
    file: Option<File>,
    /// What is in the file.
    written: u64,
}

/// Blocks that are complete.
pub(crate) struct Blocks {
    index: BlockIndex,
    data: Data,
}

enum Data {
    Memory(Bytes),
    File(File),
}

impl BlockWriter {
    pub(crate) fn new(index_bytes_max: usize) -> Self {
        let index = IndexBuilder::new(index_bytes_max);
        Self { index, pending: Vec::new(), file: None, written: 0 }
    }

    pub(crate) fn insert(&mut self, cid: Cid, block: &[u8]) -> Result<(), WriteError> {
        let offset = self.written + self.pending.len() as u64;
        let extent = Extent { offset, len: block.len() };
        self.index.insert(cid, extent).map_err(|IndexFull| WriteError::IndexFull)?;
        self.pending.extend_from_slice(block);
        if self.file.is_some() && self.pending.len() >= WRITE_BYTES {
            self.write_pending().map_err(WriteError::Io)?;
        }
        Ok(())
    }

    /// Moves to a file, which must be empty, and stays there.
    pub(crate) fn spill(&mut self, file: File) -> io::Result<()> {
        self.file = Some(file);
        self.write_pending()?;
        self.pending = Vec::with_capacity(WRITE_BYTES);
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<Blocks> {
        self.write_pending()?;
        let data = match self.file {
            Some(file) => Data::File(file),
            None => {
                self.pending.shrink_to_fit();
                Data::Memory(Bytes::from(self.pending))
            }
        };
        Ok(Blocks { index: self.index.finish(), data })
    }

    fn write_pending(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(&self.pending)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

impl Blocks {
    /// Where a block is, and so how long.
    pub(crate) fn find(&self, cid: &Cid) -> Result<Extent, TreeError> {
        self.index.get(cid).ok_or(TreeError::MissingNode(*cid))
    }

    /// The block there as a slice of the repo, or of `arena` when it has to be read.
    pub(crate) fn get(&self, extent: Extent, arena: &mut BytesMut) -> Result<Bytes, ReadError> {
        match &self.data {
            Data::Memory(bytes) => Ok(bytes.slice(range_of(extent))),
            Data::File(file) => {
                if arena.capacity() < extent.len {
                    // What was handed out keeps the old buffer.
                    *arena = BytesMut::with_capacity(ARENA_BYTES.max(extent.len));
                }
                arena.resize(extent.len, 0);
                file.read_exact_at(arena, extent.offset).map_err(ReadError::Io)?;
                Ok(arena.split().freeze())
            }
        }
    }

    pub(crate) fn is_spilled(&self) -> bool {
        matches!(self.data, Data::File(_))
    }
}

impl NodeSource for Blocks {
    type Error = ReadError;

    fn read_node(&self, cid: &Cid, block: &mut Vec<u8>) -> Result<(), ReadError> {
        let extent = self.find(cid)?;
        match &self.data {
            Data::Memory(bytes) => {
                block.extend_from_slice(bytes.get(range_of(extent)).unwrap_or_default());
                Ok(())
            }
            Data::File(file) => {
                let start = block.len();
                block.resize(start + extent.len, 0);
                let block = block.get_mut(start..).unwrap_or_default();
                file.read_exact_at(block, extent.offset).map_err(ReadError::Io)
            }
        }
    }
}

/// Of a repo in memory, whose offsets therefore fit.
fn range_of(extent: Extent) -> std::ops::Range<usize> {
    let offset = usize::try_from(extent.offset).unwrap_or(usize::MAX);
    offset..offset.saturating_add(extent.len)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use firehouse_repo::mst::{NodeSource, TreeError};
    use firehouse_repo::sha256;
    use firehouse_types::Cid;

    use super::{BlockWriter, Blocks};

    fn write(blocks: &[Vec<u8>], spill_before: Option<usize>) -> Blocks {
        let mut writer = BlockWriter::new(1 << 20);
        for (at, block) in blocks.iter().enumerate() {
            if spill_before == Some(at) {
                writer.spill(tempfile::tempfile().unwrap()).unwrap();
            }
            writer.insert(Cid::dag_cbor(sha256(block)), block).ok().unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn blocks_come_back_from_memory_and_from_the_file() {
        let blocks: Vec<Vec<u8>> = (0..40_u8).map(|n| vec![n; usize::from(n) * 10_000]).collect();
        for spill_before in [None, Some(0), Some(7), Some(39)] {
            let written = write(&blocks, spill_before);
            assert_eq!(written.is_spilled(), spill_before.is_some());
            let (mut arena, mut node, mut kept) = (BytesMut::new(), Vec::new(), Vec::new());
            for block in &blocks {
                let cid = Cid::dag_cbor(sha256(block));
                let extent = written.find(&cid).unwrap();
                kept.push(written.get(extent, &mut arena).unwrap());
                node.clear();
                written.read_node(&cid, &mut node).unwrap();
                assert_eq!((&node, extent.len), (block, block.len()));
            }
            assert_eq!(kept, blocks, "what was handed out stays as it was");
        }
    }

    #[test]
    fn a_block_that_is_not_there_is_missing() {
        let written = write(&[vec![1]], None);
        let cid = Cid::dag_cbor([0; 32]);
        assert_eq!(written.find(&cid), Err(TreeError::MissingNode(cid)));
    }
}
