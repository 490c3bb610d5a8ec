//! [`Verified`]: a blob as it arrives from its PDS, of which the last piece is given only when all of it is what its CID names.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::{Bytes, BytesMut};
use firehouse_identity::{FetchError, Fetched};
use firehouse_types::Cid;
use tokio::sync::OwnedSemaphorePermit;

/// A blob on its way.
pub(crate) struct Verified {
    fetched: Fetched,
    cid: Cid,
    hash: Option<Context>,
    /// The piece that is given when more, or a good end, has come.
    held: Option<Bytes>,
    /// Its place among all fetches, and among those of its host.
    _places: [OwnedSemaphorePermit; 2],
}

/// The blob did not arrive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// The bytes are other ones.
    #[error("the bytes are not those the CID names")]
    OtherBytes,
    /// It stopped on the way, or is too large.
    #[error("transfer")]
    Fetch(#[from] FetchError),
}

impl Verified {
    pub(crate) fn new(fetched: Fetched, cid: Cid, places: [OwnedSemaphorePermit; 2]) -> Self {
        Self { fetched, cid, hash: Some(Context::new(&SHA256)), held: None, _places: places }
    }

    /// The next piece; `None` at the end of a blob that is the right one.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Broken> {
        while let Some(hash) = &mut self.hash {
            match self.fetched.chunk().await? {
                Some(chunk) => {
                    hash.update(&chunk);
                    if let Some(ready) = self.held.replace(chunk) {
                        return Ok(Some(ready));
                    }
                }
                None => {
                    let digest = self.hash.take().map(Context::finish);
                    if digest.is_none_or(|digest| digest.as_ref() != self.cid.digest) {
                        return Err(Broken::OtherBytes);
                    }
                }
            }
        }
        Ok(self.held.take())
    }

    /// All of it.
    pub(crate) async fn bytes(mut self) -> Result<Bytes, Broken> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// The beginning, at least so many bytes unless the blob is shorter. Shape: the bytes, and whether they are all of it.
    pub(crate) async fn beginning(&mut self, bytes_min: usize) -> Result<(Bytes, bool), Broken> {
        let mut bytes = BytesMut::new();
        while bytes.len() < bytes_min {
            match self.chunk().await? {
                Some(chunk) => bytes.extend_from_slice(&chunk),
                None => return Ok((bytes.freeze(), true)),
            }
        }
        Ok((bytes.freeze(), false))
    }
}
