//! The operations of did:plc as the directory exports them: which of them are proven, and what an account then is.
//!
//! An operation is believed when its CID is that of its bytes, it follows the last one we believed of its DID, and a rotation key of that
//! one signed it; the first of a DID when the DID is its hash. So a directory can withhold operations and choose between histories that
//! fork, and nothing else. Only the last operation of a DID is remembered: where an operation does not follow it (a rotation key took
//! back what another did, or something was left out), the DID is in doubt from there on, and its document is asked for when it is needed.
//! Source: <https://web.plc.directory/spec/v0.1/did-plc>

mod operation;

use std::borrow::Cow;

use data_encoding::BASE32_NOPAD;
use firehouse_repo::{PublicKey, sha256};
use firehouse_types::{Cid, Did};

use crate::document::Identity;
use operation::Operation;

/// Longest line of an export: the directory takes operations of 7,500 bytes, and JSON is longer than CBOR.
pub const PLC_LINE_BYTES_MAX: usize = 32_768;

/// One line of an export, read and not believed yet.
#[derive(Clone, Debug)]
pub struct PlcLine {
    /// The directory's number.
    pub seq: u64,
    /// Whose operation.
    pub did: Did,
    cid: Box<str>,
    operation: Operation,
}

/// The last operation believed of one DID: what the next one must follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlcHead {
    /// The directory's number.
    pub seq: u64,
    /// `None` when the DID is in doubt, or closed for ever.
    pub last: Option<PlcLast>,
}

/// An operation that others can follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlcLast {
    /// Its digest.
    pub cid: [u8; 32],
    /// Who may sign the next one, as did:key.
    pub rotation_keys: Vec<Box<str>>,
}

/// What an operation makes of its DID.
#[derive(Clone, Debug)]
pub enum PlcState {
    /// An account, and what the next operation must follow.
    Open(Box<Identity>, PlcLast),
    /// Nothing for ever.
    Tombstoned,
}

/// Why a line is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlcFault {
    /// It is longer than any line can be.
    TooLarge,
    /// It is not an operation.
    Malformed,
    /// The DID is not the hash of its first operation, or the CID not that of the operation.
    HashMismatch,
    /// It does not follow what we believe of the DID.
    Unchained,
    /// No key that may has signed it.
    InvalidSignature,
}

impl PlcFault {
    /// All there are.
    pub const ALL: [Self; 5] = [
        Self::TooLarge,
        Self::Malformed,
        Self::HashMismatch,
        Self::Unchained,
        Self::InvalidSignature,
    ];

    /// The metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::HashMismatch => "hash_mismatch",
            Self::Unchained => "unchained",
            Self::InvalidSignature => "invalid_signature",
        }
    }
}

impl PlcLine {
    /// Reads a line. Errors: it is no operation, and whose it would be is not known.
    pub fn parse(line: &[u8]) -> Result<Self, PlcFault> {
        if line.len() > PLC_LINE_BYTES_MAX {
            return Err(PlcFault::TooLarge);
        }
        let line: Line<'_> = serde_json::from_slice(line).map_err(|_| PlcFault::Malformed)?;
        let did = Did::parse(&line.did).map_err(|_| PlcFault::Malformed)?;
        if !did.as_str().starts_with("did:plc:") {
            return Err(PlcFault::Malformed);
        }
        Ok(Self { seq: line.seq, did, cid: line.cid.into(), operation: Operation(line.operation) })
    }

    /// Whether `head` is this operation or a later one.
    pub fn is_known(&self, head: Option<&PlcHead>) -> bool {
        head.is_some_and(|head| self.seq <= head.seq)
    }

    /// What becomes of the DID. Errors: the line proves nothing, and neither does what follows it.
    pub fn judge(&self, head: Option<&PlcHead>) -> Result<PlcState, PlcFault> {
        let signed = self.operation.signed().ok_or(PlcFault::Malformed)?;
        let cid = Cid::dag_cbor(sha256(&signed));
        if *self.cid != *cid.to_string() {
            return Err(PlcFault::HashMismatch);
        }
        let own_keys = self.operation.rotation_keys();
        let signers: &[Box<str>] = match (self.operation.prev(), head) {
            (None, None) => {
                if self.did.as_str() != did_of(&signed) {
                    return Err(PlcFault::HashMismatch);
                }
                own_keys.as_deref().ok_or(PlcFault::Malformed)?
            }
            (Some(prev), Some(PlcHead { last: Some(last), .. }))
                if *prev == *Cid::dag_cbor(last.cid).to_string() =>
            {
                &last.rotation_keys
            }
            _ => return Err(PlcFault::Unchained),
        };
        let (message, signature) = self.operation.parted().ok_or(PlcFault::Malformed)?;
        let is_signed = signers.iter().any(|key| {
            PublicKey::from_did_key(key).is_ok_and(|key| key.verify(&message, &signature).is_ok())
        });
        if !is_signed {
            return Err(PlcFault::InvalidSignature);
        }
        if self.operation.is_tombstone() {
            return Ok(PlcState::Tombstoned);
        }
        let document = self.operation.document(&self.did);
        let identity = Identity::from_document(&self.did, document.to_string().as_bytes());
        let identity = Box::new(identity.map_err(|_| PlcFault::Malformed)?);
        let rotation_keys = own_keys.ok_or(PlcFault::Malformed)?;
        Ok(PlcState::Open(identity, PlcLast { cid: cid.digest, rotation_keys }))
    }

    /// The DID document that the operation stands for: what to keep where the parsed identity is not enough.
    pub fn document(&self) -> String {
        self.operation.document(&self.did).to_string()
    }
}

#[derive(serde::Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    #[serde(borrow)]
    cid: Cow<'a, str>,
    seq: u64,
    operation: serde_json::Map<String, serde_json::Value>,
}

/// The DID that begins with an operation.
fn did_of(signed: &[u8]) -> String {
    let letters = BASE32_NOPAD.encode(&sha256(signed)).to_ascii_lowercase();
    format!("did:plc:{}", letters.get(..24).unwrap_or_default())
}
