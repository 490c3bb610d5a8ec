//! Which texts are lexicon documents.

use firehouse_lexicon::{Catalog, Document};

use crate::{cases, folder, json_below};

fn problems(file: &str, valid: bool) -> Vec<String> {
    let verdict = |case: &serde_json::Value| {
        let parsed = Document::parse(&case["lexicon"].to_string());
        (parsed.is_ok() != valid).then(|| format!("{}: {parsed:?}", case["name"]))
    };
    cases(file).iter().filter_map(verdict).collect()
}

#[test]
fn documents_are_taken_and_refused_as_others_do() {
    assert_eq!(problems("interop/lexicon/lexicon-valid.json", true), Vec::<String>::new());
    assert_eq!(problems("interop/lexicon/lexicon-invalid.json", false), Vec::<String>::new());
}

#[test]
fn every_document_of_the_network_loads_and_dangling_references_do_no_harm() {
    for name in ["../lexicons", "interop/lexicon/catalog"] {
        let Some(folder) = folder(name) else { continue };
        let mut documents = Vec::new();
        for (path, text) in json_below(&folder) {
            match Document::parse(&text) {
                Ok(document) => documents.push(document),
                Err(error) => panic!("{}: {error} ({error:?})", path.display()),
            }
        }
        let catalog = Catalog::new(&documents);
        for dangling in catalog.dangling() {
            eprintln!("note: {dangling} is defined nowhere");
        }
    }
}

#[test]
fn every_embedded_document_parses_and_its_references_resolve() {
    let lexicons = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lexicons");
    let documents = json_below(&lexicons);
    assert!(documents.len() > 100, "lexicons/ holds the official documents");
    for (path, text) in documents {
        Document::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let catalog = Catalog::embedded();
    assert_eq!(catalog.dangling(), &[] as &[String]);
    assert!(catalog.collections().any(|collection| collection == "app.bsky.feed.post"));
    assert!(catalog.has_method("app.bsky.feed.getTimeline"));
}
