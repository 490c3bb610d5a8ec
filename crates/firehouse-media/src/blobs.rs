//! `GET /blob/{did}/{cid}`: a blob as its author uploaded it, passed on as it arrives.
//!
//! A short blob is checked before anything is answered. Of a long one the last piece is sent only when its CID holds; otherwise the answer is
//! cut off, which every client takes for a failure, since its length was never announced.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::failure::Failure;
use crate::origin::Blob;
use crate::path::BlobKey;
use crate::routes::Media;
use crate::verified::{Broken, Verified};

/// Blobs up to here are checked as a whole first: nearly every image.
const CHECKED_FIRST_BYTES: usize = 512 * 1024;

/// Whatever a blob is, a browser must not run it in our name.
const HARMLESS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::X_XSS_PROTECTION, HeaderValue::from_static("0")),
];

/// What the PDS says of a blob that holds behind us too.
const PASSED_ON: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LANGUAGE,
    header::CACHE_CONTROL,
    header::LAST_MODIFIED,
    header::EXPIRES,
];

/// Answers with a blob, or says why not.
pub(crate) async fn serve(media: &Media, did: &str, cid: &str) -> Result<Response, Failure> {
    let key = BlobKey::parse(did, cid)?;
    media.check_shown(&key).await?;
    let timeout = Duration::from_secs(media.config.blob_timeout_s);
    let Blob { headers, mut body } =
        media.origin.open(&key, media.config.blob_bytes_max, timeout).await?;
    let (beginning, is_all) = body.beginning(CHECKED_FIRST_BYTES).await.map_err(Failure::from)?;
    let body = match is_all {
        true => Body::from(beginning),
        false => Body::from_stream(rest(beginning, body)),
    };
    let mut response = body.into_response();
    for name in PASSED_ON {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    let unnamed = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().entry(header::CONTENT_TYPE).or_insert(unnamed);
    for (name, value) in HARMLESS {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

fn rest(
    beginning: bytes::Bytes,
    body: Verified,
) -> impl futures_util::Stream<Item = Result<bytes::Bytes, Broken>> + Send {
    stream::try_unfold((Some(beginning), body), |(beginning, mut body)| async move {
        if let Some(beginning) = beginning {
            return Ok(Some((beginning, (None, body))));
        }
        Ok(body.chunk().await?.map(|chunk| (chunk, (None, body))))
    })
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::OtherBytes => Self::BadCid,
            Broken::Fetch(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "a blob broke off");
                Self::Upstream
            }
        }
    }
}
