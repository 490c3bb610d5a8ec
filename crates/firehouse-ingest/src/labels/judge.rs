//! Which of some labels to believe: well-formed, the stream owner's own, and signed with its key.

use bytes::Bytes;
use firehouse_identity::Identity;
use firehouse_indexer::label_row;
use firehouse_repo::{PublicKey, decode_label, verify_label};
use firehouse_schema::LabelRow;
use firehouse_types::{Did, DropReason, Label, Seq};

/// A label as it was received, and the event that brought it.
#[derive(Clone, Debug)]
pub struct Received {
    pub seq: Seq,
    pub bytes: Bytes,
}

/// The outcome for some labels.
#[derive(Debug, Default)]
pub struct Judged {
    pub rows: Vec<LabelRow>,
    /// Signed with another key than we know, or not at all: another look at the labeler's document may tell.
    pub suspect: Vec<Received>,
    /// Why the others are no labels of this labeler.
    pub dropped: Vec<DropReason>,
}

/// How a labeler's signatures are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// With this key.
    Key(PublicKey),
    /// They cannot be: its document has no key for labels. Every label is suspect.
    NoKey,
    /// Not at all: the operator trusts it without.
    Trusted,
}

impl Check {
    /// With the one key that signs labels.
    pub fn with_key_of(identity: &Identity) -> Self {
        identity.key_of("atproto_label").cloned().map_or(Self::NoKey, Self::Key)
    }

    /// Why a label is dropped that stays suspect.
    pub fn failure(&self) -> DropReason {
        match self {
            Self::Key(_) | Self::Trusted => DropReason::InvalidSignature,
            Self::NoKey => DropReason::MissingKey,
        }
    }
}

/// Judges labels of the stream of `owner`.
pub fn judge(owner: &Did, check: &Check, labels: Vec<Received>) -> Judged {
    let mut judged = Judged::default();
    let key_text = match check {
        Check::Key(key) => key.to_did_key(),
        Check::NoKey | Check::Trusted => String::new(),
    };
    for received in labels {
        match believed(owner, check, &received) {
            Ok(label) => judged.rows.extend(label_row(&label, &key_text, received.seq)),
            Err(DropReason::InvalidSignature | DropReason::MissingKey) => {
                judged.suspect.push(received);
            }
            Err(reason) => judged.dropped.push(reason),
        }
    }
    judged
}

fn believed(owner: &Did, check: &Check, received: &Received) -> Result<Label, DropReason> {
    let label = decode_label(&received.bytes)?;
    if label.src != *owner {
        return Err(DropReason::LabelOfOther);
    }
    match check {
        Check::Key(key) => verify_label(&label, key)?,
        Check::NoKey => return Err(DropReason::MissingKey),
        Check::Trusted => {}
    }
    Ok(label)
}
