//! `app.bsky.feed.post` → a row of `posts`, one of `post_texts` and one of `feed_items`.
//!
//! What the post says stays in `records`; here is what skeletons need: which thread it belongs to, what it quotes, what it carries.
//! Its mentions, links and quotes are rows of `links` besides, made for every collection alike. Lexicon: `app.bsky.feed.post`.

use firehouse_schema::{
    EMBED_EXTERNAL, EMBED_GALLERY, EMBED_IMAGES, EMBED_RECORD, EMBED_VIDEO, FeedItemKind,
    FeedItemRow, PostRow,
};
use firehouse_types::{ActorId, AtUri, DropReason, RkeyId};
use serde::Deserialize;

use crate::post_text::{PostVersion, post_text};
use crate::rows::Rows;
use crate::source::Source;

pub(crate) const COLLECTION: &str = "app.bsky.feed.post";

#[derive(Deserialize)]
struct Post<'a> {
    #[serde(borrow)]
    reply: Option<Reply<'a>>,
    #[serde(borrow)]
    embed: Option<Typed<'a>>,
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

/// A member of an open union. Only once its type is known may its fields be read: a stranger's can be anything.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "$type")]
    kind: &'a str,
}

/// A post whose embed is an `app.bsky.embed.record`.
#[derive(Deserialize)]
struct WithRecord<'a> {
    #[serde(borrow)]
    embed: RecordEmbed<'a>,
}

#[derive(Deserialize)]
struct RecordEmbed<'a> {
    #[serde(borrow)]
    record: StrongRef<'a>,
}

/// A post whose embed is an `app.bsky.embed.recordWithMedia`.
#[derive(Deserialize)]
struct WithRecordAndMedia<'a> {
    #[serde(borrow)]
    embed: RecordAndMediaEmbed<'a>,
}

#[derive(Deserialize)]
struct RecordAndMediaEmbed<'a> {
    #[serde(borrow)]
    record: RecordEmbed<'a>,
    #[serde(borrow)]
    media: Typed<'a>,
}

/// Adds the rows of one post.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    let post: Post<'_> = source.decode()?;
    let (root_actor, root_rkey) =
        post.reply.as_ref().map_or((0, 0), |reply| numbers(reply.root.uri));
    let (parent_actor, parent_rkey) =
        post.reply.as_ref().map_or((0, 0), |reply| numbers(reply.parent.uri));
    let (quoted, embeds) = match &post.embed {
        Some(embed) => embedded(embed.kind, source)?,
        None => (None, 0),
    };
    let (quote_actor, quote_rkey) = quoted.map_or((0, 0), numbers);
    let (sort_at, actor, rkey, rev) = (source.sort_at, source.actor, source.rkey, source.op.rev);
    let version = PostVersion { sort_at, actor, rkey, rev };
    rows.post_texts.push(post_text(version, &source.op.record)?);
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
        made_at: source.made_at,
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

/// What an embed of this type brings: the AT-URI of the post it quotes, and the bits of what it shows.
fn embedded<'a>(kind: &str, source: &Source<'a>) -> Result<(Option<&'a str>, u8), DropReason> {
    Ok(match kind {
        "app.bsky.embed.record" => {
            let post: WithRecord<'_> = source.decode()?;
            (quoted_post(post.embed.record.uri), EMBED_RECORD)
        }
        "app.bsky.embed.recordWithMedia" => {
            let post: WithRecordAndMedia<'_> = source.decode()?;
            (quoted_post(post.embed.record.record.uri), EMBED_RECORD | bit(post.embed.media.kind))
        }
        media => (None, bit(media)),
    })
}

/// Lists, feeds and other records are embedded, not quoted.
fn quoted_post(uri: &str) -> Option<&str> {
    AtUri::parse(uri).ok().filter(|parsed| parsed.collection == Some(COLLECTION)).map(|_| uri)
}

