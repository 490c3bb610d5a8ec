//! The records of one repo, in the order of their paths, one at a time.

use firehouse_types::Rev;

use crate::protocol::block::Cid;
use crate::protocol::value::Value;
use crate::random::Random;
use crate::town::record::{self, Embed, StrongRef};
use crate::town::words::{self, Language};

/// Collections in the order of their names, and their share of a repo. Units: thousandth parts.
const SHARES: [(&str, usize); 5] = [
    (record::LIKE, 530),
    (record::POST, 200),
    (record::REPOST, 80),
    (record::BLOCK, 10),
    (record::FOLLOW, 180),
];

/// An iterator over path and record.
pub(crate) struct Content {
    random: Random,
    language: &'static Language,
    records: usize,
    collection: usize,
    left: usize,
    us: u64,
    /// Where the town's time began. Units: microseconds since 1970.
    start_us: u64,
}

impl Content {
    /// So many records, at least one: a profile.
    pub(crate) fn new(seed: u64, records: usize, start_us: u64) -> Self {
        let mut random = Random::new(seed);
        let language = words::language(&mut random);
        let left = records * SHARES[0].1 / 1000;
        Self { random, language, records, collection: 0, left, us: start_us, start_us }
    }

    /// The profile, whose path comes first.
    pub(crate) fn profile(&mut self, number: usize) -> (String, Value) {
        let now = "2026-01-01T00:00:00.000Z";
        let profile = record::profile(&mut self.random, self.language, number, now);
        (format!("{}/self", record::PROFILE), profile)
    }

    fn somebodys_post(&mut self) -> StrongRef {
        let (did, rkey) = (self.somebody(), Rev::from((self.random.bits() >> 12) << 10));
        let cid = Cid::of_drisl(&self.random.bits().to_be_bytes());
        StrongRef { uri: format!("at://{did}/{}/{rkey}", record::POST), cid }
    }

    fn somebody(&mut self) -> String {
        // Of a few million accounts, so that people have things in common.
        let number = (self.random.below(4_000_000) as u128) << 60;
        let letters = data_encoding::BASE32_NOPAD.encode(&number.to_be_bytes()[1..]);
        format!("did:plc:{}", letters.to_ascii_lowercase())
    }

    fn record(&mut self, collection: &str, now: &str) -> Value {
        match collection {
            record::LIKE => record::like(&self.somebodys_post(), now),
            record::REPOST => record::repost(&self.somebodys_post(), now),
            record::FOLLOW => record::follow(&self.somebody(), now),
            record::BLOCK => record::block(&self.somebody(), now),
            _ => {
                let text = words::text(&mut self.random, self.language, None);
                let parent = self.random.chance(0.4).then(|| self.somebodys_post());
                let reply = parent.as_ref().map(|parent| (parent, parent));
                let embed = if self.random.chance(0.1) { Embed::Link } else { Embed::None };
                record::post(&mut self.random, self.language, text, reply, &embed, now)
            }
        }
    }
}

impl Iterator for Content {
    type Item = (String, Value);

    fn next(&mut self) -> Option<(String, Value)> {
        while self.left == 0 {
            self.collection += 1;
            self.left = self.records * SHARES.get(self.collection)?.1 / 1000;
            self.us = self.start_us;
        }
        self.left -= 1;
        self.us += 1 + self.random.below(2_000_000) as u64;
        let collection = SHARES[self.collection].0;
        let ms = i64::try_from(self.us / 1000).unwrap_or(0);
        let now = firehouse_types::Datetime::from_ms(ms).to_string();
        let rkey = Rev::from(self.us << 10);
        let record = self.record(collection, &now);
        Some((format!("{collection}/{rkey}"), record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_rise_and_there_are_as_many_as_asked_for() {
        let mut content = Content::new(1, 1_000, 1_700_000_000_000_000);
        let mut paths = vec![content.profile(0).0];
        paths.extend(content.map(|(path, _)| path));
        assert_eq!(paths.len(), 1_001);
        assert!(paths.is_sorted_by(|a, b| a < b));
    }
}
