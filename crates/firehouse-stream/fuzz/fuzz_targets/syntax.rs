//! Identifiers: what every text on the network must be read as, sooner or later.
//!
//! Whatever the text is: what is read is written as it was (a handle in lower case, a time to the millisecond), the same by every way
//! there is to read it.
#![no_main]

use firehouse_fuzz::{Seeds, seed};
use firehouse_types::{
    AtUri, Cid, Datetime, Did, Handle, Nsid, Rev, Rkey, RkeyId, is_language, is_uri,
};

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    names(text);
    times(text);
    if let Ok(uri) = AtUri::parse(text) {
        assert_eq!(uri.to_string(), text);
        assert!(text.len() <= 8_192 && is_uri(text) == text.bytes().all(|b| b.is_ascii_graphic()));
        assert!(Did::is_valid(uri.authority) != Handle::is_valid(uri.authority));
        assert!(uri.record().is_none() || (uri.collection.is_some() && uri.rkey.is_some()));
    }
    if let Ok(cid) = text.parse::<Cid>() {
        assert_eq!(cid.to_string(), text);
        assert_eq!(Cid::from_bytes(&cid.to_bytes()), Ok(cid));
        assert_eq!(ipld_core::cid::Cid::from(cid).to_string(), text, "the general reader agrees");
    }
    if let Ok(cid) = Cid::from_bytes(bytes) {
        assert_eq!(cid.to_bytes(), bytes);
    }
    assert!(!is_language(text) || text.len() <= 128);
});

fn names(text: &str) {
    if let Ok(did) = Did::parse(text) {
        assert!(did.as_str() == text && text.len() <= 2_048 && did.actor() == did.actor());
    }
    if let Ok(handle) = Handle::parse(text) {
        assert_eq!(handle.as_str(), text.to_ascii_lowercase());
        assert!(Handle::parse(handle.as_str()).is_ok_and(|again| again == handle));
    }
    if let Ok(nsid) = Nsid::parse(text) {
        assert!(nsid.as_str() == text && text.len() <= 317 && text.split('.').count() >= 3);
    }
    let id = RkeyId::of(text);
    match text.parse::<Rev>() {
        Ok(rev) => {
            assert_eq!(rev.to_string(), text);
            // The top bit says that a key is none.
            assert_eq!(id.tid(), Some(rev).filter(|rev| rev.get() >> 63 == 0));
        }
        Err(_) => assert_eq!(id.tid(), None),
    }
    if let Ok(rkey) = Rkey::parse(text) {
        assert!(rkey.as_str() == text && rkey.id() == id && text.len() <= 512);
        assert!(AtUri::parse(&format!("at://did:plc:a/a.b.c/{text}")).is_ok());
    }
}

fn times(text: &str) {
    let lenient = Datetime::parse_lenient(text);
    assert_eq!(Datetime::from_ms(lenient.ms()), lenient, "between the years 0 and 9999");
    if let Ok(time) = Datetime::parse(text) {
        assert!(time == lenient && text.len() <= 64);
        assert_eq!(Datetime::parse(&time.to_string()), Ok(time));
    }
}

fn seeds(seeds: &mut Seeds) {
    for file in seeds.files("interop/syntax") {
        file.split(|byte| *byte == b'\n')
            .filter(|line| !line.starts_with(b"#"))
            .for_each(|line| seeds.add(line));
    }
}
