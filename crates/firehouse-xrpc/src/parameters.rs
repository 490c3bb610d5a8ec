//! Query strings: decoded, checked against the method's lexicon, and made into the type the view functions take.

use firehouse_lexicon::{Catalog, without_brackets};
use url::form_urlencoded;

use crate::failure::Failure;

/// How a query string is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As the specification says: an array is its name repeated.
    Strict,
    /// `name[]=` counts as `name=`: what some old clients send to a few methods.
    Loose,
}

/// The parameters of `nsid`, defaults included. Errors: 400 `InvalidRequest` in the words of the reference.
pub(crate) fn checked(
    catalog: &Catalog,
    nsid: &str,
    query: &str,
    reading: Reading,
) -> Result<serde_json::Value, Failure> {
    let decoded: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let pairs: Vec<_> = decoded.iter().map(|(name, value)| (&**name, &**value)).collect();
    let pairs = match reading {
        Reading::Strict => pairs,
        Reading::Loose => without_brackets(&pairs),
    };
    let parameters = catalog.validate_params(nsid, &pairs);
    parameters.map(|p| p.to_json()).map_err(|invalid| Failure::invalid_request(invalid.to_string()))
}

/// Whether it says `debug=true`, which no lexicon knows and every method may be asked with.
pub(crate) fn wants_debug(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "debug" && value == "true")
}

/// As the type of one method. Errors: 400 where that type is narrower than the lexicon.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(
    parameters: serde_json::Value,
) -> Result<T, Failure> {
    serde_json::from_value(parameters)
        .map_err(|error| Failure::invalid_request(format!("Invalid parameters: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What getPosts makes of `query`: the URIs, or the message of the refusal.
    fn check(query: &str, reading: Reading, expected: Result<&[&str], &str>) {
        let nsid = "app.bsky.feed.getPosts";
        match (checked(&Catalog::embedded(), nsid, query, reading), expected) {
            (Ok(found), Ok(uris)) => {
                assert_eq!(found, serde_json::json!({ "uris": uris }), "{query}")
            }
            (Err(failure), Err(message)) => assert_eq!(failure.message, message, "{query}"),
            (found, _) => panic!("{query}: {found:?}"),
        }
    }

    const MISSING: &str = "Invalid app.bsky.feed.getPosts params: Missing required key \"uris\"";

    #[test]
    fn names_repeat_and_escapes_are_undone() {
        let [a, b] = ["at://did:plc:a/b.c.d/e", "at://did:plc:f/b.c.d/g"];
        check(&format!("uris={a}&uris={b}"), Reading::Strict, Ok(&[a, b]));
        check("uris=at%3A%2F%2Fdid%3Aplc%3Aa%2Fb.c.d%2Fe&other=1", Reading::Strict, Ok(&[a]));
        check("", Reading::Strict, Err(MISSING));
    }

    #[test]
    fn whoever_wants_to_be_told_more_says_so_in_one_way() {
        for (query, expected) in
            [("q=a&debug=true", true), ("debug=1", false), ("q=debug=true", false), ("", false)]
        {
            assert_eq!(wants_debug(query), expected, "{query}");
        }
    }

    #[test]
    fn only_a_loose_reading_knows_brackets() {
        check(
            "uris[]=at://did:plc:a&uris%5B%5D=at://did:plc:b",
            Reading::Loose,
            Ok(&["at://did:plc:a", "at://did:plc:b"]),
        );
        check("uris[]=at://did:plc:a", Reading::Strict, Err(MISSING));
    }
}
