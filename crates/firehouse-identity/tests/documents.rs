//! DID documents of the fixtures: read to the handle, key and PDS they state.

use std::path::{Path, PathBuf};

use firehouse_identity::Identity;
use firehouse_types::{Did, Handle};
use serde_json::Value;

/// A file of the fixtures; `None`, said loudly, when it is not there.
fn fixture(path: &str) -> Option<PathBuf> {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("FIREHOUSE_FIXTURES").unwrap_or_else(|| fallback.into());
    let path = PathBuf::from(folder).join(path);
    if !path.exists() {
        eprintln!("SKIPPED: no fixture at {}", path.display());
        return None;
    }
    Some(path)
}

fn json(path: impl AsRef<Path>) -> Value {
    let text = std::fs::read(&path).expect("the fixture can be read");
    serde_json::from_slice(&text).expect("the fixture is JSON")
}

/// Reads the document in the simplest possible way and compares.
fn check(document: &Value) {
    let id = document["id"].as_str().expect("an id");
    let did = Did::parse(id).expect("a DID");
    let identity = Identity::from_document(&did, document.to_string().as_bytes());
    let identity = identity.expect("a usable document");
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| document[name].as_array().cloned().unwrap_or_default();
    let find = |name: &str, fragment: &str| {
        let ids = [format!("#{fragment}"), format!("{id}#{fragment}")];
        list(name).into_iter().find(|value| ids.contains(&text(value, "id")))
    };
    let mut names = list("alsoKnownAs")
        .into_iter()
        .filter_map(|name| Handle::parse(name.as_str()?.strip_prefix("at://")?).ok());
    assert_eq!(identity.handle, names.next(), "{id}");
    let has_key = find("verificationMethod", "atproto").is_some_and(|method| {
        const TYPES: [&str; 3] =
            ["Multikey", "EcdsaSecp256k1VerificationKey2019", "EcdsaSecp256r1VerificationKey2019"];
        TYPES.contains(&&*text(&method, "type"))
    });
    assert_eq!(identity.key.is_some(), has_key, "{id}");
    let pds = find("service", "atproto_pds")
        .filter(|service| text(service, "type") == "AtprotoPersonalDataServer")
        .map(|service| text(&service, "serviceEndpoint").trim_end_matches('/').to_owned());
    let read = identity.pds.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    assert_eq!(read, pds, "{id}");
    for service in &identity.services {
        let stated = find("service", &service.id).expect("a service that is stated");
        assert_eq!(text(&stated, "serviceEndpoint"), *service.endpoint, "{id}");
    }
}

#[test]
fn documents_of_both_methods_are_read() {
    let Some(folder) = fixture("identity") else { return };
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            check(&json(path));
        }
    }
}

#[test]
fn legacy_documents_with_uncompressed_keys_are_read() {
    let Some(folder) = fixture("cars/did-docs") else { return };
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        check(&json(entry.expect("an entry").path()));
    }
}

#[test]
fn every_document_of_the_recorded_accounts_is_read() {
    let Some(path) = fixture("firehose/did_docs.json") else { return };
    let documents = json(path);
    for document in documents.as_object().expect("documents by DID").values() {
        check(document);
    }
}
