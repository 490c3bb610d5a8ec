//! [`Blob`]: a reference to a blob in a record, of which rows keep the CID.

use serde::Deserialize;

/// The typed form has `ref`, the form of 2023 has `cid`.
#[derive(Deserialize)]
pub(crate) struct Blob<'a> {
    #[serde(rename = "ref")]
    link: Option<ipld_core::cid::Cid>,
    cid: Option<&'a str>,
}

impl Blob<'_> {
    /// The CID as text; empty for a reference without one.
    pub fn cid_text(&self) -> Box<str> {
        match &self.link {
            Some(cid) => cid.to_string().into(),
            None => self.cid.unwrap_or_default().into(),
        }
    }
}
