//! Links as they are compared: what names the same page is one text.
//!
//! As palomar, the network's former open search, compared them (`search/url.go` in bluesky-social/indigo), and with the tracking parameters
//! of others.

use url::Url;

/// Parameters that say where a reader came from, and nothing of the page. So does whatever begins with `utm_`.
const TRACKING: [&str; 31] = [
    "__s",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "campaign_id",
    "ceid",
    "dclid",
    "emci",
    "emdi",
    "fbclid",
    "gclid",
    "hootpostid",
    "igsh",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkclid",
    "mkt_tok",
    "msclkid",
    "pk_campaign",
    "pk_kwd",
    "ref_src",
    "ref_url",
    "sessionid",
    "sourceid",
    "twclid",
    "vero_id",
    "wprov",
    "xpid",
    "yclid",
];
/// Longer ones are no links that people share. Units: bytes.
const BYTES_MAX: usize = 8 << 10;

/// The host of a link, or of a bare domain, in lower case and without `www.`. Only hosts of at least two labels.
pub fn host(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > BYTES_MAX {
        return None;
    }
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() => url,
        _ => Url::parse(&format!("https://{}", text.trim_start_matches("*."))).ok()?,
    };
    let host = url.host_str()?.trim_matches('.').to_ascii_lowercase();
    let mut host = host.as_str();
    while let Some(rest) = host.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        host = rest;
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (host.contains('.') && host.chars().all(is_plain)).then(|| host.to_owned())
}

/// A web link without its scheme, `www.`, fragment, tracking parameters, last slash and name of the index page; parameters sorted, slashes
/// single, nothing escaped that need not be. `None` for what is no web link.
pub fn normal_url(text: &str) -> Option<String> {
    let url = web_link(text)?;
    let mut parts: Vec<_> =
        url.path().split('/').filter(|part| !part.is_empty()).map(unescaped).collect();
    parts.pop_if(|part| is_index(part));
    let is_kept = |name: &str| {
        let name = name.to_ascii_lowercase();
        !name.starts_with("utm_") && !TRACKING.contains(&name.as_str())
    };
    let mut parameters: Vec<_> = url.query_pairs().filter(|(name, _)| is_kept(name)).collect();
    parameters.sort_unstable();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path: String = parts.iter().map(|part| format!("/{part}")).collect();
    let query: String = parameters.iter().map(|(name, value)| format!("&{name}={value}")).collect();
    Some(format!("{}{port}{path}?{query}", host(text)?))
}

/// A link of the web as a browser writes it.
pub(crate) fn web_link(text: &str) -> Option<Url> {
    let text = text.trim();
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    (text.len() <= BYTES_MAX && host(text).is_some()).then_some(url)
}

/// The page that a server shows for the folder itself.
fn is_index(name: &str) -> bool {
    name.split_once('.').is_some_and(|(name, kind)| {
        matches!(name, "index" | "default")
            && matches!(kind, "html" | "htm" | "php" | "asp" | "aspx" | "jsp" | "cgi")
    })
}

/// Without escapes of letters, digits and the four signs that never need one.
fn unescaped(part: &str) -> String {
    let mut plain = String::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, behind)) = rest.split_once('%') {
        plain.push_str(before);
        let code = behind.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = match code.map(char::from) {
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') => {
                plain.push(c);
                behind.get(2..).unwrap_or_default()
            }
            _ => {
                plain.push('%');
                behind
            }
        };
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_page_has_one_text() {
        for (link, normal) in [
            ("https://www.Example.com/a/?b=2&a=1&utm_source=x#top", "example.com/a?&a=1&b=2"),
            ("http://example.com:80/a?a=1&b=2&fbclid=q&hootPostID=7", "example.com/a?&a=1&b=2"),
            ("HTTP://bSky.app:80/index.html", "bsky.app?"),
            ("http://example.com/foo//bar.html", "example.com/foo/bar.html?"),
            ("http://example.com/%7Efoo/%C3%A9", "example.com/~foo/%C3%A9?"),
            ("http://example.com/foo/./bar/baz/../qux", "example.com/foo/bar/qux?"),
            ("https://www.www.example.com:8443/", "example.com:8443?"),
            ("https://example.com/100%?a=%20b", "example.com/100%?&a= b"),
        ] {
            assert_eq!(normal_url(link).as_deref(), Some(normal), "{link}");
        }
        for text in
            ["at://did:plc:a", "mailto:a@example.com", "example.com", "https://", "https://x/"]
        {
            assert_eq!(normal_url(text), None, "{text}");
        }
    }

    #[test]
    fn a_domain_may_be_bare() {
        let check =
            |text, expected: &str| assert_eq!(host(text).as_deref(), Some(expected), "{text}");
        check("WWW.example.com", "example.com");
        check("*.example.com", "example.com");
        check("www.com", "www.com");
        check("example.com:8080/x", "example.com");
        check("https://sub.example.com/x", "sub.example.com");
        check("bücher.example", "xn--bcher-kva.example");
        assert_eq!((host("no domain"), host("localhost"), host("")), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String, link in "https?://[a-z.%()é\"]{1,12}[/a-z%0-9?&=#]{0,20}") {
            for text in [text, link] {
                let _ = normal_url(&text);
                if let Some(once) = host(&text) {
                    prop_assert_eq!(host(&once), Some(once));
                }
            }
        }
    }
}
