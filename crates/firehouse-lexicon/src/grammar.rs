//! The rules of the lexicon language that the shape of a document does not show.
//!
//! Source: <https://atproto.com/specs/lexicon>; `lexicon-document` of npm package @atproto/lex-document 0.1.12.

use firehouse_types::Rkey;

use crate::document::{
    Array, Boolean, Definition, Integer, Method, Object, Property, RecordObject, Text,
};

/// Which rule of the language is broken.
pub(crate) type Problem = &'static str;

impl Definition {
    /// Whether the definition called `name` keeps the rules.
    pub fn check(&self, name: &str) -> Result<(), Problem> {
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
