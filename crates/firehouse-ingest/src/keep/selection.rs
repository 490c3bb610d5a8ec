//! [`Selection`]: what is kept at this moment, asked by workers without any I/O.

use std::collections::HashSet;
use std::sync::Arc;

use firehouse_repo::RecordOp;
use firehouse_types::{ActorId, Nsid, OpAction};
use tokio::sync::watch;

use crate::keep::language::declares_only_others;
use crate::keep::rules::Rules;

const POST: &str = "app.bsky.feed.post";

/// Rules, and the accounts that they keep by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub(crate) rules: Arc<Rules>,
    /// Those that are named, and the neighbourhoods.
    pub(crate) numbers: Arc<HashSet<ActorId>>,
    /// Of these: those whose follows decide who else is kept.
    pub(crate) inner: Arc<HashSet<ActorId>>,
    /// Who left later is among them still. Units: microseconds since 1970.
    pub(crate) since_us: u64,
}

/// The selection in force, for those who look at it now and then. Cheap to clone.
pub(crate) type Selected = watch::Receiver<Arc<Selection>>;

impl Selection {
    /// Whether an account is kept, as far as its number tells; `None` when its PDS decides.
    pub fn by_number(&self, actor: ActorId) -> Option<bool> {
        if self.rules.keeps_everybody() || self.numbers.contains(&actor) {
            return Some(true);
        }
        self.rules.pds_hosts.is_empty().then_some(false)
    }

    /// Whether an account is kept that lives at this PDS, by its URL.
    pub fn keeps_account(&self, actor: ActorId, pds: &str) -> bool {
        self.by_number(actor).unwrap_or_else(|| self.rules.keeps_host(pds))
    }

    /// Whether an account may turn out to be kept; as [`Self::keeps_account`], but for one of which nobody knows yet where it lives.
    pub fn may_keep_account(&self, actor: ActorId, pds: &str) -> bool {
        self.by_number(actor).unwrap_or_else(|| pds.is_empty() || self.rules.keeps_host(pds))
    }

    /// Whether the lists of a PDS, by its URL, name accounts that are kept because of it.
    pub fn keeps_host(&self, pds: &str) -> bool {
        self.rules.keeps_everybody() || self.rules.keeps_host(pds)
    }

    /// Whether a record of an account that is kept is, too.
    pub fn keeps_record(&self, collection: &Nsid, record: &[u8]) -> bool {
        self.rules.keeps_collection(collection.as_str())
            && (collection.as_str() != POST || self.keeps_post(record))
    }

    /// Whether a post is kept for its languages.
    pub fn keeps_post(&self, record: &[u8]) -> bool {
        let languages = &self.rules.languages;
        let is_one = |tag: &str| languages.iter().any(|language| language.matches(tag));
        languages.is_empty() || !declares_only_others(record, is_one)
    }

    /// What is to be applied of an op of a live commit: an update to what is not kept buries what was there.
    pub fn op(&self, op: RecordOp) -> Option<RecordOp> {
        if op.action != OpAction::Delete && !self.keeps_record(&op.collection, &op.record) {
            let was_kept = self.rules.keeps_collection(op.collection.as_str());
            let is_update = op.action == OpAction::Update;
            return (was_kept && is_update).then(|| RecordOp {
                action: OpAction::Delete,
                cid: None,
                record: bytes::Bytes::new(),
                ..op
            });
        }
        self.rules.keeps_collection(op.collection.as_str()).then_some(op)
    }

    /// Accounts that are kept by their numbers; `None` when all are.
    pub fn accounts(&self) -> Option<u64> {
        (!self.rules.keeps_everybody()).then_some(self.numbers.len() as u64)
    }

