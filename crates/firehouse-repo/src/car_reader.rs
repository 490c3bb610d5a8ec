//! [`CarReader`]: a CAR that arrives in pieces. Each block is hashed and handed on as soon as it is whole; none is kept.
//!
//! For repos that do not fit into memory. The verdicts are those of [`Car`](crate::Car), but for blocks beyond [`BLOCK_BYTES_MAX`].
//! Source: <https://ipld.io/specs/transport/car/carv1/>

use firehouse_types::Cid;

use crate::car::{CarError, HEADER_BYTES_MAX, read_roots};
use crate::cbor::Malformed;
use crate::drisl::varint;
use crate::sha256;

/// Larger blocks could not have come in a commit either, whose blocks have this limit together.
pub const BLOCK_BYTES_MAX: usize = 2_000_000;

/// A length takes nine bytes at most.
const VARINT_BYTES_MAX: usize = 9;

/// Reads one CAR, piece by piece.
#[derive(Debug, Default)]
pub struct CarReader {
    roots: Option<Vec<Cid>>,
    /// What has arrived of a header or section that is not whole yet.
    partial: Vec<u8>,
}

impl CarReader {
    /// A reader that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes, cut anywhere, and hands on every block that became whole.
    ///
    /// Errors: those of the CAR and those of `each`; the reader is of no use afterwards. Memory: one section that has arrived in part.
    pub fn push<E: From<CarError>>(
        &mut self,
        mut piece: &[u8],
        mut each: impl FnMut(Cid, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !self.partial.is_empty() && !piece.is_empty() {
            // Until the length is whole, byte by byte.
            let whole = self.whole_len(&self.partial)?.unwrap_or(self.partial.len() + 1);
            let (head, rest) = piece.split_at(piece.len().min(whole - self.partial.len()));
            self.partial.extend_from_slice(head);
            piece = rest;
            if self.whole_len(&self.partial)? == Some(self.partial.len()) {
                let mut section = std::mem::take(&mut self.partial);
                self.section(&section, &mut each)?;
                section.clear();
                self.partial = section;
            }
        }
        while let Some(whole) = self.whole_len(piece)? {
            let Some((section, rest)) = piece.split_at_checked(whole) else { break };
            self.section(section, &mut each)?;
            piece = rest;
        }
        self.partial.extend_from_slice(piece);
        Ok(())
    }

    /// Ends the CAR. Shape: what its header names; the first is the commit, others mean nothing. Errors: [`CarError::Truncated`].
    pub fn finish(self) -> Result<Vec<Cid>, CarError> {
        if !self.partial.is_empty() {
            return Err(CarError::Truncated);
        }
        self.roots.ok_or(CarError::Truncated)
    }

    /// How long the header or section at the front is with its length, when that can be seen yet.
    fn whole_len(&self, bytes: &[u8]) -> Result<Option<usize>, CarError> {
        let mut rest = bytes;
        let Some(len) = varint(&mut rest) else {
            let is_cut =
                bytes.len() < VARINT_BYTES_MAX && bytes.iter().all(|byte| byte & 0x80 != 0);
            return if is_cut { Ok(None) } else { Err(self.bad_length()) };
        };
        let max = match self.roots {
            None => HEADER_BYTES_MAX,
            Some(_) => (Cid::LEN + BLOCK_BYTES_MAX) as u64,
        };
        match usize::try_from(len) {
            Ok(0) => Err(self.bad_length()),
            Ok(size) if len <= max => Ok(Some(bytes.len() - rest.len() + size)),
            _ if self.roots.is_some() => Err(CarError::BlockTooLarge),
            _ => Err(self.bad_length()),
        }
    }

    fn bad_length(&self) -> CarError {
        match self.roots {
            None => CarError::Header(Malformed::Unexpected),
            Some(_) => CarError::Section,
        }
    }

    fn section<E: From<CarError>>(
        &mut self,
        whole: &[u8],
        each: &mut impl FnMut(Cid, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut content = whole;
        varint(&mut content).ok_or_else(|| self.bad_length())?;
        if self.roots.is_none() {
            self.roots = Some(read_roots(content).map_err(CarError::Header)?);
            return Ok(());
        }
        let (cid, data) = Cid::read(content).map_err(|_| CarError::BlockCid)?;
        if sha256(data) != cid.digest {
            return Err(CarError::HashMismatch.into());
        }
        each(cid, data)
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::Cid;

    use super::{BLOCK_BYTES_MAX, CarReader};
    use crate::car::CarError;
    use crate::sha256;

    fn varint(mut value: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        bytes.push(value.to_le_bytes()[0]);
        bytes
    }

    fn car(blocks: &[&[u8]]) -> Vec<u8> {
        let header = b"\xa2\x65roots\x80\x67version\x01";
        let mut car = [&varint(header.len())[..], header].concat();
        for block in blocks {
            car.extend(varint(Cid::LEN + block.len()));
            car.extend(Cid::dag_cbor(sha256(block)).to_bytes());
            car.extend_from_slice(block);
        }
        car
    }

    /// The blocks, and how the CAR ended.
    fn read(car: &[u8], piece: usize) -> (Vec<Vec<u8>>, Result<Vec<Cid>, CarError>) {
        let (mut reader, mut blocks) = (CarReader::new(), Vec::new());
        for piece in car.chunks(piece) {
            let each = |cid: Cid, data: &[u8]| {
                assert_eq!(cid.digest, sha256(data));
                blocks.push(data.to_vec());
                Ok::<_, CarError>(())
            };
            if let Err(error) = reader.push(piece, each) {
                return (blocks, Err(error));
            }
        }
        (blocks, reader.finish())
    }

    #[test]
    fn any_pieces_give_the_same_blocks() {
        let large = vec![7; 70_000];
        let car = car(&[b"one", b"", &large, b"two"]);
        for piece in [1, 2, 3, 37, 1_000, car.len()] {
            let (blocks, end) = read(&car, piece);
            assert_eq!(blocks, [&b"one"[..], b"", &large, b"two"], "pieces of {piece}");
            assert_eq!(end, Ok(vec![]), "pieces of {piece}");
        }
    }

    #[test]
    fn a_car_cut_anywhere_else_than_between_sections_is_truncated() {
        let whole = car(&[b"one", b"two"]);
        let borders = [car(&[]).len(), car(&[b"one"]).len()];
        for len in 0..whole.len() {
            let end = read(&whole[..len], 5).1;
            let expected =
                if borders.contains(&len) { Ok(vec![]) } else { Err(CarError::Truncated) };
            assert_eq!(end, expected, "cut to {len}");
        }
    }

    #[test]
    fn lies_are_seen_whatever_the_pieces() {
        let header = car(&[]);
        let wrong = car(&[b"one"]).iter().rev().copied().collect::<Vec<u8>>();
        let mut changed = car(&[b"one"]);
        *changed.last_mut().unwrap() ^= 1;
        for piece in [1, 7, 10_000] {
            let check = |bytes: &[u8], expected| {
                assert_eq!(read(bytes, piece).1, Err(expected), "pieces of {piece}");
            };
            check(&changed, CarError::HashMismatch);
            check(&[&header[..], &[0]].concat(), CarError::Section);
            check(&[&header[..], &[0xff; 9]].concat(), CarError::Section);
            check(&[&header[..], &[0x80, 0]].concat(), CarError::Section);
            check(&[&header[..], &[1, 1]].concat(), CarError::BlockCid);
            let large = varint(Cid::LEN + BLOCK_BYTES_MAX + 1);
            check(&[&header[..], &large].concat(), CarError::BlockTooLarge);
            assert!(matches!(
                read(&wrong, piece).1,
                Err(CarError::Header(_) | CarError::Truncated)
            ));
            // "<" announces a header of 60 bytes.
            let page = format!("<!doctype html>{}", " ".repeat(60));
            assert!(matches!(read(page.as_bytes(), piece).1, Err(CarError::Header(_))));
            assert!(matches!(read(&[0xff; 20], piece).1, Err(CarError::Header(_))));
        }
    }
}
