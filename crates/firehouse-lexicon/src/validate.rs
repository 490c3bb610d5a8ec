//! [`Validator`]: walks DAG-CBOR and a compiled schema side by side, once, without building anything.
//!
//! Properties are sorted as DAG-CBOR sorts keys, so an object is a merge of two sorted lists. Only a union looks ahead, for its `$type`.
//! Depth is bounded by [`MAX_DEPTH`](crate::data::MAX_DEPTH) levels of data, and so is recursion in the schema, which follows it.

use std::cmp::Ordering;

use unicode_segmentation::UnicodeSegmentation;

use crate::blob::{BlobRef, Blobs, read_blob};
use crate::data::{Item, Keys, Reader, deeper, key_order};
use crate::schema::{ObjectSchema, PropertySchema, Scalar, Schema, SchemaId, TextRules};
use crate::violation::{
    Fault, missing, preview, quoted, too_big, too_small, wrong_format, wrong_text, wrong_type,
    wrong_value,
};

/// Units: one. JavaScript's safe integers, which is what the reference takes for an integer.
const SAFE_INTEGER: std::ops::RangeInclusive<i64> = -((1 << 53) - 1)..=(1 << 53) - 1;

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validator<'c> {
    pub schemas: &'c [Schema],
    pub blobs: Blobs,
    /// Visit properties as the document orders them, so that the first problem is the one the reference tells. Slower.
    pub tell_in_order: bool,
}

