//! One page of the export: JSON lines behind a seq.

use std::time::Duration;

use bytes::Bytes;
use firehouse_identity::{FetchError, GuardedClient, PLC_LINE_BYTES_MAX, Request};
use url::Url;

/// Lines of a page: the most that the directory gives.
const LINES: usize = 1_000;
/// Longest page. Lines of the longest kind come one in a million.
const PAGE_BYTES_MAX: usize = LINES * PLC_LINE_BYTES_MAX / 2;
const TIMEOUT: Duration = Duration::from_secs(60);

/// A page of the export.
pub struct Page {
    /// As they stand, empty ones left out.
    pub lines: Vec<Bytes>,
    /// There is nothing behind it now.
    pub is_last: bool,
}

/// A page that cannot be had or used. Trying again later may help.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The directory does not give it.
    #[error("page of the export")]
    Fetch(#[from] FetchError),
    /// The directory's address has no room for a path.
    #[error("{plc} is not the address of a directory")]
    Address {
        /// As configured.
        plc: Url,
    },
    /// It gives the same again.
    #[error("a page of the export behind {after} has no number above it")]
    NoProgress {
        /// What was asked for.
        after: u64,
    },
}

/// Fetches what comes behind `after`.
pub async fn page(client: &GuardedClient, plc: &Url, after: u64) -> Result<Page, PageError> {
    let address =
        format!("{}/export?count={LINES}&after={after}", plc.as_str().trim_end_matches('/'));
    let url = Url::parse(&address).map_err(|_| PageError::Address { plc: plc.clone() })?;
    let request = Request {
        timeout: Some(TIMEOUT),
        body_bytes_max: Some(PAGE_BYTES_MAX),
        ..Request::get(url)
    };
    let body = client.send(request).await?.success()?.bytes().await?;
    let lines: Vec<Bytes> = body
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .map(|line| body.slice_ref(line))
        .collect();
    let is_last = lines.len() < LINES;
    Ok(Page { lines, is_last })
}
