//! Fields that many kinds of records share.

/// A blob of a record, in its present form or that of the first months.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
pub(crate) enum Blob {
    Present {
        #[serde(rename = "ref")]
        link: Link,
    },
    Old {
        cid: Box<str>,
    },
}

/// A CID as JSON has it.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Link {
    #[serde(rename = "$link")]
    cid: Box<str>,
}

impl Blob {
    /// Its CID as text.
    pub fn cid(&self) -> &str {
        match self {
            Self::Present { link } => &link.cid,
            Self::Old { cid } => cid,
        }
    }
}

/// com.atproto.repo.strongRef.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct StrongRef {
    pub uri: Box<str>,
    pub cid: Box<str>,
}

/// Labels that an author put on a record himself; empty for a kind of labels we do not know.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct SelfLabels {
    #[serde(default)]
    values: Vec<SelfLabel>,
}

#[derive(Clone, Debug, serde::Deserialize)]
struct SelfLabel {
    val: Box<str>,
}

impl SelfLabels {
    /// Their values.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|label| &*label.val)
    }
}
