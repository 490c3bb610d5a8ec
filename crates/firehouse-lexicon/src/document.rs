//! [`Document`]: one lexicon document, parsed and checked by itself; what its references lead to is the [`Catalog`](crate::Catalog)'s question.
//!
//! Source: <https://atproto.com/specs/lexicon>

use std::fmt;
use std::marker::PhantomData;

use firehouse_types::{Nsid, Rkey};
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
    fn has(&self, name: &str) -> bool {
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
    PermissionSet {},
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

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MethodError {
    pub name: String,
}

/// Which rule of the language is broken.
type Problem = &'static str;

impl Definition {
    fn check(&self, name: &str) -> Result<(), Problem> {
        require(!name.is_empty(), "a definition needs a name")?;
        match self {
            Self::Record { key, record: RecordObject::Object(object) } => {
                require(name == "main", "a record must be the main definition")?;
                require(is_record_key(key), "the record key must be any, nsid, tid or literal:…")?;
                object.check()
            }
            Self::Query(method) | Self::Procedure(method) | Self::Subscription(method) => {
                require(name == "main", "a method must be the main definition")?;
                method.check()
            }
            Self::PermissionSet {} => {
                require(name == "main", "a permission set must be the main definition")
            }
            Self::Object(object) => object.check(),
            Self::Array(array) => array.check(),
            Self::Boolean(boolean) => boolean.check(),
            Self::Integer(integer) => integer.check(),
            Self::String(text) => text.check(),
            Self::Bytes(bytes) => in_order(bytes.min_length, bytes.max_length),
            Self::Blob(_) | Self::Token {} | Self::CidLink {} => Ok(()),
        }
    }
}

impl Property {
    fn check(&self) -> Result<(), Problem> {
        match self {
            Self::Object(object) | Self::Params(object) => object.check(),
            Self::Array(array) => array.check(),
            Self::Boolean(boolean) => boolean.check(),
            Self::Integer(integer) => integer.check(),
            Self::String(text) => text.check(),
            Self::Bytes(bytes) => in_order(bytes.min_length, bytes.max_length),
            Self::Ref { target } => require(!target.is_empty(), "an empty reference"),
            Self::Union(union) => {
                require(union.refs.iter().all(|target| !target.is_empty()), "an empty reference")?;
                require(!union.closed || !union.refs.is_empty(), "a closed union of nothing")
            }
            Self::Blob(_) | Self::CidLink {} | Self::Unknown {} | Self::Null {} => Ok(()),
        }
    }
}

impl Object {
    fn check(&self) -> Result<(), Problem> {
        require(
            self.required.iter().all(|key| self.properties.has(key)),
            "a required property is not defined",
        )?;
        self.properties.0.iter().try_for_each(|(_, property)| property.check())
    }
}

impl Array {
    fn check(&self) -> Result<(), Problem> {
        in_order(self.min_length, self.max_length)?;
        self.items.check()
    }
}

impl Boolean {
    fn check(&self) -> Result<(), Problem> {
        require(self.default.is_none() || self.constant.is_none(), "both a default and a constant")
    }
}

impl Integer {
    fn check(&self) -> Result<(), Problem> {
        require(
            self.default.is_none() || self.constant.is_none(),
            "both a default and a constant",
        )?;
        in_order(self.minimum, self.maximum)
    }
}

impl Text {
    fn check(&self) -> Result<(), Problem> {
        require(
            self.default.is_none() || self.constant.is_none(),
            "both a default and a constant",
        )?;
        in_order(self.min_length, self.max_length)?;
        in_order(self.min_graphemes, self.max_graphemes)
    }
}

impl Method {
    fn check(&self) -> Result<(), Problem> {
        match &self.parameters {
            None => {}
            Some(Property::Params(params)) => {
                require(
                    params.properties.0.iter().all(|(_, p)| p.is_parameter()),
                    "a parameter of a compound type",
                )?;
                params.check()?;
            }
            Some(_) => return Err("parameters must be of type params"),
        }
        let bodies =
            self.input.iter().chain(&self.output).filter_map(|payload| payload.schema.as_ref());
        let messages = self.message.iter().filter_map(|message| message.schema.as_ref());
        bodies.chain(messages).try_for_each(Property::check)
    }
}

impl Property {
    fn is_parameter(&self) -> bool {
        match self {
            Self::Array(array) => array.items.is_scalar(),
            _ => self.is_scalar(),
        }
    }

    fn is_scalar(&self) -> bool {
        // `unknown` is allowed by older versions of the specification; such a parameter is text.
        matches!(self, Self::Boolean(_) | Self::Integer(_) | Self::String(_) | Self::Unknown {})
    }
}

fn is_record_key(key: &str) -> bool {
    match key.strip_prefix("literal:") {
        Some(literal) => Rkey::is_valid(literal),
        None => matches!(key, "any" | "nsid" | "tid"),
    }
}

fn in_order<T: PartialOrd>(least: Option<T>, most: Option<T>) -> Result<(), Problem> {
    match (least, most) {
        (Some(least), Some(most)) => require(least <= most, "a minimum above its maximum"),
        _ => Ok(()),
    }
}

fn require(holds: bool, problem: Problem) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(problem) }
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
