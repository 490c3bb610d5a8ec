//! [`BodyReader`]: the body of a request, read on the thread that feeds the engine.
//!
//! The network side is async, the engine side blocks; a channel of a few pieces joins them, so a
//! client that sends faster than the engine writes is slowed down instead of being buffered. A body
//! that says that it is small, as most statements are, is received whole first: nobody waits for it.

use std::io::{self, Read};

use axum::body::{Body, HttpBody};
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::{codec::BodyCodec, exception::Exception};

/// Pieces of a body that may be under way: of some 100 KiB each, as the socket gives them.
const PIECES: usize = 32;
/// Units: bytes. What is received whole.
const SMALL_BYTES: usize = 64 << 10;

/// The body as a blocking reader.
struct Pieces {
    current: Bytes,
    /// What comes behind it; none of a small body.
    arriving: Option<mpsc::Receiver<Result<Bytes, axum::Error>>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            let Some(arriving) = &mut self.arriving else { return Ok(0) };
            match arriving.blocking_recv() {
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
    body: Decoding,
    bytes_left: u64,
}

/// Decoders read ahead when they are made, so they are made by the thread that reads.
enum Decoding {
    Packed(Pieces, BodyCodec),
    Plain(Box<dyn Read + Send>),
    Broken,
}

impl BodyReader {
    /// Starts to receive `body`. A request that is cut off ends in an error, never silently.
    pub async fn start(body: Body, codec: BodyCodec, bytes_max: u64) -> Result<Self, Exception> {
        let is_small = body.size_hint().upper().is_some_and(|bytes| bytes <= SMALL_BYTES as u64);
        let pieces = if is_small {
            let received = axum::body::to_bytes(body, SMALL_BYTES).await;
            let current =
                received.map_err(|error| Exception::broken_body(&io::Error::other(error)))?;
            Pieces { current, arriving: None }
        } else {
            Pieces { current: Bytes::new(), arriving: Some(receive(body)) }
        };
        Ok(Self { body: Decoding::Packed(pieces, codec), bytes_left: bytes_max })
    }

    /// Whether reading it neither waits nor unpacks.
    pub fn is_at_hand(&self) -> bool {
        match &self.body {
            Decoding::Packed(pieces, codec) => pieces.arriving.is_none() && codec.is_identity(),
            Decoding::Plain(_) | Decoding::Broken => false,
        }
    }

    fn plain(&mut self) -> io::Result<&mut dyn Read> {
        self.body = match std::mem::replace(&mut self.body, Decoding::Broken) {
            Decoding::Packed(pieces, codec) => Decoding::Plain(codec.decode(pieces)?),
            other => other,
        };
        match &mut self.body {
            Decoding::Plain(plain) => Ok(plain),
            Decoding::Packed(..) | Decoding::Broken => {
                Err(io::Error::other("the body could not be decoded"))
            }
        }
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.plain()?.read(buffer)?;
        match self.bytes_left.checked_sub(count as u64) {
            Some(left) => self.bytes_left = left,
            None => return Err(io::Error::other("the body is longer than allowed")),
        }
        Ok(count)
    }
}

/// Receives `body` as fast as it is read.
fn receive(body: Body) -> mpsc::Receiver<Result<Bytes, axum::Error>> {
    let (sender, arriving) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            if sender.send(piece).await.is_err() {
                return;
            }
        }
    });
    arriving
}
