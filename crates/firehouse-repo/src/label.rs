//! Labels as labelers send and sign them: [`decode_label`], [`label_signed_bytes`], [`verify_label`].
//!
//! The signature covers the fields of the schema that are there, and no others: not `sig` itself, not `$type`, nothing that a labeler
//! adds. Source: <https://atproto.com/specs/label#signatures>

use firehouse_types::{Did, DropReason, InvalidLabel, Label};

use crate::PublicKey;
use crate::cbor::{Item, MAP, Malformed, MapKeys, Reader, TEXT, UNSIGNED, write_head};
use crate::drisl::{Profile, pass_over};

/// Longest text of each field; the types behind them check the rest.
const DID_BYTES_MAX: usize = 2_048;
const URI_BYTES_MAX: usize = 8_192;
const CID_BYTES_MAX: usize = 256;
const TIME_BYTES_MAX: usize = 64;
/// Twice the length of the signatures there are: what is longer need not be looked at.
const SIG_BYTES_MAX: usize = 128;

/// Reads one label, an item of strict DAG-CBOR. Its form is checked, its signature is not. Unknown fields are passed over.
/// Errors: [`DropReason::UnsupportedVersion`], else [`DropReason::LabelMalformed`].
pub fn decode_label(bytes: &[u8]) -> Result<Label, DropReason> {
    let label = read(bytes).map_err(|Unreadable| DropReason::LabelMalformed)?;
    label.check().map_err(|invalid| match invalid {
        InvalidLabel::Version => DropReason::UnsupportedVersion,
        InvalidLabel::Uri | InvalidLabel::Cid | InvalidLabel::Value | InvalidLabel::Time => {
            DropReason::LabelMalformed
        }
    })?;
    Ok(label)
}

/// What the signature of a label covers, in the one encoding there is.
pub fn label_signed_bytes(label: &Label) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let optional =
        [label.cid.is_some(), label.exp.is_some(), label.neg.is_some(), label.ver.is_some()];
    write_head(&mut out, MAP, 4 + optional.iter().filter(|is_there| **is_there).count());
    // Keys of one length stand in the order of their letters.
    if let Some(cid) = &label.cid {
        write_text_field(&mut out, "cid", cid);
    }
    write_text_field(&mut out, "cts", &label.cts);
    if let Some(exp) = &label.exp {
        write_text_field(&mut out, "exp", exp);
    }
    if let Some(neg) = label.neg {
        write_text(&mut out, "neg");
        out.push(if neg { 0xf5 } else { 0xf4 });
    }
    write_text_field(&mut out, "src", label.src.as_str());
    write_text_field(&mut out, "uri", &label.uri);
    write_text_field(&mut out, "val", &label.val);
    if let Some(ver) = label.ver {
        write_text(&mut out, "ver");
        // A label of another version never gets here with its signature still to be checked.
        write_head(&mut out, UNSIGNED, usize::try_from(ver).unwrap_or_default());
    }
    out
}

/// Checks the signature with the labeler's `#atproto_label` key. No other key of its document will do.
pub fn verify_label(label: &Label, key: &PublicKey) -> Result<(), DropReason> {
    let sig = label.sig.as_deref().ok_or(DropReason::InvalidSignature)?;
    key.verify(&label_signed_bytes(label), sig).map_err(|_| DropReason::InvalidSignature)
}

/// Not a map of the label's fields.
struct Unreadable;

impl From<Malformed> for Unreadable {
    fn from(_: Malformed) -> Self {
        Self
    }
}

