//! app.bsky.graph.defs: starterPackViewBasic and starterPackView.

use firehouse_store::read::{ListSample, RecordKey};

use super::Views;
use super::generator::GeneratorView;
use super::label::Label;
use super::list::{ListItemView, ListView};
use super::profile::ProfileView;
use crate::hydrate::{REFERENCE_LIST, STARTER_PACK_SAMPLE};
use crate::nsid::{LIST_ITEM, STARTER_PACK};
use crate::record::RecordJson;
use crate::uri;

/// A starter pack in brief.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct StarterPackViewBasic {
    pub uri: String,
    pub cid: String,
    pub record: RecordJson,
    pub creator: Box<ProfileView>,
    pub joined_all_time_count: u64,
    pub joined_week_count: u64,
    pub labels: Vec<Label>,
    pub indexed_at: String,
}

/// A starter pack with what is in it.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct StarterPackView {
    #[serde(flatten)]
    pub basic: StarterPackViewBasic,
    pub feeds: Vec<GeneratorView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<ListView>,
    pub list_items_sample: Vec<ListItemView>,
}

impl Views<'_> {
    /// starterPackViewBasic, when the pack exists and the caller may see its creator.
    pub fn starter_pack_basic(&self, key: RecordKey) -> Option<StarterPackViewBasic> {
        let pack = self.state.offered.starter_packs.get(&key)?;
        let creator = self.profile_basic(key.0)?;
        Some(StarterPackViewBasic {
            uri: format!("at://{}/{STARTER_PACK}/{}", creator.did, pack.rkey),
            cid: pack.cid.clone(),
            record: pack.json.clone(),
            creator: Box::new(creator),
            joined_all_time_count: pack.joined_all_time,
            joined_week_count: pack.joined_week,
            labels: self.state.labels.of_record(key, STARTER_PACK),
            indexed_at: pack.sort_at.to_string(),
        })
    }

    /// starterPackView, when the pack exists and the caller may see its creator. Its list and feeds must have been loaded with it.
    pub fn starter_pack(&self, key: RecordKey) -> Option<StarterPackView> {
        let basic = self.starter_pack_basic(key)?;
        let fields = &self.state.offered.starter_packs.get(&key)?.fields;
        let feeds =
            fields.feeds.iter().filter_map(|feed| self.generator(uri::generator(&feed.uri)?));
        let list = uri::list(&fields.list);
        Some(StarterPackView {
            basic,
            feeds: feeds.collect(),
            list: list.and_then(|list| self.list_basic(list)),
            list_items_sample: list.map(|list| self.sample(list)).unwrap_or_default(),
        })
    }

    /// The most followed of a list's latest members; those in a block with the list's creator only for the creator himself.
    fn sample(&self, list: RecordKey) -> Vec<ListItemView> {
        let members = self.state.samples.get(&list).map(Vec::as_slice).unwrap_or_default();
        let is_creator = self.state.viewer == Some(list.0);
        let is_reference =
            self.state.lists.get(&list).is_some_and(|list| &*list.fields.purpose == REFERENCE_LIST);
        let is_shown = |member: &&ListSample| {
            is_creator || !self.state.relations.block_between(list.0, member.subject)
        };
        let shown = members.iter().filter(is_shown).take(STARTER_PACK_SAMPLE);
        let item = |member: &ListSample| {
            let did = &self.state.actors.get(&list.0)?.did;
            Some(ListItemView {
                uri: self.state.record_uri(did, LIST_ITEM, member.item)?,
                subject: self.profile(member.subject)?,
                subject_opted_out: (is_creator && is_reference && member.opted_out())
                    .then_some(true),
            })
        };
        shown.filter_map(item).collect()
    }
}
