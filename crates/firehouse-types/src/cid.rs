//! [`Cid`]: the address of a block by its SHA-256 digest, in the one form atproto blesses.
//!
//! CIDv1, codec dag-cbor (records, commits, MST nodes) or raw (blobs), SHA-256. Others are refused here and kept as text where a
//! record holds them. Source: <https://atproto.com/specs/data-model#link-and-cid-formats>

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;

const VERSION_1: u8 = 0x01;
const SHA2_256: u8 = 0x12;
const DIGEST_BYTES: u8 = 32;

/// A content identifier of 36 bytes; 59 characters as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid {
    /// What the block holds.
    pub codec: CidCodec,
    /// SHA-256 of the block.
    pub digest: [u8; 32],
}

/// What the bytes behind a [`Cid`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CidCodec {
    /// A blob.
    Raw = 0x55,
    /// A record, a commit or an MST node.
    DagCbor = 0x71,
}

/// The bytes or the text are not a CID of the blessed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CIDv1 of dag-cbor or raw with SHA-256")]
pub struct InvalidCid;

impl Cid {
    /// Bytes of the binary form.
    pub const LEN: usize = 36;

    /// The CID of a dag-cbor block with this digest.
    pub const fn dag_cbor(digest: [u8; 32]) -> Self {
        Self { codec: CidCodec::DagCbor, digest }
    }

    /// The CID of a blob with this digest.
    pub const fn raw(digest: [u8; 32]) -> Self {
        Self { codec: CidCodec::Raw, digest }
    }

    /// Reads exactly the 36 bytes of the binary form (without CBOR's leading zero).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidCid> {
        let (cid, rest) = Self::read(bytes)?;
        if rest.is_empty() { Ok(cid) } else { Err(InvalidCid) }
    }

    /// Reads a CID at the start of `bytes`, as in front of a CAR block. Shape: the CID, and what follows it.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), InvalidCid> {
        let ([version, codec, hash, len, digest @ ..], rest) =
            bytes.split_first_chunk::<{ Self::LEN }>().ok_or(InvalidCid)?;
        let codec = match codec {
            0x55 => CidCodec::Raw,
            0x71 => CidCodec::DagCbor,
            _ => return Err(InvalidCid),
        };
        if (*version, *hash, *len) != (VERSION_1, SHA2_256, DIGEST_BYTES) {
            return Err(InvalidCid);
        }
        Ok((Self { codec, digest: *digest }, rest))
    }

    /// The binary form.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..4].copy_from_slice(&[VERSION_1, self.codec as u8, SHA2_256, DIGEST_BYTES]);
        bytes[4..].copy_from_slice(&self.digest);
        bytes
    }
}

impl FromStr for Cid {
    type Err = InvalidCid;

    fn from_str(text: &str) -> Result<Self, InvalidCid> {
        let base32 = text.strip_prefix('b').ok_or(InvalidCid)?.as_bytes();
        let mut base32: [u8; 58] = base32.try_into().map_err(|_| InvalidCid)?;
        if base32.iter().any(u8::is_ascii_uppercase) {
            return Err(InvalidCid);
        }
        base32.make_ascii_uppercase();
        let mut bytes = [0; Self::LEN];
        BASE32_NOPAD.decode_mut(&base32, &mut bytes).map_err(|_| InvalidCid)?;
        Self::from_bytes(&bytes)
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'b'; 59];
        BASE32_NOPAD.encode_mut(&self.to_bytes(), &mut text[1..]);
        text.make_ascii_lowercase();
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Cid> for ipld_core::cid::Cid {
    fn from(cid: Cid) -> Self {
        // The 36 bytes are in the general form's canonical encoding by construction.
        Self::try_from(cid.to_bytes().as_slice()).unwrap_or_default()
    }
}

impl TryFrom<&ipld_core::cid::Cid> for Cid {
    type Error = InvalidCid;

    fn try_from(cid: &ipld_core::cid::Cid) -> Result<Self, InvalidCid> {
        Self::from_bytes(&cid.to_bytes())
    }
}

impl<'de> serde::Deserialize<'de> for Cid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cid = ipld_core::cid::Cid::deserialize(deserializer)?;
        Self::try_from(&cid).map_err(serde::de::Error::custom)
    }
}

impl serde::Serialize for Cid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ipld_core::cid::Cid::from(*self).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cid, CidCodec};

    const EMPTY_NODE: &str = "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm";

    #[test]
    fn other_forms_are_refused() {
        assert!(EMPTY_NODE.parse::<Cid>().is_ok());
        for text in [
            "",
            "b",
            &EMPTY_NODE.to_uppercase(),
            &EMPTY_NODE[..58],
            &format!("{EMPTY_NODE}a"),
            "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
            "QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR",
        ] {
            assert!(text.parse::<Cid>().is_err(), "{text}");
        }
        let bytes = Cid::raw([7; 32]).to_bytes();
        assert!(Cid::from_bytes(&bytes[..35]).is_err());
        assert!(Cid::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn what_follows_a_cid_is_left_to_the_caller() {
        let bytes = [&Cid::raw([7; 32]).to_bytes()[..], b"rest"].concat();
        assert_eq!(Cid::read(&bytes), Ok((Cid::raw([7; 32]), &b"rest"[..])));
    }

    proptest! {
        #[test]
        fn text_bytes_and_cbor_say_the_same(digest in any::<[u8; 32]>(), raw in any::<bool>()) {
            let codec = if raw { CidCodec::Raw } else { CidCodec::DagCbor };
            let cid = Cid { codec, digest };
            prop_assert_eq!(cid.to_string().parse(), Ok(cid));
            prop_assert_eq!(Cid::from_bytes(&cid.to_bytes()), Ok(cid));
            let cbor = serde_ipld_dagcbor::to_vec(&cid).unwrap();
            prop_assert_eq!(serde_ipld_dagcbor::from_slice::<Cid>(&cbor).unwrap(), cid);
            let general = ipld_core::cid::Cid::from(cid);
            prop_assert_eq!(general.to_string(), cid.to_string());
            prop_assert_eq!(Cid::try_from(&general), Ok(cid));
        }

        #[test]
        fn any_text_and_bytes_are_answered(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            let _ = (text.parse::<Cid>(), Cid::from_bytes(&bytes));
        }
    }
}
