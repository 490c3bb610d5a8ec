//! [`Model`]: the right answers, kept beside the world from what was done in it; no frame and no tree is read for it.

mod account;
mod record;
mod label;
mod counts;

use std::collections::BTreeMap;

pub use account::{AccountTruth, Status};
pub use counts::{PostTruth, ProfileTruth};
pub use label::{LabelKey, LabelTruth};
pub use record::{Receipt, RecordTruth};

pub(crate) use record::Says;

/// Everything that is true at one moment. Shape: sorted maps, to be compared as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    accounts: BTreeMap<String, AccountTruth>,
    /// By DID, then by path; gone with the account.
    records: BTreeMap<String, BTreeMap<String, RecordTruth>>,
    labels: BTreeMap<LabelKey, LabelTruth>,
    /// What deleted accounts said: whoever is slow to forget still counts it.
    ghosts: Vec<(String, String, Says)>,
    /// What accounts said and took back, by DID: nobody can be told of it while the account is hidden and its repo with it.
    withdrawn: Vec<(String, Says)>,
}

impl Model {
    /// Every account there ever was, by DID.
    pub fn accounts(&self) -> &BTreeMap<String, AccountTruth> {
        &self.accounts
    }

    /// Every record that stands, by DID and `collection/rkey`. An account that is hidden keeps its records, a deleted one has none.
    pub fn records(&self) -> BTreeMap<(&str, &str), &RecordTruth> {
        let mut all = BTreeMap::new();
        for (did, records) in &self.records {
            for (path, record) in records {
                all.insert((did.as_str(), path.as_str()), record);
            }
        }
        all
    }

    /// The records of one account.
    pub fn records_of(&self, did: &str) -> impl Iterator<Item = (&str, &RecordTruth)> {
        let records = self.records.get(did).into_iter().flatten();
        records.map(|(path, record)| (path.as_str(), record))
    }

    /// The last word on every label, negations and expired ones included.
    pub fn labels(&self) -> &BTreeMap<LabelKey, LabelTruth> {
        &self.labels
    }

    pub(crate) fn account(&mut self, did: &str) -> &mut AccountTruth {
        self.accounts.entry(did.to_owned()).or_default()
    }

    pub(crate) fn put(&mut self, did: &str, path: &str, record: RecordTruth) {
        self.records.entry(did.to_owned()).or_default().insert(path.to_owned(), record);
    }

    pub(crate) fn remove(&mut self, did: &str, path: &str) {
        let record = self.records.get_mut(did).and_then(|records| records.remove(path));
        self.withdrawn.extend(record.map(|record| (did.to_owned(), record.says)));
    }

    /// The account is gone, and everything it ever wrote.
    pub(crate) fn delete_account(&mut self, did: &str) {
        self.account(did).status = Status::Deleted;
        let records = self.records.remove(did).into_iter().flatten();
        let said = records.map(|(path, record)| (did.to_owned(), path, record.says));
        self.ghosts.extend(said);
    }

    /// A handle now leads to `to`, or nowhere. Whoever claims it otherwise has none.
    pub(crate) fn resolve_handle(&mut self, handle: &str, to: Option<&str>) {
        for (did, account) in &mut self.accounts {
            if account.claimed == handle {
                account.handle = (to == Some(did)).then(|| handle.to_owned());
                account.lost_unheard &= to.is_none();
            }
        }
    }

    /// Whoever had a handle gives it up. Others who claim it, and lost it to him, may not have been looked at in between.
    pub(crate) fn give_up_handle(&mut self, handle: &str) {
        self.resolve_handle(handle, None);
        let claimants = self.accounts.values_mut().filter(|account| account.claimed == handle);
        claimants.for_each(|account| account.lost_unheard = true);
    }

    pub(crate) fn label(&mut self, key: LabelKey, truth: LabelTruth) {
        let held = self.labels.entry(key).or_insert_with(|| truth.clone());
        if (&truth.cts, truth.neg) > (&held.cts, held.neg) {
            *held = truth;
        }
    }
}
