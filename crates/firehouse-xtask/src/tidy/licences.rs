//! Every dependency has a licence we can ship: one of those .deny.toml allows, as `cargo deny` reads it, without its download.

use anyhow::{Context, Result};
use toml::Value;

use super::Metadata;

/// Names every package with no allowed licence.
pub fn check(metadata: &Metadata, deny: &str) -> Result<Vec<String>> {
    let deny: toml::Table = deny.parse().context(".deny.toml")?;
    let allowed = deny
        .get("licenses")
        .and_then(|licenses| licenses.get("allow"))
        .and_then(Value::as_array)
        .context(".deny.toml: licenses.allow")?;
    let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
    let refused = metadata.packages.iter().filter(|package| {
        !package.license.as_deref().is_some_and(|licence| is_allowed(licence, &allowed))
    });
    Ok(refused
        .map(|package| {
            format!(
                "{} {}: licence {:?} is not in .deny.toml",
                package.name, package.version, package.license
            )
        })
        .collect())
}

/// An SPDX expression holds when one alternative of each of its parts is allowed.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ");
    let parts = split_outside_brackets(&expression, " AND ");
    if parts.len() > 1 {
        return parts.iter().all(|part| is_allowed(part, allowed));
    }
    let alternatives = split_outside_brackets(&expression, " OR ");
    if alternatives.len() > 1 {
        return alternatives.iter().any(|part| is_allowed(part, allowed));
    }
    let expression = expression.trim();
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => is_allowed(inner, allowed),
        None => allowed.contains(&expression),
    }
}

fn split_outside_brackets<'a>(expression: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= from && expression[at..].starts_with(separator) => {
                parts.push(&expression[from..at]);
                from = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = ["MIT", "Apache-2.0", "ISC"];
        let check = |expression, expected| {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}")
        };
        check("MIT", true);
        check("MIT/GPL-3.0", true);
        check("GPL-3.0", false);
        check("MIT AND GPL-3.0", false);
        check("(MIT OR GPL-3.0) AND ISC", true);
        check("ISC AND (Apache-2.0 OR ISC)", true);
        check("ISC AND (GPL-2.0 OR GPL-3.0)", false);
    }
}
