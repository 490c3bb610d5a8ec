//! Compressed bodies in both directions.

use std::io::{Read, Write};

use crate::server::{self, Server, post, send};

async fn fetch(server: &Server, accept: &str, parameters: &[(&str, &str)]) -> (String, Vec<u8>) {
    let answer = send(server, "GET", parameters, &[("accept-encoding", accept)], "").await;
    (answer.header("content-encoding").to_owned(), answer.body)
}

fn unpack(encoding: &str, wire: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let result = match encoding {
        "gzip" => flate2::read::GzDecoder::new(wire).read_to_end(&mut plain),
        "deflate" => flate2::read::ZlibDecoder::new(wire).read_to_end(&mut plain),
        "zstd" => zstd::stream::read::Decoder::new(wire).expect("zstd").read_to_end(&mut plain),
        "lz4" => lz4_flex::frame::FrameDecoder::new(wire).read_to_end(&mut plain),
        other => panic!("encoding {other:?}"),
    };
    result.expect("a whole body");
    plain
}

fn pack(encoding: &str, plain: &[u8]) -> Vec<u8> {
    match encoding {
        "gzip" => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(plain).and_then(|()| encoder.finish())
        }
        "deflate" => {
            let mut encoder =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(plain).and_then(|()| encoder.finish())
        }
        "zstd" => zstd::stream::encode_all(plain, 1),
        "lz4" => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(plain).and_then(|()| encoder.finish().map_err(std::io::Error::other))
        }
        other => panic!("encoding {other:?}"),
    }
    .expect("packed")
}

const ENCODINGS: [&str; 4] = ["gzip", "deflate", "zstd", "lz4"];

#[tokio::test]
async fn answers_are_compressed_as_the_client_accepts() {
    let Some(server) = server::start() else { return };
    // Short ones come at once, long ones in pieces.
    for rows in [3u64, 2_000_000] {
        let sql = format!("SELECT number FROM numbers({rows})");
        let expected: String = (0..rows).map(|number| format!("{number}\n")).collect();
        for encoding in ENCODINGS {
            let (found, wire) = fetch(&server, encoding, &[("query", &sql)]).await;
            assert_eq!(found, encoding);
            assert!(unpack(encoding, &wire) == expected.as_bytes(), "{encoding} {rows}");
        }
        let off = [("query", sql.as_str()), ("enable_http_compression", "0")];
        let (found, wire) = fetch(&server, "gzip", &off).await;
        assert!(found.is_empty() && wire == expected.as_bytes());
    }
}

#[tokio::test]
async fn bodies_are_unpacked_as_the_client_says() {
    let Some(server) = server::start() else { return };
    post(&server, &[], "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let data: String = (0..100_000).map(|number| format!("{number}\n")).collect();
    for (round, encoding) in ENCODINGS.into_iter().enumerate() {
        let insert = [("query", "INSERT INTO t FORMAT TSV")];
        let packed = pack(encoding, data.as_bytes());
        let answer =
            send(&server, "POST", &insert, &[("content-encoding", encoding)], packed).await;
        assert_eq!(answer.status, 200, "{encoding}: {}", answer.text());
        assert!(answer.header("x-clickhouse-summary").contains(r#""written_rows":"100000""#));
        let count = post(&server, &[], "SELECT count() FROM t").await.text();
        assert_eq!(count, format!("{}\n", (round + 1) * 100_000));
    }
    let broken = send(&server, "POST", &[], &[("content-encoding", "gzip")], "SELECT 1").await;
    assert_eq!(broken.code(), "23", "{}", broken.text());
}

#[tokio::test]
async fn clickhouses_own_blocks_come_back_as_they_were_sent() {
    let Some(server) = server::start() else { return };
    post(&server, &[], "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let sql = "SELECT number FROM numbers(300000) FORMAT RowBinary";
    let (encoding, wire) = fetch(&server, "", &[("query", sql), ("compress", "1")]).await;
    assert!(encoding.is_empty() && wire.len() < 2_400_000);
    // Method LZ4, behind the checksum.
    assert_eq!(wire.get(16), Some(&0x82));
    let insert = [("query", "INSERT INTO t FORMAT RowBinary"), ("decompress", "1")];
    let answer = post(&server, &insert, wire).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sums = post(&server, &[], "SELECT count(), sum(a) FROM t").await.text();
    assert_eq!(sums, "300000\t44999850000\n");
}
