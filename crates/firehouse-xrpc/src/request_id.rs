//! `x-request-id`: the name of one request, in its answer and in every line that is logged meanwhile.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::HEXLOWER;
use tracing::Instrument;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ones are not repeated.
const LENGTH_MAX: usize = 128;

/// Names the request as its sender did, or anew.
pub(crate) async fn named(request: Request, next: Next) -> Response {
    let sent = request.headers().get(REQUEST_ID).and_then(sane);
    let id = sent.unwrap_or_else(made);
    let span = tracing::info_span!("request", id = %id);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// What may stand in a line of the log.
fn sane(id: &HeaderValue) -> Option<String> {
    let id = id.to_str().ok()?;
    let is_sane = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    ((1..=LENGTH_MAX).contains(&id.len()) && id.bytes().all(is_sane)).then(|| id.to_owned())
}

fn made() -> String {
    let mut id = [0; 16];
    // Without randomness all are called the same, which harms nobody.
    let _ = SystemRandom::new().fill(&mut id);
    HEXLOWER.encode(&id)
}
