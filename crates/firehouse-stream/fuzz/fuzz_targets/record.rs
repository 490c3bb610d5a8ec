//! Records against their lexicons, as DAG-CBOR and as JSON.
//!
//! Whatever the bytes are: the verdict is the same twice; what fits a lexicon is of the data model; lax about blobs accepts what strict
//! accepts; and a message has a bounded length.
#![no_main]

use std::sync::LazyLock;

use firehouse_fuzz::{Input, Seeds, seed};
use firehouse_lexicon::{Blobs, Catalog, InvalidRecord, Reader, to_dag_cbor};
use firehouse_repo::Car;

/// By name, so that a byte means the same in every run.
static COLLECTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = Catalog::embedded().collections().map(str::to_owned).collect();
    names.sort();
    names
});

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let collection = &COLLECTIONS[usize::from(input.byte()) % COLLECTIONS.len()];
    let record = input.rest();
    check(collection, record);
    let Ok(value) = serde_json::from_slice(record) else { return };
    let Ok(record) = to_dag_cbor(&value) else { return };
    let mut reader = Reader::new(&record);
    assert_eq!(reader.skip(0).and_then(|()| reader.finish()), Ok(()), "what we write is strict");
    check(collection, &record);
});

fn check(collection: &str, record: &[u8]) {
    let catalog = Catalog::embedded();
    let validate = |blobs| catalog.validate_record(collection, record, blobs);
    let (lenient, strict) = (validate(Blobs::Lenient), validate(Blobs::Strict));
    assert_eq!(format!("{lenient:?}"), format!("{:?}", validate(Blobs::Lenient)));
    let mut reader = Reader::new(record);
    let is_well_formed = reader.skip(0).and_then(|()| reader.finish()).is_ok();
    match &lenient {
        Ok(()) => assert!(is_well_formed),
        Err(InvalidRecord::Malformed(_)) => assert!(!is_well_formed),
        Err(InvalidRecord::TypeMismatch | InvalidRecord::Violation(_)) => assert!(is_well_formed),
        Err(InvalidRecord::UnknownCollection) => panic!("{collection} is known"),
    }
    if let Err(InvalidRecord::Violation(violation)) = &lenient {
        assert!(violation.to_string().len() <= 2 * record.len() + 65_536, "{violation}");
    }
    assert!(lenient.is_ok() || strict.is_err(), "strict accepts what lenient does not");
}

fn seeds(seeds: &mut Seeds) {
    let mut cars = seeds.cars();
    cars.extend(seeds.commits().into_iter().map(|commit| commit.blocks));
    for car in cars {
        let Ok(car) = Car::parse(&car) else { continue };
        for (_, block) in car.blocks() {
            let named = COLLECTIONS
                .iter()
                .position(|name| block.windows(name.len()).any(|part| part == name.as_bytes()));
            // A fifth of them is enough of any kind.
            if let Some(at) = named.filter(|_| block.len() % 5 == 0) {
                seeds.add([&[at.to_le_bytes()[0]][..], &block].concat());
            }
        }
    }
    for line in seeds.json("firehose/expected_v1.jsonl") {
        let record = line.pointer("/commit/record").cloned().unwrap_or_default();
        let name = record.get("$type").and_then(|name| name.as_str()).unwrap_or_default();
        if let Some(at) = COLLECTIONS.iter().position(|known| known == name) {
            seeds.add([&[at.to_le_bytes()[0]][..], record.to_string().as_bytes()].concat());
        }
    }
}
