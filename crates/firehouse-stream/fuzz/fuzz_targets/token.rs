//! Service tokens (JWT), as callers of XRPC send them.
//!
//! Whatever the text is: what is signed is its beginning, a token has three parts, and none holds that nobody signed.
#![no_main]

use data_encoding::BASE64URL_NOPAD;
use firehouse_fuzz::{Seeds, key, seed};

#[path = "../../../firehouse-xrpc/src/auth/token.rs"]
mod token;

/// Stands for firehouse-xrpc's, which is about HTTP.
mod failure {
    pub(crate) struct Failure;

    impl Failure {
        pub(crate) fn unauthorized(name: &str, message: impl Into<String>) -> Self {
            assert!(name.starts_with("BadJwt") && message.into().len() < 9_000);
            Self
        }
    }
}

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    check(text);
    // And with the segments packed, which no fuzzer keeps whole for long.
    let packed: Vec<String> =
        text.split('\n').map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).collect();
    check(&packed.join("."));
});

fn check(text: &str) {
    let Ok(token) = token::Token::parse(text) else { return };
    assert!(text.as_bytes().starts_with(token.signed) && text.len() <= 8 * 1024);
    assert_eq!(text.split('.').count(), 3);
    assert!(token.signature.as_ref().is_none_or(|signature| signature.len() < text.len()));
    let claims = &token.claims;
    assert!(claims.exp.is_finite(), "JSON has no other numbers");
    let parts = [Some(&*token.algorithm), Some(&*claims.iss), Some(&*claims.aud)];
    let jti = claims.jti.as_ref().and_then(|jti| jti.as_str());
    let parts = parts.into_iter().chain([claims.lxm.as_deref(), jti]).flatten();
    assert!(parts.map(str::len).sum::<usize>() <= text.len());
    let signature = token.signature.unwrap_or_default();
    assert!(key().verify_allowing_high_s(token.signed, &signature).is_err(), "signed by nobody");
}

fn seeds(seeds: &mut Seeds) {
    let claims = r#"{"iss":"did:plc:a","aud":"did:web:b","exp":1.5,"lxm":"a.b.c","jti":"x"}"#;
    for header in [
        r#"{"alg":"ES256K","typ":"JWT"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"none","typ":"at+jwt"}"#,
    ] {
        seeds.add(format!("{header}\n{claims}\nsignature"));
        let packed =
            [header, claims, "signature"].map(|part| BASE64URL_NOPAD.encode(part.as_bytes()));
        seeds.add(packed.join("."));
    }
}
