//! CARs: whole, and in pieces.
//!
//! Whatever the bytes are and wherever they are cut: both readers have the same verdict and give the same blocks and roots, and each
//! block hashes to its CID. A repo that is read has the records that a walk through its tree finds.
#![no_main]

use std::collections::BTreeMap;

use bytes::Bytes;
use firehouse_fuzz::{Input, Seeds, seed};
use firehouse_repo::{Car, CarError, CarReader, read_repo_unverified, sha256};
use firehouse_types::Cid;

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let steps = [input.byte(), input.byte(), input.byte()];
    let car = Bytes::copy_from_slice(input.rest());
    let whole = Car::parse(&car);
    let pieces = read_in_pieces(&car, &steps);
    match (&whole, pieces) {
        (Ok(whole), Ok((roots, blocks))) => {
            assert_eq!(whole.roots(), roots);
            let expected: BTreeMap<Cid, Bytes> = whole.blocks().collect();
            assert_eq!(blocks, expected);
            assert!(blocks.iter().all(|(cid, block)| cid.digest == sha256(block)));
            assert!(blocks.keys().all(|cid| whole.block(cid) == whole.get(cid).as_deref()));
            assert_eq!(whole.len(), blocks.len());
        }
        // The first fault decides, and one that is cut off may be found where it lies or at the end.
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!("whole: {whole:?}, in pieces: {pieces:?}"),
    }
    if let Ok(repo) = read_repo_unverified(&car) {
        let paths: Vec<&str> = repo.records().map(|record| record.path).collect();
        assert!(paths.is_sorted_by(|a, b| a < b), "paths rise");
        assert_eq!(paths.len(), repo.len());
        assert!(repo.records().all(|record| record.cid.digest == sha256(&record.record)));
        assert_eq!(repo.ops().count(), repo.len());
    }
});

fn read_in_pieces(car: &[u8], steps: &[u8]) -> Result<(Vec<Cid>, BTreeMap<Cid, Bytes>), CarError> {
    let (mut reader, mut blocks) = (CarReader::new(), BTreeMap::new());
    let (mut rest, mut steps) = (car, steps.iter().cycle());
    while !rest.is_empty() {
        // Small pieces, and now and then a large one.
        let step = usize::from(*steps.next().unwrap_or(&0));
        let len = if step > 200 { step * 64 } else { step + 1 };
        let (piece, behind) = rest.split_at(len.min(rest.len()));
        reader.push(piece, |cid, block| {
            blocks.insert(cid, Bytes::copy_from_slice(block));
            Ok::<_, CarError>(())
        })?;
        rest = behind;
    }
    Ok((reader.finish()?, blocks))
}

fn seeds(seeds: &mut Seeds) {
    let mut cars = seeds.cars();
    cars.extend(seeds.commits().into_iter().map(|commit| commit.blocks));
    for (at, car) in cars.iter().enumerate() {
        let step = at.to_le_bytes()[0];
        seeds.add([&[step, 255 - step, 13][..], car].concat());
    }
}
