//! [`Encoder`]: an answer, compressed piece by piece.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use lz4_flex::frame::FrameEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use super::{Encoding, HttpEncoding, block};

/// Compresses an answer. Every piece that goes in comes out whole: nothing is held back.
pub struct Encoder {
    http: Http,
    blocks: bool,
}

enum Http {
    Identity,
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
    Zstd(Box<ZstdEncoder<'static, Vec<u8>>>),
    Lz4(Box<FrameEncoder<Vec<u8>>>),
}

impl Encoder {
    /// Begins an answer.
    pub fn new(encoding: Encoding) -> io::Result<Self> {
        let http = match encoding.http {
            HttpEncoding::Identity => Http::Identity,
            HttpEncoding::Gzip => Http::Gzip(GzEncoder::new(Vec::new(), Compression::new(3))),
            HttpEncoding::Deflate => {
                Http::Deflate(ZlibEncoder::new(Vec::new(), Compression::new(3)))
            }
            HttpEncoding::Zstd => Http::Zstd(Box::new(ZstdEncoder::new(Vec::new(), 1)?)),
            HttpEncoding::Lz4 => Http::Lz4(Box::new(FrameEncoder::new(Vec::new()))),
        };
        Ok(Self { http, blocks: encoding.blocks })
    }

    /// Compresses a piece and flushes.
    pub fn push(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        if piece.is_empty() {
            return Ok(Vec::new());
        }
        let piece: Cow<'_, [u8]> =
            if self.blocks { block::encode(piece).into() } else { piece.into() };
        match &mut self.http {
            Http::Identity => Ok(piece.into_owned()),
            Http::Gzip(encoder) => through(encoder, &piece, GzEncoder::get_mut),
            Http::Deflate(encoder) => through(encoder, &piece, ZlibEncoder::get_mut),
            Http::Zstd(encoder) => through(&mut **encoder, &piece, ZstdEncoder::get_mut),
            Http::Lz4(encoder) => through(&mut **encoder, &piece, FrameEncoder::get_mut),
        }
    }

    /// Ends the answer.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        match self.http {
            Http::Identity => Ok(Vec::new()),
            Http::Gzip(encoder) => encoder.finish(),
            Http::Deflate(encoder) => encoder.finish(),
            Http::Zstd(encoder) => encoder.finish(),
            Http::Lz4(encoder) => encoder.finish().map_err(io::Error::other),
        }
    }
}

/// Writes and flushes, and takes what came out.
fn through<W: Write>(
    encoder: &mut W,
    piece: &[u8],
    output: impl FnOnce(&mut W) -> &mut Vec<u8>,
) -> io::Result<Vec<u8>> {
    encoder.write_all(piece)?;
    encoder.flush()?;
    Ok(std::mem::take(output(encoder)))
}
