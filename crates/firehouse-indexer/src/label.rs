//! A label → its row: which key it has among all labels, and which of two of one key is the later.
//!
//! Labels come again, and in any order: a labeler replays its history, and two streams may bring one label. So the version is made of
//! what the label says and of nothing else, and the state is the same whatever the order was.

use firehouse_repo::label_signed_bytes;
use firehouse_schema::LabelRow;
use firehouse_types::{Datetime, Label, LabelSubject, Seq};
use xxhash_rust::xxh3::xxh3_64;

/// Bits of a version behind the time: one says that it is a negation, the others are a hash.
const TIME_SHIFT: u32 = 59;
const NEGATION_BIT: u32 = 58;
const HASH_MASK: u64 = (1 << NEGATION_BIT) - 1;

/// The row of a label whose signature held under `key`, a did:key; empty when nobody checked it. `None` when it names no subject, which a checked label does.
pub fn label_row(label: &Label, key: &str, seq: Seq) -> Option<LabelRow> {
    let subject = LabelSubject::of(&label.uri)?;
    let or_empty = |text: &Option<Box<str>>| text.clone().unwrap_or_default();
    let expires_at = label.exp.as_deref().map_or(END_OF_TIME, Datetime::parse_lenient);
    Some(LabelRow {
        actor: subject.actor,
        collection: subject.collection.into(),
        rkey: subject.rkey,
        src: label.src.actor(),
        id: id(label),
        version: version(label),
        labeler: label.src.as_str().into(),
        uri: label.uri.clone(),
        cid: or_empty(&label.cid),
        val: label.val.clone(),
        neg: label.is_negation().into(),
        cts: label.cts.clone(),
        exp: or_empty(&label.exp),
        expires_at,
        ver: label.ver.is_some().into(),
        neg_stated: label.neg.is_some().into(),
        sig: label.sig.clone().unwrap_or_default(),
        key: key.into(),
        seq: seq.get(),
    })
}

/// When a label expires that does not.
const END_OF_TIME: Datetime = Datetime::from_ms(i64::MAX);

/// Tells apart what one labeler says about one subject. None of the texts can hold a NUL but the last.
fn id(label: &Label) -> u64 {
    let cid = label.cid.as_deref().unwrap_or_default();
    xxh3_64([&label.uri, "\0", cid, "\0", &label.val].concat().as_bytes())
}

/// The later one wins; of two at the same time the negation; of two that still differ, always the same one.
fn version(label: &Label) -> u128 {
    let hashed = [&label_signed_bytes(label)[..], label.sig.as_deref().unwrap_or_default()];
    let hash = xxh3_64(&hashed.concat()) & HASH_MASK;
    nanoseconds(&label.cts) << TIME_SHIFT
        | u128::from(label.is_negation()) << NEGATION_BIT
        | u128::from(hash)
}

