//! Labels: signed on their own, told in frames of `com.atproto.label.subscribeLabels`.
//!
//! Source: <https://atproto.com/specs/label>

use crate::protocol::frame;
use crate::protocol::key::Key;
use crate::protocol::value::Value;

/// What a labeler says of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) src: String,
    pub(crate) uri: String,
    /// Only of this version of a record.
    pub(crate) cid: Option<String>,
    pub(crate) val: String,
    /// Takes back what was said.
    pub(crate) neg: bool,
    pub(crate) cts: String,
    pub(crate) exp: Option<String>,
}

/// A label and the signature it is told with.
#[derive(Clone, Debug)]
pub(crate) struct SignedLabel {
    pub(crate) label: Label,
    pub(crate) sig: Vec<u8>,
}

impl Label {
    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = vec![
            ("ver", Value::Int(1)),
            ("src", self.src.as_str().into()),
            ("uri", self.uri.as_str().into()),
            ("val", self.val.as_str().into()),
            ("cts", self.cts.as_str().into()),
        ];
        fields.extend(self.cid.as_deref().map(|cid| ("cid", cid.into())));
        fields.extend(self.exp.as_deref().map(|exp| ("exp", exp.into())));
        // Left out when false, as labelers do: present or absent makes other bytes.
        fields.extend(self.neg.then_some(("neg", Value::Bool(true))));
        fields
    }

    pub(crate) fn sign(self, key: &Key) -> SignedLabel {
        let sig = key.sign(&Value::Map(self.fields()).encode());
        SignedLabel { label: self, sig }
    }
}

impl SignedLabel {
    pub(crate) fn value(&self) -> Value {
        let mut fields = self.label.fields();
        fields.push(("sig", Value::Bytes(self.sig.clone())));
        Value::Map(fields)
    }
}

/// A `#labels` frame.
pub(crate) fn labels(seq: i64, labels: &[SignedLabel]) -> Vec<u8> {
    let labels = labels.iter().map(SignedLabel::value).collect();
    frame::message("#labels", vec![("seq", Value::Int(seq)), ("labels", Value::List(labels))])
}