fn read(bytes: &[u8]) -> Result<Label, Unreadable> {
    let mut reader = Reader::new(bytes);
    let Item::Map(pairs) = reader.item()? else { return Err(Unreadable) };
    let mut keys = MapKeys::new(pairs);
    let (mut ver, mut src, mut uri, mut cid, mut val) = (None, None, None, None, None);
    let (mut neg, mut cts, mut exp, mut sig) = (None, None, None, None);
    while let Some(key) = keys.next(&mut reader)? {
        let item = reader.item()?;
        match key {
            "ver" => ver = Some(integer(item)?),
            "src" => src = Some(text(item, DID_BYTES_MAX)?),
            "uri" => uri = Some(text(item, URI_BYTES_MAX)?),
            "cid" => cid = Some(text(item, CID_BYTES_MAX)?),
            "val" => val = Some(text(item, Label::VAL_BYTES_MAX)?),
            "neg" => neg = Some(boolean(item)?),
            "cts" => cts = Some(text(item, TIME_BYTES_MAX)?),
            "exp" => exp = Some(text(item, TIME_BYTES_MAX)?),
            "sig" => sig = Some(signature(item)?),
            _ => pass_over(&mut reader, item, Profile::DagCbor)?,
        }
    }
    reader.end()?;
    Ok(Label {
        ver,
        src: Did::parse(src.ok_or(Unreadable)?).map_err(|_| Unreadable)?,
        uri: uri.ok_or(Unreadable)?.into(),
        cid: cid.map(Into::into),
        val: val.ok_or(Unreadable)?.into(),
        neg,
        cts: cts.ok_or(Unreadable)?.into(),
        exp: exp.map(Into::into),
        sig: sig.map(Into::into),
    })
}

fn text(item: Item<'_>, bytes_max: usize) -> Result<&str, Unreadable> {
    match item {
        Item::Text(text) if text.len() <= bytes_max => Ok(text),
        _ => Err(Unreadable),
    }
}

fn integer(item: Item<'_>) -> Result<i64, Unreadable> {
    match item {
        Item::Integer(value) => Ok(value),
        _ => Err(Unreadable),
    }
}

fn boolean(item: Item<'_>) -> Result<bool, Unreadable> {
    match item {
        Item::Bool(value) => Ok(value),
        _ => Err(Unreadable),
    }
}

fn signature(item: Item<'_>) -> Result<&[u8], Unreadable> {
    match item {
        Item::Bytes(bytes) if bytes.len() <= SIG_BYTES_MAX => Ok(bytes),
        _ => Err(Unreadable),
    }
}

fn write_text_field(out: &mut Vec<u8>, key: &str, value: &str) {
    write_text(out, key);
    write_text(out, value);
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_head(out, TEXT, text.len());
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LABEL: &[u8] = b"\xa4\x63cts\x741970-01-01T00:00:00Z\x63src\x69did:web:a\x63uri\x69did:web:b\x63val\x64spam";

    #[test]
    fn what_is_signed_is_what_was_sent_without_the_signature() {
        let label = decode_label(LABEL).unwrap();
        assert_eq!(label_signed_bytes(&label), LABEL);
        assert_eq!(label.sig, None);
    }

    #[test]
    fn a_field_of_another_type_or_twice_or_missing_is_no_label() {
        let check = |bytes: &[u8]| assert_eq!(decode_label(bytes), Err(DropReason::LabelMalformed));
        check(b"");
        check(b"\xf6");
        check(b"\xa0");
        check(&[LABEL, b"\x00"].concat());
        check(&[b"\xa5", &LABEL[1..], b"\x63ver\x611"].concat());
        check(&[b"\xa5", &LABEL[1..], b"\x63val\x64spam"].concat());
        check(&[b"\xa5\x63cid\xf6", &LABEL[1..]].concat());
        let version = [b"\xa5", &LABEL[1..], b"\x63ver\x02"].concat();
        assert_eq!(decode_label(&version), Err(DropReason::UnsupportedVersion));
        let unknown = [b"\xa5", &LABEL[1..], b"\x63zzz\x82\xf6\xa0"].concat();
        assert_eq!(decode_label(&unknown), decode_label(LABEL));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_label_or_are_not(bytes: Vec<u8>) {
            let _ = decode_label(&bytes);
        }

        #[test]
        fn reading_undoes_writing(
            ver in proptest::option::of(Just(1)), neg: Option<bool>, val in ".{0,32}", with_exp: bool, with_cid: bool,
        ) {
            let label = Label {
                ver,
                src: Did::parse("did:web:a").unwrap(),
                uri: "at://did:web:b/c.d.e/self".into(),
                cid: with_cid.then(|| firehouse_types::Cid::raw([1; 32]).to_string().into()),
                val: val.into(),
                neg,
                cts: "1970-01-01T00:00:00Z".into(),
                exp: with_exp.then(|| "2026-01-01T00:00:00.123456+02:00".into()),
                sig: None,
            };
            let decoded = decode_label(&label_signed_bytes(&label));
            prop_assert_eq!(decoded, if label.val.len() > 128 { Err(DropReason::LabelMalformed) } else { Ok(label) });
        }
    }
}
