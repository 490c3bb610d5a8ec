//! ClickHouse's own compressed blocks: `compress=1` and `decompress=1`.
//!
//! A block is a checksum (CityHash128, version 1.0.2, of all that follows), one byte that names
//! the method, the compressed size with these 9 bytes counted, the size of the data, the data.
//! Source: `src/Compression/CompressedReadBufferBase.cpp` of ClickHouse.

use std::io::{self, Cursor, Read};

use cityhash_rs::cityhash_102_128;

const CHECKSUM_BYTES: usize = 16;
const HEADER_BYTES: usize = 9;
/// ClickHouse's DBMS_MAX_COMPRESSED_SIZE is 1 GiB; nobody sends blocks above a few MiB.
const BLOCK_BYTES_MAX: usize = 64 << 20;
/// A block of an answer holds this much, as in ClickHouse.
const BLOCK_BYTES: usize = 1 << 20;

const METHOD_NONE: u8 = 0x02;
const METHOD_LZ4: u8 = 0x82;
const METHOD_ZSTD: u8 = 0x90;

/// Cuts `data` into blocks compressed with LZ4.
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(data.len() / 2);
    for piece in data.chunks(BLOCK_BYTES) {
        let packed = lz4_flex::block::compress(piece);
        let mut block = Vec::with_capacity(HEADER_BYTES + packed.len());
        block.push(METHOD_LZ4);
        block.extend(size_bytes(HEADER_BYTES + packed.len()));
        block.extend(size_bytes(piece.len()));
        block.extend(packed);
        wire.extend(checksum(&block));
        wire.extend(block);
    }
    wire
}

/// Sizes on the wire are 32 bits; ours are at most [`BLOCK_BYTES`] and a little.
fn size_bytes(size: usize) -> [u8; 4] {
    u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes()
}

/// The two halves of the hash, the high one first, each little-endian.
fn checksum(block: &[u8]) -> [u8; CHECKSUM_BYTES] {
    cityhash_102_128(block).rotate_left(64).to_le_bytes()
}

/// Reads blocks, checks them, and gives their data.
pub struct BlockReader<R> {
    wire: R,
    data: Cursor<Vec<u8>>,
}

impl<R: Read> BlockReader<R> {
    /// Reads blocks from `wire`.
    pub fn new(wire: R) -> Self {
        Self { wire, data: Cursor::default() }
    }

    /// Reads the next block; false at the end of the body.
    fn next_block(&mut self) -> io::Result<bool> {
        let mut head = [0; CHECKSUM_BYTES + HEADER_BYTES];
        let (first, others) = head.split_at_mut(1);
        if self.wire.read(first)? == 0 {
            return Ok(false);
        }
        self.wire.read_exact(others)?;
        let (sum, header) = head.split_at(CHECKSUM_BYTES);
        let &[method, a, b, c, d, e, f, g, h] = header else { return Err(invalid("header")) };
        let packed_bytes = u32::from_le_bytes([a, b, c, d]) as usize;
        let data_bytes = u32::from_le_bytes([e, f, g, h]) as usize;
        if !(HEADER_BYTES..=BLOCK_BYTES_MAX).contains(&packed_bytes) || data_bytes > BLOCK_BYTES_MAX
        {
            return Err(invalid("sizes out of range"));
        }
        // Grows with what arrives, not with what is announced.
        let mut block = header.to_vec();
        let rest = packed_bytes - HEADER_BYTES;
        if (&mut self.wire).take(rest as u64).read_to_end(&mut block)? < rest {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if checksum(&block) != sum {
            return Err(invalid("checksum doesn't match: corrupted data"));
        }
        let packed = block.get(HEADER_BYTES..).unwrap_or_default();
        self.data = Cursor::new(unpack(method, packed, data_bytes)?);
        Ok(true)
    }
}

fn unpack(method: u8, packed: &[u8], data_bytes: usize) -> io::Result<Vec<u8>> {
    let data = match method {
        METHOD_NONE => packed.to_vec(),
        METHOD_LZ4 => lz4_flex::block::decompress(packed, data_bytes)
            .map_err(|error| invalid(&error.to_string()))?,
        METHOD_ZSTD => zstd::bulk::decompress(packed, data_bytes)?,
        _ => return Err(invalid("unknown compression method")),
    };
    if data.len() == data_bytes { Ok(data) } else { Err(invalid("size differs from the header")) }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("compressed block: {what}"))
}

impl<R: Read> Read for BlockReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.data.read(buffer)?;
            if count > 0 || buffer.is_empty() || !self.next_block()? {
                return Ok(count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_noticed() {
        let mut wire = encode(b"some data, some data, some data");
        let last = wire.len() - 1;
        wire[last] ^= 1;
        let error = BlockReader::new(wire.as_slice()).read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("checksum"), "{error}");
    }

    #[test]
    fn an_announced_size_allocates_nothing_by_itself() {
        let mut wire = encode(b"x");
        for byte in wire.iter_mut().skip(CHECKSUM_BYTES + 1).take(8) {
            *byte = 0xff;
        }
        assert!(BlockReader::new(wire.as_slice()).read_to_end(&mut Vec::new()).is_err());
    }

    #[test]
    fn blocks_without_compression_and_with_zstd_are_read() {
        for (method, packed) in [
            (METHOD_NONE, b"abc".to_vec()),
            (METHOD_ZSTD, zstd::bulk::compress(b"abc", 1).unwrap()),
        ] {
            let mut block = vec![method];
            block.extend(size_bytes(HEADER_BYTES + packed.len()));
            block.extend(size_bytes(3));
            block.extend(packed);
            let mut wire = checksum(&block).to_vec();
            wire.extend(block);
            let mut data = Vec::new();
            BlockReader::new(wire.as_slice()).read_to_end(&mut data).unwrap();
            assert_eq!(data, b"abc");
        }
    }
}
