//! [`Catalog`]: every lexicon document this build knows, compiled, and the questions that are asked of them.

use std::sync::{Arc, LazyLock};

use firehouse_types::{DropReason, Nsid, Rev};

use crate::blob::Blobs;
use crate::compile::{Compiled, compile};
use crate::data::{Malformed, Reader};
use crate::document::{Document, InvalidDocument};
use crate::json::to_dag_cbor;
use crate::params::{self, InvalidParams, Params};
use crate::schema::{BodySchema, KeyRule, MethodSchema, SchemaId};
use crate::validate::{Validator, type_of};
use crate::violation::{Fault, Violation};

/// The text of each document below lexicons/.
const EMBEDDED: &[&str] = include!(concat!(env!("OUT_DIR"), "/lexicons.rs"));

/// Compiled lexicons. Cheap to share, never changes.
#[derive(Debug)]
pub struct Catalog {
    compiled: Compiled,
}

/// A record is not what its collection asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// No document defines the collection: nothing can be said about the record, also not that it is DAG-CBOR.
    #[error("no lexicon defines the collection")]
    UnknownCollection,
    /// Not DAG-CBOR of the atproto data model.
    #[error("not DAG-CBOR of the atproto data model")]
    Malformed(#[from] Malformed),
    /// `$type` is not the collection.
    #[error("$type is not the collection")]
    TypeMismatch,
    /// It breaks the schema.
    #[error("breaks its lexicon")]
    Violation(#[source] Violation),
}

impl InvalidRecord {
    /// The counter this belongs to; `None` for [`InvalidRecord::UnknownCollection`], which is no fault.
    pub const fn drop_reason(&self) -> Option<DropReason> {
        match self {
            Self::UnknownCollection => None,
            Self::Malformed(_) => Some(DropReason::RecordMalformed),
            Self::TypeMismatch => Some(DropReason::RecordTypeMismatch),
            Self::Violation(_) => Some(DropReason::LexiconViolation),
        }
    }
}

/// A request's or an answer's body is not what its method asks for.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBody {
    /// No document defines the method.
    #[error("no lexicon defines the method")]
    UnknownMethod,
    /// Not JSON.
    #[error("not JSON")]
    Json(#[from] serde_json::Error),
    /// JSON outside the data model.
    #[error("not of the atproto data model: {0}")]
    Malformed(Malformed),
    /// It breaks the schema. Its text is the one the reference answers with.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// There is a body and the method has none.
    #[error("the method has no body here")]
    Unexpected,
}

impl Catalog {
    /// The documents of lexicons/, compiled into the binary.
    pub fn embedded() -> Arc<Self> {
        static EMBEDDED_CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| {
            // Ours, and tested: a document that does not parse never leaves this repository.
            let documents = EMBEDDED.iter().filter_map(|json| Document::parse(json).ok());
            Arc::new(Catalog::new(&documents.collect::<Vec<_>>()))
        });
        Arc::clone(&EMBEDDED_CATALOG)
    }

    /// Of the given documents. References that lead nowhere restrict nothing; [`Catalog::dangling`] names them.
    pub fn new(documents: &[Document]) -> Self {
        Self { compiled: compile(documents) }
    }

    /// Parses documents and compiles them, all or none.
    pub fn parse<'a>(
        documents: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidDocument> {
        let documents =
            documents.into_iter().map(Document::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(&documents))
    }

    /// References without a target, as `document → target`.
    pub fn dangling(&self) -> &[String] {
        &self.compiled.dangling
    }

    /// Every collection that has a record lexicon, in no order.
    pub fn collections(&self) -> impl Iterator<Item = &str> {
        self.compiled.records.keys().map(|nsid| &**nsid)
    }

    /// Every query, procedure and subscription, in no order.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.compiled.methods.keys().map(|nsid| &**nsid)
    }

    /// Names of the parameters of `nsid`, in the order of its document; none when it is no method.
    pub fn parameters(&self, nsid: &str) -> impl Iterator<Item = &str> {
        let method = self.compiled.methods.get(nsid);
        method.into_iter().flat_map(|method| &method.parameters).map(|parameter| &*parameter.name)
    }

    /// Whether `nsid` is a query, procedure or subscription.
    pub fn has_method(&self, nsid: &str) -> bool {
        self.compiled.methods.contains_key(nsid)
    }

    /// Whether `nsid` is a method that is asked with a body.
    pub fn has_input(&self, nsid: &str) -> bool {
        self.compiled.methods.get(nsid).is_some_and(|method| method.input.is_some())
    }

    /// Checks one record's DAG-CBOR against the lexicon of its collection.
    pub fn validate_record(
        &self,
        collection: &str,
        cbor: &[u8],
        blobs: Blobs,
    ) -> Result<(), InvalidRecord> {
        let Some((schema, _)) = self.compiled.records.get(collection) else {
            return Err(InvalidRecord::UnknownCollection);
        };
        let Err(fault) = self.check(*schema, cbor, blobs, false) else { return Ok(()) };
        if let Fault::Malformed(malformed) = fault {
            return Err(InvalidRecord::Malformed(malformed));
        }
        // Only now that something is wrong: is it all of another type, is it malformed further on, and what comes first?
        let mut whole = Reader::new(cbor);
        whole.skip(0).and_then(|()| whole.finish())?;
        match type_of(Reader::new(cbor), 0) {
            Ok(Some(name)) if name == collection => {}
            _ => return Err(InvalidRecord::TypeMismatch),
        }
        match self.check(*schema, cbor, blobs, true) {
            Err(Fault::Violation(violation)) => Err(InvalidRecord::Violation(*violation)),
            Err(Fault::Malformed(malformed)) => Err(InvalidRecord::Malformed(malformed)),
            Ok(()) => {
                debug_assert!(false, "{collection}: the two orders of checking disagree");
                Ok(())
            }
        }
    }

    /// As [`Catalog::validate_record`], for a record in the JSON form of the data model.
    pub fn validate_record_json(
        &self,
        collection: &str,
        json: &serde_json::Value,
        blobs: Blobs,
    ) -> Result<(), InvalidRecord> {
        self.validate_record(collection, &to_dag_cbor(json)?, blobs)
    }

    /// Whether a collection allows this record key; an unknown collection allows all.
    pub fn allows_rkey(&self, collection: &str, rkey: &str) -> bool {
        match self.compiled.records.get(collection) {
            None | Some((_, KeyRule::Any)) => true,
            Some((_, KeyRule::Tid)) => rkey.parse::<Rev>().is_ok(),
            Some((_, KeyRule::Nsid)) => Nsid::is_valid(rkey),
            Some((_, KeyRule::Literal(literal))) => **literal == *rkey,
        }
    }

    /// Types the query string of a request. `pairs`: percent-decoded, in order; see [`without_brackets`](crate::without_brackets).
    pub fn validate_params(
        &self,
        nsid: &str,
        pairs: &[(&str, &str)],
    ) -> Result<Params, InvalidParams> {
        let Some(method) = self.compiled.methods.get(nsid) else {
            return Err(InvalidParams::UnknownMethod(nsid.into()));
        };
        params::validate(method, pairs).map_err(|fault| InvalidParams::Violation {
            nsid: nsid.into(),
            message: match fault {
                Fault::Violation(violation) => violation.message.into(),
                Fault::Malformed(malformed) => malformed.to_string().into(),
            },
        })
    }

    /// Checks the JSON body of a request. `Ok` for a method whose body is not JSON.
    pub fn validate_input(&self, nsid: &str, json: &[u8]) -> Result<(), InvalidBody> {
        self.validate_body(nsid, json, |method| method.input.as_ref())
    }

    /// Checks the JSON body of an answer. `Ok` for a method whose body is not JSON.
    pub fn validate_output(&self, nsid: &str, json: &[u8]) -> Result<(), InvalidBody> {
        self.validate_body(nsid, json, |method| method.output.as_ref())
    }

    fn validate_body(
        &self,
        nsid: &str,
        json: &[u8],
        side: impl Fn(&MethodSchema) -> Option<&BodySchema>,
    ) -> Result<(), InvalidBody> {
        let method = self.compiled.methods.get(nsid).ok_or(InvalidBody::UnknownMethod)?;
        let body = side(method).ok_or(InvalidBody::Unexpected)?;
        match body.schema {
            Some(schema) if *body.encoding == *"application/json" => {
                self.validate_json(schema, &serde_json::from_slice(json)?)
            }
            _ => Ok(()),
        }
    }

    fn validate_json(&self, schema: SchemaId, json: &serde_json::Value) -> Result<(), InvalidBody> {
        let cbor = to_dag_cbor(json).map_err(InvalidBody::Malformed)?;
        self.check(schema, &cbor, Blobs::Lenient, true).map_err(|fault| match fault {
            Fault::Violation(violation) => InvalidBody::Violation(*violation),
            Fault::Malformed(malformed) => InvalidBody::Malformed(malformed),
        })
    }

    fn check(
        &self,
        schema: SchemaId,
        cbor: &[u8],
        blobs: Blobs,
        tell_in_order: bool,
    ) -> Result<(), Fault> {
        let validator = Validator { schemas: &self.compiled.schemas, blobs, tell_in_order };
        let mut reader = Reader::new(cbor);
        validator.value(schema, &mut reader, 0)?;
        Ok(reader.finish()?)
    }
}
