//! Documents → schemas: every definition gets a number first, then every reference is looked up, so order and cycles do not matter.

use std::collections::HashMap;

use crate::data::key_order;
use crate::document::{
    Array, Boolean, Bytes, Definition, Document, Integer, Method, Object, Payload, Property,
    RecordObject, Text,
};
use crate::format::Format;
use crate::schema::{
    BodySchema, KeyRule, MethodSchema, ObjectSchema, ParameterSchema, PropertySchema, Scalar,
    Schema, SchemaId, TextRules,
};

/// What the catalog is made of.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub schemas: Vec<Schema>,
    /// By NSID.
    pub records: HashMap<Box<str>, (SchemaId, KeyRule)>,
    /// By NSID.
    pub methods: HashMap<Box<str>, MethodSchema>,
    /// By `nsid` or `nsid#name`.
    pub definitions: HashMap<Box<str>, SchemaId>,
    /// References that lead nowhere: `from → to`.
    pub dangling: Vec<String>,
}

/// Compiles a set of documents. A later document replaces an earlier one of the same NSID.
pub(crate) fn compile(documents: &[Document]) -> Compiled {
    let mut compiled = Compiled { schemas: vec![Schema::Anything], ..Compiled::default() };
    for document in documents {
        for (name, _) in &document.defs.0 {
            let id = compiled.push(Schema::Anything);
            compiled.definitions.insert(full_name(document.id.as_str(), name), id);
        }
    }
    for document in documents {
        for (name, definition) in &document.defs.0 {
            Compiler { nsid: document.id.as_str(), compiled: &mut compiled }
                .definition(name, definition);
        }
    }
    compiled
}

impl Compiled {
    fn push(&mut self, schema: Schema) -> SchemaId {
        let id = u32::try_from(self.schemas.len()).map_or(SchemaId::ANYTHING, SchemaId);
        self.schemas.push(schema);
        id
    }
}

struct Compiler<'c> {
    /// The document's, which `#name` is relative to.
    nsid: &'c str,
    compiled: &'c mut Compiled,
}

impl Compiler<'_> {
    fn definition(&mut self, name: &str, definition: &Definition) {
        let full = full_name(self.nsid, name);
        let schema = match definition {
            Definition::Record { record: RecordObject::Object(object), .. } => {
                let mut object = self.object(object);
                object.type_name = Some(full.clone());
                object.typed = true;
                Schema::Object(object)
            }
            Definition::Object(object) => {
                let mut object = self.object(object);
                object.type_name = Some(full.clone());
                Schema::Object(object)
            }
            Definition::Query(method)
            | Definition::Procedure(method)
            | Definition::Subscription(method) => {
                let method = self.method(method);
                self.compiled.methods.insert(full.clone(), method);
                Schema::Anything
            }
            Definition::PermissionSet { .. } => Schema::Anything,
            Definition::Token {} => Schema::OneOf([Scalar::Text(full.clone())].into()),
            Definition::Array(array) => self.array(array),
            Definition::Boolean(boolean) => boolean_schema(boolean),
            Definition::Integer(integer) => integer_schema(integer),
            Definition::String(text) => text_schema(text),
            Definition::Bytes(bytes) => bytes_schema(bytes),
            Definition::CidLink {} => Schema::Link,
            Definition::Blob(blob) => blob_schema(blob),
        };
        let Some(&id) = self.compiled.definitions.get(&full) else { return };
        if let Some(slot) = self.compiled.schemas.get_mut(id.0 as usize) {
            *slot = schema;
        }
        if let Definition::Record { key, .. } = definition {
            self.compiled.records.insert(full, (id, key_rule(key)));
        }
    }

    fn property(&mut self, property: &Property) -> SchemaId {
        let schema = match property {
            Property::Ref { target } => return self.target(target),
            Property::Boolean(boolean) => boolean_schema(boolean),
            Property::Integer(integer) => integer_schema(integer),
            Property::String(text) => text_schema(text),
            Property::Bytes(bytes) => bytes_schema(bytes),
            Property::CidLink {} => Schema::Link,
            Property::Blob(blob) => blob_schema(blob),
            Property::Array(array) => self.array(array),
            Property::Object(object) | Property::Params(object) => {
                Schema::Object(self.object(object))
            }
            Property::Union(union) => {
                let members =
                    union.refs.iter().map(|target| (self.absolute(target), self.target(target)));
                Schema::Union { members: members.collect(), closed: union.closed }
            }
            Property::Unknown {} => Schema::Unknown,
            Property::Null {} => Schema::Null,
        };
        self.compiled.push(schema)
    }

    fn object(&mut self, object: &Object) -> ObjectSchema {
        let mut properties: Vec<(usize, PropertySchema)> =
            Vec::with_capacity(object.properties.0.len());
        for (place, (key, property)) in object.properties.0.iter().enumerate() {
            let schema = self.property(property);
            let required = object.required.contains(key);
            let nullable = object.nullable.contains(key);
            properties.push((
                place,
                PropertySchema { key: key.as_str().into(), schema, required, nullable },
            ));
        }
        properties.sort_by(|a, b| key_order(&a.1.key, &b.1.key));
        let mut told: Vec<(usize, usize)> =
            properties.iter().enumerate().map(|(sorted, (place, _))| (*place, sorted)).collect();
        told.sort_unstable();
        ObjectSchema {
            type_name: None,
            typed: false,
            properties: properties.into_iter().map(|(_, property)| property).collect(),
            told: told.into_iter().map(|(_, sorted)| sorted).collect(),
        }
    }

    fn array(&mut self, array: &Array) -> Schema {
        Schema::Array {
            items: self.property(&array.items),
            minimum: array.min_length,
            maximum: array.max_length,
        }
    }

    fn method(&mut self, method: &Method) -> MethodSchema {
        let parameters = match &method.parameters {
            Some(Property::Params(params)) => {
                let parameter = |(name, property): &(String, Property)| {
                    parameter(name, property, params.required.contains(name))
                };
                params.properties.0.iter().map(parameter).collect()
            }
            _ => Box::default(),
        };
        MethodSchema {
            parameters,
            input: method.input.as_ref().map(|payload| self.body(payload)),
            output: method.output.as_ref().map(|payload| self.body(payload)),
        }
    }

    fn body(&mut self, payload: &Payload) -> BodySchema {
        BodySchema {
            encoding: payload.encoding.as_str().into(),
            schema: payload.schema.as_ref().map(|schema| self.property(schema)),
        }
    }

    fn target(&mut self, reference: &str) -> SchemaId {
        let absolute = self.absolute(reference);
        if let Some(&id) = self.compiled.definitions.get(&absolute) {
            return id;
        }
        self.compiled.dangling.push(format!("{} → {absolute}", self.nsid));
        SchemaId::ANYTHING
    }

    /// `#name` → `nsid#name`, `nsid#main` → `nsid`.
    fn absolute(&self, reference: &str) -> Box<str> {
        match reference.split_once('#') {
            Some(("", name)) => full_name(self.nsid, name),
            Some((nsid, name)) => full_name(nsid, name),
            None => reference.into(),
        }
    }
}