impl Validator<'_> {
    /// Checks the one item that `reader` stands before, which lies `depth` levels deep, and passes over it.
    pub fn value(&self, id: SchemaId, reader: &mut Reader<'_>, depth: u32) -> Result<(), Fault> {
        let start = *reader;
        // Ids are made by the compiler from the list they index; an unknown one restricts nothing.
        let schema = self.schemas.get(id.0 as usize).unwrap_or(&Schema::Anything);
        match schema {
            Schema::Anything => Ok(reader.skip(depth)?),
            Schema::Unknown => unknown(reader, depth),
            Schema::Null => match reader.item()? {
                Item::Null => Ok(()),
                _ => Err(wrong_type("null", &preview(start))),
            },
            Schema::Boolean => match reader.item()? {
                Item::Boolean(_) => Ok(()),
                _ => Err(wrong_type("boolean", &preview(start))),
            },
            Schema::Integer { minimum, maximum } => match reader.item()? {
                Item::Integer(value) => integer(value, *minimum, *maximum),
                _ => Err(wrong_type("integer", &preview(start))),
            },
            Schema::Text(rules) => match reader.item()? {
                Item::Text(value) => text(value, rules),
                _ => Err(wrong_type("string", &preview(start))),
            },
            Schema::OneOf(values) => one_of(values, reader),
            Schema::Bytes { minimum, maximum } => match reader.item()? {
                Item::Bytes(bytes) => count("bytes", bytes.len() as u64, *minimum, *maximum),
                _ => Err(wrong_type("bytes", &preview(start))),
            },
            Schema::Link => match reader.item()? {
                Item::Link(_) => Ok(()),
                _ => Err(wrong_type("cid", &preview(start))),
            },
            Schema::Blob { accept, maximum } => {
                self.blob(accept.as_deref(), *maximum, reader, depth)
            }
            Schema::Array { items, minimum, maximum } => {
                let Item::Array(length) = reader.item()? else {
                    return Err(wrong_type("array", &preview(start)));
                };
                count("array", length, *minimum, *maximum)?;
                let inside = deeper(depth)?;
                for index in 0..length {
                    self.value(*items, reader, inside).map_err(|fault| fault.at_index(index))?;
                }
                Ok(())
            }
            Schema::Object(object) if self.tell_in_order => {
                self.object_in_order(object, reader, depth)
            }
            Schema::Object(object) => self.object(object, reader, depth),
            Schema::Union { members, closed } => {
                let Some(mut kind) = find_type(*reader, depth)? else {
                    return Err(wrong_type(
                        "an object which includes the \"$type\" property",
                        &preview(start),
                    ));
                };
                let kind_start = kind;
                let name = match kind.item()? {
                    Item::Text(name) => Some(name),
                    _ => None,
                };
                match members.iter().find(|(known, _)| Some(&**known) == name) {
                    Some((_, member)) => self.value(*member, reader, depth),
                    None if *closed => {
                        let known = members.iter().map(|(known, _)| &**known);
                        Err(wrong_text(known, &preview(kind_start)).under("$type"))
                    }
                    None if name.is_none() => {
                        Err(wrong_type("string", &preview(kind_start)).under("$type"))
                    }
                    None => Ok(reader.skip(depth)?),
                }
            }
        }
    }

    /// Merges the keys of the map with the properties, both in DAG-CBOR's order.
    fn object(
        &self,
        object: &ObjectSchema,
        reader: &mut Reader<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let start = *reader;
        let Item::Map(count) = reader.item()? else {
            return Err(wrong_type("object", &preview(start)));
        };
        let inside = deeper(depth)?;
        let mut keys = Keys::new(count);
        let mut properties = object.properties.iter().peekable();
        let mut typed = false;
        while let Some(key) = keys.next(reader)? {
            while let Some(absent) = properties.next_if(|p| key_order(&p.key, key).is_lt()) {
                absent_is_fine(absent)?;
            }
            if let Some(property) = properties.next_if(|p| *p.key == *key) {
                self.property(property, reader, inside)?;
            } else if key == "$type" {
                typed = true;
                type_is(object, reader, inside)?;
            } else {
                reader.skip(inside)?;
            }
        }
        properties.try_for_each(absent_is_fine)?;
        if object.typed && !typed { Err(type_is_absent(object)) } else { Ok(()) }
    }

    /// As [`Self::object`], but in the order of the document.
    fn object_in_order(
        &self,
        object: &ObjectSchema,
        reader: &mut Reader<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let start = *reader;
        let Item::Map(count) = reader.item()? else {
            return Err(wrong_type("object", &preview(start)));
        };
        let inside = deeper(depth)?;
        let mut keys = Keys::new(count);
        let mut entries = Vec::new();
        while let Some(key) = keys.next(reader)? {
            entries.push((key, *reader));
            reader.skip(inside)?;
        }
        let find = |key: &str| {
            let at = entries.binary_search_by(|(known, _)| key_order(known, key)).ok()?;
            entries.get(at).map(|(_, reader)| *reader)
        };
        let type_reader = find("$type");
        // A record's `$type` is looked at last, that of any other object first.
        if let (Some(mut reader), false) = (type_reader, object.typed) {
            type_is(object, &mut reader, inside)?;
        }
        for property in object.told.iter().filter_map(|&at| object.properties.get(at)) {
            match find(&property.key) {
                Some(mut reader) => self.property(property, &mut reader, inside)?,
                None => absent_is_fine(property)?,
            }
        }
        match (type_reader, object.typed) {
            (_, false) => Ok(()),
            (Some(mut reader), true) => type_is(object, &mut reader, inside),
            (None, true) => Err(type_is_absent(object)),
        }
    }

    fn property(
        &self,
        property: &PropertySchema,
        reader: &mut Reader<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        if property.nullable {
            let mut ahead = *reader;
            if ahead.item()? == Item::Null {
                *reader = ahead;
                return Ok(());
            }
        }
        self.value(property.schema, reader, depth).map_err(|fault| fault.under(&property.key))
    }

    fn blob(
        &self,
        accept: Option<&[Box<str>]>,
        maximum: Option<u64>,
        reader: &mut Reader<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let start = *reader;
        let Some(blob) = read_blob(reader, self.blobs, depth)? else {
            return Err(wrong_type("blob", &preview(start)));
        };
        if self.blobs == Blobs::Lenient {
            return Ok(());
        }
        let BlobRef { mime, size } = blob;
        if let Some(accept) =
            accept.filter(|accept| !accept.iter().any(|range| mime_fits(mime, range)))
        {
            let accept = accept.iter().map(|range| &**range);
            return Err(wrong_text(accept, &quoted(mime)).under("mimeType"));
        }
        match maximum {
            Some(maximum) if size > maximum => Err(too_big("blob", maximum, size)),
            _ => Ok(()),
        }
    }
}