/// Since year 0. Tables have milliseconds; a labeler that takes a label back within the same one must still be heard.
fn nanoseconds(time: &str) -> u128 {
    let since_year_0 = Datetime::parse_lenient(time).ms() - Datetime::from_ms(i64::MIN).ms();
    let below_ms = time.split_once('.').map_or(0, |(_, fraction)| {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).chain(std::iter::repeat(b'0'));
        digits.skip(3).take(6).fold(0, |value, digit| value * 10 + u128::from(digit - b'0'))
    });
    u128::try_from(since_year_0).unwrap_or_default() * 1_000_000 + below_ms
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use firehouse_types::{Did, RkeyId};
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    fn label(cts: &str) -> Label {
        Label {
            ver: Some(1),
            src: Did::parse("did:plc:labeler").unwrap(),
            uri: "at://did:plc:a/app.bsky.feed.post/3jwdwj2ctlk26".into(),
            cid: None,
            val: "spam".into(),
            neg: None,
            cts: cts.into(),
            exp: None,
            sig: Some([1; 64].into()),
        }
    }

    fn row(label: &Label) -> LabelRow {
        label_row(label, "did:key:z", Seq::new(1).unwrap()).unwrap()
    }

    #[test]
    fn a_label_keeps_what_its_signature_covers() {
        let plain = row(&label("2026-01-01T00:00:00.000Z"));
        assert_eq!((plain.neg, plain.neg_stated, plain.ver), (0, 0, 1));
        assert_eq!((&*plain.cts, plain.expires_at), ("2026-01-01T00:00:00.000Z", END_OF_TIME));
        assert_eq!(
            (&*plain.collection, plain.rkey),
            ("app.bsky.feed.post", RkeyId::of("3jwdwj2ctlk26"))
        );
        let stated = Label { neg: Some(false), ver: None, ..label("2026-01-01T00:00:00.000Z") };
        assert_eq!((row(&stated).neg, row(&stated).neg_stated, row(&stated).ver), (0, 1, 0));
    }

    #[test]
    fn the_later_wins_and_a_negation_wins_a_tie() {
        let version = |cts, neg| row(&Label { neg, ..label(cts) }).version;
        let times = [
            "0000-01-01T00:00:00Z",
            "2026-01-01T01:00:00.000001+01:00",
            "2026-01-01T00:00:00.000001500Z",
            "2026-01-01T00:00:00.001Z",
            "9999-12-31T23:59:59.999999999Z",
        ];
        for pair in times.windows(2) {
            assert!(version(pair[0], Some(true)) < version(pair[1], None), "{pair:?}");
        }
        for time in times {
            assert!(version(time, None) < version(time, Some(true)), "{time}");
            assert_eq!(version(time, None), version(time, None));
        }
    }

    #[test]
    fn another_value_version_or_subject_is_another_label() {
        let base = label("2026-01-01T00:00:00Z");
        let others = [
            Label { val: "porn".into(), ..base.clone() },
            Label { cid: Some("bafyrei".into()), ..base.clone() },
            Label { uri: "did:plc:a".into(), ..base.clone() },
            Label { uri: "at://did:plc:a".into(), ..base.clone() },
        ];
        let mut ids: Vec<_> = others.iter().chain([&base]).map(id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 5);
        assert_eq!(id(&base), id(&Label { neg: Some(true), cts: "".into(), ..base.clone() }));
    }

    /// What a table holds that keeps the highest version of each key.
    fn state(rows: impl IntoIterator<Item = LabelRow>) -> HashMap<(u64, u64), LabelRow> {
        let mut state: HashMap<(u64, u64), LabelRow> = HashMap::new();
        for row in rows {
            let held = state.entry((row.src.get(), row.id)).or_insert_with(|| row.clone());
            if row.version >= held.version {
                *held = row;
            }
        }
        state
    }

    prop_compose! {
        fn any_label()(
            time in 0_u8..4, fraction in select(vec!["", ".5", ".5000001"]), neg: Option<bool>,
            val in select(vec!["spam", "porn"]), exp: bool, sig in 0_u8..2,
        ) -> Label {
            Label {
                neg,
                val: val.into(),
                exp: exp.then(|| "2027-01-01T00:00:00Z".into()),
                sig: Some([sig; 64].into()),
                ..label(&format!("2026-01-01T00:00:0{time}{fraction}Z"))
            }
        }
    }

    proptest! {
        #[test]
        fn any_order_and_repetition_gives_the_same_state(
            labels in prop::collection::vec(any_label(), 1..12), again: Vec<Index>, seed: u64,
        ) {
            let rows: Vec<_> = labels.iter().map(row).collect();
            let mut replayed = rows.clone();
            replayed.extend(again.iter().map(|index| index.get(&rows).clone()));
            replayed.sort_by_key(|row| xxh3_64(format!("{seed}{}", row.version).as_bytes()));
            prop_assert_eq!(state(rows), state(replayed));
        }
    }
}
