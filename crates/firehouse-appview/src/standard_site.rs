//! `site.standard.*`: articles and the publications they are in, and whether they are what stands at an address.
//!
//! Pure. The rules are those of the reference: a document that names a publication counts together with it or not at all, and the address
//! that the two give must be the one that is asked for.

use firehouse_store::read::{RecordHead, RecordKey, RecordRead};
use url::Url;

use crate::record::{Blob, RecordJson};

pub(crate) const DOCUMENT: &str = "site.standard.document";
pub(crate) const PUBLICATION: &str = "site.standard.publication";

/// Hosts, with those below them, where whoever writes a record owns every path below its address.
const OWNED_BELOW: [&str; 3] = ["pckt.blog", "leaflet.pub", "offprint.app"];
const WORDS_PER_MINUTE: usize = 200;

/// What views need of a document.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentFields {
    pub title: Box<str>,
    /// AT-URI of a publication, or the address of a site.
    pub site: Box<str>,
    pub path: Option<Box<str>>,
    pub description: Option<Box<str>>,
    pub text_content: Option<Box<str>>,
    pub cover_image: Option<Blob>,
    pub published_at: Box<str>,
    pub updated_at: Option<Box<str>>,
}

/// What views need of a publication.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicationFields {
    pub name: Box<str>,
    pub url: Box<str>,
    pub description: Option<Box<str>>,
    pub icon: Option<Blob>,
    pub basic_theme: Option<serde_json::Value>,
}

/// A record of either kind.
#[derive(Clone, Debug)]
pub(crate) struct SiteRecord<F> {
    pub key: RecordKey,
    pub uri: String,
    pub cid: String,
    pub json: RecordJson,
    pub fields: F,
}

impl<F: serde::de::DeserializeOwned> SiteRecord<F> {
    /// `None` for what lacks a field that it must have.
    pub fn read(row: &RecordRead, did: &str, collection: &str) -> Option<Self> {
        let (json, head): (_, RecordHead) = (RecordJson::new(&row.body)?, row.head());
        Some(Self {
            key: (row.actor, row.rkey),
            uri: format!("at://{did}/{collection}/{}", head.rkey()?),
            cid: head.cid().to_string(),
            fields: serde_json::from_str(json.get()).ok()?,
            json,
        })
    }
}

/// What stands at an address: an article, perhaps of a publication, or the home of a publication.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub document: Option<SiteRecord<DocumentFields>>,
    pub publication: Option<SiteRecord<PublicationFields>>,
}

impl Standing {
    /// The first document with its publication, or, where there is no document, the first publication. `None` when the document names a
    /// publication that is not there.
    pub fn of(
        documents: Vec<SiteRecord<DocumentFields>>,
        publications: Vec<SiteRecord<PublicationFields>>,
    ) -> Option<Self> {
        let (document, mut publications) = (documents.into_iter().next(), publications.into_iter());
        let publication = match &document {
            None => Some(publications.next()?),
            Some(document) if document.fields.site.starts_with("at://") => {
                Some(publications.find(|of| *of.uri == *document.fields.site)?)
            }
            Some(_) => None,
        };
        Some(Self { document, publication })
    }

    /// Whether these records say that they stand at this address.
    pub fn is_at(&self, address: &str) -> bool {
        let Some(asked) = canonical(address) else { return false };
        let home = self.publication.as_ref().map(|of| &of.fields.url);
        let Some(fields) = self.document.as_ref().map(|of| &of.fields) else {
            return home.and_then(|home| canonical(home)) == Some(asked);
        };
        let base = home.unwrap_or(&fields.site);
        let own = canonical(&joined(base, fields.path.as_deref().unwrap_or_default()));
        own.is_some_and(|own| own == asked || is_below(&asked, &own))
    }
}

/// Scheme, host and path of a web address, without what stands behind them or a slash at the end.
fn canonical(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let path = url.path().strip_suffix('/').unwrap_or(url.path());
    Some(format!("{}://{}{port}{path}", url.scheme(), url.host_str()?))
}

/// With one slash between; a path never takes the place of the one in `base`.
fn joined(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    let base = base.strip_suffix('/').unwrap_or(base);
    format!("{base}/{}", path.strip_prefix('/').unwrap_or(path))
}

fn is_below(asked: &str, own: &str) -> bool {
    let is_deeper = asked.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    let host = Url::parse(asked).ok().and_then(|url| Some(url.host_str()?.to_owned()));
    is_deeper
        && host.is_some_and(|host| {
            let owned = |of: &&str| {
                host.strip_suffix(*of).is_some_and(|h| h.is_empty() || h.ends_with('.'))
            };
            OWNED_BELOW.iter().any(owned)
        })
}

/// Minutes that a text takes to read; `None` for one without words.
pub(crate) fn reading_minutes(text: &str) -> Option<usize> {
    let words = text.split_whitespace().count();
    (words > 0).then(|| words.div_ceil(WORDS_PER_MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_the_site_with_the_path_behind() {
        let check = |base: &str, path: &str, asked: &str, expected: bool| {
            let own = canonical(&joined(base, path)).unwrap();
            let asked = canonical(asked).unwrap();
            assert_eq!(own == asked || is_below(&asked, &own), expected, "{own} {asked}");
        };
        check("https://A.test/blog/", "/one", "https://a.test/blog/one/?utm=1#top", true);
        check("https://a.test/blog", "one", "https://a.test/one", false);
        check("https://a.test", "", "https://a.test/", true);
        check("https://a.test", "/one", "http://a.test/one", false);
        check("https://a.test", "/one", "https://a.test/one/two", false);
        check("https://x.leaflet.pub", "/one", "https://x.leaflet.pub/one/two", true);
        check("https://x.leaflet.pub", "/one", "https://x.leaflet.pub/one-two", false);
        check("https://notleaflet.pub", "/one", "https://notleaflet.pub/one/two", false);
        assert_eq!(canonical("at://did:plc:a/b.c.d/e"), None);
    }

    #[test]
    fn a_text_takes_a_minute_at_least() {
        assert_eq!(reading_minutes(" \n"), None);
        assert_eq!(reading_minutes("one two"), Some(1));
        assert_eq!(reading_minutes(&"word ".repeat(201)), Some(2));
    }
}
