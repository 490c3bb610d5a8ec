//! What a post is found by: a row of `post_texts`.
//!
//! Its words, tags, language and links, whom it mentions, what it embeds and answers, as terms; and its text once more, folded, for
//! phrases. The record is read as what it is, field by field: whatever in it is of a kind we do not know is passed over.

use firehouse_schema::{EMBED_GALLERY, EMBED_IMAGES, EMBED_VIDEO, PostTextRow};
use firehouse_text as text;
use firehouse_types::{ActorId, DropReason, RkeyId};
use ipld_core::ipld::Ipld;

use crate::source::Source;

/// Descriptions of media that are indexed, of one post.
const DESCRIPTIONS_MAX: usize = 32;
/// Of what comes in any number: facets, tags.
const FACETS_MAX: usize = 256;

/// The posts that a reply names.
pub(crate) struct Thread {
    pub root: (ActorId, RkeyId),
    pub parent: (ActorId, RkeyId),
}

/// The row of one post. `embeds`: its bits, as in `posts`.
pub(crate) fn row(
    source: &Source<'_>,
    thread: Option<Thread>,
    embeds: u8,
    langs: &[&str],
) -> Result<PostTextRow, DropReason> {
    let post: Ipld = source.decode()?;
    let mut said = vec![string(&post, "text").unwrap_or_default()];
    let mut terms = vec![text::by(source.actor)];
    terms.extend(langs.iter().map(|lang| text::lang(lang)));
    terms.extend(list(&post, "tags").filter_map(as_string).map(text::tag));
    for facet in list(&post, "facets") {
        list(facet, "features").for_each(|feature| terms.extend(faceted(feature)));
    }
    terms.extend(hashtags(said.first().copied().unwrap_or_default()));
    if let Some(embed) = field(&post, "embed") {
        embedded(embed, &mut said, &mut terms);
    }
    if embeds & (EMBED_IMAGES | EMBED_GALLERY | EMBED_VIDEO) != 0 {
        terms.push(text::HAS_MEDIA.to_owned());
    }
    if embeds & EMBED_VIDEO != 0 {
        terms.push(text::HAS_VIDEO.to_owned());
    }
    if let Some(Thread { root, parent }) = thread {
        terms.extend([text::IS_REPLY.to_owned(), text::root(root), text::parent(parent)]);
    }
    // A line each, so that no phrase is found across two of them.
    let lines: Vec<_> = said.iter().map(|said| text::fold(said)).collect();
    said.iter().for_each(|said| terms.extend(text::terms_of(said)));
    terms.sort_unstable();
    terms.dedup();
    Ok(PostTextRow {
        sort_at: source.sort_at,
        actor: source.actor,
        rkey: source.rkey,
        rev: source.op.rev,
        deleted: 0,
        terms,
        text: lines.join("\n").trim_end().into(),
    })
}

/// What one feature of a facet names.
fn faceted(feature: &Ipld) -> Vec<String> {
    match string(feature, "$type") {
        Some("app.bsky.richtext.facet#mention") => {
            string(feature, "did").map(|did| text::mention(ActorId::of(did))).into_iter().collect()
        }
        Some("app.bsky.richtext.facet#link") => {
            string(feature, "uri").map(linked).unwrap_or_default()
        }
        Some("app.bsky.richtext.facet#tag") => {
            string(feature, "tag").map(text::tag).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn linked(uri: &str) -> Vec<String> {
    let Some(normal) = text::normal_url(uri) else { return Vec::new() };
    let domain = text::domain(uri).map(|domain| text::domain_term(&domain));
    domain.into_iter().chain([text::url_term(&normal)]).collect()
}

/// Tags that stand in the text without a facet: other software writes them so.
fn hashtags(said: &str) -> Vec<String> {
    let words =
        said.split_whitespace().filter(|word| word.starts_with(['#', '＃'])).take(FACETS_MAX);
    let tags = words.map(|word| word.trim_end_matches(|c: char| c.is_ascii_punctuation()));
    tags.filter(|tag| tag.chars().nth(1).is_some()).map(text::tag).collect()
}

fn embedded<'a>(embed: &'a Ipld, said: &mut Vec<&'a str>, terms: &mut Vec<String>) {
    let described = |items: &mut dyn Iterator<Item = &'a Ipld>, said: &mut Vec<&'a str>| {
        said.extend(items.filter_map(|item| string(item, "alt")).take(DESCRIPTIONS_MAX));
    };
    match string(embed, "$type") {
        Some("app.bsky.embed.images") => described(&mut list(embed, "images"), said),
        Some("app.bsky.embed.gallery") => described(&mut list(embed, "items"), said),
        Some("app.bsky.embed.video") => said.extend(string(embed, "alt")),
        Some("app.bsky.embed.external") => {
            let external = field(embed, "external");
            said.extend(external.and_then(|external| string(external, "title")));
            terms.extend(
                external
                    .and_then(|external| string(external, "uri"))
                    .map(linked)
                    .unwrap_or_default(),
            );
        }
        Some("app.bsky.embed.record") => terms.extend(record(embed)),
        Some("app.bsky.embed.recordWithMedia") => {
            terms.extend(field(embed, "record").and_then(record));
            // Media hold no further media: a type that nests is of none of these.
            if let Some(media) = field(embed, "media").filter(|media| !is_record(media)) {
                embedded(media, said, terms);
            }
        }
        _ => {}
    }
}

fn is_record(embed: &Ipld) -> bool {
    string(embed, "$type").is_some_and(|kind| kind.starts_with("app.bsky.embed.record"))
}

fn record(embed: &Ipld) -> Option<String> {
    field(embed, "record").and_then(|record| string(record, "uri")).map(text::embed)
}

fn field<'a>(of: &'a Ipld, name: &str) -> Option<&'a Ipld> {
    match of {
        Ipld::Map(fields) => fields.get(name),
        _ => None,
    }
}

