//! Sitemaps of accounts, for search engines: an index of pages, a page for every so many accounts first seen on one day.
//!
//! Made of what is held here, and kept for an hour: each reads all accounts; a page that the index does not have reads none. Links lead to
//! the configured web application, which shows the same sitemaps under its own name, or else to the pages of this server.
//! Source: <https://www.sitemaps.org/protocol.html>

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use firehouse_store::read::SitemapDay;
use firehouse_store::{Disposition, StoreError};
use firehouse_types::{Datetime, Handle};
use flate2::Compression;
use flate2::write::GzEncoder;
use moka::future::Cache;

use crate::api::Api;
use crate::config::Config;

/// Accounts on one page; the protocol allows five times as many.
const PAGE_ACCOUNTS: u32 = 10_000;
/// Pages in the index, as many as the protocol allows.
const INDEX_PAGES_MAX: usize = 50_000;
/// More days than there are.
const DAYS_MAX: u32 = 50_000;
const KEPT_FOR: Duration = Duration::from_secs(3600);
const KEPT_BYTES_MAX: u64 = 32 * 1024 * 1024;
const MS_PER_DAY: i64 = 86_400_000;

/// Sitemaps that were made.
pub(crate) struct Sitemaps {
    site: Option<String>,
    public_url: String,
    /// What the index is made of, and which pages there are.
    days: Cache<(), Arc<Vec<SitemapDay>>>,
    kept: Cache<Page, Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Page {
    Index,
    Day { day: u16, bucket: u32 },
}

/// There is none.
enum Missing {
    Page,
    Store(Arc<StoreError>),
}

impl Sitemaps {
    pub(crate) fn new(config: &Config) -> Self {
        let base = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
        let weight = |_: &Page, page: &Bytes| u32::try_from(page.len()).unwrap_or(u32::MAX);
        let kept = Cache::builder().max_capacity(KEPT_BYTES_MAX).time_to_live(KEPT_FOR);
        Self {
            site: config.site_url.as_ref().map(base),
            public_url: base(&config.public_url),
            days: Cache::builder().time_to_live(KEPT_FOR).build(),
            kept: kept.weigher(weight).build(),
        }
    }

    fn page_url(&self, date: &str, bucket: u64) -> String {
        match &self.site {
            Some(site) => format!("{site}/sitemap/users/{date}/{bucket}.xml.gz"),
            None => format!("{}/external/sitemap/users/{date}/{bucket}.xml.gz", self.public_url),
        }
    }

    fn account_url(&self, handle: &Handle) -> String {
        match &self.site {
            Some(site) => format!("{site}/profile/{handle}"),
            None => format!("{}/account/{handle}", self.public_url),
        }
    }
}

/// `GET /external/sitemap/users.xml.gz`
pub(crate) async fn index(State(api): State<Arc<Api>>) -> Response {
    answer(&api, Page::Index).await
}

/// `GET /external/sitemap/users/{date}/{bucket}.xml.gz`
pub(crate) async fn page(
    State(api): State<Arc<Api>>,
    Path((date, file)): Path<(String, String)>,
) -> Response {
    let Some(bucket) = file.strip_suffix(".xml.gz") else {
        return crate::pages::not_found().await.into_response();
    };
    let Some(day) = day_of(&date) else {
        let message = "Invalid date format. Expected YYYY-MM-DD";
        return (StatusCode::BAD_REQUEST, message).into_response();
    };
    let Some(bucket) = bucket.parse().ok().filter(|bucket| *bucket >= 1) else {
        return (StatusCode::BAD_REQUEST, "Invalid bucket number").into_response();
    };
    answer(&api, Page::Day { day, bucket }).await
}

async fn answer(api: &Api, page: Page) -> Response {
    // Bounds what the store is asked at once, as with every method.
    let Ok(_permit) = api.permits.try_acquire() else {
        return busy();
    };
    match api.sitemaps.kept.try_get_with(page, made(api, page)).await {
        Ok(sitemap) => {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
            let coding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ([kind, coding], sitemap).into_response()
        }
        Err(missing) => match &*missing {
            Missing::Page => (StatusCode::NOT_FOUND, "Sitemap page not found").into_response(),
            Missing::Store(error) => {
                api.store_failed(error);
                match error.disposition() {
                    Disposition::Retry => busy(),
                    Disposition::Stop => {
                        let status = StatusCode::INTERNAL_SERVER_ERROR;
                        (status, "Internal Server Error").into_response()
                    }
                }
            }
        },
    }
}

fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response()
}