/// The `$type` of the map that `reader` stands before; `None` when it is no map or has no `$type` of text.
pub(crate) fn type_of<'a>(reader: Reader<'a>, depth: u32) -> Result<Option<&'a str>, Fault> {
    let Some(mut kind) = find_type(reader, depth)? else { return Ok(None) };
    Ok(match kind.item()? {
        Item::Text(name) => Some(name),
        _ => None,
    })
}

/// Before the value of `$type` of the map that `reader` stands before; `None` when it is no map or has none.
fn find_type<'a>(mut reader: Reader<'a>, depth: u32) -> Result<Option<Reader<'a>>, Fault> {
    let Item::Map(count) = reader.item()? else { return Ok(None) };
    let inside = deeper(depth)?;
    let mut keys = Keys::new(count);
    while let Some(key) = keys.next(&mut reader)? {
        match key_order(key, "$type") {
            Ordering::Less => reader.skip(inside)?,
            Ordering::Equal => return Ok(Some(reader)),
            Ordering::Greater => break,
        }
    }
    Ok(None)
}

fn type_is(object: &ObjectSchema, reader: &mut Reader<'_>, depth: u32) -> Result<(), Fault> {
    let start = *reader;
    let item = reader.item()?;
    let Some(expected) = &object.type_name else { return Ok(reader.skip_children(item, depth)?) };
    if item == Item::Text(expected) {
        return Ok(());
    }
    Err(wrong_text([&**expected], &preview(start)).under("$type"))
}

fn type_is_absent(object: &ObjectSchema) -> Fault {
    wrong_text(object.type_name.as_deref(), "undefined").under("$type")
}

fn absent_is_fine(property: &PropertySchema) -> Result<(), Fault> {
    if property.required { Err(missing(&property.key)) } else { Ok(()) }
}

fn unknown(reader: &mut Reader<'_>, depth: u32) -> Result<(), Fault> {
    let start = *reader;
    let item = reader.item()?;
    let is_object = matches!(item, Item::Map(_)) && type_of(start, depth)? != Some("blob");
    reader.skip_children(item, depth)?;
    if is_object { Ok(()) } else { Err(wrong_type("object", &preview(start))) }
}

fn one_of(values: &[Scalar], reader: &mut Reader<'_>) -> Result<(), Fault> {
    let start = *reader;
    let item = reader.item()?;
    let known = values.iter().any(|value| match (value, item) {
        (Scalar::Boolean(value), Item::Boolean(got)) => *value == got,
        (Scalar::Integer(value), Item::Integer(got)) => *value == got,
        (Scalar::Text(value), Item::Text(got)) => **value == *got,
        _ => false,
    });
    if known { Ok(()) } else { Err(wrong_value(values, &preview(start))) }
}

pub(crate) fn integer(value: i64, minimum: Option<i64>, maximum: Option<i64>) -> Result<(), Fault> {
    if !SAFE_INTEGER.contains(&value) {
        return Err(wrong_type("integer", &value.to_string()));
    }
    if let Some(minimum) = minimum.filter(|&minimum| value < minimum) {
        return Err(too_small("integer", minimum, value));
    }
    match maximum {
        Some(maximum) if value > maximum => Err(too_big("integer", maximum, value)),
        _ => Ok(()),
    }
}

pub(crate) fn text(value: &str, rules: &TextRules) -> Result<(), Fault> {
    let bytes = value.len() as u64;
    count("string", bytes, rules.length_min, rules.length_max)?;
    if rules.graphemes_min.is_some() || rules.graphemes_max.is_some_and(|most| bytes > most) {
        count("grapheme", graphemes(value), rules.graphemes_min, rules.graphemes_max)?;
    }
    match rules.format {
        Some(format) if !format.holds(value) => Err(wrong_format(format, &quoted(value))),
        _ => Ok(()),
    }
}

