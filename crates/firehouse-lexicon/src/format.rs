//! [`Format`]: the string formats of the lexicon language.
//!
//! Source: <https://atproto.com/specs/lexicon#string-formats>

use firehouse_types::{AtUri, Datetime, Did, Handle, Nsid, Rev, Rkey, is_language, is_uri};

/// What a string with a `format` must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    AtIdentifier,
    AtUri,
    Cid,
    Datetime,
    Did,
    Handle,
    Language,
    Nsid,
    RecordKey,
    Tid,
    Uri,
}

impl Format {
    /// By its name in a document.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "at-identifier" => Self::AtIdentifier,
            "at-uri" => Self::AtUri,
            "cid" => Self::Cid,
            "datetime" => Self::Datetime,
            "did" => Self::Did,
            "handle" => Self::Handle,
            "language" => Self::Language,
            "nsid" => Self::Nsid,
            "record-key" => Self::RecordKey,
            "tid" => Self::Tid,
            "uri" => Self::Uri,
            _ => return None,
        })
    }

    /// What the reference calls it in a message.
    pub const fn spoken(self) -> &'static str {
        match self {
            Self::AtIdentifier => "AT identifier",
            Self::AtUri => "at-uri",
            Self::Cid => "CID string",
            Self::Datetime => "datetime",
            Self::Did => "DID",
            Self::Handle => "handle",
            Self::Language => "language",
            Self::Nsid => "NSID",
            Self::RecordKey => "record key",
            Self::Tid => "TID string",
            Self::Uri => "uri",
        }
    }

    /// Whether `text` has this format.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::AtIdentifier => Did::is_valid(text) || Handle::is_valid(text),
            Self::AtUri => AtUri::parse(text).is_ok(),
            Self::Cid => is_cid(text),
            Self::Datetime => Datetime::parse(text).is_ok(),
            Self::Did => Did::is_valid(text),
            Self::Handle => Handle::is_valid(text),
            // Nearly every tag on the network has two letters.
            Self::Language => {
                matches!(text.as_bytes(), [b'a'..=b'z', b'a'..=b'z']) || is_language(text)
            }
            Self::Nsid => Nsid::is_valid(text),
            Self::RecordKey => Rkey::is_valid(text),
            Self::Tid => text.parse::<Rev>().is_ok(),
            Self::Uri => is_uri(text) || is_careless_uri(text),
        }
    }
}

/// What the reference takes for a URI beside those that are one: a scheme of any case, anything but blanks behind it. People paste
/// `Https://…` and addresses in their own script, and their posts are shown.
fn is_careless_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    text.len() <= 8192
        && !scheme.is_empty()
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !rest.is_empty()
        && !rest.starts_with('/')
        && !rest.contains(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Any CID in its canonical text; the form of nearly all of them is recognised without decoding.
pub(crate) fn is_cid(text: &str) -> bool {
    is_blessed_cid(text)
        || text.len() <= 256
            && text.parse::<ipld_core::cid::Cid>().is_ok_and(|cid| cid.to_string() == text)
}

/// CIDv1 of dag-cbor or raw with SHA-256 in base32. The head's 32 bits are six letters and two zero bits of the seventh; the 288 bits in
/// all leave two zero bits in the last letter.
fn is_blessed_cid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let head = bytes.starts_with(b"bafyrei") || bytes.starts_with(b"bafkrei");
    let last_letter_is_whole = bytes
        .last()
        .is_some_and(|&b| matches!(b, b'a' | b'e' | b'i' | b'm' | b'q' | b'u' | b'y' | b'4'));
    head && bytes.len() == 59
        && last_letter_is_whole
        && bytes.get(7).is_some_and(|b| matches!(b, b'a'..=b'h'))
        // No way out in the middle: so the loop takes many bytes at a time.
        && bytes.iter().fold(true, |all, b| all & (b.is_ascii_lowercase() | (b'2'..=b'7').contains(b)))
}
