//! [`Violation`]: where and how a value breaks its lexicon, in the words of the reference implementation.
//!
//! Made only when something is wrong; the messages reach users as XRPC errors, and clients compare them.
//! Source: `validation-issue` of npm package @atproto/lex-schema 0.2.7.

use std::fmt;

use crate::data::{Item, Keys, Malformed, Reader};
use crate::format::Format;
use crate::schema::Scalar;

/// Children of a container that messages show.
const SHOWN: u64 = 2;

/// Units: UTF-16 units, as the reference counts them. Longer texts are cut in messages.
const PREVIEW_UNITS_MAX: usize = 256;

/// The first thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at ${path}")]
pub struct Violation {
    /// From the value's root: empty, or as in `.facets[0].index`.
    pub path: String,
    /// As in `integer too big (maximum 100, got 101)`.
    pub message: String,
}

/// Why validation stopped.
#[derive(Debug)]
pub(crate) enum Fault {
    Malformed(Malformed),
    /// Boxed, since it is rare and every level of the validator returns one.
    Violation(Box<Violation>),
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Fault {
    pub fn because(message: String) -> Self {
        Self::Violation(Box::new(Violation { path: String::new(), message }))
    }

    /// The same, one property further down.
    pub fn under(self, key: &str) -> Self {
        let mut bytes = key.bytes();
        let plain = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'$')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
        self.behind(if plain { format!(".{key}") } else { format!("[{}]", quoted(key)) })
    }

    /// The same, one item further down.
    pub fn at_index(self, index: u64) -> Self {
        self.behind(format!("[{index}]"))
    }

    fn behind(self, segment: String) -> Self {
        match self {
            Self::Malformed(malformed) => Self::Malformed(malformed),
            Self::Violation(mut violation) => {
                violation.path.insert_str(0, &segment);
                Self::Violation(violation)
            }
        }
    }
}

pub(crate) fn wrong_type(expected: &str, got: &str) -> Fault {
    Fault::because(format!("Expected {expected} value type (got {got})"))
}

pub(crate) fn wrong_value<'s>(expected: impl IntoIterator<Item = &'s Scalar>, got: &str) -> Fault {
    let expected: Vec<String> = expected.into_iter().map(Scalar::to_string).collect();
    Fault::because(format!("Expected {} (got {got})", one_of(&expected)))
}

pub(crate) fn wrong_text<'s>(expected: impl IntoIterator<Item = &'s str>, got: &str) -> Fault {
    let expected: Vec<String> = expected.into_iter().map(quoted).collect();
    Fault::because(format!("Expected {} (got {got})", one_of(&expected)))
}

pub(crate) fn wrong_format(format: Format, got: &str) -> Fault {
    Fault::because(format!("Invalid {} (got {got})", format.spoken()))
}

pub(crate) fn missing(key: &str) -> Fault {
    Fault::because(format!("Missing required key {}", quoted(key)))
}

/// `what`: string, grapheme, integer, array, bytes or blob.
pub(crate) fn too_big(what: &str, maximum: impl fmt::Display, got: impl fmt::Display) -> Fault {
    Fault::because(format!("{what} too big (maximum {maximum}, got {got})"))
}

/// As [`too_big`].
pub(crate) fn too_small(what: &str, minimum: impl fmt::Display, got: impl fmt::Display) -> Fault {
    Fault::because(format!("{what} too small (minimum {minimum}, got {got})"))
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(value) => f.write_str(&quoted(value)),
        }
    }
}

fn one_of(expected: &[String]) -> String {
    match expected {
        [] => String::new(),
        [only] => only.clone(),
        [but_last @ .., last] => format!("one of {} or {last}", but_last.join(", ")),
    }
}

/// JSON's form of a text, cut after [`PREVIEW_UNITS_MAX`].
pub(crate) fn quoted(text: &str) -> String {
    let mut units = 0;
    let cut = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units >= PREVIEW_UNITS_MAX
    });
    match cut {
        Some((at, _)) => {
            let kept = text.get(..at).unwrap_or_default();
            serde_json::Value::from(format!("{kept}…")).to_string()
        }
        None => serde_json::Value::from(text).to_string(),
    }
}

/// What stands at `reader`, in a few words: the first two children of a container, and nothing of theirs.
pub(crate) fn preview(mut reader: Reader<'_>) -> String {
    preview_at(&mut reader, 0).unwrap_or_else(|_| "undefined".to_owned())
}

fn preview_at(reader: &mut Reader<'_>, depth: u32) -> Result<String, Malformed> {
    // The reference follows arrays in arrays as far as they go; a few levels tell the same.
    let deep = depth >= 4;
    let item = reader.item()?;
    Ok(match item {
        Item::Null => "null".to_owned(),
        Item::Boolean(value) => value.to_string(),
        Item::Integer(value) => value.to_string(),
        Item::Text(text) => quoted(text),
        Item::Bytes(_) => "object".to_owned(),
        Item::Link(_) => "cid".to_owned(),
        Item::Array(count) => {
            let mut shown = Vec::new();
            for index in 0..count {
                if index < SHOWN && !deep {
                    shown.push(preview_at(reader, depth + 1)?);
                } else if depth == 0 {
                    break;
                } else {
                    reader.skip(depth)?;
                }
            }
            format!("[{}{}]", shown.join(", "), more(count))
        }
        Item::Map(count) => {
            let mut keys = Keys::new(count);
            let mut shown = Vec::new();
            while let Some(key) = keys.next(reader)? {
                if (shown.len() as u64) < SHOWN {
                    shown.push(format!("{}: ...", quoted(key)));
                }
                reader.skip(depth)?;
            }
            format!("{{{}{}}}", shown.join(", "), more(count))
        }
    })
}

const fn more(count: u64) -> &'static str {
    if count > SHOWN { ", ..." } else { "" }
}
