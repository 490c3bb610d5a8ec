//! Rules for single values: numbers, texts, constants, MIME types.

use unicode_segmentation::UnicodeSegmentation;

use crate::data::{Item, Reader};
use crate::schema::{Scalar, TextRules};
use crate::violation::{
    Fault, preview, quoted, too_big, too_small, wrong_format, wrong_type, wrong_value,
};

/// Units: one. JavaScript's safe integers, which is what the reference takes for an integer.
const SAFE_INTEGER: std::ops::RangeInclusive<i64> = -((1 << 53) - 1)..=(1 << 53) - 1;

/// Passes over one item that must be one of `values`.
pub(crate) fn one_of(values: &[Scalar], reader: &mut Reader<'_>) -> Result<(), Fault> {
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

/// A number, and its bounds.
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

/// A text, its lengths and its format.
pub(crate) fn text(value: &str, rules: &TextRules) -> Result<(), Fault> {
    let bytes = value.len() as u64;
    count("string", bytes, rules.length_min, rules.length_max)?;
    // There are at most as many graphemes as characters and as many of these as bytes, and a grapheme is dear to find.
    let too_many = |most| bytes > most && value.chars().count() as u64 > most;
    if rules.graphemes_min.is_some() || rules.graphemes_max.is_some_and(too_many) {
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

/// A length of something the message calls `what`.
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
pub(crate) fn mime_fits(mime: &str, range: &str) -> bool {
    range == "*/*"
        || range == mime
        || range
            .strip_suffix('*')
            .is_some_and(|prefix| prefix.ends_with('/') && mime.starts_with(prefix))
}
