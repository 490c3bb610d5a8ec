//! A key of our own, since no fuzzer forges a signature, and commits signed with it.

use std::sync::LazyLock;

use firehouse_repo::{Curve, PublicKey, sha256};
use firehouse_types::{Cid, Rev};
use secp256k1::{Message, SecretKey};

/// Whose repo it is.
pub const DID: &str = "did:plc:fuzz2222222222222222222a";

/// 2030: after every fixture. Units: microseconds since 1970.
pub const NOW_US: u64 = 1_893_456_000_000_000;

static SECRET: LazyLock<SecretKey> =
    LazyLock::new(|| SecretKey::from_secret_bytes([7; 32]).expect("seven is a key"));

static PUBLIC: LazyLock<PublicKey> = LazyLock::new(|| {
    let point = secp256k1::PublicKey::from_secret_key(&SECRET).serialize();
    PublicKey::from_point(Curve::K256, &point).expect("a key has a point")
});

/// The key that [`sign_commit`] signs with.
pub fn key() -> &'static PublicKey {
    &PUBLIC
}

/// The block of a signed commit of [`DID`]'s.
pub fn sign_commit(rev: Rev, data: Cid) -> (Cid, Vec<u8>) {
    let rev = rev.to_string();
    let [did, rev]: [Vec<u8>; 2] = [("\x63did\x78\x20", DID), ("\x63rev\x6d", rev.as_str())]
        .map(|(head, text)| [head.as_bytes(), text.as_bytes()].concat());
    let data = [&b"\x64data\xd8\x2a\x58\x25\x00"[..], &data.to_bytes()].concat();
    let rest = [&data[..], b"\x64prev\xf6\x67version\x03"].concat();
    let unsigned = [&b"\xa5"[..], &did, &rev, &rest].concat();
    let signature = secp256k1::ecdsa::sign(Message::from_digest(sha256(&unsigned)), &SECRET);
    let sig = [&b"\x63sig\x58\x40"[..], &signature.serialize_compact()].concat();
    let block = [&b"\xa6"[..], &did, &rev, &sig, &rest].concat();
    (Cid::dag_cbor(sha256(&block)), block)
}
