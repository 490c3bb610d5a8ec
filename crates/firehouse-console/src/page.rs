//! What every page has: its headers, and what is shown instead of it when something is wrong.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use firehouse_appview::ViewError;
use firehouse_store::StoreError;

/// Nothing from elsewhere, no script at all, in nobody's frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Adds what browsers must know of every page.
pub(crate) async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The address of a page names an account: that is nobody else's business.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // What is true now may not be true a moment later.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A page as an answer.
pub(crate) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Neither a DID nor a handle.
    #[error("{0:?} is neither a handle nor a DID")]
    NotAnActor(String),
    /// Nobody goes by it.
    #[error("No account is known as {0}")]
    Unknown(String),
    /// Too many pages at once.
    #[error("Many people look at these pages just now")]
    Busy,
    /// The store took too long.
    #[error("This takes too long just now")]
    Slow,
    /// The store did not answer.
    #[error("The store does not answer just now")]
    Store(#[from] StoreError),
}

/// A problem as a page.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    what: String,
    advice: &'a str,
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Store(error) => Self::Store(error),
            error => Self::Unknown(error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, title, advice) = match &self {
            Self::NotAnActor(_) => (
                StatusCode::BAD_REQUEST,
                "Not the name of an account",
                "A handle looks like alice.example.com, a DID like did:plc: or did:web: with more behind it. The @ before a handle is left out.",
            ),
            Self::Unknown(_) => (
                StatusCode::NOT_FOUND,
                "Nothing is known of this account",
                "Is the name spelt as its owner spells it? An account is known here from the first time it writes something while this firehouse listens to where it lives, or from when its repo is fetched.",
            ),
            Self::Busy | Self::Slow => {
                (StatusCode::SERVICE_UNAVAILABLE, "Not now", "Try again in a few seconds.")
            }
            Self::Store(error) => {
                let error = error as &dyn std::error::Error;
                tracing::warn!(error, "a page cannot be shown");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Not now",
                    "It is usually back within a minute: the database is starting, or busy. Whoever runs this firehouse finds the reason in its log.",
                )
            }
        };
        (status, page(&ProblemPage { title, what: self.to_string(), advice })).into_response()
    }
}