    /// Whether all there is is kept.
    pub fn is_everything(&self) -> bool {
        *self.rules == Rules::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use firehouse_repo::sha256;
    use firehouse_types::{Cid, Did, Rev, Rkey};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::keep::rules::tests::rules;

    const DID: &str = "did:plc:44ybard66vv44zksje25o7dz";

    fn selection(words: &[(&str, &str)], numbers: &[&str]) -> Selection {
        let numbers = numbers.iter().map(|did| ActorId::of(did)).collect();
        Selection {
            rules: Arc::new(rules(words)),
            numbers: Arc::new(numbers),
            ..Selection::default()
        }
    }

    #[test]
    fn an_account_is_kept_when_no_rule_or_any_rule_is_about_it() {
        let (a, b) = (ActorId::of("did:plc:a"), ActorId::of("did:plc:b"));
        assert_eq!(Selection::default().by_number(a), Some(true));
        let named = selection(&[("dids", "did:plc:a"), ("languages", "de")], &["did:plc:a"]);
        assert_eq!((named.by_number(a), named.by_number(b)), (Some(true), Some(false)));
        assert!(!named.keeps_host("https://a.test") && !named.keeps_account(b, "https://a.test"));
        let housed = selection(&[("dids", "did:plc:a"), ("pds_hosts", "*.test")], &["did:plc:a"]);
        assert_eq!((housed.by_number(a), housed.by_number(b)), (Some(true), None));
        assert!(
            housed.keeps_account(b, "https://b.test")
                && !housed.keeps_account(b, "https://b.example")
        );
        assert!(!housed.keeps_account(b, "") && housed.may_keep_account(b, ""));
        assert!(!housed.may_keep_account(b, "https://b.example"));
        assert!(!named.may_keep_account(b, ""));
    }

    fn record(langs: Option<&[&str]>) -> Vec<u8> {
        let mut post = json!({ "$type": POST, "text": "x" });
        if let Some(langs) = langs {
            post["langs"] = json!(langs);
        }
        serde_ipld_dagcbor::to_vec(&post).unwrap()
    }

    /// What happens to one of a few keys: it gets these contents, or is deleted.
    type Deed = (usize, usize, Option<Vec<u8>>);

    fn deeds() -> impl Strategy<Value = Vec<Deed>> {
        let langs: [Option<&[&str]>; 5] =
            [None, Some(&[]), Some(&["en"]), Some(&["en", "de-AT"]), Some(&["DE"])];
        let contents = prop::option::of(prop::sample::select(langs.to_vec()))
            .prop_map(|langs| langs.map(record));
        prop::collection::vec((0..3_usize, 0..4_usize, contents), 0..60)
    }

    proptest! {
        /// Whatever happened: what live commits have led to is what would be kept of the whole repo, fetched at its end.
        #[test]
        fn live_commits_and_a_fetched_repo_are_selected_alike(deeds in deeds(), chosen in 0..5_usize) {
            let selection = [
                selection(&[], &[]),
                selection(&[("languages", "de")], &[]),
                selection(&[("collections", "app.bsky.feed.*"), ("languages", "de")], &[]),
                selection(&[("collections", "app.bsky.feed.like")], &[]),
                selection(&[("collections", "app.bsky.graph.*"), ("languages", "en")], &[]),
            ][chosen].clone();
            let collections = [POST, "app.bsky.feed.like", "app.bsky.graph.follow"];
            let (mut repo, mut held) = (BTreeMap::new(), BTreeMap::new());
            for (collection, rkey, contents) in deeds {
                let key = (collections[collection], rkey);
                let action = match (&contents, repo.contains_key(&key)) {
                    (Some(_), false) => OpAction::Create,
                    (Some(_), true) => OpAction::Update,
                    (None, true) => OpAction::Delete,
                    (None, false) => continue,
                };
                let record = contents.clone().unwrap_or_default();
                match contents {
                    Some(contents) => drop(repo.insert(key, contents)),
                    None => drop(repo.remove(&key)),
                }
                let op = RecordOp {
                    did: Did::parse(DID).unwrap(),
                    collection: Nsid::parse(key.0).unwrap(),
                    rkey: Rkey::parse(&rkey.to_string()).unwrap(),
                    action,
                    cid: (action != OpAction::Delete).then(|| Cid::dag_cbor(sha256(&record))),
                    rev: Rev::from(1),
                    record: record.into(),
                };
                match selection.op(op) {
                    Some(op) if op.cid.is_some() => drop(held.insert(key, op.record.to_vec())),
                    Some(_) => drop(held.remove(&key)),
                    None => {}
                }
            }
            repo.retain(|(collection, _), record| {
                selection.keeps_record(&Nsid::parse(collection).unwrap(), record)
            });
            prop_assert_eq!(held, repo);
        }
    }
}
