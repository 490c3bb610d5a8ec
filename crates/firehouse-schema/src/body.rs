//! The bodies that are not stored: likes, reposts, follows and blocks of the form nearly all of them have.
//!
//! `links` and `records` together hold the targets, their CIDs and the time; [`usual_body`] writes the record block from them again.
//! The indexer leaves a body out of `records` exactly when this function gives the same bytes, and whoever reads a record with an
//! empty body calls it to put the bytes back. Source: lexicons app.bsky.feed.like, app.bsky.feed.repost, app.bsky.graph.follow and
//! app.bsky.graph.block; <https://dag-cbor.io>

use firehouse_types::{Cid, Datetime};

/// The collections whose records may have no body in `records`.
pub const USUAL_COLLECTIONS: [&str; 4] =
    ["app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow", "app.bsky.graph.block"];

/// The canonical DAG-CBOR of `{"$type": collection, "subject": subject, "createdAt": …}`, and `"via": via` where there is one.
///
/// `createdAt` is written with milliseconds and `Z`, so a record that wrote its time in another way has another body.
pub fn usual_body(
    collection: &str,
    subject: &Referred,
    via: Option<&Referred>,
    created_at: Datetime,
) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    // Canonical order of keys: the shorter first.
    head(&mut body, MAP, 3 + usize::from(via.is_some()));
    if let Some(via) = via {
        text(&mut body, "via");
        referred(&mut body, via);
    }
    text(&mut body, "$type");
    text(&mut body, collection);
    text(&mut body, "subject");
    referred(&mut body, subject);
    text(&mut body, "createdAt");
    text(&mut body, &created_at.to_string());
    body
}

/// What a record refers to, as its text and, in a strong reference, its CID.
#[derive(Clone, Debug)]
pub struct Referred {
    /// A DID or an AT-URI.
    pub text: String,
    /// With one the value is `{"cid", "uri"}`, as in likes and reposts; without, the text itself, as in follows and blocks.
    pub cid: Option<Cid>,
}

fn referred(body: &mut Vec<u8>, to: &Referred) {
    if let Some(cid) = to.cid {
        head(body, MAP, 2);
        text(body, "cid");
        text(body, &cid.to_string());
        text(body, "uri");
    }
    text(body, &to.text);
}

const TEXT: u8 = 3 << 5;
const MAP: u8 = 5 << 5;

fn text(body: &mut Vec<u8>, value: &str) {
    head(body, TEXT, value.len());
    body.extend_from_slice(value.as_bytes());
}

/// A CBOR head: major type and the shortest form of a length.
fn head(body: &mut Vec<u8>, major: u8, len: usize) {
    let bytes = (len as u64).to_be_bytes();
    let [.., b4, b3, b2, b1] = bytes;
    match len {
        0..=23 => body.push(major | b1),
        24..=0xff => body.extend([major | 24, b1]),
        0x100..=0xffff => body.extend([major | 25, b2, b1]),
        0x1_0000..=0xffff_ffff => body.extend([major | 26, b4, b3, b2, b1]),
        _ => {
            body.push(major | 27);
            body.extend(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIKED: &str = "at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.feed.post/3jwdwj2ctlk26";
    const CID: &str = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";

    #[derive(serde::Serialize)]
    struct Record<S> {
        #[serde(rename = "$type")]
        kind: &'static str,
        subject: S,
        #[serde(skip_serializing_if = "Option::is_none")]
        via: Option<StrongRef>,
        #[serde(rename = "createdAt")]
        created_at: &'static str,
    }

    #[derive(Clone, serde::Serialize)]
    struct StrongRef {
        cid: &'static str,
        uri: String,
    }

    fn check(record: impl serde::Serialize, body: Vec<u8>) {
        assert_eq!(serde_ipld_dagcbor::to_vec(&record).unwrap(), body);
    }

    #[test]
    fn a_like_is_what_another_encoder_writes() {
        for repeat in [1, 4, 1_000] {
            let uri = LIKED.repeat(repeat);
            let referred = Referred { text: uri.clone(), cid: Some(CID.parse().unwrap()) };
            let strong_ref = StrongRef { cid: CID, uri };
            for (written, via) in [(None, None), (Some(&referred), Some(strong_ref.clone()))] {
                let record = Record {
                    kind: "app.bsky.feed.like",
                    subject: strong_ref.clone(),
                    via,
                    created_at: "2025-01-01T00:00:00.123Z",
                };
                let time = Datetime::from_ms(1_735_689_600_123);
                check(record, usual_body("app.bsky.feed.like", &referred, written, time));
            }
        }
    }

    #[test]
    fn a_follow_names_its_subject_as_text() {
        let subject = "did:plc:44ybard66vv44zksje25o7dz";
        check(
            Record {
                kind: "app.bsky.graph.follow",
                subject,
                via: None,
                created_at: "1970-01-01T00:00:00.000Z",
            },
            usual_body(
                "app.bsky.graph.follow",
                &Referred { text: subject.to_owned(), cid: None },
                None,
                Datetime::EPOCH,
            ),
        );
    }
}
