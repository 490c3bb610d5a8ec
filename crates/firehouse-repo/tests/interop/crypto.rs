//! interop/crypto: signatures that hold and that must not, on both curves; private keys and their did:key.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use firehouse_repo::{Curve, PublicKey};
use secp256k1::SecretKey;

use crate::support::{base64, hex, json_array, text};

#[test]
fn every_signature_gets_the_verdict_of_its_authors() {
    for case in json_array("interop/crypto/signature-fixtures.json") {
        let comment = text(&case, "comment");
        let by_did = PublicKey::from_did_key(text(&case, "publicKeyDid")).unwrap();
        let suite = text(&case, "didDocSuite");
        let by_document =
            PublicKey::from_verification_method(suite, text(&case, "publicKeyMultibase")).unwrap();
        assert_eq!(by_did, by_document, "{comment}");

        let message = base64(text(&case, "messageBase64"));
        let signature = base64(text(&case, "signatureBase64"));
        let valid = case["validSignature"].as_bool().unwrap();
        assert_eq!(by_did.verify(&message, &signature).is_ok(), valid, "{comment}");

        let is_high_s = case["tags"].as_array().unwrap().iter().any(|tag| tag == "high-s");
        let lenient = by_did.verify_allowing_high_s(&message, &signature).is_ok();
        assert_eq!(lenient, valid || is_high_s, "{comment}, high S allowed");
        if valid {
            assert!(by_did.verify(b"another message", &signature).is_err(), "{comment}");
            assert!(by_did.verify(&message, &signature[..63]).is_err(), "{comment}");
            assert!(
                by_did.verify(&message, &[&signature[..], &[0]].concat()).is_err(),
                "{comment}"
            );
            assert!(by_did.verify(&message, &[0; 64]).is_err(), "{comment}");
            assert!(by_did.verify(&message, &[0xff; 64]).is_err(), "{comment}");
        }
    }
}

#[test]
fn private_keys_lead_to_their_did_keys() {
    for case in json_array("interop/crypto/w3c_didkey_K256.json") {
        let secret: [u8; 32] = hex(text(&case, "privateKeyBytesHex")).try_into().unwrap();
        let secret = SecretKey::from_secret_bytes(secret).unwrap();
        let point = secp256k1::PublicKey::from_secret_key(&secret).serialize_uncompressed();
        check_did_key(Curve::K256, &point, text(&case, "publicDidKey"));
    }
    for case in json_array("interop/crypto/w3c_didkey_P256.json") {
        let secret = bs58::decode(text(&case, "privateKeyBytesBase58")).into_vec().unwrap();
        let secret = PrivateKey::from_private_key(&ECDH_P256, &secret).unwrap();
        let point = secret.compute_public_key().unwrap();
        check_did_key(Curve::P256, point.as_ref(), text(&case, "publicDidKey"));
    }
}

fn check_did_key(curve: Curve, point: &[u8], did_key: &str) {
    let key = PublicKey::from_point(curve, point).unwrap();
    assert_eq!(key.to_did_key(), did_key);
    assert_eq!(PublicKey::from_did_key(did_key).unwrap(), key);
}
