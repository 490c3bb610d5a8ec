//! What paths name: accounts, blobs, and images by preset and format.

use firehouse_types::{Cid, CidCodec, Did};

use crate::failure::Failure;
use crate::picture::{Format, Preset};

/// A blob of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlobKey {
    pub(crate) did: Did,
    pub(crate) cid: Cid,
}

/// An image to be made of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageKey {
    pub(crate) blob: BlobKey,
    pub(crate) preset: Preset,
    pub(crate) format: Format,
}

impl BlobKey {
    /// Errors: [`Failure::InvalidDid`], [`Failure::InvalidCid`], [`Failure::BlobNotFound`] for a CID that no blob has.
    pub(crate) fn parse(did: &str, cid: &str) -> Result<Self, Failure> {
        let did = Did::parse(did).ok().filter(is_of_the_network).ok_or(Failure::InvalidDid)?;
        let cid: Cid = cid.parse().map_err(|_| Failure::InvalidCid)?;
        match cid.codec {
            CidCodec::Raw => Ok(Self { did, cid }),
            CidCodec::DagCbor => Err(Failure::BlobNotFound),
        }
    }
}

impl ImageKey {
    /// Reads what stands behind `/img/`: `{preset}/plain/{did}/{cid}`, perhaps with `@{format}`.
    pub(crate) fn parse(path: &str) -> Result<Self, Failure> {
        let invalid = Failure::BadPath("Invalid path");
        let (preset, rest) = path.split_once("/plain/").ok_or(invalid)?;
        let (did, rest) = rest.split_once('/').ok_or(invalid)?;
        let (cid, format) = match rest.split_once('@') {
            Some((cid, format)) => (cid, Some(format)),
            None => (rest, None),
        };
        if preset.is_empty() || did.is_empty() || cid.is_empty() {
            return Err(invalid);
        }
        let preset = Preset::named(preset).ok_or(Failure::BadPath("Invalid path: bad preset"))?;
        let format = match format {
            None | Some("webp") => Format::Webp,
            Some("jpeg") => Format::Jpeg,
            Some(_) => return Err(Failure::BadPath("Invalid path: bad format")),
        };
        Ok(Self { blob: BlobKey::parse(did, cid)?, preset, format })
    }
}

/// The two methods of the network; a did:plc has 24 digits, a did:web names a host and no path.
fn is_of_the_network(did: &Did) -> bool {
    if let Some(id) = did.as_str().strip_prefix("did:plc:") {
        return id.len() == 24 && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    }
    did.as_str().strip_prefix("did:web:").is_some_and(|host| !host.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "did:plc:bps4z6punlph7bry6wlhl5bh";
    const CID: &str = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

    fn check(path: &str, expected: Result<(Preset, Format), Failure>) {
        let found = ImageKey::parse(path).map(|key| (key.preset, key.format));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn an_image_is_a_preset_of_a_blob_in_a_format() {
        check(&format!("avatar/plain/{DID}/{CID}"), Ok((Preset::Avatar, Format::Webp)));
        check(&format!("banner/plain/{DID}/{CID}@jpeg"), Ok((Preset::Banner, Format::Jpeg)));
        check(
            &format!("feed_fullsize/plain/{DID}/{CID}@webp"),
            Ok((Preset::FeedFullsize, Format::Webp)),
        );
        check(
            &format!("feed_thumbnail/plain/did:web:a.example.com/{CID}"),
            Ok((Preset::FeedThumbnail, Format::Webp)),
        );
    }

    #[test]
    fn whatever_else_a_path_says_is_refused() {
        check("avatar", Err(Failure::BadPath("Invalid path")));
        check("avatar/plain/x", Err(Failure::BadPath("Invalid path")));
        check(&format!("/plain/{DID}/{CID}"), Err(Failure::BadPath("Invalid path")));
        check(
            &format!("huge/plain/{DID}/{CID}"),
            Err(Failure::BadPath("Invalid path: bad preset")),
        );
        check(
            &format!("avatar/plain/{DID}/{CID}@png"),
            Err(Failure::BadPath("Invalid path: bad format")),
        );
        for did in ["foo", "did:plc:short", "did:key:z6Mk", "did:web:a.example.com:path"] {
            check(&format!("avatar/plain/{did}/{CID}"), Err(Failure::InvalidDid));
        }
        check(&format!("avatar/plain/{DID}/foo"), Err(Failure::InvalidCid));
        check(&format!("avatar/plain/{DID}/../../etc/passwd"), Err(Failure::InvalidCid));
    }
}
