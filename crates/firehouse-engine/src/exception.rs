//! [`Exception`]: an error as ClickHouse words it, with its code and the HTTP status it gets.
//!
//! Source of the statuses: `src/Server/HTTP/exceptionCodeToHTTPStatus.cpp` of ClickHouse.

use axum::http::StatusCode;

/// An error of the engine, or one of ours in the engine's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Exception {
    /// ClickHouse's numeric error code.
    pub code: i32,
    /// `Code: 62. DB::Exception: … (SYNTAX_ERROR)`, without the version.
    pub message: String,
}

/// The code ClickHouse gives to an exception that is not its own.
const UNKNOWN_EXCEPTION: i32 = 1002;

impl Exception {
    /// Words an error of ours as ClickHouse would.
    pub fn new(code: i32, name: &str, text: impl AsRef<str>) -> Self {
        Self { code, message: format!("Code: {code}. DB::Exception: {}. ({name})", text.as_ref()) }
    }

    /// Reads the code out of the engine's text.
    pub fn from_engine(text: String) -> Self {
        let code = text
            .strip_prefix("Code: ")
            .and_then(|rest| rest.split_once('.'))
            .and_then(|(digits, _)| digits.parse().ok())
            .unwrap_or(UNKNOWN_EXCEPTION);
        Self { code, message: without_version(text.trim_end()).to_owned() }
    }

    /// The engine answered with a null pointer.
    pub(crate) fn no_result() -> Self {
        Self::new(1001, "STD_EXCEPTION", "The engine returned no result")
    }

    pub(crate) fn bad_arguments(text: impl AsRef<str>) -> Self {
        Self::new(36, "BAD_ARGUMENTS", text)
    }

    pub(crate) fn syntax(text: impl AsRef<str>) -> Self {
        Self::new(62, "SYNTAX_ERROR", format!("Syntax error: {}", text.as_ref()))
    }

    pub(crate) fn not_implemented(text: impl AsRef<str>) -> Self {
        Self::new(48, "NOT_IMPLEMENTED", text)
    }

    /// More requests wait than the configuration allows, or the engine is stopping.
    pub(crate) fn overloaded(text: impl AsRef<str>) -> Self {
        Self::new(439, "CANNOT_SCHEDULE_TASK", text)
    }

    /// The request's body could not be read to its end.
    pub(crate) fn broken_body(error: &std::io::Error) -> Self {
        Self::new(23, "CANNOT_READ_FROM_ISTREAM", format!("Cannot read the request body: {error}"))
    }

    /// The HTTP status ClickHouse answers with.
    pub fn status(&self) -> StatusCode {
        match self.code {
            194 => StatusCode::UNAUTHORIZED,
            192 | 193 | 497 | 512 | 516 => StatusCode::FORBIDDEN,
            // Text, dates, numbers, addresses and UUIDs that do not parse.
            6 | 25 | 26 | 27 | 38 | 41 | 72 | 376 | 441 | 675 | 676 => StatusCode::BAD_REQUEST,
            // Queries and data that make no sense.
            8 | 15 | 36 | 37 | 44 | 53 | 62 | 117 | 123 | 167 | 168 | 223 | 321 | 427 => {
                StatusCode::BAD_REQUEST
            }
            // Tables, functions, columns, types, databases, settings, formats that do not exist.
            46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 115 | 152 | 336 | 511 => {
                StatusCode::NOT_FOUND
            }
            229 => StatusCode::PAYLOAD_TOO_LARGE,
            48 => StatusCode::NOT_IMPLEMENTED,
            76 | 209 | 439 => StatusCode::SERVICE_UNAVAILABLE,
            381 => StatusCode::LENGTH_REQUIRED,
            159 => StatusCode::REQUEST_TIMEOUT,
            779 => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Errors of inserts name the version, others do not; it is added when the answer is written.
fn without_version(text: &str) -> &str {
    match text.rsplit_once(" (version ") {
        Some((rest, version)) if version.ends_with(')') && version.len() < 40 => rest,
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_out_of_the_engines_text() {
        let text = "Code: 60. DB::Exception: Table default.x does not exist. (UNKNOWN_TABLE)";
        let exception = Exception::from_engine(text.to_owned());
        assert_eq!(exception.message, text);
        assert_eq!((exception.code, exception.status()), (60, StatusCode::NOT_FOUND));
        assert_eq!(Exception::from_engine("no code".to_owned()).code, 1002);
        let named = Exception::from_engine(format!("{text} (version 26.7.2.1)\n"));
        assert_eq!(named.message, text);
    }

    #[test]
    fn our_own_errors_read_like_the_engines() {
        let exception = Exception::bad_arguments("no such thing");
        assert_eq!(exception.message, "Code: 36. DB::Exception: no such thing. (BAD_ARGUMENTS)");
        assert_eq!(Exception::from_engine(exception.message.clone()), exception);
    }
}
