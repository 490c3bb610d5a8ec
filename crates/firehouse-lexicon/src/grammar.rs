//! The rules of the lexicon language that the shape of a document does not show.
//!
//! Source: <https://atproto.com/specs/lexicon>; `lexicon-document` of npm package @atproto/lex-document 0.1.12.

use firehouse_types::Rkey;

use crate::document::{
    Array, Boolean, Definition, Integer, Method, Object, Permission, Property, RecordObject, Text,
};
use crate::format::Format;

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
            Self::PermissionSet { permissions } => {
                require(name == "main", "a permission set must be the main definition")?;
                let named = |Permission::Permission { resource }: &Permission| !resource.is_empty();
                require(permissions.iter().all(named), "a permission for nothing")
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
        one_of_two(&self.default, &self.constant)
    }
}

impl Integer {
    fn check(&self) -> Result<(), Problem> {
        one_of_two(&self.default, &self.constant)?;
        in_order(self.minimum, self.maximum)
    }
}

impl Text {
    fn check(&self) -> Result<(), Problem> {
        one_of_two(&self.default, &self.constant)?;
        let known = self.format.as_deref().is_none_or(|format| Format::of(format).is_some());
        require(known, "an unknown string format")?;
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
        let is_body = |body: &Property| {
            matches!(body, Property::Object(_) | Property::Ref { .. } | Property::Union(_))
        };
        require(bodies.clone().all(is_body), "a body that is no object, reference or union")?;
        let is_union = |message: &Property| matches!(message, Property::Union(_));
        require(messages.clone().all(is_union), "a message that is no union")?;
        require(self.errors.iter().all(|error| !error.name.is_empty()), "an error without a name")?;
        bodies.chain(messages).try_for_each(Property::check)
    }
}

fn is_record_key(key: &str) -> bool {
    match key.strip_prefix("literal:") {
        Some(literal) => Rkey::is_valid(literal),
        None => matches!(key, "any" | "nsid" | "tid"),
    }
}

fn one_of_two<T>(default: &Option<T>, constant: &Option<T>) -> Result<(), Problem> {
    require(default.is_none() || constant.is_none(), "both a default and a constant")
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::Document;

    fn check(name: &str, definition: Value, expected: Option<&str>) {
        let document = json!({"lexicon": 1, "id": "com.example.thing", "defs": {name: definition}});
        let told = Document::parse(&document.to_string()).err().map(|error| error.to_string());
        match expected {
            None => assert_eq!(told, None, "{definition}"),
            Some(part) => {
                assert!(told.as_ref().is_some_and(|t| t.contains(part)), "{definition}: {told:?}")
            }
        }
    }

    #[test]
    fn the_rules_of_the_language_are_kept() {
        let shape = Some("not a lexicon document");
        check("demo", json!({"type": "string", "format": "did", "maxLength": 3}), None);
        check("demo", json!({"type": "string", "format": "dud"}), Some("unknown string format"));
        check(
            "demo",
            json!({"type": "string", "minLength": 4, "maxLength": 3}),
            Some("minimum above"),
        );
        check("demo", json!({"type": "string", "maxLength": -1}), shape);
        check(
            "demo",
            json!({"type": "integer", "default": 1, "const": 1}),
            Some("both a default and a constant"),
        );
        check("demo", json!({"type": "union", "refs": []}), shape);
        check(
            "demo",
            json!({"type": "object", "required": ["x"], "properties": {}}),
            Some("not defined"),
        );
        check(
            "demo",
            json!({"type": "array", "items": {"type": "union", "refs": [], "closed": true}}),
            Some("closed union"),
        );
        check("demo", json!({"type": "array"}), shape);
        check(
            "demo",
            json!({"type": "permission-set", "permissions": []}),
            Some("must be the main definition"),
        );
        check("", json!({"type": "token"}), Some("needs a name"));
        check(
            "main",
            json!({"type": "permission-set", "permissions": [{"type": "permission", "resource": "repo"}]}),
            None,
        );
        check(
            "main",
            json!({"type": "record", "key": "whatever", "record": {"type": "object"}}),
            Some("record key"),
        );
        check(
            "main",
            json!({"type": "record", "key": "literal:", "record": {"type": "object"}}),
            Some("record key"),
        );
        check("main", json!({"type": "record", "record": {"type": "object"}}), shape);
        check(
            "main",
            json!({"type": "query", "parameters": {"type": "object"}}),
            Some("of type params"),
        );
        check(
            "main",
            json!({"type": "query", "parameters": {"type": "params", "properties": {"x": {"type": "ref", "ref": "#y"}}}}),
            Some("compound type"),
        );
        check(
            "main",
            json!({"type": "query", "output": {"encoding": "application/json", "schema": {"type": "string"}}}),
            Some("a body"),
        );
        check(
            "main",
            json!({"type": "subscription", "message": {"schema": {"type": "object"}}}),
            Some("no union"),
        );
    }
}
