//! What is true of a label.

/// What a label is about. Of two with the same key, the later is the last word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelKey {
    /// Who says it.
    pub src: String,
    /// Of what: an account or a record.
    pub uri: String,
    /// What.
    pub val: String,
    /// Only of this version of the record.
    pub cid: Option<String>,
}

/// The last word on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelTruth {
    /// Taken back.
    pub neg: bool,
    /// When it was said.
    pub cts: String,
    /// Until when it is in force.
    pub exp: Option<String>,
}

impl LabelTruth {
    /// Whether it applies. Units: `now` as in `cts`, which sorts as text.
    pub fn is_in_force(&self, now: &str) -> bool {
        !self.neg && self.exp.as_deref().is_none_or(|exp| exp > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    #[test]
    fn the_later_word_counts_whenever_it_is_heard() {
        let key = LabelKey {
            src: "did:plc:a".into(),
            uri: "did:plc:b".into(),
            val: "spam".into(),
            cid: None,
        };
        let word =
            |cts: &str, neg| LabelTruth { neg, cts: cts.into(), exp: Some("2026-08".into()) };
        let (said, taken_back) = (word("2026-07-01", false), word("2026-07-02", true));
        for order in [[&said, &taken_back], [&taken_back, &said]] {
            let mut model = Model::default();
            order.iter().for_each(|word| model.label(key.clone(), (*word).clone()));
            assert_eq!(model.labels()[&key], taken_back);
        }
        assert!(said.is_in_force("2026-07-31") && !said.is_in_force("2026-08-01"));
        assert!(!taken_back.is_in_force("2026-07-31"));
    }
}
