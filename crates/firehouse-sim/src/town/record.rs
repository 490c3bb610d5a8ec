//! The records people write, by their lexicons. Source: `lexicons/app/bsky/`

use crate::protocol::block::Cid;
use crate::protocol::value::Value;
use crate::random::Random;
use crate::town::words::{Language, Text, words};

pub(crate) const POST: &str = "app.bsky.feed.post";
pub(crate) const LIKE: &str = "app.bsky.feed.like";
pub(crate) const REPOST: &str = "app.bsky.feed.repost";
pub(crate) const FOLLOW: &str = "app.bsky.graph.follow";
pub(crate) const BLOCK: &str = "app.bsky.graph.block";
pub(crate) const LIST: &str = "app.bsky.graph.list";
pub(crate) const LIST_ITEM: &str = "app.bsky.graph.listitem";
pub(crate) const PROFILE: &str = "app.bsky.actor.profile";

/// A record, exactly this one.
#[derive(Clone, Debug)]
pub(crate) struct StrongRef {
    pub(crate) uri: String,
    pub(crate) cid: Cid,
}

impl StrongRef {
    fn value(&self) -> Value {
        Value::Map(vec![("uri", self.uri.as_str().into()), ("cid", self.cid.to_string().into())])
    }
}

/// What a post shows below its text.
pub(crate) enum Embed {
    None,
    Quote(StrongRef),
    Images(usize),
    Link,
}

fn record(kind: &str, now: &str, fields: Vec<(&'static str, Value)>) -> Value {
    let mut all = vec![("$type", kind.into()), ("createdAt", now.into())];
    all.extend(fields);
    Value::Map(all)
}

pub(crate) fn like(subject: &StrongRef, now: &str) -> Value {
    record(LIKE, now, vec![("subject", subject.value())])
}

pub(crate) fn repost(subject: &StrongRef, now: &str) -> Value {
    record(REPOST, now, vec![("subject", subject.value())])
}

pub(crate) fn follow(did: &str, now: &str) -> Value {
    record(FOLLOW, now, vec![("subject", did.into())])
}

pub(crate) fn block(did: &str, now: &str) -> Value {
    record(BLOCK, now, vec![("subject", did.into())])
}

pub(crate) fn list(random: &mut Random, language: &Language, now: &str) -> Value {
    let purpose = if random.chance(0.5) { "modlist" } else { "curatelist" };
    let purpose = format!("app.bsky.graph.defs#{purpose}");
    record(
        LIST,
        now,
        vec![("name", words(random, language, 2).into()), ("purpose", purpose.into())],
    )
}

pub(crate) fn list_item(list: &str, did: &str, now: &str) -> Value {
    record(LIST_ITEM, now, vec![("list", list.into()), ("subject", did.into())])
}

pub(crate) fn profile(random: &mut Random, language: &Language, number: usize, now: &str) -> Value {
    let name = format!("User {number} {}", words(random, language, 2));
    record(
        PROFILE,
        now,
        vec![
            ("displayName", name.into()),
            ("description", words(random, language, 12).into()),
            ("avatar", picture(random, 50_000)),
        ],
    )
}

/// The post, and its reply's root and parent.
pub(crate) fn post(
    random: &mut Random,
    language: &Language,
    text: Text,
    reply: Option<(&StrongRef, &StrongRef)>,
    embed: &Embed,
    now: &str,
) -> Value {
    let mut fields = vec![("langs", Value::List(vec![language.tag.into()]))];
    if let Some((root, parent)) = reply {
        fields
            .push(("reply", Value::Map(vec![("root", root.value()), ("parent", parent.value())])));
    }
    match embed {
        Embed::None => {}
        Embed::Quote(post) => fields.push(("embed", embedding("record", "record", post.value()))),
        Embed::Images(count) => {
            let images = (0..*count).map(|_| image(random, &text.text)).collect();
            fields.push(("embed", embedding("images", "images", Value::List(images))));
        }
        Embed::Link => {
            let uri = format!(
                "https://site{}.example.com/a/{}",
                random.below(200),
                random.below(1_000_000)
            );
            let title = words(random, language, 6);
            let card = vec![
                ("uri", uri.into()),
                ("title", title.into()),
                ("description", text.text.as_str().into()),
            ];
            fields.push(("embed", embedding("external", "external", Value::Map(card))));
        }
    }
    if !text.facets.is_empty() {
        fields.push(("facets", Value::List(text.facets)));
    }
    fields.push(("text", text.text.into()));
    record(POST, now, fields)
}

fn embedding(kind: &str, field: &'static str, value: Value) -> Value {
    Value::Map(vec![("$type", format!("app.bsky.embed.{kind}").into()), (field, value)])
}

fn image(random: &mut Random, text: &str) -> Value {
    let alt = if random.chance(0.5) { String::new() } else { text.chars().take(40).collect() };
    let aspect_ratio = vec![("width", Value::Int(1200)), ("height", Value::Int(800))];
    let bytes = 100_000 + i64::try_from(random.below(500_000)).unwrap_or(0);
    Value::Map(vec![
        ("image", picture(random, bytes)),
        ("alt", alt.into()),
        ("aspectRatio", Value::Map(aspect_ratio)),
    ])
}

/// A blob nobody has the bytes of.
fn picture(random: &mut Random, bytes: i64) -> Value {
    let cid = Cid::of_raw(&random.bits().to_be_bytes());
    Value::Map(vec![
        ("$type", "blob".into()),
        ("ref", Value::Link(cid)),
        ("mimeType", "image/jpeg".into()),
        ("size", Value::Int(bytes)),
    ])
}
