//! Links as they are compared: what names the same page is one text.

use url::Url;

/// Parameters that say where a reader came from, and nothing of the page.
const TRACKING: [&str; 14] = [
    "fbclid", "gclid", "dclid", "msclkid", "igshid", "mc_cid", "mc_eid", "yclid", "twclid",
    "ref_src", "ref_url", "_hsenc", "_hsmi", "vero_id",
];
/// Longer ones are no links that people share. Units: bytes.
const BYTES_MAX: usize = 8 << 10;

/// The host of a link, or of a bare domain, in lower case and without `www.`.
pub fn domain(text: &str) -> Option<String> {
    let host = match Url::parse(text) {
        Ok(url) if url.has_host() => url.host_str()?.to_owned(),
        _ => Url::parse(&format!("https://{text}")).ok()?.host_str()?.to_owned(),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    Some(host.strip_prefix("www.").map_or(host.clone(), str::to_owned))
}

/// A link without its scheme, `www.`, fragment, tracking parameters and last slash, parameters sorted.
pub fn normal_url(text: &str) -> Option<String> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let is_kept = |name: &str| !name.starts_with("utm_") && !TRACKING.contains(&name);
    let mut parameters: Vec<_> = url.query_pairs().filter(|(name, _)| is_kept(name)).collect();
    parameters.sort_unstable();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query: String = parameters.iter().map(|(name, value)| format!("&{name}={value}")).collect();
    Some(format!("{}{port}{}?{query}", domain(text)?, url.path().trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_page_has_one_text() {
        let check = |a, b| assert_eq!(normal_url(a), normal_url(b), "{a} {b}");
        check(
            "https://www.Example.com/a/?b=2&a=1&utm_source=x#top",
            "http://example.com:80/a?a=1&b=2",
        );
        assert_ne!(normal_url("https://example.com/a"), normal_url("https://example.com/b"));
        assert_eq!(normal_url("at://did:plc:a"), None);
    }

    #[test]
    fn a_domain_may_be_bare() {
        let check =
            |text, expected: &str| assert_eq!(domain(text).as_deref(), Some(expected), "{text}");
        check("WWW.example.com", "example.com");
        check("https://sub.example.com/x", "sub.example.com");
        check("bücher.example", "xn--bcher-kva.example");
        assert_eq!(domain("no domain"), None);
    }
}
