//! [`Params`]: the query string of an XRPC request, typed, with defaults, or the message the reference would answer.
//!
//! Empty values count as absent, unknown names are ignored, a scalar given twice is an array and so of the wrong type.
//! Source: <https://atproto.com/specs/xrpc>; `params` of npm package @atproto/lex-schema 0.2.7.

use crate::schema::{MethodSchema, ParameterSchema, Scalar, Schema};
use crate::validate::{count, integer, text};
use crate::violation::{Fault, missing, quoted, wrong_type, wrong_value};

/// The parameters a method declares, in its lexicon's order, defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    values: Vec<(Box<str>, ParamValue)>,
}

/// One parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamValue {
    /// `true` or `false`.
    Boolean(bool),
    /// Within 2^53.
    Integer(i64),
    /// Never empty.
    Text(Box<str>),
    /// Of a parameter that may be repeated; never empty.
    List(Vec<ParamValue>),
}

/// The query string does not fit the method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParams {
    /// No lexicon has this method.
    #[error("no lexicon defines {0}")]
    UnknownMethod(Box<str>),
    /// The text for the answer's `message`.
    #[error("Invalid {nsid} params: {message}")]
    Violation {
        /// The method.
        nsid: Box<str>,
        /// As in `integer too big (maximum 100, got 101)`.
        message: Box<str>,
    },
}

impl Params {
    /// The value of `name`, given or default.
    pub fn get(&self, name: &str) -> Option<&ParamValue> {
        self.values.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// A text, given or default.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(ParamValue::as_text)
    }

    /// An integer, given or default.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            ParamValue::Integer(value) => Some(*value),
            ParamValue::Boolean(_) | ParamValue::Text(_) | ParamValue::List(_) => None,
        }
    }

    /// A boolean, given or default.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            ParamValue::Boolean(value) => Some(*value),
            ParamValue::Integer(_) | ParamValue::Text(_) | ParamValue::List(_) => None,
        }
    }

    /// The texts of a repeated parameter, in the order given; none when it is absent.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let items: &[ParamValue] = match self.get(name) {
            Some(ParamValue::List(items)) => items,
            _ => &[],
        };
        items.iter().filter_map(ParamValue::as_text)
    }

    /// As one JSON object, for a struct that has a lexicon's shape to be deserialized from.
    pub fn to_json(&self) -> serde_json::Value {
        let entries = self.values.iter().map(|(name, value)| (name.to_string(), value.to_json()));
        serde_json::Value::Object(entries.collect())
    }
}

impl ParamValue {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            Self::Boolean(_) | Self::Integer(_) | Self::List(_) => None,
        }
    }

    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Boolean(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Text(value) => serde_json::Value::from(&**value),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
        }
    }

    /// As a message shows it.
    fn preview(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Text(value) => quoted(value),
            Self::List(items) => {
                let shown: Vec<String> = items.iter().take(2).map(Self::preview).collect();
                format!("[{}{}]", shown.join(", "), if items.len() > 2 { ", ..." } else { "" })
            }
        }
    }
}

impl From<&Scalar> for ParamValue {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Boolean(value) => Self::Boolean(*value),
            Scalar::Integer(value) => Self::Integer(*value),
            Scalar::Text(value) => Self::Text(value.clone()),
        }
    }
}

/// `uris[]=a&uris[0]=b` → `uris=a&uris=b`, for the methods that still allow it. Such names move behind all others, as the reference does it.
pub fn without_brackets<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let bare = |name: &'a str| {
        let (bare, index) = name.strip_suffix(']')?.split_once('[')?;
        index.bytes().all(|b| b.is_ascii_digit()).then_some(bare)
    };
    let plain = pairs.iter().filter(|(name, _)| bare(name).is_none()).copied();
    let bracketed = pairs.iter().filter_map(|&(name, value)| Some((bare(name)?, value)));
    plain.chain(bracketed).collect()
}

