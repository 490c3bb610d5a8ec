//! [`FetchError`]: why a guarded request gave nothing.

use std::error::Error;
use std::time::Duration;

use super::resolve::Refused;
use crate::Disposition;

/// A guarded request failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The client could not be built.
    #[error("start of the HTTP client")]
    Client(#[source] reqwest::Error),
    /// Scheme, port or form of the URL are not for strangers to name.
    #[error("the URL may not be fetched")]
    UnsupportedUrl,
    /// The host is, or resolves to, an address that strangers may not reach.
    #[error("the host has no address that may be reached")]
    BlockedAddress,
    /// There is no such host.
    #[error("no such host")]
    NameNotFound,
    /// The redirects do not end.
    #[error("more than {redirects_max} redirects")]
    TooManyRedirects {
        /// The limit.
        redirects_max: usize,
    },
    /// A redirect without a usable `Location`.
    #[error("a redirect without a usable location")]
    InvalidRedirect,
    /// The server answered, but not with success.
    #[error("HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
        /// What `Retry-After` asks for, when it gives seconds.
        retry_after: Option<Duration>,
    },
    /// The body is too large.
    #[error("body of more than {bytes_max} bytes")]
    BodyTooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The request with its redirects and body took too long.
    #[error("request timed out")]
    Timeout,
    /// The connection failed.
    #[error("request")]
    Request(#[source] reqwest::Error),
    /// The body is not JSON of the expected form.
    #[error("body is not the expected JSON")]
    Json(#[source] serde_json::Error),
}

impl FetchError {
    /// Whether the same request may succeed later.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::UnsupportedUrl
            | Self::BlockedAddress
            | Self::NameNotFound
            | Self::TooManyRedirects { .. }
            | Self::InvalidRedirect
            | Self::BodyTooLarge { .. }
            | Self::Json(_) => Disposition::Definitive,
            // Too early, too many requests, timed out there: "later". Unauthorised or forbidden are an answer.
            Self::Status { status: 408 | 425 | 429, .. } => Disposition::Transient,
            Self::Status { status: 400..=499, .. } => Disposition::Definitive,
            Self::Status { .. } | Self::Client(_) | Self::Timeout | Self::Request(_) => {
                Disposition::Transient
            }
        }
    }

    /// Names what the connector refused; its reason is buried in the source chain.
    pub(super) fn of_request(error: reqwest::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            match error.downcast_ref::<Refused>() {
                Some(Refused::Address) => return Self::BlockedAddress,
                Some(Refused::NoSuchHost) => return Self::NameNotFound,
                Some(Refused::Dns(_)) | None => cause = error.source(),
            }
        }
        if error.is_timeout() { Self::Timeout } else { Self::Request(error) }
    }
}
