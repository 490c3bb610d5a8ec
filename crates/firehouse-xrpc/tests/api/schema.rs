//! The lexicons of methods, as JSON: what a valid request looks like, made from the schema alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::world::{ALICE, BOB};

/// All lexicons by their names.
pub struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    pub fn read() -> Self {
        let mut all = BTreeMap::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lexicons");
        let mut folders: Vec<PathBuf> = vec![root];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "json") {
                    let text = std::fs::read_to_string(path).unwrap();
                    let lexicon: Value = serde_json::from_str(&text).unwrap();
                    all.insert(lexicon["id"].as_str().unwrap().to_owned(), lexicon);
                }
            }
        }
        Self(all)
    }

    /// Names and definitions of all queries, or of all procedures.
    pub fn methods(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        let mains = self.0.iter().map(|(nsid, lexicon)| (&**nsid, &lexicon["defs"]["main"]));
        mains.filter(move |(_, main)| main["type"] == kind)
    }

    /// The definition that a schema refers to, and the name of the lexicon it stands in; itself when it refers to none.
    pub fn resolve<'a>(&'a self, nsid: &'a str, schema: &'a Value) -> (&'a str, &'a Value) {
        let reference = match schema["type"].as_str() {
            Some("ref") => schema["ref"].as_str(),
            Some("union") => schema["refs"][0].as_str(),
            _ => None,
        };
        let Some(reference) = reference else { return (nsid, schema) };
        let (lexicon, name) = reference.split_once('#').unwrap_or((reference, "main"));
        let lexicon = if lexicon.is_empty() { nsid } else { lexicon };
        let (lexicon, document) = self.0.get_key_value(lexicon).unwrap();
        self.resolve(lexicon, &document["defs"][name])
    }

    /// Something that the schema allows: only what is required.
    pub fn sample(&self, nsid: &str, schema: &Value) -> Value {
        let (home, found) = self.resolve(nsid, schema);
        match found["type"].as_str().unwrap() {
            "boolean" => json!(true),
            "integer" => found.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            "string" => sample_text(found).into(),
            "array" => json!([self.sample(home, &found["items"])]),
            "object" => {
                let required = found["required"].as_array().into_iter().flatten();
                let field = |name: &Value| {
                    let name = name.as_str().unwrap();
                    (name.to_owned(), self.sample(home, &found["properties"][name]))
                };
                let mut object: Map<_, _> = required.map(field).collect();
                if schema["type"] == "union" {
                    let reference = schema["refs"][0].as_str().unwrap();
                    let prefix = if reference.starts_with('#') { nsid } else { "" };
                    object.insert("$type".to_owned(), format!("{prefix}{reference}").into());
                }
                object.into()
            }
            "cid-link" => json!({ "$link": CID }),
            "unknown" => json!({}),
            other => panic!("{nsid}: no sample of a {other}"),
        }
    }
}

const CID: &str = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

fn sample_text(schema: &Value) -> String {
    for fixed in [&schema["const"], &schema["enum"][0], &schema["knownValues"][0]] {
        if let Some(fixed) = fixed.as_str() {
            return fixed.to_owned();
        }
    }
    match schema["format"].as_str() {
        None => "word".to_owned(),
        Some("did") => BOB.to_owned(),
        Some("at-identifier") => ALICE.to_owned(),
        Some("handle") => "alice.test".to_owned(),
        Some("at-uri") => format!("at://{ALICE}/app.bsky.feed.post/3lebsxaigos2a"),
        Some("nsid") => "app.bsky.feed.post".to_owned(),
        Some("cid") => CID.to_owned(),
        Some("datetime") => "2025-01-01T00:00:00.000Z".to_owned(),
        Some("uri") => "https://example.com/a".to_owned(),
        Some("language") => "en".to_owned(),
        Some("tid" | "record-key") => "3lebsxaigos2a".to_owned(),
        Some(other) => panic!("no sample of a {other}"),
    }
}
