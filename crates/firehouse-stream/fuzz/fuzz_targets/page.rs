//! Pages of listHosts and listRepos, and single answers of com.atproto.sync, as hosts send them.
//!
//! Whatever the answer is: an account is one that can be resolved; a host is a name that can be asked, and nothing behind it; a cursor is
//! bounded and is never the one that was asked with.
#![no_main]

use firehouse_fuzz::{Seeds, seed};

// The files taken in by path find here what they ask for at home.
extern crate self as firehouse_identity;
pub use firehouse_fuzz::identity::address::AddressPolicy;

#[path = "../../../firehouse-backfill/src/host.rs"]
#[expect(dead_code, reason = "nobody is asked here")]
mod host;
#[path = "../../../firehouse-backfill/src/pages.rs"]
mod pages;

/// Stands for firehouse-backfill's, which is about HTTP.
mod error {
    #[derive(Debug)]
    pub enum FetchError {
        Page(serde_json::Error),
        TooLarge { bytes_max: u64 },
        CursorRepeats,
    }
}

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    for asked in [None, Some("1")] {
        match pages::repos(bytes, asked) {
            Ok(page) => {
                assert!(page.items.iter().all(|repo| repo.did.is_resolvable()));
                check_cursor(page.cursor.as_deref(), asked);
            }
            Err(error) => check_error(&error, asked),
        }
        for policy in [AddressPolicy::Public, AddressPolicy::Private] {
            match pages::hosts(bytes, asked, policy) {
                Ok(page) => {
                    page.items.iter().for_each(|listed| check_host(&listed.host));
                    check_cursor(page.cursor.as_deref(), asked);
                }
                Err(error) => check_error(&error, asked),
            }
        }
    }
    if let Ok(status) = pages::status(bytes) {
        assert!(status.did.is_resolvable());
    }
    if let Ok(commit) = pages::latest_commit(bytes) {
        assert_eq!(commit.cid.to_string().parse(), Ok(commit.cid));
    }
});

fn check_cursor(cursor: Option<&str>, asked: Option<&str>) {
    assert!(cursor.is_none_or(|cursor| (1..=8 << 10).contains(&cursor.len())));
    assert!(cursor.is_none() || cursor != asked);
}

fn check_error(error: &error::FetchError, asked: Option<&str>) {
    match error {
        error::FetchError::Page(error) => assert!(error.to_string().len() < 70_000),
        error::FetchError::TooLarge { bytes_max } => assert_eq!(*bytes_max, 8 << 10),
        error::FetchError::CursorRepeats => assert!(asked.is_some()),
    }
}

/// Scheme and authority, as they are written in every other place.
fn check_host(host: &host::Host) {
    let url = url::Url::parse(host.as_str()).expect("a host is the beginning of a URL");
    assert!(url.path() == "/" && url.query().is_none() && url.fragment().is_none());
    assert!(url.username().is_empty() && url.password().is_none() && url.has_host());
    assert_eq!(host::Host::of_url(&url).as_ref(), Ok(host));
}

fn seeds(seeds: &mut Seeds) {
    seeds.files("xrpc-samples").iter().for_each(|answer| seeds.add(answer));
    for answer in [
        r#"{"cursor":"2","repos":[{"did":"did:plc:abc","head":"bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm","rev":"3jzfcijpj2z2a","active":false,"status":"takendown"},7]}"#,
        r#"{"cursor":"1","hosts":[{"hostname":"pds.example.com","status":"active","accountCount":7,"seq":9},{"hostname":"localhost:2583"}]}"#,
        r#"{"did":"did:web:a.b","active":false,"status":"deactivated"}"#,
        r#"{"cid":"bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm","rev":"3jzfcijpj2z2a"}"#,
    ] {
        seeds.add(answer);
    }
}
