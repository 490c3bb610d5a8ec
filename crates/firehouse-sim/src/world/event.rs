//! [`Event`]: something that happened to an account, before any host has given it a seq.

use std::sync::Arc;

use crate::model::Status;
use crate::protocol::frame::{self, Envelope, Stamp};

/// Something to be told.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) did: Arc<str>,
    pub(crate) time: String,
    pub(crate) news: News,
}

/// What happened.
#[derive(Clone)]
pub(crate) enum News {
    Commit(Arc<Envelope>),
    /// A CAR of the newest commit's block alone.
    Sync {
        rev: String,
        blocks: Vec<u8>,
    },
    Identity {
        handle: Option<String>,
    },
    Account(Status),
}

impl Event {
    pub(crate) fn is_commit(&self) -> bool {
        matches!(self.news, News::Commit(_))
    }

    /// The same event with another commit in it.
    pub(crate) fn with(&self, envelope: Envelope) -> Self {
        Self { news: News::Commit(Arc::new(envelope)), ..self.clone() }
    }

    pub(crate) fn frame(&self, seq: i64) -> Vec<u8> {
        let stamp = Stamp { seq, did: &self.did, time: &self.time };
        match &self.news {
            News::Commit(envelope) => frame::commit(&stamp, envelope),
            News::Sync { rev, blocks } => frame::sync(&stamp, rev, blocks.clone()),
            News::Identity { handle } => frame::identity(&stamp, handle.as_deref()),
            News::Account(status) => frame::account(&stamp, status.reason()),
        }
    }
}
