//! Files of frames: [u32 little-endian length][frame], again and again, plain or inside zstd.
//!
//! Read as a stream, so a file may be larger than memory. A recorder that was killed leaves half a frame at the end: that is reported once,
//! and everything before it is good.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const ZSTD_LEVEL: i32 = 3;
const BUFFER_BYTES: usize = 256 * 1024;

/// Largest frame a file may hold: an upstream may be configured to send more than the protocol allows, but not that much.
const FRAME_BYTES_MAX: u32 = 64 << 20;

/// What is reserved for a frame at once, whatever length it announces; beyond that the buffer grows with what is read.
const RESERVED_BYTES_MAX: u64 = 64 * 1024;

/// A file of frames cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FramesFileError {
    /// The file cannot be opened or created.
    #[error("open of {}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading failed.
    #[error("read of the frame at byte {offset}")]
    Read {
        /// Where the frame begins, decompressed.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// The file ends inside a frame, as a killed recorder leaves it. All frames before are good.
    #[error("the file ends inside the frame at byte {offset}")]
    TornTail {
        /// Where the frame begins, decompressed.
        offset: u64,
    },
    /// The length is none of a frame: this is not a file of frames, or it is damaged.
    #[error("a frame of {bytes} bytes at byte {offset}: not a file of frames, or damaged")]
    NotAFrame {
        /// Where the frame begins, decompressed.
        offset: u64,
        /// The length found there.
        bytes: u32,
    },
    /// Writing failed.
    #[error("write of a frame")]
    Write(#[source] io::Error),
    /// The frame is too large for the format.
    #[error("a frame of {bytes} bytes")]
    FrameTooLarge {
        /// Its size.
        bytes: usize,
    },
}

/// Reads frames one after the other.
pub struct FrameReader {
    source: Source,
    offset: u64,
    is_over: bool,
}

enum Source {
    Plain(BufReader<File>),
    Compressed(Box<dyn Read + Send>),
}

impl FrameReader {
    /// Opens a file; zstd is recognised by its first bytes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FramesFileError> {
        let path = path.as_ref();
        let open = || -> io::Result<Source> {
            let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
            if file.fill_buf()?.starts_with(&ZSTD_MAGIC) {
                let decoder = zstd::Decoder::with_buffer(file)?;
                return Ok(Source::Compressed(Box::new(BufReader::with_capacity(
                    BUFFER_BYTES,
                    decoder,
                ))));
            }
            Ok(Source::Plain(file))
        };
        let source =
            open().map_err(|source| FramesFileError::Open { path: path.into(), source })?;
        Ok(Self { source, offset: 0, is_over: false })
    }

    /// The next frame; `None` at the end.
    /// Errors: [`FramesFileError::TornTail`] once instead of a torn last frame, then the end. After any other error there is nothing more.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FramesFileError> {
        if self.is_over {
            return Ok(None);
        }
        let frame = self.read_frame();
        self.is_over = !matches!(frame, Ok(Some(_)));
        frame
    }

    /// Where the next frame begins, decompressed.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Goes on with the frame that begins at `offset`, as [`FrameReader::offset`] once gave it. `false` when the file is compressed and
    /// can only be read from its beginning.
    pub(crate) fn seek(&mut self, offset: u64) -> Result<bool, FramesFileError> {
        let Source::Plain(file) = &mut self.source else { return Ok(false) };
        let sought = file.seek(SeekFrom::Start(offset));
        sought.map_err(|source| FramesFileError::Read { offset, source })?;
        self.offset = offset;
        Ok(true)
    }

    fn read_frame(&mut self) -> Result<Option<Bytes>, FramesFileError> {
        let offset = self.offset;
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::UnexpectedEof => FramesFileError::TornTail { offset },
            _ => FramesFileError::Read { offset, source },
        };
        let head = self.source.read_up_to(4).map_err(failed)?;
        if head.is_empty() {
            return Ok(None);
        }
        let Ok(head) = <[u8; 4]>::try_from(head.as_slice()) else {
            return Err(FramesFileError::TornTail { offset });
        };
        let bytes = u32::from_le_bytes(head);
        if bytes > FRAME_BYTES_MAX {
            return Err(FramesFileError::NotAFrame { offset, bytes });
        }
        let frame = self.source.read_up_to(u64::from(bytes)).map_err(failed)?;
        if frame.len() as u64 != u64::from(bytes) {
            return Err(FramesFileError::TornTail { offset });
        }
        self.offset += 4 + u64::from(bytes);
        Ok(Some(frame.into()))
    }
}

impl Source {
    /// Reads until `bytes` are there or the file ends.
    fn read_up_to(&mut self, bytes: u64) -> io::Result<Vec<u8>> {
        let reserved = usize::try_from(bytes.min(RESERVED_BYTES_MAX)).unwrap_or_default();
        let mut read = Vec::with_capacity(reserved);
        match self {
            Self::Plain(file) => file.take(bytes).read_to_end(&mut read)?,
            Self::Compressed(decoder) => decoder.take(bytes).read_to_end(&mut read)?,
        };
        Ok(read)
    }
}

/// Writes frames one after the other. Call [`FrameWriter::finish`] at the end: dropping loses what is buffered.
pub struct FrameWriter {
    sink: Sink,
    frames: u64,
    bytes: u64,
}

