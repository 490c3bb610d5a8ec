//! [`Params`]: the query string of an XRPC request, typed, with defaults, or the message the reference would answer.
//!
//! Empty values count as absent, unknown names are ignored, a scalar given twice is an array and so of the wrong type.
//! Source: <https://atproto.com/specs/xrpc>; `params` of npm package @atproto/lex-schema 0.2.7.

use crate::rules::{count, integer, text};
use crate::schema::{MethodSchema, ParameterSchema, Scalar, Schema};
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
            // What does not fit is no safe integer either, which is said in its turn.
            let beyond = if digits.len() < value.len() { i64::MIN } else { i64::MAX };
            Ok(ParamValue::Integer(value.parse().unwrap_or(beyond)))
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::without_brackets;
    use crate::Catalog;

    const PREFIX: &str = "Invalid app.bsky.feed.getTimeline params: ";

    /// `Err` without [`PREFIX`] where the method is getTimeline.
    fn check(nsid: &str, pairs: &[(&str, &str)], expected: Result<Value, &str>) {
        let got = Catalog::embedded().validate_params(nsid, pairs);
        let got = got.map(|params| params.to_json()).map_err(|error| error.to_string());
        let got = got.as_ref().map_err(|message| message.strip_prefix(PREFIX).unwrap_or(message));
        assert_eq!(got.cloned(), expected, "{nsid} {pairs:?}");
    }

    #[test]
    fn defaults_are_filled_in_and_unknown_names_ignored() {
        let method = "app.bsky.feed.getTimeline";
        check(method, &[], Ok(json!({"limit": 50})));
        check(
            method,
            &[("limit", "7"), ("cursor", "x"), ("zz", "1")],
            Ok(json!({"limit": 7, "cursor": "x"})),
        );
        check(method, &[("limit", ""), ("cursor", "")], Ok(json!({"limit": 50})));
        check(
            "app.bsky.feed.getPosts",
            &[("uris", "at://did:web:a.b")],
            Ok(json!({"uris": ["at://did:web:a.b"]})),
        );
        check(
            "app.bsky.notification.listNotifications",
            &[("priority", "true")],
            Ok(json!({"limit": 50, "priority": true})),
        );
    }

    #[test]
    fn messages_are_those_of_the_reference() {
        let method = "app.bsky.feed.getTimeline";
        check(method, &[("limit", "101")], Err("integer too big (maximum 100, got 101)"));
        check(method, &[("limit", "0")], Err("integer too small (minimum 1, got 0)"));
        check(method, &[("limit", "abc")], Err("Expected integer value type (got \"abc\")"));
        check(
            method,
            &[("limit", "1"), ("limit", "2")],
            Err("Expected integer value type (got [1, 2])"),
        );
        check(
            method,
            &[("cursor", "a"), ("cursor", "b"), ("cursor", "c")],
            Err("Expected string value type (got [\"a\", \"b\", ...])"),
        );
        check(
            method,
            &[("limit", "99999999999999999999")],
            Err("Expected integer value type (got 9223372036854775807)"),
        );
        check(
            "app.bsky.actor.getProfile",
            &[],
            Err("Invalid app.bsky.actor.getProfile params: Missing required key \"actor\""),
        );
        check(
            "app.bsky.actor.getProfile",
            &[("actor", "not an actor")],
            Err(
                "Invalid app.bsky.actor.getProfile params: Invalid AT identifier (got \"not an actor\")",
            ),
        );
        let many = vec![("uris", "at://did:web:a.b"); 26];
        check(
            "app.bsky.feed.getPosts",
            &many,
            Err("Invalid app.bsky.feed.getPosts params: array too big (maximum 25, got 26)"),
        );
        check("com.example.unheard", &[], Err("no lexicon defines com.example.unheard"));
    }

    #[test]
    fn bracketed_names_move_to_the_end() {
        let pairs = [("a[]", "1"), ("b", "2"), ("a[0]", "3"), ("a[x]", "4"), ("a", "5")];
        assert_eq!(
            without_brackets(&pairs),
            [("b", "2"), ("a[x]", "4"), ("a", "5"), ("a", "1"), ("a", "3")]
        );
    }
}
