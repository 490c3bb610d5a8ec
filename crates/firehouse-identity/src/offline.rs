//! [`OfflineDocument`]: a recorded identity, so that a demonstration or a test needs no network.

use std::io::BufRead;

use firehouse_types::{Did, Handle, InvalidSyntax};
use serde_json::value::RawValue;

use crate::document::{Identity, InvalidDocument};

/// One line of a file of `{"did":…,"handle":…,"doc":…}`.
#[derive(Clone, Debug)]
pub struct OfflineDocument {
    /// What its document says.
    pub identity: Identity,
    /// The handle that resolves to it; `None` when none does.
    pub handle: Option<Handle>,
}

/// A line of the file cannot be used. The file is ours, so this is an error and not a drop.
#[derive(Debug, thiserror::Error)]
pub enum InvalidOfflineDocument {
    /// The file cannot be read.
    #[error("read of the documents")]
    Read(#[from] std::io::Error),
    /// The line is not JSON of the right form.
    #[error("line {line} is not a recorded document")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// The line's DID or handle is malformed.
    #[error("line {line}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Which.
        source: InvalidSyntax,
    },
    /// The document is not usable.
    #[error("line {line}")]
    Document {
        /// Counted from 1.
        line: usize,
        /// Why.
        source: InvalidDocument,
    },
}

#[derive(serde::Deserialize)]
struct Line<'a> {
    did: String,
    handle: Option<String>,
    #[serde(borrow)]
    doc: &'a RawValue,
}

impl OfflineDocument {
    /// Reads one document per line; empty lines are skipped.
    pub fn read_lines(reader: impl BufRead) -> Result<Vec<Self>, InvalidOfflineDocument> {
        let mut documents = Vec::new();
        for (index, text) in reader.lines().enumerate() {
            let text = text?;
            if !text.trim().is_empty() {
                documents.push(Self::parse(index + 1, &text)?);
            }
        }
        Ok(documents)
    }

    fn parse(line: usize, text: &str) -> Result<Self, InvalidOfflineDocument> {
        use InvalidOfflineDocument::{Document, Json, Syntax};
        let entry: Line<'_> = serde_json::from_str(text).map_err(|source| Json { line, source })?;
        let did = Did::parse(&entry.did).map_err(|source| Syntax { line, source })?;
        let handle = entry.handle.as_deref().map(Handle::parse).transpose();
        Ok(Self {
            identity: Identity::from_document(&did, entry.doc.get().as_bytes())
                .map_err(|source| Document { line, source })?,
            handle: handle.map_err(|source| Syntax { line, source })?,
        })
    }
}