async fn made(api: &Api, page: Page) -> Result<Bytes, Missing> {
    let (store, sitemaps) = (&api.services.store, &api.sitemaps);
    let days = async { store.sitemap_days(DAYS_MAX).await.map(Arc::new) };
    let days = sitemaps.days.try_get_with((), days).await.map_err(Missing::Store)?;
    let urls = match page {
        Page::Index => {
            let pages = days.iter().flat_map(|day| {
                (1..=pages_of(day)).map(|bucket| sitemaps.page_url(&date_of(day.day), bucket))
            });
            pages.take(INDEX_PAGES_MAX).collect()
        }
        Page::Day { day, bucket } => {
            // Anybody can make up names of pages, and the look at each would read all accounts.
            let is_listed =
                |known: &SitemapDay| known.day == day && u64::from(bucket) <= pages_of(known);
            if !days.iter().any(is_listed) {
                return Err(Missing::Page);
            }
            let skipped = u64::from(bucket - 1) * u64::from(PAGE_ACCOUNTS);
            let handles = store.sitemap_page(day, skipped, PAGE_ACCOUNTS).await;
            let handles = handles.map_err(|error| Missing::Store(Arc::new(error)))?;
            if handles.is_empty() {
                return Err(Missing::Page);
            }
            let handles = handles.iter().filter_map(|handle| Handle::parse(handle).ok());
            handles.map(|handle| sitemaps.account_url(&handle)).collect()
        }
    };
    Ok(gzipped(&xml(page, urls)))
}

fn pages_of(day: &SitemapDay) -> u64 {
    day.accounts.div_ceil(PAGE_ACCOUNTS.into())
}

/// Of DIDs, handles and digits nothing has to be escaped, and of a configured URL the parser has.
fn xml(page: Page, urls: Vec<String>) -> String {
    let (list, item) = match page {
        Page::Index => ("sitemapindex", "sitemap"),
        Page::Day { .. } => ("urlset", "url"),
    };
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{list} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
    );
    for url in urls {
        let url = url.replace('&', "&amp;");
        // Writing to a text cannot fail.
        let _ = writeln!(xml, "  <{item}>\n    <loc>{url}</loc>\n  </{item}>");
    }
    xml + &format!("</{list}>\n")
}

fn gzipped(xml: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(xml.as_bytes());
    encoder.finish().unwrap_or_default().into()
}

/// Days since 1970 of a date.
fn day_of(date: &str) -> Option<u16> {
    let is_date = date.len() == 10
        && date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let at: Datetime = is_date.then(|| Datetime::parse(&format!("{date}T00:00:00.000Z")))?.ok()?;
    u16::try_from(at.ms().div_euclid(MS_PER_DAY)).ok()
}

fn date_of(day: u16) -> String {
    let text = Datetime::from_ms(i64::from(day) * MS_PER_DAY).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_date_and_nothing_else_is() {
        for (date, day) in [("1970-01-01", 0), ("2023-11-14", 19_675), ("2025-01-01", 20_089)] {
            assert_eq!((day_of(date), date_of(day)), (Some(day), date.to_owned()));
        }
        for date in ["x", "2025-1-1", "2025-13-01", "2025-01-01-01", "1969-12-31", "9999-01-01", ""]
        {
            assert_eq!(day_of(date), None, "{date}");
        }
    }
}
