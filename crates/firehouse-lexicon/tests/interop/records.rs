//! Which records their lexicons allow.

use firehouse_lexicon::{Blobs, Catalog};

use crate::{cases, folder, json_below};

fn problems(file: &str, valid: bool) -> Vec<String> {
    let Some(folder) = folder("interop/lexicon/catalog") else { return Vec::new() };
    let documents = json_below(&folder);
    let catalog = Catalog::parse(documents.iter().map(|(_, text)| text.as_str())).unwrap();
    let verdict = |case: &serde_json::Value| {
        let (data, rkey) = (&case["data"], case["rkey"].as_str().unwrap_or_default());
        let collection = data["$type"].as_str().unwrap_or_default();
        let result = catalog.validate_record_json(collection, data, Blobs::Strict);
        let accepted = result.is_ok() && catalog.allows_rkey(collection, rkey);
        (accepted != valid).then(|| format!("{}: {result:?}", case["name"]))
    };
    cases(file).iter().filter_map(verdict).collect()
}

#[test]
fn records_are_taken_and_refused_as_others_do() {
    assert_eq!(problems("interop/lexicon/record-data-valid.json", true), Vec::<String>::new());
    assert_eq!(problems("interop/lexicon/record-data-invalid.json", false), Vec::<String>::new());
}
