//! Frames of subscribeLabels, and each label in them.
//!
//! Whatever the bytes are: labels are slices of the frame; one that is accepted is written again as it was signed, and read from that it
//! is the same.
#![no_main]

use bytes::Bytes;
use firehouse_fuzz::stream::decode::{Decoded, decode_labels};
use firehouse_fuzz::{Seeds, key, seed};
use firehouse_repo::{decode_label, label_signed_bytes, verify_label};
use firehouse_types::{Label, LabelEvent};

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    check_label(bytes);
    let frame = Bytes::copy_from_slice(bytes);
    let Ok(Decoded::Event(LabelEvent::Labels(event))) = decode_labels(&frame) else { return };
    for label in &event.labels {
        assert!(frame.as_ptr_range().contains(&label.as_ptr()), "a label outside of its frame");
        check_label(label);
    }
});

fn check_label(bytes: &[u8]) {
    let Ok(label) = decode_label(bytes) else { return };
    assert!(label.check().is_ok() && label.val.len() <= Label::VAL_BYTES_MAX);
    let signed = label_signed_bytes(&label);
    assert!(signed.len() <= bytes.len(), "what is signed was sent");
    let read = decode_label(&signed).expect("what we write is a label");
    assert_eq!(read, Label { sig: None, ..label.clone() });
    assert_eq!(label_signed_bytes(&read), signed);
    assert!(verify_label(&label, key()).is_err(), "signed by nobody");
}

fn seeds(seeds: &mut Seeds) {
    let labels: Vec<Vec<u8>> = [
        &b"\xa4\x63cts\x741970-01-01T00:00:00Z\x63src\x69did:web:a\x63uri\x69did:web:b\x63val\x64spam"[..],
        b"\xa8\x63cid\x78\x3bbafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm\x63cts\x741970-01-01T00:00:00Z\x63exp\x741971-01-01T00:00:00Z\x63neg\xf5\x63src\x69did:web:a\x63uri\x78\x1aat://did:web:b/c.d.e/selff\x63val\x64spam\x63ver\x01",
        b"\xa5\x63cts\x741970-01-01T00:00:00Z\x63sig\x44\x01\x02\x03\x04\x63src\x69did:web:a\x63uri\x69did:web:b\x63val\x64spam",
    ]
    .map(<[u8]>::to_vec)
    .into();
    for label in &labels {
        seeds.add(label);
        let head = b"\xa2at\x67#labelsbop\x01\xa2cseq\x07flabels\x82";
        seeds.add([&head[..], label, label].concat());
    }
    seeds.add(b"\xa2at\x65#infobop\x01\xa1dname\x6eOutdatedCursor");
    seeds.add(b"\xa1bop\x20\xa1eerror\x6cFutureCursor");
}
