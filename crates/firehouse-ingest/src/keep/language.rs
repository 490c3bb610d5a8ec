//! Which languages a post declares: read out of its bytes, before anything else is done with it.

use firehouse_lexicon::{Item, Keys, Malformed, Reader};

/// Levels around what stands in a record.
const DEPTH: u32 = 1;

/// Whether a post declares languages, and none of them is one of these. Whatever is no list of texts declares nothing.
pub fn declares_only_others(post: &[u8], is_one: impl Fn(&str) -> bool) -> bool {
    let mut reader = Reader::new(post);
    // Malformed bytes declare nothing: they are kept, as what they are.
    let Ok(Some(count)) = find_langs(&mut reader) else { return false };
    let mut declared = false;
    for _ in 0..count {
        match reader.item() {
            Ok(Item::Text(tag)) if is_one(tag) => return false,
            Ok(Item::Text(_)) => declared = true,
            Ok(_) | Err(_) => return false,
        }
    }
    declared
}

/// Stands before the first of `langs` then, if it is a list: how long it claims to be.
fn find_langs(reader: &mut Reader<'_>) -> Result<Option<u64>, Malformed> {
    let Item::Map(count) = reader.item()? else { return Ok(None) };
    let mut keys = Keys::new(count);
    while let Some(key) = keys.next(reader)? {
        if key == "langs" {
            return Ok(match reader.item()? {
                Item::Array(count) => Some(count),
                _ => None,
            });
        }
        reader.skip(DEPTH)?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::declares_only_others;

    fn check(post: Value, expected: bool) {
        let bytes = serde_ipld_dagcbor::to_vec(&post).unwrap();
        assert_eq!(declares_only_others(&bytes, |tag| tag == "de"), expected, "{post}");
    }

    #[test]
    fn a_post_is_left_out_only_if_it_declares_others_and_nothing_else() {
        check(json!({ "text": "x", "langs": ["en"] }), true);
        check(json!({ "text": "x", "langs": ["en", "fr"], "reply": {} }), true);
        check(json!({ "text": "x", "langs": ["en", "de"] }), false);
        check(json!({ "text": "x", "langs": [] }), false);
        check(json!({ "text": "x" }), false);
    }

    #[test]
    fn what_is_no_list_of_texts_declares_nothing() {
        check(json!({ "langs": "en" }), false);
        check(json!({ "langs": ["en", 1] }), false);
        check(json!({ "langs": [["en"]] }), false);
        check(json!({ "a": { "langs": ["en"] } }), false);
        check(json!(["langs"]), false);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            declares_only_others(&bytes, |_| false);
        }
    }
}