fn full_name(nsid: &str, name: &str) -> Box<str> {
    if name == "main" { nsid.into() } else { format!("{nsid}#{name}").into() }
}

fn key_rule(key: &str) -> KeyRule {
    match key {
        "tid" => KeyRule::Tid,
        "nsid" => KeyRule::Nsid,
        _ => key
            .strip_prefix("literal:")
            .map_or(KeyRule::Any, |literal| KeyRule::Literal(literal.into())),
    }
}

fn parameter(name: &str, property: &Property, required: bool) -> ParameterSchema {
    let (item, list) = match property {
        Property::Array(array) => (&*array.items, Some((array.min_length, array.max_length))),
        _ => (property, None),
    };
    let (scalar, default) = match item {
        Property::Boolean(boolean) => {
            (boolean_schema(boolean), boolean.default.map(Scalar::Boolean))
        }
        Property::Integer(integer) => {
            (integer_schema(integer), integer.default.map(Scalar::Integer))
        }
        Property::String(text) => {
            (text_schema(text), text.default.as_deref().map(|text| Scalar::Text(text.into())))
        }
        _ => (Schema::Text(TextRules::default()), None),
    };
    let default = default.filter(|_| list.is_none());
    ParameterSchema { name: name.into(), required, scalar, list, default }
}

fn boolean_schema(boolean: &Boolean) -> Schema {
    match boolean.constant {
        Some(constant) => Schema::OneOf([Scalar::Boolean(constant)].into()),
        None => Schema::Boolean,
    }
}

fn integer_schema(integer: &Integer) -> Schema {
    match (integer.constant, &integer.values) {
        (Some(constant), _) => Schema::OneOf([Scalar::Integer(constant)].into()),
        (None, Some(values)) => {
            Schema::OneOf(values.iter().copied().map(Scalar::Integer).collect())
        }
        (None, None) => Schema::Integer { minimum: integer.minimum, maximum: integer.maximum },
    }
}

fn text_schema(text: &Text) -> Schema {
    let scalar = |value: &String| Scalar::Text(value.as_str().into());
    match (&text.constant, &text.values) {
        (Some(constant), _) => Schema::OneOf([scalar(constant)].into()),
        (None, Some(values)) => Schema::OneOf(values.iter().map(scalar).collect()),
        (None, None) => Schema::Text(TextRules {
            // A format this build does not know restricts nothing.
            format: text.format.as_deref().and_then(Format::of),
            length_min: text.min_length,
            length_max: text.max_length,
            graphemes_min: text.min_graphemes,
            graphemes_max: text.max_graphemes,
        }),
    }
}

fn bytes_schema(bytes: &Bytes) -> Schema {
    Schema::Bytes { minimum: bytes.min_length, maximum: bytes.max_length }
}

fn blob_schema(blob: &crate::document::Blob) -> Schema {
    let accept =
        blob.accept.as_ref().map(|types| types.iter().map(|mime| mime.as_str().into()).collect());
    Schema::Blob { accept, maximum: blob.max_size }
}
