//! One version of one post. Table: `schema/tables/posts.sql`.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::datetime64_3;

/// Bit of `embeds`: images.
pub const EMBED_IMAGES: u8 = 1;
/// Bit of `embeds`: a video.
pub const EMBED_VIDEO: u8 = 2;
/// Bit of `embeds`: an external card.
pub const EMBED_EXTERNAL: u8 = 4;
/// Bit of `embeds`: another record.
pub const EMBED_RECORD: u8 = 8;
/// Bit of `embeds`: a gallery.
pub const EMBED_GALLERY: u8 = 16;

/// Derived: what skeletons need to know of a post. Zeros stand for no root, parent or quote.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct PostRow {
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
    pub cid: [u8; 32],
    #[serde(with = "datetime64_3")]
    pub created_at: Datetime,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
    pub root_actor: u64,
    pub root_rkey: u64,
    pub parent_actor: u64,
    pub parent_rkey: u64,
    pub quote_actor: u64,
    pub quote_rkey: u64,
    /// Bits: `EMBED_…`.
    pub embeds: u8,
    pub langs: Vec<Box<str>>,
    #[serde(with = "datetime64_3")]
    pub made_at: Datetime,
}

impl PostRow {
    /// The post it answers.
    pub fn parent(&self) -> Option<(ActorId, RkeyId)> {
        (self.parent_actor != 0).then(|| (self.parent_actor.into(), self.parent_rkey.into()))
    }
}
