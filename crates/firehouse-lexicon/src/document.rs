//! [`Document`]: one lexicon document, parsed and checked by itself; what its references lead to is the [`Catalog`](crate::Catalog)'s question.
//!
//! Source: <https://atproto.com/specs/lexicon>

use std::fmt;
use std::marker::PhantomData;

use firehouse_types::Nsid;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// A lexicon document that keeps the rules of the language.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) id: Nsid,
    pub(crate) defs: Entries<Definition>,
}

/// The text is not a lexicon document.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDocument {
    /// Not JSON, or not the shape of a lexicon document.
    #[error("not a lexicon document")]
    Shape(#[from] serde_json::Error),
    /// Another version of the language.
    #[error("lexicon version {0}, not 1")]
    Version(i64),
    /// The id is no NSID.
    #[error("id {0:?} is not an NSID")]
    Id(String),
    /// A definition breaks a rule.
    #[error("definition {name}: {problem}")]
    Definition {
        /// The definition's name.
        name: String,
        /// The rule.
        problem: &'static str,
    },
}

impl Document {
    /// Reads one document and checks everything that can be checked without others.
    pub fn parse(json: &str) -> Result<Self, InvalidDocument> {
        let raw: RawDocument = serde_json::from_str(json)?;
        if raw.lexicon != 1 {
            return Err(InvalidDocument::Version(raw.lexicon));
        }
        let id = Nsid::parse(&raw.id).map_err(|_| InvalidDocument::Id(raw.id))?;
        for (name, definition) in &raw.defs.0 {
            definition
                .check(name)
                .map_err(|problem| InvalidDocument::Definition { name: name.clone(), problem })?;
        }
        Ok(Self { id, defs: raw.defs })
    }

    /// Its NSID.
    pub fn id(&self) -> &Nsid {
        &self.id
    }
}

#[derive(Deserialize)]
struct RawDocument {
    lexicon: i64,
    id: String,
    defs: Entries<Definition>,
}

/// The entries of a JSON object in the order they stand there, which is the order problems are reported in.
#[derive(Clone, Debug)]
pub(crate) struct Entries<T>(pub Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// What a name in `defs` stands for.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Definition {
    Record { key: String, record: RecordObject },
    Query(Method),
    Procedure(Method),
    Subscription(Method),
    PermissionSet { permissions: Vec<Permission> },
    Token {},
    Object(Object),
    Array(Array),
    Boolean(Boolean),
    Integer(Integer),
    String(Text),
    Bytes(Bytes),
    CidLink {},
    Blob(Blob),
}

/// What a property, an item or a body may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Property {
    Boolean(Boolean),
    Integer(Integer),
    String(Text),
    Bytes(Bytes),
    CidLink {},
    Blob(Blob),
    Array(Array),
    Object(Object),
    Params(Object),
    Ref {
        #[serde(rename = "ref")]
        target: String,
    },
    Union(Union),
    Unknown {},
    /// Named by the specification, used by nobody.
    Null {},
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum RecordObject {
    Object(Object),
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Object {
    #[serde(default)]
    pub properties: Entries<Property>,
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(default)]
    pub nullable: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Array {
    pub items: Box<Property>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Boolean {
    pub default: Option<bool>,
    #[serde(rename = "const")]
    pub constant: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Integer {
    pub default: Option<i64>,
    #[serde(rename = "const")]
    pub constant: Option<i64>,
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
    #[serde(rename = "enum")]
    pub values: Option<Vec<i64>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Text {
    pub format: Option<String>,
    pub default: Option<String>,
    #[serde(rename = "const")]
    pub constant: Option<String>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub min_graphemes: Option<u64>,
    pub max_graphemes: Option<u64>,
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bytes {
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Blob {
    pub accept: Option<Vec<String>>,
    pub max_size: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Union {
    pub refs: Vec<String>,
    #[serde(default)]
    pub closed: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Method {
    pub parameters: Option<Property>,
    pub input: Option<Payload>,
    pub output: Option<Payload>,
    pub message: Option<Message>,
    #[serde(default)]
    pub errors: Vec<MethodError>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Payload {
    pub encoding: String,
    pub schema: Option<Property>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Message {
    pub schema: Option<Property>,
}

/// Of a permission set, which says nothing about data; only its form is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Permission {
    Permission { resource: String },
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MethodError {
    pub name: String,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(InOrder(PhantomData))
    }
}
