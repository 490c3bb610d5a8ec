//! `GET /img/{preset}/plain/{did}/{cid}[@{format}]`: an image made of a blob, made once and kept.
//!
//! What an image shows is decided by its path for ever, so browsers and CDNs may keep it for a year. Whether it may be shown is asked each
//! time. Requests for the same image at the same time wait for one that makes it, and it is made to the end, whoever goes away.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use moka::future::Cache;

use crate::config::Config;
use crate::disk::{self, DiskCache, Name};
use crate::error::MediaError;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::path::ImageKey;
use crate::routes::Media;
use crate::workshop::Workshop;

/// Images just made, in memory: a page asks for each several times at once.
const FRESH_BYTES_MAX: u64 = 32 * 1024 * 1024;
const FRESH_FOR: Duration = Duration::from_secs(30);
/// How long a failure is told again without trying.
const FAILED_FOR: Duration = Duration::from_secs(5);
const FAILED_MAX: u64 = 100_000;

const A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000");
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Where an answer came from; the label of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The caller has it.
    Caller,
    /// It was kept.
    Cache,
    /// It was made for this answer.
    Blob,
}

/// Makes and keeps images.
pub(crate) struct Images {
    workshop: Workshop,
    disk: DiskCache,
    fresh: Cache<Name, Bytes>,
    failed: Cache<Name, Failure>,
}

impl Source {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "not_modified",
            Self::Cache => "hit",
            Self::Blob => "miss",
        }
    }
}

impl Images {
    pub(crate) fn new(config: &Config, metrics: &Metrics) -> Result<Self, MediaError> {
        let bytes_max = if config.images { config.cache_bytes_max } else { 0 };
        let weight = |_: &Name, image: &Bytes| u32::try_from(image.len()).unwrap_or(u32::MAX);
        let fresh = Cache::builder().max_capacity(FRESH_BYTES_MAX).time_to_live(FRESH_FOR);
        Ok(Self {
            workshop: Workshop::new(config, metrics.clone()),
            disk: DiskCache::new(&config.cache_folder, bytes_max, metrics.clone())?,
            fresh: fresh.weigher(weight).build(),
            failed: Cache::builder().max_capacity(FAILED_MAX).time_to_live(FAILED_FOR).build(),
        })
    }
}

/// Answers with an image, or says why not.
pub(crate) async fn serve(
    media: &Arc<Media>,
    path: &str,
    headers: &HeaderMap,
) -> Result<(Response, Source), Failure> {
    let key = ImageKey::parse(path)?;
    media.check_shown(&key.blob).await?;
    let (preset, format) = (key.preset.as_str(), key.format);
    let (did, cid) = (key.blob.did.as_str(), key.blob.cid.to_string());
    let etag = format!("\"{cid}.{preset}.{}\"", format.as_str());
    if has(headers, &etag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        describe(&mut response, &etag);
        return Ok((response, Source::Caller));
    }
    let quality = media.config.quality.to_string();
    let name = disk::name(&[did, &cid, preset, format.as_str(), &quality]);
    let (image, from) = image(media, key, name).await?;
    let mut response = image.into_response();
    describe(&mut response, &etag);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    let x_cache = if from == Source::Blob { "miss" } else { "hit" };
    headers.insert(X_CACHE, HeaderValue::from_static(x_cache));
    Ok((response, from))
}

async fn image(media: &Arc<Media>, key: ImageKey, name: Name) -> Result<(Bytes, Source), Failure> {
    let images = &media.images;
    if let Some(image) = images.fresh.get(&name).await {
        return Ok((image, Source::Cache));
    }
    if let Some(image) = images.disk.get(name).await {
        return Ok((image, Source::Cache));
    }
    if let Some(failure) = images.failed.get(&name).await {
        return Err(failure);
    }
    let making = {
        let media = Arc::clone(media);
        async move { made(media, key, name).await }
    };
    let timeout = Duration::from_secs(media.config.image_timeout_s);
    // In a task of its own: whoever waits for the same image must not begin anew when this caller goes away.
    let images = Arc::clone(media);
    let making = tokio::spawn(async move { images.images.fresh.try_get_with(name, making).await });
    match tokio::time::timeout(timeout, making).await {
        Ok(Ok(Ok(image))) => Ok((image, Source::Blob)),
        Ok(Ok(Err(failure))) => Err(*failure),
        Ok(Err(_)) | Err(_) => Err(Failure::Busy),
    }
}

async fn made(media: Arc<Media>, key: ImageKey, name: Name) -> Result<Bytes, Failure> {
    let images = &media.images;
    let made = async {
        // Before the blob is fetched: it is held in memory while it waits.
        let place = images.workshop.enter()?;
        let timeout = Duration::from_secs(media.config.image_timeout_s);
        let bytes_max = media.config.image_bytes_max;
        let blob = media.origin.open(&key.blob, bytes_max, timeout).await?;
        let kind = blob.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(is_no_image) {
            return Err(Failure::NotAnImage);
        }
        let blob = blob.body.bytes().await.map_err(|broken| match Failure::from(broken) {
            Failure::BadCid => Failure::BlobNotFound,
            other => other,
        })?;
        images.workshop.make(place, blob, &key).await
    };
    match made.await {
        Ok(image) => {
            images.disk.put(name, image.clone()).await;
            Ok(image)
        }
        Err(failure) => {
            if failure != Failure::Busy {
                images.failed.insert(name, failure).await;
            }
            Err(failure)
        }
    }
}

fn describe(response: &mut Response, etag: &str) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, A_YEAR);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
}

/// Whether the caller has this very image.
fn has(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    known.flat_map(|tags| tags.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}

/// Whether the PDS says that it is certainly something else.
fn is_no_image(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    !kind.starts_with("image/") && kind != "application/octet-stream" && !kind.is_empty()
}
