//! What a post is found by: a row of `post_texts`.
//!
//! Its text, the descriptions of its media, the title of its card and what a bridged post said before it was shortened become words and
//! runs; its tags, languages and links, whom it mentions and what it carries become marks. The record is read as what it is, field by
//! field: whatever in it is of a kind we do not know is passed over.

use firehouse_schema::PostTextRow;
use firehouse_text as text;
use firehouse_types::{ActorId, AtUri, Datetime, DropReason, Rev, RkeyId};
use ipld_core::ipld::Ipld;

/// Descriptions of media that are indexed, of one post.
const DESCRIPTIONS_MAX: usize = 32;
/// Of what comes in any number: facets, tags.
const FACETS_MAX: usize = 256;
/// Where people take moving pictures from; a card that shows one links there.
const GIF_HOSTS: [&str; 3] = ["tenor.com", "giphy.com", "klipy.com"];
/// Where polls are voted on.
const POLL_HOSTS: [&str; 2] = ["poll.blue", "pollsky.app"];

/// Which version of which post it is.
#[derive(Clone, Copy, Debug)]
pub struct PostVersion {
    /// What answers sort it by.
    pub sort_at: Datetime,
    /// Who wrote it.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// The version.
    pub rev: Rev,
}

/// What is read of a post.
#[derive(Default)]
struct Read<'a> {
    said: Vec<&'a str>,
    marks: Vec<String>,
}

/// What a post is found by, out of its block: a valid post, DAG-CBOR. Errors: [`DropReason::RecordMalformed`] for what is no record.
pub fn post_text(version: PostVersion, block: &[u8]) -> Result<PostTextRow, DropReason> {
    let post: Ipld =
        serde_ipld_dagcbor::from_slice(block).map_err(|_| DropReason::RecordMalformed)?;
    let said = string(&post, "text").unwrap_or_default();
    let mut read = Read { said: vec![said], marks: text::marks_of(said) };
    read.marks.extend(list(&post, "tags").filter_map(as_string).map(text::tag));
    for facet in list(&post, "facets") {
        list(facet, "features").for_each(|feature| read.faceted(feature));
    }
    if let Some(embed) = field(&post, "embed") {
        read.embedded(embed);
    }
    let langs: Vec<_> = list(&post, "langs").filter_map(as_string).collect();
    read.languages(&langs);
    if let Some(reply) = field(&post, "reply") {
        read.mark(text::IS_REPLY);
        let is_own = |name| author(reply, name) == Some(version.actor);
        if is_own("root") && is_own("parent") {
            read.mark(text::IS_THREAD);
        }
    }
    // Bridges write down what a post said elsewhere, before it was shortened.
    let original = string(&post, "bridgyOriginalText").map(text::of_html);
    if original.is_some() || string(&post, "bridgyOriginalUrl").is_some() {
        read.mark(text::IS_BRIDGED);
    }
    read.said.extend(original.as_deref());
    let text::Indexed { words, runs } = text::indexed(read.said.iter().copied());
    read.marks.sort_unstable();
    read.marks.dedup();
    Ok(PostTextRow {
        sort_at: version.sort_at,
        actor: version.actor,
        rkey: version.rkey,
        rev: version.rev,
        deleted: 0,
        words: words.into(),
        runs: runs.into(),
        marks: read.marks,
    })
}

impl<'a> Read<'a> {
    fn mark(&mut self, mark: &str) {
        self.marks.push(mark.to_owned());
    }

    /// Declared languages are believed; where none is, what the text looks like. That is kept by itself, too.
    fn languages(&mut self, declared: &[&str]) {
        let looks = text::detected(self.said.first().copied().unwrap_or_default());
        let looks = looks.map(|lang| match declared.contains(&"ja") {
            // Han without kana is read as Chinese by whoever does not know better.
            true if lang == "zh" => "ja",
            _ => lang,
        });
        self.marks.extend(looks.map(text::wrote));
        if declared.is_empty() {
            self.marks.extend(looks.map(text::lang));
        }
        self.marks.extend(declared.iter().map(|lang| text::lang(lang)));
    }

