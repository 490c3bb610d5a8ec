//! [`written`]: a feed as RSS 2.0 or Atom.
//!
//! Sources: <https://www.rssboard.org/rss-specification>, RFC 4287. What XML has no characters for is left out: posts hold what they like.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use axum::http::HeaderValue;
use firehouse_types::Datetime;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

const ATOM: &str = "http://www.w3.org/2005/Atom";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";

/// Which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rss,
    Atom,
}

/// A feed.
pub(crate) struct Feed {
    pub(crate) title: String,
    /// A page for people with the same.
    pub(crate) link: String,
    /// Where the feed itself is.
    pub(crate) own: String,
    /// When its newest entry is from.
    pub(crate) newest: Option<Datetime>,
    pub(crate) entries: Vec<Entry>,
}

/// A post in it.
pub(crate) struct Entry {
    /// Its AT-URI, which it keeps.
    pub(crate) id: String,
    pub(crate) link: String,
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) at: Datetime,
    pub(crate) html: String,
}

type Xml = Writer<Vec<u8>>;

impl Kind {
    pub(crate) fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
        })
    }
}

/// The whole document. Errors: none in memory.
pub(crate) fn written(feed: &Feed, kind: Kind) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    match kind {
        Kind::Rss => rss(&mut xml, feed)?,
        Kind::Atom => atom(&mut xml, feed)?,
    }
    Ok(xml.into_inner())
}

fn rss(xml: &mut Xml, feed: &Feed) -> io::Result<()> {
    let root = xml.create_element("rss").with_attribute(("version", "2.0"));
    let root = root.with_attribute(("xmlns:atom", ATOM)).with_attribute(("xmlns:dc", DUBLIN_CORE));
    let channel = |xml: &mut Xml| {
        text(xml, "title", &feed.title)?;
        text(xml, "link", &feed.link)?;
        text(xml, "description", &feed.title)?;
        if let Some(newest) = feed.newest {
            text(xml, "lastBuildDate", &mail_date(newest))?;
        }
        let own = xml.create_element("atom:link").with_attribute(("rel", "self"));
        let own = own.with_attribute(("type", "application/rss+xml"));
        own.with_attribute(("href", &*feed.own)).write_empty()?;
        for entry in &feed.entries {
            xml.create_element("item").write_inner_content(|xml| {
                text(xml, "title", &entry.title)?;
                text(xml, "link", &entry.link)?;
                let guid = xml.create_element("guid").with_attribute(("isPermaLink", "false"));
                guid.write_text_content(BytesText::new(&entry.id))?;
                text(xml, "pubDate", &mail_date(entry.at))?;
                text(xml, "dc:creator", &entry.author)?;
                text(xml, "description", &entry.html)
            })?;
        }
        Ok(())
    };
    root.write_inner_content(|xml| {
        xml.create_element("channel").write_inner_content(channel).map(drop)
    })
    .map(drop)
}

fn atom(xml: &mut Xml, feed: &Feed) -> io::Result<()> {
    let link = |xml: &mut Xml, rel: &str, href: &str| {
        let link = xml.create_element("link").with_attribute(("rel", rel));
        link.with_attribute(("href", href)).write_empty().map(drop)
    };
    let root = xml.create_element("feed").with_attribute(("xmlns", ATOM));
    root.write_inner_content(|xml| {
        text(xml, "title", &feed.title)?;
        text(xml, "id", &feed.own)?;
        text(xml, "updated", &feed.newest.unwrap_or(Datetime::EPOCH).to_string())?;
        link(xml, "self", &feed.own)?;
        link(xml, "alternate", &feed.link)?;
        for entry in &feed.entries {
            xml.create_element("entry").write_inner_content(|xml| {
                text(xml, "title", &entry.title)?;
                text(xml, "id", &entry.id)?;
                text(xml, "published", &entry.at.to_string())?;
                text(xml, "updated", &entry.at.to_string())?;
                link(xml, "alternate", &entry.link)?;
                xml.create_element("author")
                    .write_inner_content(|xml| text(xml, "name", &entry.author))?;
                let content = xml.create_element("content").with_attribute(("type", "html"));
                content.write_text_content(BytesText::new(&known(&entry.html))).map(drop)
            })?;
        }
        Ok(())
    })
    .map(drop)
}

fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&known(text))).map(drop)
}

/// Without what no XML document may hold, however it is written.
fn known(text: &str) -> String {
    let is_known = |char: &char| {
        matches!(char, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..) && *char != '\u{7F}'
    };
    text.chars().filter(is_known).collect()
}

/// As in the head of a mail.
fn mail_date(at: Datetime) -> String {
    let seconds = u64::try_from(at.ms() / 1_000).unwrap_or_default();
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(said: &str) -> Feed {
        let at = Datetime::from_ms(1_700_000_000_123);
        let entry = Entry {
            id: "at://did:plc:a/app.bsky.feed.post/3k".into(),
            link: "https://a.test/post?a=1&b=2".into(),
            title: said.into(),
            author: "A & B (@a.test)".into(),
            at,
            html: format!("<p>{said}</p>"),
        };
        let (title, link) = ("Posts: <rain>".to_owned(), "https://a.test/?q=1&w=2".to_owned());
        let own = "https://a.test/search?q=%3Crain%3E".to_owned();
        Feed { title, link, own, newest: Some(at), entries: vec![entry] }
    }

    #[test]
    fn what_is_written_is_read_by_others_as_it_was_meant_whatever_posts_say() {
        for kind in [Kind::Rss, Kind::Atom] {
            let said = "5 < 6 ]]> & \u{0}\u{8}\u{FFFE}東京 ☔ \"x\"";
            let read = feed_rs::parser::parse(&*written(&feed(said), kind).unwrap()).unwrap();
            assert_eq!(read.title.unwrap().content, "Posts: <rain>", "{kind:?}");
            let [entry] = &read.entries[..] else { panic!("{kind:?}") };
            assert_eq!(entry.id, "at://did:plc:a/app.bsky.feed.post/3k");
            assert_eq!(entry.title.as_ref().unwrap().content, "5 < 6 ]]> & 東京 ☔ \"x\"");
            assert_eq!(entry.links[0].href, "https://a.test/post?a=1&b=2");
            assert_eq!(entry.published.unwrap().timestamp(), 1_700_000_000);
            let html = entry.summary.as_ref().map(|summary| summary.content.clone());
            let html = html.or_else(|| entry.content.as_ref()?.body.clone());
            assert_eq!(html.unwrap(), "<p>5 < 6 ]]> & 東京 ☔ \"x\"</p>", "{kind:?}");
        }
    }

    #[test]
    fn an_empty_feed_is_one_too() {
        for kind in [Kind::Rss, Kind::Atom] {
            let feed = Feed { entries: Vec::new(), newest: None, ..feed("") };
            let read = feed_rs::parser::parse(&*written(&feed, kind).unwrap()).unwrap();
            assert!(read.entries.is_empty());
        }
    }
}
