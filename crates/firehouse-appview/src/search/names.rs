//! [`Names`]: whom and what a search names, looked up at once: handles, and AT-URIs with a handle in front.

use std::collections::HashMap;

use firehouse_store::read::RecordKey;
use firehouse_text::{Leaf, Query, Who};
use firehouse_types::{ActorId, RkeyId};

use super::asked::Asked;
use crate::{AppView, Caller, ViewError, actor, uri};

/// Nobody has this number: it is the hash of no DID that anyone was seen with. 0 has a meaning of its own.
const NOBODY: u64 = 1;
/// Whoever asks.
pub(super) const ME: &str = "me";

/// Numbers of those who are named.
#[derive(Debug, Default)]
pub(super) struct Names {
    actors: HashMap<String, ActorId>,
    /// AT-URIs with a handle, and the same with the DID.
    uris: HashMap<String, String>,
    /// Whose labels apply.
    pub labelers: Vec<ActorId>,
}

impl Names {
    pub async fn load(
        app: &AppView,
        caller: &Caller,
        asked: &Asked,
        query: Option<&Query>,
    ) -> Result<Self, ViewError> {
        let (mut names, mut uris): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
        for filters in [&asked.only, &asked.not] {
            names.extend(filters.authors.iter().chain(&filters.mentions).map(String::as_str));
            uris.extend(filters.embedded.iter().cloned());
        }
        uris.extend(asked.parent.iter().chain(&asked.root).cloned());
        for leaf in query.map(Query::leaves).unwrap_or_default() {
            match leaf {
                Leaf::From(Who::Handle(handle)) | Leaf::Mentions(Who::Handle(handle)) => {
                    names.push(handle);
                }
                Leaf::List(uri) | Leaf::InThread(uri) => uris.push(uri.clone()),
                _ => {}
            }
        }
        names.sort_unstable();
        names.dedup();
        // A few hundred at most, since they were told in a URL.
        let (owners, resolved) =
            tokio::try_join!(actor::resolve_texts(app, &names), actor::resolve_uris(app, &uris),)?;
        let found = names.iter().zip(owners);
        let mut actors: HashMap<_, _> =
            found.filter_map(|(name, did)| Some(((*name).to_owned(), did?.actor()))).collect();
        if let Some(viewer) = caller.actor() {
            actors.insert(ME.to_owned(), viewer);
        }
        let labelers = caller.labelers.iter().map(|labeler| labeler.did.actor()).collect();
        Ok(Self { actors, uris: uris.into_iter().zip(resolved).collect(), labelers })
    }

    /// Whom a DID, a handle or `me` names; else nobody.
    pub fn actor(&self, name: &str) -> ActorId {
        self.actors.get(name).copied().unwrap_or(ActorId::from(NOBODY))
    }

    pub fn who(&self, who: &Who) -> ActorId {
        match who {
            Who::Me => self.actor(ME),
            Who::Did(did) => did.actor(),
            Who::Handle(handle) => self.actor(handle),
        }
    }

    /// The mark of posts that mention him.
    pub fn mark(&self, name: &str) -> String {
        firehouse_text::mark::mention(self.actor(name))
    }

    /// What a post's URI names: nobody's where it names none.
    pub fn post(&self, uri: &str) -> RecordKey {
        uri::post(self.uri(uri)).unwrap_or((ActorId::from(NOBODY), RkeyId::from(0)))
    }

    /// What a list's URI names, likewise.
    pub fn list(&self, uri: &str) -> RecordKey {
        uri::list(self.uri(uri)).unwrap_or((ActorId::from(NOBODY), RkeyId::from(0)))
    }

    /// What a record's URI names.
    pub fn record(&self, uri: &str) -> Option<(ActorId, RkeyId, String)> {
        let ((actor, rkey), collection) = uri::record(self.uri(uri))?;
        Some((actor, rkey, collection.to_owned()))
    }

    fn uri<'a>(&'a self, uri: &'a str) -> &'a str {
        self.uris.get(uri).map_or(uri, String::as_str)
    }
}
