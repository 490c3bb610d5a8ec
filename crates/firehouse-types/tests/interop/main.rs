//! interop/syntax: every line of `*_valid` parses and every line of `*_invalid` is refused, as in every other implementation.

use std::path::{Path, PathBuf};

use firehouse_types::{AtUri, Cid, Datetime, Did, Handle, Nsid, Rev, Rkey, is_language, is_uri};

/// The file, or a loud line and nothing.
fn fixture(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let root = std::env::var("FIREHOUSE_FIXTURES").unwrap_or_else(|_| default.to_owned());
    let path = Path::new(&root).join("interop/syntax").join(name);
    if !path.exists() {
        eprintln!("SKIPPED: fixture interop/syntax/{name} is not there; set FIREHOUSE_FIXTURES");
        return None;
    }
    Some(path)
}

/// The cases of a file: blanks at both ends of a line belong to it, empty lines and comments are none.
fn lines(name: &str) -> Vec<String> {
    let Some(path) = fixture(name) else { return Vec::new() };
    let text = std::fs::read_to_string(path).unwrap();
    let cases = text.split('\n').filter(|line| !line.is_empty() && !line.starts_with('#'));
    cases.map(str::to_owned).collect()
}

fn check(format: &str, accepts: impl Fn(&str) -> bool) {
    for line in lines(&format!("{format}_syntax_valid.txt")) {
        assert!(accepts(&line), "{format} should be valid: {line:?}");
    }
    for line in lines(&format!("{format}_syntax_invalid.txt")) {
        assert!(!accepts(&line), "{format} should be invalid: {line:?}");
    }
}

#[test]
fn dids() {
    check("did", |text| Did::parse(text).is_ok_and(|did| did.as_str() == text));
}

#[test]
fn handles() {
    check("handle", |text| {
        Handle::parse(text).is_ok_and(|handle| handle.as_str().eq_ignore_ascii_case(text))
    });
}

#[test]
fn at_identifiers() {
    check("atidentifier", |text| Did::parse(text).is_ok() || Handle::parse(text).is_ok());
}

#[test]
fn nsids() {
    check("nsid", |text| Nsid::parse(text).is_ok_and(|nsid| nsid.as_str() == text));
}

#[test]
fn record_keys() {
    check("recordkey", |text| Rkey::parse(text).is_ok_and(|rkey| rkey.as_str() == text));
}

#[test]
fn tids() {
    check("tid", |text| text.parse::<Rev>().is_ok_and(|rev| rev.to_string() == text));
}

#[test]
fn at_uris() {
    check("aturi", |text| AtUri::parse(text).is_ok_and(|uri| uri.to_string() == text));
}

#[test]
fn uris() {
    check("uri", is_uri);
}

#[test]
fn languages() {
    check("language", is_language);
}

/// Repeated variants and extensions: BCP 47 calls these well-formed and not valid. Well-formed is what the lexicon asks for.
#[test]
fn well_formed_languages_need_not_be_valid() {
    for line in lines("language_parse_invalid.txt") {
        assert!(is_language(&line), "{line:?}");
    }
}

/// The type is narrower than the syntax: one version, two codecs, one hash, one base.
#[test]
fn of_the_many_kinds_of_cids_one_is_read() {
    for line in lines("cid_syntax_invalid.txt") {
        assert!(line.parse::<Cid>().is_err(), "{line:?}");
    }
    for line in lines("cid_syntax_valid.txt") {
        let blessed = line.starts_with("bafyrei") || line.starts_with("bafkrei");
        assert_eq!(line.parse::<Cid>().is_ok_and(|cid| cid.to_string() == line), blessed, "{line}");
    }
}

#[test]
fn datetimes() {
    check("datetime", |text| Datetime::parse(text).is_ok());
}

#[test]
fn datetimes_without_a_value_are_refused_and_leniently_the_epoch() {
    for line in lines("datetime_parse_invalid.txt") {
        assert!(Datetime::parse(&line).is_err(), "{line:?}");
        assert_eq!(Datetime::parse_lenient(&line), Datetime::EPOCH, "{line:?}");
    }
}
