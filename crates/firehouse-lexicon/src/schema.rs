//! Compiled lexicons: what the validator walks along. References are numbers, properties stand in the order DAG-CBOR gives keys.

use crate::format::Format;

/// A place in the catalog's list of schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SchemaId(pub u32);

impl SchemaId {
    /// What a reference leads to when no document defines it: [`Schema::Anything`].
    pub const ANYTHING: Self = Self(0);
}

/// What a value must be.
#[derive(Clone, Debug)]
pub(crate) enum Schema {
    /// Any value at all.
    Anything,
    /// Any map that is neither a blob nor, in JSON, bytes or a link.
    Unknown,
    Null,
    Boolean,
    Integer {
        minimum: Option<i64>,
        maximum: Option<i64>,
    },
    Text(TextRules),
    /// One of these scalars: `const`, a closed `enum`, or a token.
    OneOf(Box<[Scalar]>),
    Bytes {
        minimum: Option<u64>,
        maximum: Option<u64>,
    },
    Link,
    Blob {
        accept: Option<Box<[Box<str>]>>,
        maximum: Option<u64>,
    },
    Array {
        items: SchemaId,
        minimum: Option<u64>,
        maximum: Option<u64>,
    },
    Object(ObjectSchema),
    Union {
        /// By the `$type` that chooses them.
        members: Box<[(Box<str>, SchemaId)]>,
        closed: bool,
    },
}

/// Units: lengths in bytes of UTF-8, graphemes in extended grapheme clusters.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextRules {
    pub format: Option<Format>,
    pub length_min: Option<u64>,
    pub length_max: Option<u64>,
    pub graphemes_min: Option<u64>,
    pub graphemes_max: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Boolean(bool),
    Integer(i64),
    Text(Box<str>),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ObjectSchema {
    /// What `$type` must be where it is present.
    pub type_name: Option<Box<str>>,
    /// A record: `$type` must be present.
    pub typed: bool,
    /// Sorted by [`key_order`](crate::data::key_order).
    pub properties: Box<[PropertySchema]>,
    /// Indexes into `properties` as the document orders them: the order in which problems are told.
    pub told: Box<[usize]>,
}

#[derive(Clone, Debug)]
pub(crate) struct PropertySchema {
    pub key: Box<str>,
    pub schema: SchemaId,
    pub required: bool,
    pub nullable: bool,
}

/// A query, procedure or subscription.
#[derive(Clone, Debug, Default)]
pub(crate) struct MethodSchema {
    pub parameters: Box<[ParameterSchema]>,
    pub input: Option<BodySchema>,
    pub output: Option<BodySchema>,
}

#[derive(Clone, Debug)]
pub(crate) struct BodySchema {
    pub encoding: Box<str>,
    pub schema: Option<SchemaId>,
}

#[derive(Clone, Debug)]
pub(crate) struct ParameterSchema {
    pub name: Box<str>,
    pub required: bool,
    /// Of the parameter, or of each of its items.
    pub scalar: Schema,
    /// Bounds of the number of items; `None` for a scalar.
    pub list: Option<(Option<u64>, Option<u64>)>,
    pub default: Option<Scalar>,
}

/// Which record keys a collection allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyRule {
    Any,
    Tid,
    Nsid,
    Literal(Box<str>),
}
