//! [`DropReason`]: why an event, an op or a record from upstream was left unindexed.
//!
//! Closed, because its names are metric labels. Upstream's faults only: ours are errors.

macro_rules! drop_reasons {
    ($($(#[$doc:meta])+ $name:ident = $label:literal,)+) => {
        /// Why something from upstream was dropped. Its siblings live, the cursor moves on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DropReason { $($(#[$doc])+ $name,)+ }

        impl DropReason {
            /// Every reason, to register its counter at start.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The metric label.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }
        }
    };
}

drop_reasons! {
    /// The frame is larger than the protocol allows.
    FrameTooLarge = "frame_too_large",
    /// The frame is not two DAG-CBOR maps of the known form.
    FrameMalformed = "frame_malformed",
    /// The frame's `op` or `t` is unknown.
    FrameUnknown = "frame_unknown",
    /// The seq is missing, out of range, or does not rise.
    InvalidSeq = "invalid_seq",
    /// The repo is not a DID we can resolve.
    InvalidDid = "invalid_did",
    /// A rev is not a TID.
    InvalidRev = "invalid_rev",
    /// The rev lies more than five minutes ahead of our clock.
    FutureRev = "future_rev",
    /// The rev is not above the one we applied: a repeat.
    StaleRev = "stale_rev",
    /// The envelope breaks a limit or contradicts itself.
    InvalidEnvelope = "invalid_envelope",
    /// An op's path is not `collection/rkey`.
    InvalidPath = "invalid_path",
    /// The CAR cannot be read.
    CarMalformed = "car_malformed",
    /// A block does not hash to its CID.
    BlockHashMismatch = "block_hash_mismatch",
    /// The commit block is missing or malformed.
    CommitMalformed = "commit_malformed",
    /// The commit block speaks of another repo or rev than its envelope.
    CommitMismatch = "commit_mismatch",
    /// The repo version is not 3, or the label version not 1.
    UnsupportedVersion = "unsupported_version",
    /// The signature does not hold, also after the identity was refreshed.
    InvalidSignature = "invalid_signature",
    /// The DID document has no usable `#atproto` key; of a labeler: no usable `#atproto_label` key.
    MissingKey = "missing_key",
    /// The DID does not exist or is tombstoned.
    IdentityGone = "identity_gone",
    /// The DID could not be resolved in time; its repo is marked desynchronized.
    IdentityUnavailable = "identity_unavailable",
    /// A PDS spoke of an account that, also after its identity was refreshed, lives at another.
    WrongHost = "wrong_host",
    /// The MST blocks are malformed.
    TreeMalformed = "tree_malformed",
    /// The ops, undone, do not lead back to prevData, or contradict the tree.
    InversionMismatch = "inversion_mismatch",
    /// A block that an op or the tree needs is not in the CAR.
    MissingBlock = "missing_block",
    /// prevData is not the root we applied last.
    ChainBroken = "chain_broken",
    /// The blocks were left out of the commit.
    TooBig = "too_big",
    /// The repo at its PDS is newer than the commits that reached us.
    CommitsMissed = "commits_missed",
    /// The records held of the repo are others than those at its PDS; it is written again.
    ReceiptDiffers = "receipt_differs",
    /// Too many events of the account waited while its repo was being written; its repo is fetched again.
    WaitedTooLong = "waited_too_long",
    /// The account is deleted: nothing of its repo is taken until it is back.
    AccountDeleted = "account_deleted",
    /// Another DID already has this number.
    ActorTaken = "actor_taken",
    /// The record is larger than 1 MiB.
    RecordTooLarge = "record_too_large",
    /// The record is not DAG-CBOR of the atproto data model.
    RecordMalformed = "record_malformed",
    /// The record's `$type` is not its collection.
    RecordTypeMismatch = "record_type_mismatch",
    /// The record breaks its lexicon.
    LexiconViolation = "lexicon_violation",
    /// The record breaks a rule of its collection that the lexicon does not state.
    RuleViolation = "rule_violation",
    /// A record is another than the CID it is named by.
    RecordCidMismatch = "record_cid_mismatch",
    /// The signed commits of the repo do not say what an upstream without proofs had said before; the repo is fetched again.
    UnprovenContradicted = "unproven_contradicted",
    /// A label is not DRISL of the label's form, or breaks one of its limits.
    LabelMalformed = "label_malformed",
    /// A label speaks for another than the owner of its stream.
    LabelOfOther = "label_of_other",
}

#[cfg(test)]
mod tests {
    use super::DropReason;

    #[test]
    fn labels_are_unique_and_in_snake_case() {
        let mut labels: Vec<_> = DropReason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert!(labels.iter().all(|l| l.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), DropReason::ALL.len());
    }
}
