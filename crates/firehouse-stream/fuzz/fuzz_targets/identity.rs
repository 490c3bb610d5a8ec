//! DID documents, as plc.directory and did:web hosts answer, and the keys in them.
//!
//! Whatever the answer is: it is refused, or is the document of the DID that was asked for; a key that is read is written as another
//! text of the same key; a PDS is an origin and nothing more.
#![no_main]

use firehouse_fuzz::identity::document::Identity;
use firehouse_fuzz::{Seeds, seed};
use firehouse_repo::{Curve, PublicKey};
use firehouse_types::Did;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let kinds = ["Multikey", "EcdsaSecp256k1VerificationKey2019", "EcdsaSecp256r1VerificationKey2019"];
        let keys = kinds.map(|kind| PublicKey::from_verification_method(kind, text).ok());
        let keys = keys.into_iter().chain([PublicKey::from_did_key(text).ok()]);
        keys.flatten().for_each(|key| check_key(&key));
    }
    for curve in [Curve::K256, Curve::P256] {
        if let Ok(key) = PublicKey::from_point(curve, bytes) {
            check_key(&key);
        }
    }
    // The DID that the document is asked for is the one it claims to be of.
    let claimed = serde_json::from_slice::<Value>(bytes).ok();
    let claimed = claimed.as_ref().and_then(|document| document.get("id")?.as_str());
    let Some(did) = claimed.and_then(|id| Did::parse(id).ok()) else { return };
    let Ok(identity) = Identity::from_document(&did, bytes) else { return };
    assert_eq!(identity.did, did);
    identity.key.iter().chain(identity.keys.iter().map(|(_, key)| key)).for_each(check_key);
    assert!(identity.services.iter().all(|service| &*service.id != "atproto_pds"));
    for service in &identity.services {
        assert_eq!(identity.service(&service.id, &service.kind), Some(service), "the first wins");
    }
    if let Some(pds) = &identity.pds {
        assert!(matches!(pds.scheme(), "http" | "https") && pds.path() == "/");
        assert!(pds.query().is_none() && pds.username().is_empty() && pds.has_host());
    }
    let other = Did::parse("did:web:somebody.else").expect("a DID");
    assert!(did == other || Identity::from_document(&other, bytes).is_err());
});

fn check_key(key: &PublicKey) {
    let text = key.to_did_key();
    let again = PublicKey::from_did_key(&text).expect("what we write is a key");
    assert!(again == *key && again.to_did_key() == text && again.curve() == key.curve());
    let point = key.compressed();
    assert!(PublicKey::from_point(key.curve(), &point).is_ok_and(|again| again == *key));
    assert!(key.verify(b"a message", &[7; 64]).is_err(), "signed by nobody");
}

fn seeds(seeds: &mut Seeds) {
    for folder in ["identity", "cars/did-docs"] {
        seeds.files(folder).iter().for_each(|document| seeds.add(document));
    }
    for documents in seeds.json("firehose/did_docs.json") {
        for document in documents.as_object().into_iter().flatten().map(|(_, document)| document) {
            seeds.add(document.to_string());
            Seeds::texts_at("publicKeyMultibase", document).iter().for_each(|key| seeds.add(key));
        }
    }
    for line in seeds.json("plc/export.jsonl").iter().take(200) {
        seeds.add(line.to_string());
        Seeds::texts_at("signingKey", line).iter().for_each(|key| seeds.add(key));
    }
}
