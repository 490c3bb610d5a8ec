//! [`Validator`]: walks DAG-CBOR and a compiled schema side by side, once, without building anything.
//!
//! Properties are sorted as DAG-CBOR sorts keys, so an object is a merge of two sorted lists. Only a union looks ahead, for its `$type`.
//! Depth is bounded by [`MAX_DEPTH`](crate::data::MAX_DEPTH) levels of data, and so is recursion in the schema, which follows it.

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
                let Some(name) = type_of(*reader, depth)? else {
                    return Err(wrong_type(
                        "an object which includes the \"$type\" property",
                        &preview(start),
                    ));
                };
                match members.iter().find(|(known, _)| **known == *name) {
                    Some((_, member)) => self.value(*member, reader, depth),
                    None if *closed => {
                        let known = members.iter().map(|(known, _)| &**known);
                        Err(wrong_text(known, &quoted(name)).under("$type"))
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
pub(crate) fn type_of<'a>(mut reader: Reader<'a>, depth: u32) -> Result<Option<&'a str>, Fault> {
    let Item::Map(count) = reader.item()? else { return Ok(None) };
    let inside = deeper(depth)?;
    let mut keys = Keys::new(count);
    while let Some(key) = keys.next(&mut reader)? {
        if key == "$type" {
            return Ok(match reader.item()? {
                Item::Text(name) => Some(name),
                _ => None,
            });
        }
        if key_order(key, "$type").is_gt() {
            break;
        }
        reader.skip(inside)?;
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
