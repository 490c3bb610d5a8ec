//! [`Validator`]: walks DAG-CBOR and a compiled schema side by side, once, without building anything.
//!
//! Properties are sorted as DAG-CBOR sorts keys, so an object is a merge of two sorted lists. Only a union looks ahead, for its `$type`.
//! Depth is bounded by [`MAX_DEPTH`](crate::data::MAX_DEPTH) levels of data, and so is recursion in the schema, which follows it.

use std::cmp::Ordering;

use crate::blob::{BlobRef, Blobs, read_blob};
use crate::data::{Item, Keys, Reader, deeper, key_order};
use crate::rules::{count, integer, mime_fits, one_of, text};
use crate::schema::{ObjectSchema, PropertySchema, Schema, SchemaId};
use crate::violation::{Fault, missing, preview, quoted, too_big, wrong_text, wrong_type};

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
        let (mut keys, inside) = open(reader, depth)?;
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
        let (mut keys, inside) = open(reader, depth)?;
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

/// Reads the head of a map. Shape: its keys, and the depth of their values.
fn open<'a>(reader: &mut Reader<'a>, depth: u32) -> Result<(Keys<'a>, u32), Fault> {
    let start = *reader;
    match reader.item()? {
        Item::Map(count) => Ok((Keys::new(count), deeper(depth)?)),
        _ => Err(wrong_type("object", &preview(start))),
    }
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
