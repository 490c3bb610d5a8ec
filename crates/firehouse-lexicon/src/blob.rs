//! References to blobs: the typed form, and the form of 2023 that records still hold.
//!
//! Source: <https://atproto.com/specs/data-model#blob-type>; `blob` of npm package @atproto/lex-data 0.1.9.

use crate::data::{Item, Keys, Malformed, Reader, deeper};
use crate::format::is_cid;

/// Units: bytes. Beyond JavaScript's safe integers nothing is a size.
const SIZE_MAX: i64 = (1 << 53) - 1;

/// How closely references to blobs are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blobs {
    /// As for a record about to be written: typed, of an accepted MIME type and size.
    Strict,
    /// As for a record that stands on the network: also the form of 2023, and any MIME type and size, since these limits
    /// were other ones when it was written.
    Lenient,
}

/// What a reference says of its blob.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlobRef<'a> {
    pub mime: &'a str,
    /// Units: bytes. 0 where the reference does not say.
    pub size: u64,
}

/// Passes over the value `reader` stands before. Shape: `None` when it is no reference to a blob.
pub(crate) fn read_blob<'a>(
    reader: &mut Reader<'a>,
    blobs: Blobs,
    depth: u32,
) -> Result<Option<BlobRef<'a>>, Malformed> {
    let head = reader.item()?;
    let Item::Map(count) = head else {
        reader.skip_children(head, depth)?;
        return Ok(None);
    };
    let inside = deeper(depth)?;
    let mut keys = Keys::new(count);
    let (mut typed, mut link, mut text_cid, mut mime, mut size, mut other) =
        (None, None, None, None, None, false);
    while let Some(key) = keys.next(reader)? {
        let item = reader.item()?;
        reader.skip_children(item, inside)?;
        match (key, item) {
            ("$type", Item::Text(name)) => typed = Some(name),
            ("ref", Item::Link(cid)) => link = Some(cid),
            ("cid", Item::Text(cid)) => text_cid = Some(cid),
            ("mimeType", Item::Text(value)) => mime = Some(value),
            ("size", Item::Integer(value)) if value <= SIZE_MAX => size = Some(value),
            _ => other = true,
        }
    }
    let lenient = blobs == Blobs::Lenient;
    Ok(match (typed, link, text_cid, mime, size) {
        (Some("blob"), Some(_), None, Some(mime), Some(size)) if !other && mime.contains('/') => {
            let size = if lenient { size.max(0) } else { size };
            u64::try_from(size).ok().map(|size| BlobRef { mime, size })
        }
        (None, None, Some(cid), Some(mime), None)
            if !other && lenient && !mime.is_empty() && is_cid(cid) =>
        {
            Some(BlobRef { mime, size: 0 })
        }
        _ => None,
    })
}
