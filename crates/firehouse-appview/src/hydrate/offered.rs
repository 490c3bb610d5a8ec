//! What accounts offer to others: feed generators and labelers with their likes, starter packs with who joined by them.

use std::collections::{HashMap, HashSet};

use firehouse_store::Store;
use firehouse_store::read::{LabelledRecord, Likes, RecordKey, RecordRead, StarterPackJoins};
use firehouse_types::{ActorId, Datetime, RkeyId};

use super::actors::parse;
use super::state::{Generator, Labeler, Liked, StarterPack};
use crate::ViewError;
use crate::clock::now;
use crate::nsid::{GENERATOR, LABELER, STARTER_PACK};
use crate::record::RecordJson;

/// What counts as lately for those who joined by a starter pack.
const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// What is wanted, and then what there is of it.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub generators: HashSet<RecordKey>,
    pub labelers: HashSet<ActorId>,
    pub starter_packs: HashSet<RecordKey>,
    /// Starter packs that were read already, to learn what is in them.
    pub read: Vec<RecordRead>,
}

/// What of it exists.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    pub generators: HashMap<RecordKey, Generator>,
    pub labelers: HashMap<ActorId, Labeler>,
    pub starter_packs: HashMap<RecordKey, StarterPack>,
}

impl Wanted {
    /// Whoever offers it.
    pub fn creators(&self) -> impl Iterator<Item = ActorId> {
        let records = self.generators.iter().chain(&self.starter_packs).map(|key| key.0);
        records.chain(self.labelers.iter().copied())
    }

    /// The records that labels are asked for. Of labelers only the account's own labels count.
    pub fn labelled(&self) -> impl Iterator<Item = LabelledRecord<'_>> {
        let generators = self.generators.iter().map(|key| (key.0, GENERATOR, key.1));
        generators.chain(self.starter_packs.iter().map(|key| (key.0, STARTER_PACK, key.1)))
    }

    /// Loads it. Three queries, at once; none for what nobody wants.
    pub async fn load(&self, store: &Store, viewer: Option<ActorId>) -> Result<Offered, ViewError> {
        let this = RkeyId::of("self");
        let labelers = self.labelers.iter().map(|&actor| (actor, LABELER, this));
        let generators = self.generators.iter().map(|key| (key.0, GENERATOR, key.1));
        let liked: Vec<_> = generators.chain(labelers).collect();
        let packs: Vec<_> = self.starter_packs.iter().copied().collect();
        let read: HashSet<_> = self.read.iter().map(|row| (row.actor, row.rkey)).collect();
        let unread = packs.iter().copied().filter(|key| !read.contains(key));
        let keys: HashSet<_> = liked.iter().map(|key| (key.0, key.2)).chain(unread).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let since = Datetime::from_ms(now().ms() - WEEK_MS);
        let collections = [GENERATOR, LABELER, STARTER_PACK];
        let (records, likes, joins) = tokio::try_join!(
            store.records(&collections, &keys),
            store.likes(&liked, viewer),
            store.starter_pack_joins(&packs, since),
        )?;
        let mut offered = Offered::default();
        for row in records.iter().chain(&self.read) {
            offered.take(row, self);
        }
        likes.iter().for_each(|row| offered.like(row));
        joins.iter().for_each(|row| offered.join(row));
        Ok(offered)
    }
}

impl Offered {
    /// Takes over what was asked for later.
    pub fn extend(&mut self, later: Self) {
        self.generators.extend(later.generators);
        self.labelers.extend(later.labelers);
        self.starter_packs.extend(later.starter_packs);
    }

    /// Takes a record over, if it was wanted: each key was looked for in each collection.
    fn take(&mut self, row: &RecordRead, wanted: &Wanted) {
        let (key, head) = ((row.actor, row.rkey), row.head());
        let Some(rkey) = head.rkey() else { return };
        let (cid, sort_at) = (head.cid().to_string(), head.sort_at());
        let Some(json) = RecordJson::new(&row.body) else { return };
        match &*row.collection {
            GENERATOR if wanted.generators.contains(&key) => {
                let found = parse(&json).map(|fields| Generator {
                    rkey,
                    cid,
                    sort_at,
                    fields,
                    liked: Liked::default(),
                });
                self.generators.extend(found.map(|found| (key, found)));
            }
            LABELER if wanted.labelers.contains(&key.0) && rkey.as_str() == "self" => {
                let found = parse(&json).map(|fields| Labeler {
                    cid,
                    sort_at,
                    fields,
                    liked: Liked::default(),
                });
                self.labelers.extend(found.map(|found| (key.0, found)));
            }
            STARTER_PACK if wanted.starter_packs.contains(&key) => {
                let found = parse(&json).map(|fields| StarterPack {
                    rkey,
                    cid,
                    sort_at,
                    fields,
                    json,
                    joined_all_time: 0,
                    joined_week: 0,
                });
                self.starter_packs.extend(found.map(|found| (key, found)));
            }
            _ => {}
        }
    }

    fn like(&mut self, row: &Likes) {
        let liked = Liked { count: row.likes, by_viewer: row.viewer_like() };
        if &*row.target_collection == LABELER {
            if let Some(labeler) = self.labelers.get_mut(&row.key().0) {
                labeler.liked = liked;
            }
        } else if let Some(generator) = self.generators.get_mut(&row.key()) {
            generator.liked = liked;
        }
    }

    fn join(&mut self, row: &StarterPackJoins) {
        if let Some(pack) = self.starter_packs.get_mut(&row.key()) {
            (pack.joined_all_time, pack.joined_week) = (row.all_time, row.lately);
        }
    }

    /// The viewer's likes.
    pub fn likes_of_viewer(&self) -> impl Iterator<Item = RkeyId> {
        let generators = self.generators.values().map(|generator| &generator.liked);
        let labelers = self.labelers.values().map(|labeler| &labeler.liked);
        generators.chain(labelers).filter_map(|liked| liked.by_viewer)
    }
}
