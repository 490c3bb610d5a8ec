//! What an HTTP answer that is no success means. The one place where names, statuses and messages of hosts are read.
//!
//! Hosts differ: beside the lexicon's names there are bare statuses of proxies, pages for browsers, and `InvalidRequest` with a message.
//! Source: the lexicons of com.atproto.sync.*; answers seen on the network.

use std::time::Duration;

use reqwest::StatusCode;

use crate::disposition::Gone;
use crate::error::FetchError;

/// How much of an error's body is read.
pub(crate) const ERROR_BYTES_MAX: usize = 16 << 10;
/// How much of a host's words is kept.
const TEXT_BYTES_MAX: usize = 200;

#[derive(serde::Deserialize)]
struct XrpcError<'a> {
    #[serde(borrow)]
    error: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    message: Option<std::borrow::Cow<'a, str>>,
}

/// Reads an answer that is no success. `after` is what its headers ask for.
pub(crate) fn failure(status: StatusCode, body: &[u8], after: Option<Duration>) -> FetchError {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return FetchError::RateLimited { after };
    }
    let code = status.as_u16();
    let xrpc = serde_json::from_slice::<XrpcError<'_>>(body).ok();
    let Some(XrpcError { error, message }) = xrpc.filter(|xrpc| !xrpc.error.is_empty()) else {
        let is_server_error = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
        return if is_server_error {
            FetchError::Unavailable { status: code, after }
        } else {
            FetchError::NotXrpc { status: code }
        };
    };
    let message = message.unwrap_or_default();
    if let Some(gone) = gone(&error, &message) {
        return FetchError::Gone(gone);
    }
    match code {
        // A method that is not served: not a word about the account.
        404 | 501 if error == "MethodNotImplemented" || error == "XRPCNotSupported" => {
            FetchError::NotXrpc { status: code }
        }
        404 => FetchError::Gone(Gone::NotFound),
        500..=599 => FetchError::Unavailable { status: code, after },
        _ => FetchError::Xrpc { status: code, error: cut(&error), message: cut(&message) },
    }
}

fn gone(error: &str, message: &str) -> Option<Gone> {
    match error {
        "RepoNotFound" => Some(Gone::NotFound),
        "RepoTakendown" | "AccountTakedown" => Some(Gone::Takendown),
        "RepoSuspended" | "AccountSuspended" => Some(Gone::Suspended),
        "RepoDeactivated" | "AccountDeactivated" => Some(Gone::Deactivated),
        // The reference PDS before 2024, and others who copied it.
        "InvalidRequest" if message.starts_with("Could not find repo") => Some(Gone::NotFound),
        "InvalidRequest" if message.starts_with("Could not find root") => Some(Gone::NotFound),
        _ => None,
    }
}

fn cut(text: &str) -> Box<str> {
    let end = (0..=TEXT_BYTES_MAX.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text.get(..end.unwrap_or(0)).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::failure;
    use crate::disposition::{Blame, Disposition, Gone};
    use crate::error::FetchError;

    fn check(status: u16, body: &str, expected: Disposition, blame: Blame) {
        let error = failure(status.try_into().unwrap(), body.as_bytes(), None);
        assert_eq!((error.disposition(), error.blame()), (expected, blame), "{status} {body}");
    }

    const RETRY: Disposition = Disposition::Retry { after: None };

    #[test]
    fn names_of_the_lexicon_say_what_became_of_the_account() {
        for (name, gone) in [
            ("RepoNotFound", Gone::NotFound),
            ("RepoTakendown", Gone::Takendown),
            ("RepoSuspended", Gone::Suspended),
            ("RepoDeactivated", Gone::Deactivated),
        ] {
            for status in [400, 403, 404] {
                let body = format!(r#"{{"error":"{name}","message":"x"}}"#);
                check(status, &body, Disposition::Gone(gone), Blame::Account);
            }
        }
    }

    #[test]
    fn what_hosts_really_answer_is_understood() {
        let not_found = Disposition::Gone(Gone::NotFound);
        let old = r#"{"error":"InvalidRequest","message":"Could not find repo for DID: x"}"#;
        check(400, old, not_found, Blame::Account);
        check(404, r#"{"error":"NotFound","message":"no"}"#, not_found, Blame::Account);
        check(400, r#"{"error":"InvalidRequest","message":"no"}"#, RETRY, Blame::Account);
        check(403, r#"{"error":"Forbidden"}"#, RETRY, Blame::Account);
        // Routers and proxies, not the method.
        check(404, r#"{"message":"Not Found"}"#, RETRY, Blame::Host);
        check(404, "<html>nginx</html>", RETRY, Blame::Host);
        check(404, r#"{"error":"XRPCNotSupported"}"#, RETRY, Blame::Host);
        check(403, "<!doctype html>checking your browser", RETRY, Blame::Host);
        check(502, "<html>bad gateway</html>", RETRY, Blame::Host);
        check(500, r#"{"error":"InternalServerError"}"#, RETRY, Blame::Host);
        check(503, "", RETRY, Blame::Host);
    }

    #[test]
    fn a_limit_says_when_to_come_again() {
        let after = Some(Duration::from_secs(7));
        let limited = failure(429.try_into().unwrap(), b"slow down", after);
        assert_eq!(limited.disposition(), Disposition::Retry { after });
        assert_eq!(limited.blame(), Blame::Host);
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let body = format!(r#"{{"error":"Odd","message":"{}"}}"#, "é".repeat(1_000));
        let FetchError::Xrpc { message, .. } =
            failure(400.try_into().unwrap(), body.as_bytes(), None)
        else {
            panic!("an XRPC error")
        };
        assert_eq!(message.len(), 200);
    }
}
