//! How bodies are compressed: HTTP encodings named in headers, and ClickHouse's own blocks.
//!
//! Requests are decoded by [`Read`]ers on the thread that feeds the engine; answers are encoded
//! piece by piece, each piece flushed, so that a client sees rows (and errors) when they come.

mod block;
mod encoder;

use std::io::Read;

use crate::exception::Exception;

pub use encoder::Encoder;

/// How the body of a request is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyCodec {
    http: HttpEncoding,
    /// `decompress=1`: ClickHouse's blocks, inside of the HTTP encoding.
    blocks: bool,
}

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The HTTP encoding, outermost.
    pub http: HttpEncoding,
    /// `compress=1`: ClickHouse's blocks, inside of the HTTP encoding.
    pub blocks: bool,
}

/// The values of `Content-Encoding` that are spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpEncoding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, which HTTP calls deflate.
    Deflate,
    /// Zstandard.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
}

impl HttpEncoding {
    /// In the order in which they are chosen when a client accepts several.
    const PREFERRED: [Self; 4] = [Self::Zstd, Self::Lz4, Self::Gzip, Self::Deflate];

    /// The name in HTTP headers, none for identity.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Deflate => Some("deflate"),
            Self::Zstd => Some("zstd"),
            Self::Lz4 => Some("lz4"),
        }
    }
}

impl BodyCodec {
    /// Reads `Content-Encoding`; `blocks` is the parameter `decompress`.
    pub fn read(content_encoding: Option<&str>, blocks: bool) -> Result<Self, Exception> {
        let name = content_encoding.unwrap_or_default().trim().to_ascii_lowercase();
        let http = match name.as_str() {
            "" | "identity" => HttpEncoding::Identity,
            name => HttpEncoding::PREFERRED
                .into_iter()
                .find(|encoding| encoding.name() == Some(name))
                .ok_or_else(|| {
                    let text = format!("Unknown compression method: {}", name.escape_debug());
                    Exception::new(48, "NOT_IMPLEMENTED", text)
                })?,
        };
        Ok(Self { http, blocks })
    }

    /// Whether bodies are as they were before they were sent.
    pub fn is_identity(self) -> bool {
        self.http == HttpEncoding::Identity && !self.blocks
    }

    /// The body as it was before it was compressed.
    pub fn decode<'a>(
        self,
        body: impl Read + Send + 'a,
    ) -> std::io::Result<Box<dyn Read + Send + 'a>> {
        let plain: Box<dyn Read + Send + 'a> = match self.http {
            HttpEncoding::Identity => Box::new(body),
            HttpEncoding::Gzip => Box::new(flate2::read::MultiGzDecoder::new(body)),
            HttpEncoding::Deflate => Box::new(flate2::read::ZlibDecoder::new(body)),
            HttpEncoding::Zstd => Box::new(zstd::stream::read::Decoder::new(body)?),
            HttpEncoding::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(body)),
        };
        Ok(if self.blocks { Box::new(block::BlockReader::new(plain)) } else { plain })
    }
}

impl Encoding {
    /// Chooses among what the client accepts; `blocks` is the parameter `compress`.
    pub fn choose(accept_encoding: Option<&str>, blocks: bool) -> Self {
        let accepts = |name: &str| {
            accept_encoding.unwrap_or_default().split(',').any(|entry| {
                let mut parts = entry.split(';').map(str::trim);
                let named = parts.next().is_some_and(|entry| entry.eq_ignore_ascii_case(name));
                named && !parts.any(|part| matches!(part, "q=0" | "q=0.0"))
            })
        };
        let http = HttpEncoding::PREFERRED
            .into_iter()
            .find(|encoding| encoding.name().is_some_and(accepts))
            .unwrap_or(HttpEncoding::Identity);
        Self { http, blocks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(http: HttpEncoding, blocks: bool) {
        let plain: Vec<u8> = (0..200_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut encoder = Encoder::new(Encoding { http, blocks }).unwrap();
        let mut wire = Vec::new();
        for piece in plain.chunks(70_001) {
            wire.extend(encoder.push(piece).unwrap());
        }
        wire.extend(encoder.finish().unwrap());
        if http != HttpEncoding::Identity || blocks {
            assert!(wire.len() < plain.len(), "{http:?} {blocks}");
        }
        let mut back = Vec::new();
        let codec = BodyCodec { http, blocks };
        codec.decode(wire.as_slice()).unwrap().read_to_end(&mut back).unwrap();
        assert!(back == plain, "{http:?} {blocks}");
        if http != HttpEncoding::Identity || blocks {
            let cut = wire.get(..wire.len() / 2).unwrap();
            let end = codec.decode(cut).unwrap().read_to_end(&mut Vec::new());
            assert!(end.is_err(), "a cut body passes: {http:?} {blocks}");
        }
    }

    #[test]
    fn decoding_undoes_encoding_and_a_cut_body_is_an_error() {
        let all = HttpEncoding::PREFERRED.into_iter().chain([HttpEncoding::Identity]);
        for http in all {
            check(http, false);
            check(http, true);
        }
    }

    #[test]
    fn the_best_accepted_encoding_is_chosen() {
        let choose = |accept: &str| Encoding::choose(Some(accept), false).http;
        assert_eq!(choose("gzip, deflate, zstd"), HttpEncoding::Zstd);
        assert_eq!(choose("gzip;q=0.5, lz4;q=0"), HttpEncoding::Gzip);
        assert_eq!(choose("br"), HttpEncoding::Identity);
        assert_eq!(
            Encoding::choose(None, true),
            Encoding { http: HttpEncoding::Identity, blocks: true }
        );
    }

    #[test]
    fn an_unknown_encoding_of_a_body_is_refused() {
        assert_eq!(BodyCodec::read(Some("br"), false).unwrap_err().code, 48);
        assert!(BodyCodec::read(Some("GZIP"), true).is_ok());
    }
}