/// Extended grapheme clusters. In ASCII only a line break of two characters is one.
fn graphemes(value: &str) -> u64 {
    if value.is_ascii() {
        let pairs = value.as_bytes().windows(2).filter(|pair| pair == b"\r\n").count();
        return (value.len() - pairs) as u64;
    }
    value.graphemes(true).count() as u64
}

pub(crate) fn count(
    what: &str,
    got: u64,
    minimum: Option<u64>,
    maximum: Option<u64>,
) -> Result<(), Fault> {
    if let Some(minimum) = minimum.filter(|&minimum| got < minimum) {
        return Err(too_small(what, minimum, got));
    }
    match maximum {
        Some(maximum) if got > maximum => Err(too_big(what, maximum, got)),
        _ => Ok(()),
    }
}

/// `image/*` takes `image/png`, `*/*` takes everything.
fn mime_fits(mime: &str, range: &str) -> bool {
    range == "*/*"
        || range == mime
        || range
            .strip_suffix('*')
            .is_some_and(|prefix| prefix.ends_with('/') && mime.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::{Blobs, Catalog, InvalidRecord, to_dag_cbor};

    const CID: &str = "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m";

    fn post(with: Value) -> Value {
        let mut post =
            json!({"$type": "app.bsky.feed.post", "text": "", "createdAt": "2024-01-01T00:00:00Z"});
        let (Value::Object(post_map), Value::Object(with)) = (&mut post, with) else { return post };
        post_map.extend(with);
        post
    }

    fn blob(with: Value) -> Value {
        let mut image =
            json!({"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 1_234});
        let (Value::Object(image_map), Value::Object(with)) = (&mut image, with) else {
            return image;
        };
        image_map.extend(with);
        post(
            json!({"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": image}]}}),
        )
    }

    /// The message of a violation; empty when the record is fine.
    fn told(record: &Value, blobs: Blobs) -> String {
        match Catalog::embedded().validate_record_json("app.bsky.feed.post", record, blobs) {
            Ok(()) => String::new(),
            Err(InvalidRecord::Violation(violation)) => violation.to_string(),
            Err(other) => other.to_string(),
        }
    }

    fn check(with: Value, expected: &str) {
        assert_eq!(told(&post(with), Blobs::Lenient), expected);
    }

    #[test]
    fn the_first_problem_in_the_order_of_the_document_is_told() {
        check(json!({}), "");
        check(json!({"text": 1, "langs": "en"}), "Expected string value type (got 1) at $.text");
        check(json!({"createdAt": null}), "Expected string value type (got null) at $.createdAt");
        check(json!({"langs": ["en", "-"]}), "Invalid language (got \"-\") at $.langs[1]");
        check(
            json!({"langs": ["en", "en", "en", "en"]}),
            "array too big (maximum 3, got 4) at $.langs",
        );
        check(json!({"reply": {"root": {}}}), "Missing required key \"uri\" at $.reply.root");
        check(
            json!({"tags": [{"a b": [1, 2, 3]}]}),
            "Expected string value type (got {\"a b\": ...}) at $.tags[0]",
        );
        check(
            json!({"text": [[1, 2, 3], {"a": [], "b": 1, "c": 2}, 3]}),
            "Expected string value type (got [[1, 2, ...], {\"a\": ..., \"b\": ..., ...}, ...]) at $.text",
        );
        check(
            json!({"entities": [{"index": {"start": -1, "end": 0}, "type": "", "value": ""}]}),
            "integer too small (minimum 0, got -1) at $.entities[0].index.start",
        );
    }

    #[test]
    fn unions_are_open_unless_they_are_closed() {
        let typed = "Expected an object which includes the \"$type\" property value type";
        check(json!({"embed": {"$type": "com.example.unheard", "anything": [1]}}), "");
        check(json!({"embed": {}}), &format!("{typed} (got {{}}) at $.embed"));
        check(
            json!({"embed": {"$type": 5}}),
            "Expected string value type (got 5) at $.embed.$type",
        );
        check(
            json!({"embed": {"$type": "app.bsky.embed.record", "record": {"uri": "at://did:web:a.b"}}}),
            "Missing required key \"cid\" at $.embed.record",
        );
        check(
            json!({"reply": {"$type": "app.bsky.feed.post#other", "root": 1, "parent": 1}}),
            "Expected \"app.bsky.feed.post#replyRef\" (got \"app.bsky.feed.post#other\") at $.reply.$type",
        );
    }

    #[test]
    fn texts_are_counted_in_bytes_and_graphemes() {
        let family = "👨‍👩‍👧‍👧";
        check(json!({"text": "a".repeat(300)}), "");
        check(
            json!({"text": "a".repeat(301)}),
            "grapheme too big (maximum 300, got 301) at $.text",
        );
        check(json!({"text": "\r\n".repeat(300)}), "");
        check(json!({"text": family.repeat(120)}), "");
        check(
            json!({"text": family.repeat(121)}),
            "string too big (maximum 3000, got 3025) at $.text",
        );
        check(
            json!({"text": "ä".repeat(301)}),
            "grapheme too big (maximum 300, got 301) at $.text",
        );
    }

    #[test]
    fn blobs_on_the_network_are_read_more_leniently_than_those_to_be_written() {
        let both = |with: Value| {
            (told(&blob(with.clone()), Blobs::Strict), told(&blob(with), Blobs::Lenient))
        };
        assert_eq!(both(json!({})), (String::new(), String::new()));
        let at = "$.embed.images[0].image";
        assert_eq!(
            both(json!({"size": 9_000_000})),
            (format!("blob too big (maximum 2000000, got 9000000) at {at}"), String::new())
        );
        assert_eq!(
            both(json!({"mimeType": "text/plain"})),
            (format!("Expected \"image/*\" (got \"text/plain\") at {at}.mimeType"), String::new())
        );
        let neither = both(json!({"extra": 1}));
        assert!(
            neither.0.starts_with("Expected blob value type") && neither.0 == neither.1,
            "{neither:?}"
        );
        let old = post(
            json!({"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": {"cid": CID, "mimeType": "image/png"}}]}}),
        );
        assert_eq!(told(&old, Blobs::Lenient), "");
        assert!(told(&old, Blobs::Strict).starts_with("Expected blob value type"));
    }

    #[test]
    fn an_address_need_not_be_ascii() {
        let link = |uri: &str| json!({"embed": {"$type": "app.bsky.embed.external", "external": {"uri": uri, "title": "", "description": ""}}});
        for uri in ["https://a.b/c", "Https://a.b", "https://ja.example/日本", "dns:example.com"]
        {
            check(link(uri), "");
        }
        for uri in ["", "a b:c", "x", "https://a b", "https:"] {
            check(link(uri), &format!("Invalid uri (got {:?}) at $.embed.external.uri", uri));
        }
    }

    #[test]
    fn a_record_of_another_type_is_no_violation_of_this_one() {
        let catalog = Catalog::embedded();
        let verdict = |collection: &str, record: Value| {
            catalog.validate_record_json(collection, &record, Blobs::Lenient)
        };
        assert_eq!(
            verdict("app.bsky.feed.like", post(json!({}))),
            Err(InvalidRecord::TypeMismatch)
        );
        assert_eq!(
            verdict("app.bsky.feed.post", json!({"text": "", "createdAt": "2024-01-01T00:00:00Z"})),
            Err(InvalidRecord::TypeMismatch)
        );
        assert_eq!(verdict("app.bsky.feed.post", json!([])), Err(InvalidRecord::TypeMismatch));
        assert_eq!(verdict("com.example.unheard", json!(1)), Err(InvalidRecord::UnknownCollection));
        assert!(
            catalog.allows_rkey("app.bsky.actor.profile", "self")
                && !catalog.allows_rkey("app.bsky.actor.profile", "other")
        );
        assert!(
            catalog.allows_rkey("app.bsky.feed.post", "3jwdwj2ctlk26")
                && !catalog.allows_rkey("app.bsky.feed.post", "self")
        );
    }

    #[test]
    fn answers_are_checked_too() {
        let catalog = Catalog::embedded();
        let output = |nsid: &str, body: Value| {
            catalog
                .validate_output(nsid, body.to_string().as_bytes())
                .map_err(|error| error.to_string())
        };
        let resolve = "com.atproto.identity.resolveHandle";
        assert_eq!(
            output(resolve, json!({"did": "did:plc:44ybard66vv44zksje25o7dz", "more": 1.0})),
            Ok(())
        );
        assert_eq!(
            output(resolve, json!({"did": "x"})),
            Err("Invalid DID (got \"x\") at $.did".into())
        );
        assert_eq!(
            output("app.bsky.feed.getTimeline", json!({})),
            Err("Missing required key \"feed\" at $".into())
        );
        let input = catalog.validate_input("app.bsky.notification.updateSeen", b"{\"seenAt\": 1}");
        assert_eq!(
            input.map_err(|error| error.to_string()),
            Err("Expected string value type (got 1) at $.seenAt".into())
        );
        assert!(
            catalog.method_errors("app.bsky.feed.getPostThread").any(|name| name == "NotFound")
        );
    }

    /// JSON of any shape, with the words that lexicons know among its keys and texts.
    fn value() -> impl Strategy<Value = Value> {
        let text = prop::sample::select(vec![
            "",
            "en",
            "app.bsky.feed.post",
            "app.bsky.embed.images",
            "at://did:web:a.b",
            "did:web:a.b",
            "blob",
            CID,
            "image/png",
            "2024-01-01T00:00:00Z",
            "https://a.b",
            "app.bsky.embed.record",
        ]);
        let key = prop::sample::select(vec![
            "$type",
            "text",
            "createdAt",
            "embed",
            "images",
            "image",
            "alt",
            "ref",
            "size",
            "mimeType",
            "record",
            "uri",
            "cid",
            "reply",
            "root",
            "parent",
            "langs",
            "facets",
            "features",
            "index",
            "subject",
            "labels",
            "values",
            "val",
            "$link",
            "$bytes",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-3..400_i64).prop_map(Value::from),
            text.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..6).prop_map(
                    |entries| Value::Object(
                        entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
                    )
                ),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_record_gets_a_verdict_and_both_orders_of_checking_agree(with in value(), collection in 0_usize..100) {
            let catalog = Catalog::embedded();
            let mut collections: Vec<&str> = catalog.collections().collect();
            collections.sort_unstable();
            let collection = collections[collection % collections.len()];
            let mut record = post(with);
            record["$type"] = collection.into();
            // A fault found in DAG-CBOR's order and not in the document's would come back as no fault.
            let verdict = catalog.validate_record_json(collection, &record, Blobs::Lenient);
            let strict = catalog.validate_record_json(collection, &record, Blobs::Strict);
            prop_assert!(verdict.is_ok() || strict.is_err(), "{:?} {:?}", verdict, strict);
        }

        #[test]
        fn damaged_bytes_never_panic(with in value(), at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
            let mut bytes = to_dag_cbor(&post(with)).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let catalog = Catalog::embedded();
            let _ = catalog.validate_record("app.bsky.feed.post", &bytes, Blobs::Lenient);
            bytes.truncate(cut.index(bytes.len()));
            let _ = catalog.validate_record("app.bsky.feed.post", &bytes, Blobs::Strict);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let catalog = Catalog::embedded();
            for collection in catalog.collections() {
                let _ = catalog.validate_record(collection, &bytes, Blobs::Lenient);
            }
        }
    }
}
