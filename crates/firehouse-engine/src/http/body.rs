//! [`BodyReader`]: the body of a request, read on the thread that feeds the engine.
//!
//! The network side is async, the engine side blocks; a channel of a few pieces joins them, so a
//! client that sends faster than the engine writes is slowed down instead of being buffered.

use std::io::{self, Read};

use axum::body::Body;
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::codec::BodyCodec;

/// Pieces of a body that may be under way.
const PIECES: usize = 8;

/// The body as a blocking reader.
struct Pieces {
    arriving: mpsc::Receiver<Result<Bytes, axum::Error>>,
    current: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.arriving.blocking_recv() {
                Some(Ok(piece)) => self.current = piece,
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(buffer.split_at_mut(count).0);
        Ok(count)
    }
}

/// The decoded body of a request; an error once it is longer than allowed.
pub struct BodyReader {
    plain: Box<dyn Read + Send>,
    bytes_left: u64,
}

impl BodyReader {
    /// Starts to receive `body`. A request that is cut off ends in an error, never silently.
    pub fn start(body: Body, codec: BodyCodec, bytes_max: u64) -> io::Result<Self> {
        let (sender, arriving) = mpsc::channel(PIECES);
        tokio::spawn(async move {
            let mut pieces = body.into_data_stream();
            while let Some(piece) = pieces.next().await {
                if sender.send(piece).await.is_err() {
                    return;
                }
            }
        });
        let plain = codec.decode(Pieces { arriving, current: Bytes::new() })?;
        Ok(Self { plain, bytes_left: bytes_max })
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.plain.read(buffer)?;
        match self.bytes_left.checked_sub(count as u64) {
            Some(left) => self.bytes_left = left,
            None => return Err(io::Error::other("the body is longer than allowed")),
        }
        Ok(count)
    }
}
