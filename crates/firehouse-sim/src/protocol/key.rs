//! [`Key`]: an account's signing key, made from a seed; its signatures are the same in every run.
//!
//! Both follow RFC 6979, so that a seed gives the same frames to the bit: hence a P-256 of its own here, since the one that verifies
//! signs with random numbers. Source: <https://atproto.com/specs/cryptography>

use p256::ecdsa::signature::hazmat::PrehashSigner;
use secp256k1::{Message, PublicKey, SecretKey};
use sha2::{Digest, Sha256};

/// A signing key of one of the two curves.
pub(crate) enum Key {
    K256(SecretKey),
    P256(p256::ecdsa::SigningKey),
}

/// Which curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    K256,
    P256,
}

impl Key {
    /// The key of this name; any name has one.
    pub(crate) fn of(name: &str, curve: Curve) -> Self {
        // One digest in 2^32 is no key of P-256, one in 2^128 none of K-256: then the next.
        let mut secret: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        loop {
            let key = match curve {
                Curve::K256 => SecretKey::from_secret_bytes(secret).map(Self::K256).ok(),
                Curve::P256 => p256::ecdsa::SigningKey::from_slice(&secret).map(Self::P256).ok(),
            };
            if let Some(key) = key {
                return key;
            }
            secret = Sha256::digest(secret).into();
        }
    }

    /// 64 bytes, low S.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let digest: [u8; 32] = Sha256::digest(message).into();
        match self {
            Self::K256(key) => secp256k1::ecdsa::sign(Message::from_digest(digest), key)
                .serialize_compact()
                .to_vec(),
            Self::P256(key) => {
                let signed: Result<p256::ecdsa::Signature, _> = key.sign_prehash(&digest);
                // Fails only for a digest shorter than this one.
                signed.map(|s| s.normalize_s().to_bytes().to_vec()).unwrap_or_default()
            }
        }
    }

    /// As did:key.
    pub(crate) fn did_key(&self) -> String {
        format!("did:key:{}", self.multibase())
    }

    /// As a Multikey.
    pub(crate) fn multibase(&self) -> String {
        let (codec, point) = match self {
            Self::K256(key) => ([0xe7, 0x01], PublicKey::from_secret_key(key).serialize().to_vec()),
            Self::P256(key) => {
                let point = key.verifying_key().to_sec1_point(true);
                ([0x80, 0x24], point.as_bytes().to_vec())
            }
        };
        format!("z{}", bs58::encode([&codec[..], &point].concat()).into_string())
    }
}