    /// What one feature of a facet names.
    fn faceted(&mut self, feature: &Ipld) {
        match string(feature, "$type") {
            Some("app.bsky.richtext.facet#mention") => {
                let did = string(feature, "did");
                self.marks.extend(did.map(|did| text::mention(ActorId::of(did))));
            }
            Some("app.bsky.richtext.facet#link") => {
                string(feature, "uri").into_iter().for_each(|uri| self.linked(uri));
            }
            Some("app.bsky.richtext.facet#tag") => {
                self.marks.extend(string(feature, "tag").map(text::tag));
            }
            _ => {}
        }
    }

    fn linked(&mut self, uri: &str) {
        let Some(normal) = text::normal_url(uri) else { return };
        self.mark(text::HAS_LINK);
        self.marks.push(text::url_term(&normal));
        let Some(host) = text::domain(uri) else { return };
        let is_of = |hosts: &[&str]| hosts.iter().any(|of| is_at(&host, of));
        if is_of(&GIF_HOSTS) {
            self.mark(text::HAS_GIF);
        }
        if is_of(&POLL_HOSTS) {
            self.mark(text::HAS_POLL);
        }
        self.marks.extend(text::domain_terms(&host));
    }

    fn described(&mut self, alt: Option<&'a str>) {
        let Some(alt) = alt.filter(|alt| !alt.trim().is_empty()) else { return };
        self.mark(text::HAS_ALT);
        if self.said.len() <= DESCRIPTIONS_MAX {
            self.said.push(alt);
        }
    }

    fn embedded(&mut self, embed: &'a Ipld) {
        match string(embed, "$type") {
            Some("app.bsky.embed.images") => self.pictures(embed, "images"),
            Some("app.bsky.embed.gallery") => self.pictures(embed, "items"),
            Some("app.bsky.embed.video") => {
                self.mark(text::HAS_VIDEO);
                self.mark(text::HAS_MEDIA);
                self.described(string(embed, "alt"));
                if string(embed, "presentation") == Some("gif") {
                    self.mark(text::HAS_GIF);
                }
            }
            Some("app.bsky.embed.external") => {
                let external = field(embed, "external");
                self.said.extend(external.and_then(|external| string(external, "title")));
                let uri = external.and_then(|external| string(external, "uri"));
                uri.into_iter().for_each(|uri| self.linked(uri));
            }
            Some("app.bsky.embed.record") => self.record(embed),
            Some("app.bsky.embed.recordWithMedia") => {
                field(embed, "record").into_iter().for_each(|embed| self.record(embed));
                // Media hold no further media: a type that nests is of none of these.
                if let Some(media) = field(embed, "media").filter(|media| !is_record(media)) {
                    self.embedded(media);
                }
            }
            _ => {}
        }
    }

    fn pictures(&mut self, embed: &'a Ipld, name: &str) {
        self.mark(text::HAS_IMAGE);
        self.mark(text::HAS_MEDIA);
        for picture in list(embed, name) {
            self.described(string(picture, "alt"));
            let blob = field(picture, "image");
            if blob.and_then(|blob| string(blob, "mimeType")) == Some("image/gif") {
                self.mark(text::HAS_GIF);
            }
        }
    }

    fn record(&mut self, embed: &Ipld) {
        let uri = field(embed, "record").and_then(|record| string(record, "uri"));
        let Some(collection) = uri.and_then(|uri| uri.split('/').nth(3)) else { return };
        if collection == "app.bsky.feed.post" {
            self.mark(text::HAS_QUOTE);
            self.mark(text::IS_QUOTE);
        }
        if collection.ends_with(".poll") {
            self.mark(text::HAS_POLL);
        }
    }
}

/// Who wrote a post that a reply names.
fn author(reply: &Ipld, name: &str) -> Option<ActorId> {
    let uri = AtUri::parse(string(field(reply, name)?, "uri")?).ok()?;
    Some(ActorId::of(uri.authority))
}

/// Whether a host is another or lies below it.
fn is_at(host: &str, of: &str) -> bool {
    host.strip_suffix(of).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn is_record(embed: &Ipld) -> bool {
    string(embed, "$type").is_some_and(|kind| kind.starts_with("app.bsky.embed.record"))
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