fn string<'a>(of: &'a Ipld, name: &str) -> Option<&'a str> {
    field(of, name).and_then(as_string)
}

fn as_string(value: &Ipld) -> Option<&str> {
    match value {
        Ipld::String(text) => Some(text),
        _ => None,
    }
}

fn list<'a>(of: &'a Ipld, name: &str) -> impl Iterator<Item = &'a Ipld> {
    let items = match field(of, name) {
        Some(Ipld::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().take(FACETS_MAX)
}

#[cfg(test)]
mod tests {
    use firehouse_schema::PostTextRow;
    use firehouse_text as text;
    use firehouse_types::{ActorId, RkeyId};
    use serde_json::{Value, json};

    use crate::testing::{AUTHOR, CID, OTHER, RKEY, rows, uri};

    const POST: &str = "app.bsky.feed.post";

    fn post(with: Value) -> PostTextRow {
        let mut record = json!({"text": "Hi"});
        record.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        rows(POST, record).post_texts[0].clone()
    }

    fn check(with: Value, expected: &[String]) {
        let row = post(with);
        let missing: Vec<_> = expected.iter().filter(|term| !row.terms.contains(term)).collect();
        assert!(missing.is_empty(), "{missing:?} in {:?}", row.terms);
    }

    #[test]
    fn a_post_is_found_by_its_words_author_language_and_tags() {
        let by = text::by(ActorId::of(AUTHOR));
        check(
            json!({"text": "Wide Reply #Train, yes", "langs": ["pt-BR"], "tags": ["Extra"]}),
            &[
                by,
                "wide".into(),
                "reply".into(),
                "#train".into(),
                "train".into(),
                "#extra".into(),
                "lang:pt".into(),
            ],
        );
        assert_eq!(&*post(json!({"text": "Wide  REPLY"})).text, "wide reply");
    }

    #[test]
    fn what_its_facets_name_is_a_term() {
        let feature = |kind: &str, name: &str, value: &str| json!({"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": kind, name: value}]});
        let facets = [
            feature("app.bsky.richtext.facet#mention", "did", OTHER),
            feature(
                "app.bsky.richtext.facet#link",
                "uri",
                "https://www.example.com/a/?utm_source=x",
            ),
            feature("app.bsky.richtext.facet#tag", "tag", "Seen"),
            json!({"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": "com.example.facet", "did": 5}]}),
        ];
        let url = text::url_term(&text::normal_url("http://example.com/a").unwrap());
        check(
            json!({ "facets": facets }),
            &[text::mention(ActorId::of(OTHER)), "domain:example.com".into(), url, "#seen".into()],
        );
    }

    #[test]
    fn what_it_answers_embeds_and_shows_is_a_term() {
        let there = json!({"uri": uri(OTHER, POST), "cid": CID});
        let key = (ActorId::of(OTHER), RkeyId::of(RKEY));
        check(
            json!({"reply": {"root": there, "parent": there}}),
            &[text::IS_REPLY.into(), text::root(key), text::parent(key)],
        );
        let external = json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://example.com/x", "title": "Timetable", "description": ""}});
        let both = json!({"$type": "app.bsky.embed.recordWithMedia", "record": {"record": there}, "media": external});
        check(
            json!({"embed": both}),
            &[text::embed(&uri(OTHER, POST)), "timetable".into(), "domain:example.com".into()],
        );
        let record = json!({"$type": "app.bsky.embed.record", "record": there});
        check(json!({"embed": record}), &[text::embed(&uri(OTHER, POST))]);
        let blob = json!({"$type": "blob", "ref": {"$link": "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m"}, "mimeType": "image/png", "size": 1});
        let images =
            json!({"$type": "app.bsky.embed.images", "images": [{"alt": "a Cat", "image": blob}]});
        check(json!({"embed": images}), &["cat".into(), text::HAS_MEDIA.into()]);
    }
}
