//! `app.bsky.feed.post` → a row of `posts` and one of `feed_items`.
//!
//! What the post says stays in `records`; here is what skeletons need: which thread it belongs to, what it quotes, what it carries.
//! Its mentions, links and quotes are rows of `links` besides, made for every collection alike. Lexicon: `app.bsky.feed.post`.

use firehouse_schema::{
    EMBED_EXTERNAL, EMBED_GALLERY, EMBED_IMAGES, EMBED_RECORD, EMBED_VIDEO, FeedItemKind,
    FeedItemRow, PostRow,
};
use firehouse_types::{ActorId, AtUri, DropReason, RkeyId};
use serde::Deserialize;

use crate::rows::Rows;
use crate::source::Source;

pub(crate) const COLLECTION: &str = "app.bsky.feed.post";

#[derive(Deserialize)]
struct Post<'a> {
    #[serde(borrow)]
    reply: Option<Reply<'a>>,
    #[serde(borrow)]
    embed: Option<Embed<'a>>,
    #[serde(borrow, default)]
    langs: Vec<&'a str>,
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    root: StrongRef<'a>,
    #[serde(borrow)]
    parent: StrongRef<'a>,
}

#[derive(Deserialize)]
struct StrongRef<'a> {
    uri: &'a str,
}

/// Any embed: an open union, told apart by `$type`, of whose members only these fields are read.
#[derive(Deserialize)]
struct Embed<'a> {
    #[serde(rename = "$type")]
    kind: &'a str,
    /// Of `embed.record` and `embed.recordWithMedia`.
    #[serde(borrow)]
    record: Option<EmbeddedRecord<'a>>,
    /// Of `embed.recordWithMedia`.
    #[serde(borrow)]
    media: Option<Media<'a>>,
}

#[derive(Deserialize)]
struct EmbeddedRecord<'a> {
    /// In `embed.record`, where it is the reference itself.
    uri: Option<&'a str>,
    /// In `embed.recordWithMedia`, where it is an `embed.record`.
    #[serde(borrow)]
    record: Option<StrongRef<'a>>,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(rename = "$type")]
    kind: &'a str,
}

/// Adds the rows of one post.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    let post: Post<'_> = source.decode()?;
    let (root_actor, root_rkey) =
        post.reply.as_ref().map_or((0, 0), |reply| numbers(reply.root.uri));
    let (parent_actor, parent_rkey) =
        post.reply.as_ref().map_or((0, 0), |reply| numbers(reply.parent.uri));
    let (quote_actor, quote_rkey) =
        post.embed.as_ref().and_then(Embed::quoted_post).map_or((0, 0), numbers);
    let embeds = post.embed.as_ref().map_or(0, Embed::bits);
    rows.posts.push(PostRow {
        actor: source.actor,
        rkey: source.rkey,
        rev: source.op.rev,
        deleted: 0,
        cid: source.cid,
        created_at: source.created_at,
        sort_at: source.sort_at,
        root_actor,
        root_rkey,
        parent_actor,
        parent_rkey,
        quote_actor,
        quote_rkey,
        embeds,
        langs: post.langs.into_iter().map(Box::from).collect(),
    });
    rows.feed_items.push(FeedItemRow {
        sort_at: source.sort_at,
        actor: source.actor,
        kind: FeedItemKind::Post,
        rkey: source.rkey,
        post_actor: source.actor,
        post_rkey: source.rkey,
        root_actor,
        embeds,
        rev: source.op.rev,
        deleted: 0,
    });
    Ok(())
}

impl<'a> Embed<'a> {
    /// The AT-URI of the post it quotes. Lists, feeds and other records are embedded, not quoted.
    fn quoted_post(&self) -> Option<&'a str> {
        let record = self.record.as_ref()?;
        let uri = match self.kind {
            "app.bsky.embed.record" => record.uri?,
            "app.bsky.embed.recordWithMedia" => record.record.as_ref()?.uri,
            _ => return None,
        };
        AtUri::parse(uri).ok().filter(|parsed| parsed.collection == Some(COLLECTION)).map(|_| uri)
    }

    fn bits(&self) -> u8 {
        match self.kind {
            "app.bsky.embed.recordWithMedia" => {
                EMBED_RECORD | self.media.as_ref().map_or(0, |media| bit(media.kind))
            }
            kind => bit(kind),
        }
    }
}

fn bit(kind: &str) -> u8 {
    match kind {
        "app.bsky.embed.images" => EMBED_IMAGES,
        "app.bsky.embed.video" => EMBED_VIDEO,
        "app.bsky.embed.external" => EMBED_EXTERNAL,
        "app.bsky.embed.record" => EMBED_RECORD,
        "app.bsky.embed.gallery" => EMBED_GALLERY,
        _ => 0,
    }
}

/// Author and record key as numbers, never both 0. The author may be named by a handle, which is then nobody's number: the post is a
/// reply all the same, to something that cannot be found.
fn numbers(uri: &str) -> (u64, u64) {
    match AtUri::parse(uri) {
        Ok(uri) => {
            (ActorId::of(uri.authority).get(), uri.rkey.map_or(0, |rkey| RkeyId::of(rkey).get()))
        }
        Err(_) => (ActorId::of(uri).get(), 0),
    }
}