/// Reads `pairs`, percent-decoded and in the order of the query string.
pub(crate) fn validate(method: &MethodSchema, pairs: &[(&str, &str)]) -> Result<Params, Fault> {
    let mut given: Vec<Vec<ParamValue>> = vec![Vec::new(); method.parameters.len()];
    for &(name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let known = method
            .parameters
            .iter()
            .zip(&mut given)
            .find(|(parameter, _)| *parameter.name == *name);
        if let Some((parameter, values)) = known {
            values.push(read(&parameter.scalar, value)?);
        }
    }
    let mut params = Params::default();
    for (parameter, values) in method.parameters.iter().zip(given) {
        if let Some(value) = assemble(parameter, values)? {
            check(parameter, &value)?;
            params.values.push((parameter.name.clone(), value));
        }
    }
    Ok(params)
}

/// One text as the type its parameter has.
fn read(schema: &Schema, value: &str) -> Result<ParamValue, Fault> {
    match schema {
        Schema::Boolean => match value {
            "true" => Ok(ParamValue::Boolean(true)),
            "false" => Ok(ParamValue::Boolean(false)),
            _ => Err(wrong_type("boolean", &quoted(value))),
        },
        Schema::Integer { .. } => {
            let digits = value.strip_prefix('-').unwrap_or(value);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong_type("integer", &quoted(value)));
            }
            // Out of range for us is out of range for the reference too: its number is then no safe integer.
            value.parse().map(ParamValue::Integer).map_err(|_| wrong_type("integer", value))
        }
        Schema::OneOf(values) => {
            let fits = |scalar: &&Scalar| match scalar {
                Scalar::Boolean(known) => known.to_string() == value,
                Scalar::Integer(known) => known.to_string() == value,
                Scalar::Text(known) => **known == *value,
            };
            let known = values.iter().find(fits);
            known.map(ParamValue::from).ok_or_else(|| wrong_value(values, &quoted(value)))
        }
        _ => Ok(ParamValue::Text(value.into())),
    }
}

/// The values given for one parameter as one value: `None` when it may be absent and is.
fn assemble(
    parameter: &ParameterSchema,
    mut values: Vec<ParamValue>,
) -> Result<Option<ParamValue>, Fault> {
    if parameter.list.is_some() && !values.is_empty() {
        return Ok(Some(ParamValue::List(values)));
    }
    match (values.pop(), values.is_empty()) {
        (Some(only), true) => Ok(Some(only)),
        (Some(last), false) => {
            values.push(last);
            Err(repeated(&parameter.scalar, &ParamValue::List(values)))
        }
        (None, _) => match &parameter.default {
            Some(default) => Ok(Some(default.into())),
            None if parameter.required => Err(missing(&parameter.name)),
            None => Ok(None),
        },
    }
}

fn repeated(scalar: &Schema, list: &ParamValue) -> Fault {
    match scalar {
        Schema::Boolean => wrong_type("boolean", &list.preview()),
        Schema::Integer { .. } => wrong_type("integer", &list.preview()),
        Schema::OneOf(values) => wrong_value(values, &list.preview()),
        _ => wrong_type("string", &list.preview()),
    }
}

fn check(parameter: &ParameterSchema, value: &ParamValue) -> Result<(), Fault> {
    match value {
        ParamValue::List(items) => {
            let (minimum, maximum) = parameter.list.unwrap_or_default();
            count("array", items.len() as u64, minimum, maximum)?;
            items.iter().try_for_each(|item| check_scalar(&parameter.scalar, item))
        }
        scalar => check_scalar(&parameter.scalar, scalar),
    }
}

fn check_scalar(schema: &Schema, value: &ParamValue) -> Result<(), Fault> {
    match (schema, value) {
        (Schema::Integer { minimum, maximum }, ParamValue::Integer(value)) => {
            integer(*value, *minimum, *maximum)
        }
        (Schema::Text(rules), ParamValue::Text(value)) => text(value, rules),
        // What is left was read as its own type.
        _ => Ok(()),
    }
}