enum Sink {
    Plain(Box<dyn Write + Send>),
    Compressed(zstd::Encoder<'static, Box<dyn Write + Send>>),
}

impl FrameWriter {
    /// Creates a file, compressed when its name ends in `.zst`. An existing file is replaced.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, FramesFileError> {
        let path = path.as_ref();
        let opened = |source| FramesFileError::Open { path: path.into(), source };
        let file = File::create(path).map_err(opened)?;
        let is_compressed = path.extension().is_some_and(|extension| extension == "zst");
        Self::new(BufWriter::with_capacity(BUFFER_BYTES, file), is_compressed)
    }

    /// Writes to anything, compressed or not.
    pub fn new(
        out: impl Write + Send + 'static,
        is_compressed: bool,
    ) -> Result<Self, FramesFileError> {
        let out: Box<dyn Write + Send> = Box::new(out);
        let sink = if is_compressed {
            Sink::Compressed(zstd::Encoder::new(out, ZSTD_LEVEL).map_err(FramesFileError::Write)?)
        } else {
            Sink::Plain(out)
        };
        Ok(Self { sink, frames: 0, bytes: 0 })
    }

    /// Adds one frame.
    pub fn write(&mut self, frame: &[u8]) -> Result<(), FramesFileError> {
        let length = u32::try_from(frame.len()).ok().filter(|&length| length <= FRAME_BYTES_MAX);
        let length = length.ok_or(FramesFileError::FrameTooLarge { bytes: frame.len() })?;
        let sink = self.sink.writer();
        sink.write_all(&length.to_le_bytes()).map_err(FramesFileError::Write)?;
        sink.write_all(frame).map_err(FramesFileError::Write)?;
        self.frames += 1;
        self.bytes += 4 + u64::from(length);
        Ok(())
    }

    /// Hands everything written so far to the operating system: a reader, or a kill, finds it there.
    pub fn flush(&mut self) -> Result<(), FramesFileError> {
        self.sink.writer().flush().map_err(FramesFileError::Write)
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<(), FramesFileError> {
        let ended = match self.sink {
            Sink::Plain(ref mut out) => out.flush(),
            Sink::Compressed(encoder) => encoder.finish().and_then(|mut out| out.flush()),
        };
        ended.map_err(FramesFileError::Write)
    }

    /// Frames written so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Bytes written so far, before compression.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Sink {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Compressed(encoder) => encoder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, frames: &[&[u8]]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        let mut writer = FrameWriter::create(&path).expect("a file");
        for frame in frames {
            writer.write(frame).expect("room for a frame");
        }
        writer.finish().expect("room for the end");
        (folder, path)
    }

    fn read(path: &Path) -> (Vec<Bytes>, Option<FramesFileError>) {
        let mut reader = FrameReader::open(path).expect("the file is there");
        let mut frames = Vec::new();
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => return (frames, None),
                Err(error) => {
                    assert!(matches!(reader.next_frame(), Ok(None)), "an error is the last word");
                    return (frames, Some(error));
                }
            }
        }
    }

    const FRAMES: [&[u8]; 4] = [b"one", b"", b"three", &[7; 100_000]];

    #[test]
    fn frames_come_back_as_written_plain_and_compressed() {
        for name in ["frames.bin", "frames.bin.zst"] {
            let (_folder, path) = written(name, &FRAMES);
            let (frames, error) = read(&path);
            assert_eq!(frames, FRAMES, "{name}");
            assert!(error.is_none());
        }
        let (_folder, path) = written("empty.bin", &[]);
        assert!(matches!(read(&path), (frames, None) if frames.is_empty()));
    }

    #[test]
    fn a_torn_last_frame_is_reported_and_all_before_it_are_good() {
        for name in ["frames.bin", "frames.bin.zst"] {
            let (_folder, path) = written(name, &FRAMES);
            let whole = std::fs::read(&path).expect("the file");
            for cut in 1..whole.len().min(200) {
                std::fs::write(&path, &whole[..whole.len() - cut]).expect("room");
                let (frames, error) = read(&path);
                assert!(frames.len() <= 4 && FRAMES.iter().zip(&frames).all(|(a, b)| a == b));
                let is_clean_cut = error.is_none() && name == "frames.bin";
                assert!(
                    is_clean_cut || matches!(error, Some(FramesFileError::TornTail { .. })),
                    "{name} {cut} {error:?}"
                );
            }
        }
    }

    #[test]
    fn what_was_flushed_survives_a_kill_also_compressed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("frames.bin.zst");
        let mut writer = FrameWriter::create(&path).expect("a file");
        writer.write(b"one").expect("room");
        writer.flush().expect("room");
        std::mem::forget(writer);
        let (frames, error) = read(&path);
        assert_eq!(frames, [b"one".as_slice()]);
        assert!(matches!(error, Some(FramesFileError::TornTail { offset: 7 })));
    }

    #[test]
    fn a_file_of_something_else_is_refused_without_reserving_what_it_announces() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("text");
        std::fs::write(&path, "this is no file of frames").expect("room");
        let (frames, error) = read(&path);
        assert!(frames.is_empty());
        assert!(matches!(error, Some(FramesFileError::NotAFrame { offset: 0, .. })));
        assert!(matches!(
            FrameReader::open(folder.path().join("none")),
            Err(FramesFileError::Open { .. })
        ));
    }
}
