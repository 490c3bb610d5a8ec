//! What a post is found by: a row of `post_texts`.
//!
//! Its text, the descriptions of its media, the title of its card and what a bridged post said before it was shortened become words and
//! runs; its tags, languages and links, whom it mentions and what it carries become marks. The record is read as what it is, field by
//! field: whatever in it is of a kind we do not know is passed over.

use firehouse_schema::PostTextRow;
use firehouse_text::{self as text, Indexed, mark};
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
    read.marks.extend(list(&post, "tags").filter_map(as_string).map(mark::tag));
    for facet in list(&post, "facets") {
        list(facet, "features").for_each(|feature| read.faceted(feature));
    }
    if let Some(embed) = field(&post, "embed") {
        read.embedded(embed);
    }
    let langs: Vec<_> = list(&post, "langs").filter_map(as_string).collect();
    read.languages(&langs);
    if let Some(reply) = field(&post, "reply") {
        read.mark(mark::IS_REPLY);
        let is_own = |name| author(reply, name) == Some(version.actor);
        if is_own("root") && is_own("parent") {
            read.mark(mark::IS_THREAD);
        }
    }
    // Bridges write down what a post said elsewhere, before it was shortened.
    let original = string(&post, "bridgyOriginalText").map(text::of_html);
    if original.is_some() || string(&post, "bridgyOriginalUrl").is_some() {
        read.mark(mark::IS_BRIDGED);
    }
    read.said.extend(original.as_deref());
    let Indexed { words, runs } = text::indexed(read.said.iter().copied());
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
        let looks = text::detected(self.said.first().copied().unwrap_or_default(), declared);
        self.marks.extend(looks.map(mark::wrote));
        if declared.is_empty() {
            self.marks.extend(looks.map(mark::lang));
        }
        self.marks.extend(declared.iter().map(|lang| mark::lang(lang)));
    }

    /// What one feature of a facet names.
    fn faceted(&mut self, feature: &Ipld) {
        match string(feature, "$type") {
            Some("app.bsky.richtext.facet#mention") => {
                let did = string(feature, "did");
                self.marks.extend(did.map(|did| mark::mention(ActorId::of(did))));
            }
            Some("app.bsky.richtext.facet#link") => {
                string(feature, "uri").into_iter().for_each(|uri| self.linked(uri));
            }
            Some("app.bsky.richtext.facet#tag") => {
                self.marks.extend(string(feature, "tag").map(mark::tag));
            }
            _ => {}
        }
    }

    fn linked(&mut self, uri: &str) {
        let (Some(url), Some(host)) = (mark::url(uri), text::host(uri)) else { return };
        self.mark(mark::HAS_LINK);
        self.marks.push(url);
        let is_of = |hosts: &[&str]| hosts.iter().any(|of| is_at(&host, of));
        if is_of(&GIF_HOSTS) {
            self.mark(mark::HAS_GIF);
        }
        if is_of(&POLL_HOSTS) {
            self.mark(mark::HAS_POLL);
        }
        self.marks.extend(mark::domains(uri));
    }

    fn described(&mut self, alt: Option<&'a str>) {
        let Some(alt) = alt.filter(|alt| !alt.trim().is_empty()) else { return };
        self.mark(mark::HAS_ALT);
        if self.said.len() <= DESCRIPTIONS_MAX {
            self.said.push(alt);
        }
    }

    fn embedded(&mut self, embed: &'a Ipld) {
        match string(embed, "$type") {
            Some("app.bsky.embed.images") => self.pictures(embed, "images"),
            Some("app.bsky.embed.gallery") => self.pictures(embed, "items"),
            Some("app.bsky.embed.video") => {
                self.mark(mark::HAS_VIDEO);
                self.mark(mark::HAS_MEDIA);
                self.described(string(embed, "alt"));
                if string(embed, "presentation") == Some("gif") {
                    self.mark(mark::HAS_GIF);
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
        self.mark(mark::HAS_IMAGE);
        self.mark(mark::HAS_MEDIA);
        for picture in list(embed, name) {
            self.described(string(picture, "alt"));
            let blob = field(picture, "image");
            if blob.and_then(|blob| string(blob, "mimeType")) == Some("image/gif") {
                self.mark(mark::HAS_GIF);
            }
        }
    }

    fn record(&mut self, embed: &Ipld) {
        let uri = field(embed, "record").and_then(|record| string(record, "uri"));
        let Some(collection) = uri.and_then(|uri| uri.split('/').nth(3)) else { return };
        if collection == "app.bsky.feed.post" {
            self.mark(mark::HAS_QUOTE);
            self.mark(mark::IS_QUOTE);
        }
        if collection.ends_with(".poll") {
            self.mark(mark::HAS_POLL);
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

pub(crate) fn field<'a>(of: &'a Ipld, name: &str) -> Option<&'a Ipld> {
    match of {
        Ipld::Map(fields) => fields.get(name),
        _ => None,
    }
}

pub(crate) fn string<'a>(of: &'a Ipld, name: &str) -> Option<&'a str> {
    field(of, name).and_then(as_string)
}

pub(crate) fn as_string(value: &Ipld) -> Option<&str> {
    match value {
        Ipld::String(text) => Some(text),
        _ => None,
    }
}

pub(crate) fn list<'a>(of: &'a Ipld, name: &str) -> impl Iterator<Item = &'a Ipld> {
    let items = match field(of, name) {
        Some(Ipld::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().take(FACETS_MAX)
}

#[cfg(test)]
mod tests {
    use firehouse_schema::PostTextRow;
    use firehouse_text::mark;
    use firehouse_types::ActorId;
    use serde_json::{Value, json};

    use crate::testing::{AUTHOR, CID, OTHER, rows, uri};

    const POST: &str = "app.bsky.feed.post";

    fn post(with: Value) -> PostTextRow {
        let mut record = json!({"text": "Hi"});
        record.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        rows(POST, record).post_texts[0].clone()
    }

    /// All marks of the post, of which the language that its text looks like is left out.
    fn check(with: Value, expected: &[&str]) {
        let mut marks = post(with).marks;
        marks.retain(|mark| !mark.starts_with("wrote:"));
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(marks, expected);
    }

    #[test]
    fn a_post_is_found_by_its_words_runs_language_and_tags() {
        let row = post(
            json!({"text": "Wide  Reply 東京都 #Train, yes", "langs": ["pt-BR"], "tags": ["Extra"]}),
        );
        assert_eq!((&*row.words, &*row.runs), ("wide reply train yes", "東京都 "));
        check(
            json!({"text": "Reply #Train", "langs": ["pt-BR"], "tags": ["Extra"]}),
            &["#extra", "#train", "lang:pt"],
        );
        let row = post(json!({"text": "これはテストです"}));
        assert_eq!(
            row.marks,
            ["lang:ja", "wrote:ja"],
            "where none is declared, it is what it looks like"
        );
        let row = post(json!({"text": "これはテストです", "langs": ["en"]}));
        assert_eq!(row.marks, ["lang:en", "wrote:ja"]);
    }

    #[test]
    fn what_its_facets_name_is_a_mark() {
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
        let url = mark::url("http://example.com/a").unwrap();
        let mention = mark::mention(ActorId::of(OTHER));
        check(
            json!({ "facets": facets }),
            &["#seen", &mention, "domain:example.com", mark::HAS_LINK, &url],
        );
    }

    #[test]
    fn what_it_answers_and_quotes_is_a_mark() {
        let there = json!({"uri": uri(OTHER, POST), "cid": CID});
        let own = json!({"uri": uri(AUTHOR, POST), "cid": CID});
        check(json!({"reply": {"root": there, "parent": there}}), &[mark::IS_REPLY]);
        check(json!({"reply": {"root": there, "parent": own}}), &[mark::IS_REPLY]);
        check(json!({"reply": {"root": own, "parent": own}}), &[mark::IS_REPLY, mark::IS_THREAD]);
        let record = json!({"$type": "app.bsky.embed.record", "record": there});
        check(json!({"embed": record}), &[mark::HAS_QUOTE, mark::IS_QUOTE]);
        let list = json!({"uri": uri(OTHER, "app.bsky.graph.list"), "cid": CID});
        check(json!({"embed": {"$type": "app.bsky.embed.record", "record": list}}), &[]);
    }

    #[test]
    fn what_it_shows_is_a_mark_and_what_is_said_of_it_are_words() {
        let there = json!({"uri": uri(OTHER, POST), "cid": CID});
        let external = json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://media.tenor.com/x", "title": "Timetable", "description": ""}});
        let both = json!({"$type": "app.bsky.embed.recordWithMedia", "record": {"record": there}, "media": external});
        let url = mark::url("https://media.tenor.com/x").unwrap();
        check(
            json!({"embed": both}),
            &[
                "domain:media.tenor.com",
                "domain:tenor.com",
                mark::HAS_GIF,
                mark::HAS_LINK,
                mark::HAS_QUOTE,
                mark::IS_QUOTE,
                &url,
            ],
        );
        assert_eq!(&*post(json!({"embed": both})).words, "hi . timetable");
        let blob = |kind: &str| json!({"$type": "blob", "ref": {"$link": "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m"}, "mimeType": kind, "size": 1});
        let images = |alt: &str| json!({"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": alt, "image": blob("image/gif")}]}});
        check(images(" "), &[mark::HAS_GIF, mark::HAS_IMAGE, mark::HAS_MEDIA]);
        check(images("a Cat"), &[mark::HAS_ALT, mark::HAS_GIF, mark::HAS_IMAGE, mark::HAS_MEDIA]);
        assert_eq!(&*post(images("a Cat")).words, "hi . a cat");
        let video = json!({"$type": "app.bsky.embed.video", "video": blob("video/mp4")});
        check(json!({"embed": video}), &[mark::HAS_MEDIA, mark::HAS_VIDEO]);
        let external = json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://poll.blue/p/x", "title": "", "description": ""}});
        let url = mark::url("https://poll.blue/p/x").unwrap();
        check(
            json!({"embed": external}),
            &["domain:poll.blue", mark::HAS_LINK, mark::HAS_POLL, &url],
        );
    }

    #[test]
    fn what_a_bridged_post_said_before_it_was_cut_is_a_text_of_its_own() {
        let with = json!({"text": "Long wor…", "bridgyOriginalText": "<p>Long <b>word</b>s</p>"});
        assert_eq!(&*post(with.clone()).words, "long wor . long words");
        check(with, &[mark::IS_BRIDGED]);
    }
}
