//! [`Index`]: what seqs a file holds and where a seq is, in bounded memory.

use std::path::Path;

use firehouse_types::Seq;

use crate::decode::seq_of;
use crate::error::StreamError;
use crate::frames_file::{FrameReader, FramesFileError};

/// Most marks kept: 16 MiB.
const MARKS_MAX: usize = 1 << 20;

/// Every n-th frame of a file, n doubling as the file turns out longer.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The first seq in the file.
    pub(super) oldest: Option<Seq>,
    /// The highest seq in the file.
    pub(super) head: Option<Seq>,
    /// Frames in the file.
    pub(super) frames: u64,
    /// Whether the file ends inside a frame.
    pub(super) is_torn: bool,
    /// (seq of a frame, where the frame begins), rising.
    marks: Vec<(Seq, u64)>,
    stride: u64,
}

impl Index {
    /// Reads the whole file once.
    pub(super) fn build(path: &Path) -> Result<Self, StreamError> {
        let mut reader = FrameReader::open(path)?;
        let mut index = Self { stride: 1, ..Self::default() };
        loop {
            let offset = reader.offset();
            match reader.next_frame() {
                Ok(Some(frame)) => index.add(seq_of(&frame), offset),
                Ok(None) => return Ok(index),
                Err(FramesFileError::TornTail { .. }) => {
                    index.is_torn = true;
                    return Ok(index);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Where to begin reading so that no frame above `cursor` is missed.
    pub(super) fn before(&self, cursor: Seq) -> u64 {
        let at = self.marks.partition_point(|&(seq, _)| seq <= cursor);
        at.checked_sub(1).and_then(|at| self.marks.get(at)).map_or(0, |&(_, offset)| offset)
    }

    fn add(&mut self, seq: Option<Seq>, offset: u64) {
        self.frames += 1;
        let Some(seq) = seq else { return };
        self.oldest = self.oldest.or(Some(seq));
        // A file out of order is served as it is; only rising seqs can be searched.
        if self.head.is_some_and(|head| seq <= head) {
            return;
        }
        self.head = Some(seq);
        if self.frames.is_multiple_of(self.stride) {
            self.marks.push((seq, offset));
        }
        if self.marks.len() >= MARKS_MAX {
            let mut keep = false;
            self.marks.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_begins_at_or_before_the_frame_wanted_however_long_the_file() {
        let seq = |n: u64| i64::try_from(n).ok().and_then(Seq::new).expect("a seq");
        let mut index = Index { stride: 1, ..Index::default() };
        let frames = 3 * MARKS_MAX as u64;
        for n in 1..=frames {
            index.add(Some(seq(n * 10)), n * 100);
        }
        assert!(index.marks.len() < MARKS_MAX);
        assert_eq!((index.oldest, index.head), (Some(seq(10)), Some(seq(frames * 10))));
        for wanted in [10, 15, 20, 1_000_005, frames * 10] {
            let offset = index.before(seq(wanted));
            assert!(offset <= (wanted / 10) * 100 && offset + 100 * 8 * index.stride > wanted * 10);
        }
        assert_eq!(index.before(seq(5)), 0);
    }
}
