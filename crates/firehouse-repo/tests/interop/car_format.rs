//! car-format: the exact bytes of a CAR v1, and files that are none, or no repo.

use bytes::Bytes;
use firehouse_repo::{Car, read_repo_unverified};

use crate::support::{base64, cid, files, json_array, read, text, write_car};

#[test]
fn a_written_car_is_read_as_its_blocks() {
    for case in json_array("car-format/car-file-fixtures.json") {
        let bytes = Bytes::from(base64(text(&case, "car")));
        let car = Car::parse(&bytes).unwrap();
        let root = cid(text(&case, "root"));
        assert_eq!(car.roots(), [root]);
        let blocks: Vec<_> = case["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| (cid(text(block, "cid")), base64(text(block, "bytes"))))
            .collect();
        assert_eq!(car.len(), blocks.len());
        for (cid, block) in &blocks {
            assert_eq!(car.block(cid), Some(&block[..]));
        }
        assert_eq!(write_car(&[root], blocks.iter().map(|(cid, b)| (*cid, &b[..]))), bytes);
    }
}

#[test]
fn everything_that_is_not_a_repo_is_a_clean_error() {
    for (name, path) in files("car-format", "car") {
        let bytes = Bytes::from(read(&path));
        assert!(read_repo_unverified(&bytes).is_err(), "{name}");
    }
}

#[test]
fn a_repo_cut_anywhere_is_a_clean_error() {
    for (name, path) in files("cars", "car") {
        let bytes = Bytes::from(read(&path));
        if read_repo_unverified(&bytes).is_err() || bytes.len() > 20_000 {
            continue;
        }
        for len in (0..bytes.len()).step_by(7) {
            assert!(read_repo_unverified(&bytes.slice(..len)).is_err(), "{name} cut to {len}");
        }
    }
}