fn bit(kind: &str) -> u8 {
    match kind {
        "app.bsky.embed.images" => EMBED_IMAGES,
        "app.bsky.embed.video" => EMBED_VIDEO,
        "app.bsky.embed.external" => EMBED_EXTERNAL,
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

#[cfg(test)]
mod tests {
    use firehouse_schema::{EMBED_IMAGES, EMBED_RECORD, PostRow};
    use serde_json::{Value, json};

    use super::COLLECTION;
    use crate::testing::{AUTHOR, CID, OTHER, TIME, numbers, rows, uri};

    fn post(with: Value) -> PostRow {
        let mut record = json!({"text": "hi"});
        record.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let rows = rows(COLLECTION, record);
        assert_eq!((rows.posts.len(), rows.feed_items.len()), (1, 1));
        assert_eq!(rows.feed_items[0].embeds, rows.posts[0].embeds);
        assert_eq!(rows.feed_items[0].root_actor, rows.posts[0].root_actor);
        rows.posts[0].clone()
    }

    fn strong_ref(author: &str, collection: &str) -> Value {
        json!({"uri": uri(author, collection), "cid": CID})
    }

    #[test]
    fn a_post_by_itself_refers_to_nothing() {
        let row = post(json!({"langs": ["en", "pt-BR"]}));
        assert_eq!((row.root_actor, row.parent_actor, row.quote_actor, row.embeds), (0, 0, 0, 0));
        assert_eq!(row.langs, ["en".into(), "pt-BR".into()]);
        assert_eq!((row.created_at.to_string(), row.sort_at), (TIME.to_owned(), row.created_at));
    }

    #[test]
    fn a_reply_knows_its_root_and_its_parent() {
        let row = post(
            json!({"reply": {"root": strong_ref(AUTHOR, COLLECTION), "parent": strong_ref(OTHER, COLLECTION)}}),
        );
        assert_eq!((row.root_actor, row.root_rkey), numbers(AUTHOR));
        assert_eq!((row.parent_actor, row.parent_rkey), numbers(OTHER));
    }

    #[test]
    fn a_reply_to_a_handle_is_a_reply_all_the_same() {
        let to =
            json!({"uri": "at://handle.example.com/app.bsky.feed.post/3jwdwj2ctlk26", "cid": CID});
        let row = post(json!({"reply": {"root": to, "parent": to}}));
        assert!(row.root_actor != 0 && row.parent_actor != 0);
    }

    #[test]
    fn posts_are_quoted_and_other_records_only_embedded() {
        let record = |collection| json!({"$type": "app.bsky.embed.record", "record": strong_ref(OTHER, collection)});
        let row = post(json!({"embed": record(COLLECTION)}));
        assert_eq!(((row.quote_actor, row.quote_rkey), row.embeds), (numbers(OTHER), EMBED_RECORD));
        let row = post(json!({"embed": record("app.bsky.graph.list")}));
        assert_eq!((row.quote_actor, row.quote_rkey, row.embeds), (0, 0, EMBED_RECORD));
        let media = json!({"$type": "app.bsky.embed.images", "images": []});
        let both = json!({"$type": "app.bsky.embed.recordWithMedia", "record": record(COLLECTION), "media": media});
        let row = post(json!({"embed": both}));
        assert_eq!(
            ((row.quote_actor, row.quote_rkey), row.embeds),
            (numbers(OTHER), EMBED_RECORD | EMBED_IMAGES)
        );
    }

    #[test]
    fn an_embed_of_tomorrow_does_no_harm() {
        let row =
            post(json!({"embed": {"$type": "com.example.embed", "record": [1], "media": "x"}}));
        assert_eq!((row.quote_actor, row.embeds), (0, 0));
    }

    #[test]
    fn no_author_can_write_into_the_future() {
        let row = post(json!({"createdAt": "9999-12-31T23:59:59Z"}));
        assert!(row.sort_at < row.created_at && row.sort_at.to_string().starts_with("2023-"));
        let row = post(json!({"createdAt": "0000-01-01T00:00:00Z"}));
        assert_eq!(row.sort_at, row.created_at);
    }
}
