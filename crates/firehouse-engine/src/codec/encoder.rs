//! [`Encoder`]: an answer, compressed piece by piece.

use std::io::{self, Write};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use lz4_flex::frame::FrameEncoder;

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
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
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
            HttpEncoding::Zstd => {
                Http::Zstd(Box::new(zstd::stream::write::Encoder::new(Vec::new(), 1)?))
            }
            HttpEncoding::Lz4 => Http::Lz4(Box::new(FrameEncoder::new(Vec::new()))),
        };
        Ok(Self { http, blocks: encoding.blocks })
    }

    /// Compresses a piece and flushes.
    pub fn push(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        if piece.is_empty() {
            return Ok(Vec::new());
        }
        let framed = if self.blocks { block::encode(piece) } else { Vec::new() };
        let piece = if self.blocks { &framed } else { piece };
        match &mut self.http {
            Http::Identity => Ok(if self.blocks { framed } else { piece.to_vec() }),
            Http::Gzip(encoder) => {
                encoder.write_all(piece)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Http::Deflate(encoder) => {
                encoder.write_all(piece)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Http::Zstd(encoder) => {
                encoder.write_all(piece)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Http::Lz4(encoder) => {
                encoder.write_all(piece)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
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
