//! [`Request`]: the URL parameters and headers of ClickHouse's HTTP interface, checked.
//!
//! Parameters that are neither reserved names nor `param_…` are settings of this request.
//! Source: `src/Server/HTTPHandler.cpp` of ClickHouse.

use std::collections::{BTreeMap, HashSet};

use axum::http::{HeaderMap, Method, header, request::Parts};

use crate::{
    codec::{BodyCodec, Encoding},
    config::Config,
    exception::Exception,
    library::Param,
    session::{Session, unknown_setting},
};

/// Reserved names that mean nothing to an engine of one user without sessions.
const WITHOUT_EFFECT: [&str; 9] = [
    "quota_key",
    "stacktrace",
    "role",
    "buffer_size",
    "session_timeout",
    "session_check",
    "client_protocol_version",
    "close_session",
    "",
];

/// What one request asks for, apart from its body.
#[derive(Debug)]
pub struct Request {
    /// The part of the statement that came in the URL.
    pub query: Option<String>,
    /// Database and settings.
    pub session: Session,
    /// Values of `{name:Type}` in the statement.
    pub params: Vec<Param>,
    /// The output format of a statement without a FORMAT clause.
    pub default_format: String,
    /// The name under which the statement runs.
    pub query_id: String,
    /// How the body is compressed.
    pub body: BodyCodec,
    /// How the answer is to be compressed.
    pub answer: Encoding,
    /// Hold the answer back until the statement has ended.
    pub wait_end_of_query: bool,
    /// Who asks.
    pub credentials: Credentials,
}

/// A user and a password, as given.
#[derive(Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user; `default` when none is given.
    pub user: String,
    /// The password; empty when none is given.
    pub password: String,
}

impl Request {
    /// Reads the head of an HTTP request, and the form fields of its body, if it has any.
    pub fn read(
        parts: &Parts,
        fields: Vec<(String, String)>,
        config: &Config,
        known_settings: &HashSet<String>,
    ) -> Result<Self, Exception> {
        let mut url = Url::read(parts.uri.query().unwrap_or_default(), fields)?;
        let credentials = credentials(&parts.headers, &mut url)?;
        if url.take("session_id").is_some_and(|id| !id.is_empty()) {
            let text = "Sessions are not supported by the embedded engine: every request stands \
                        for itself, so session_id must not be given";
            return Err(Exception::not_implemented(text));
        }
        for name in WITHOUT_EFFECT {
            url.take(name);
        }
        let query = url.take("query");
        let header = |name: &str| text(&parts.headers, name);
        let database = header("x-clickhouse-database").or(url.take("database"));
        let default_format = header("x-clickhouse-format").or(url.take("default_format"));
        let query_id = url.take("query_id").or(header("x-clickhouse-query-id"));
        let framed = (flag(url.take("compress"))?, flag(url.take("decompress"))?);
        let wait_end_of_query = flag(url.take("wait_end_of_query"))?;
        // A setting of the engine as well, which has no use for it here; on unless it is 0.
        let http_compression = url
            .take("enable_http_compression")
            .or_else(|| config.settings.get("enable_http_compression").cloned());
        let http_compression = http_compression.is_none() || flag(http_compression)?;
        let accepted = header(header::ACCEPT_ENCODING.as_str()).filter(|_| http_compression);
        let settings = settings(url.rest, &parts.method, config, known_settings)?;
        Ok(Self {
            query,
            session: Session { database: database.filter(|name| !name.is_empty()), settings },
            params: url.params,
            default_format: format_name(default_format)?,
            query_id: query_id.filter(|id| !id.is_empty()).unwrap_or_else(new_query_id),
            body: BodyCodec::read(header(header::CONTENT_ENCODING.as_str()).as_deref(), framed.1)?,
            answer: Encoding::choose(accepted.as_deref(), framed.0),
            wait_end_of_query,
            credentials,
        })
    }
}

/// The parameters of the URL, and the form fields it does not name. A name given twice counts
/// with its last value.
struct Url {
    rest: BTreeMap<String, String>,
    params: Vec<Param>,
}

impl Url {
    fn read(query: &str, fields: Vec<(String, String)>) -> Result<Self, Exception> {
        let mut url = Self { rest: BTreeMap::new(), params: Vec::new() };
        let in_url = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        for (name, value) in fields.into_iter().chain(in_url) {
            if name.contains('\0') {
                return Err(Exception::bad_arguments("A parameter name holds a zero byte"));
            }
            match name.strip_prefix("param_") {
                Some(param) => url.params.push((param.to_owned(), value)),
                None => {
                    url.rest.insert(name, value);
                }
            }
        }
        Ok(url)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.rest.remove(name)
    }
}

/// What is left of the URL, as settings on top of the configured ones.
fn settings(
    rest: BTreeMap<String, String>,
    method: &Method,
    config: &Config,
    known: &HashSet<String>,
) -> Result<BTreeMap<String, String>, Exception> {
    let mut settings = config.settings.clone();
    for (name, value) in rest {
        if !known.contains(&name) {
            return Err(unknown_setting(&name));
        }
        if value.contains('\0') {
            let text = format!("The value of setting {name} holds a zero byte");
            return Err(Exception::bad_arguments(text));
        }
        settings.insert(name, value);
    }
    // As in ClickHouse: what is not a POST may read only. The stricter value 1 stays.
    let readonly = settings.get("readonly").is_some_and(|value| value != "0");
    if *method != Method::POST && !readonly {
        settings.insert("readonly".to_owned(), "2".to_owned());
    }
    Ok(settings)
}

/// A format's name must be a plain word: it is put into the statement.
fn format_name(name: Option<String>) -> Result<String, Exception> {
    match name.filter(|name| !name.is_empty()) {
        None => Ok("TabSeparated".to_owned()),
        Some(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            Ok(name)
        }
        Some(name) => Err(Exception::new(
            73,
            "UNKNOWN_FORMAT",
            format!("Unknown format {}", name.escape_debug()),
        )),
    }
}

fn flag(value: Option<String>) -> Result<bool, Exception> {
    match value.as_deref() {
        None | Some("" | "0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(other) => Err(Exception::new(
            467,
            "CANNOT_PARSE_BOOL",
            format!("Cannot parse boolean value: {}", other.escape_debug()),
        )),
    }
}

/// Headers of our own, Basic authentication, URL parameters: one of the three, never mixed.
fn credentials(headers: &HeaderMap, url: &mut Url) -> Result<Credentials, Exception> {
    let own = (text(headers, "x-clickhouse-user"), text(headers, "x-clickhouse-key"));
    let basic = text(headers, header::AUTHORIZATION.as_str());
    let in_url = (url.take("user"), url.take("password"));
    let given = [own.0.is_some() || own.1.is_some(), basic.is_some()];
    let in_url_given = in_url.0.is_some() || in_url.1.is_some();
    if given.into_iter().chain([in_url_given]).filter(|given| *given).count() > 1 {
        let text = "Invalid authentication: it is not allowed to use authentication via HTTP \
                    headers, the Authorization header and parameters simultaneously";
        return Err(Exception::new(516, "AUTHENTICATION_FAILED", text));
    }
    let (user, password) = match basic {
        Some(header) => basic_credentials(&header)?,
        None if in_url_given => in_url,
        None => own,
    };
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "default".to_owned());
    Ok(Credentials { user, password: password.unwrap_or_default() })
}

fn basic_credentials(header: &str) -> Result<(Option<String>, Option<String>), Exception> {
    let refused = || {
        let text = "Invalid authentication: only the Basic scheme is supported";
        Exception::new(516, "AUTHENTICATION_FAILED", text)
    };
    let (scheme, encoded) = header.split_once(' ').ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(refused());
    }
    let decoded = data_encoding::BASE64.decode(encoded.trim().as_bytes()).map_err(|_| refused())?;
    let decoded = String::from_utf8(decoded).map_err(|_| refused())?;
    let (user, password) = decoded.split_once(':').ok_or_else(refused)?;
    Ok((Some(user.to_owned()), Some(password.to_owned())))
}

impl Credentials {
    /// Compares with the configured user, in a time that does not tell how much was right.
    pub fn check(&self, config: &Config) -> Result<(), Exception> {
        if same(&self.user, &config.user) & same(&self.password, &config.password) {
            return Ok(());
        }
        let text = format!(
            "{}: Authentication failed: password is incorrect, or there is no user with such name",
            self.user
        );
        Err(Exception::new(516, "AUTHENTICATION_FAILED", text))
    }
}

fn same(given: &str, expected: &str) -> bool {
    let differences = given.bytes().zip(expected.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == expected.len() && differences == 0
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// A random UUID, version 4.
fn new_query_id() -> String {
    let bits = (rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let cut = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: Method, target: &str, headers: &[(&str, &str)]) -> Result<Request, Exception> {
        let mut request = axum::http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let known = ["readonly", "max_threads"].map(str::to_owned).into();
        let mut config = Config::new("/data".into(), "/lib".into());
        config.settings.clear();
        Request::read(&parts, Vec::new(), &config, &known)
    }

    #[test]
    fn parameters_are_split_into_reserved_names_bound_values_and_settings() {
        let target = "/?query=SELECT+1&database=d&param_x=a%20b&max_threads=2&&default_format=JSON";
        let request = read(Method::POST, target, &[]).unwrap();
        assert_eq!(request.query.as_deref(), Some("SELECT 1"));
        assert_eq!(request.session.database.as_deref(), Some("d"));
        assert_eq!(request.params, [("x".to_owned(), "a b".to_owned())]);
        assert_eq!(request.session.settings, [("max_threads".to_owned(), "2".to_owned())].into());
        assert_eq!(request.default_format, "JSON");
        assert_eq!(request.query_id.len(), 36);
    }

    #[test]
    fn a_get_may_read_only() {
        let readonly = |method, target| {
            read(method, target, &[]).unwrap().session.settings.get("readonly").cloned()
        };
        assert_eq!(readonly(Method::GET, "/?query=x").as_deref(), Some("2"));
        assert_eq!(readonly(Method::GET, "/?readonly=0").as_deref(), Some("2"));
        assert_eq!(readonly(Method::GET, "/?readonly=1").as_deref(), Some("1"));
        assert_eq!(readonly(Method::POST, "/?query=x"), None);
    }

    #[test]
    fn what_is_no_setting_is_refused_by_name() {
        let exception = read(Method::POST, "/?no_such_thing=1", &[]).unwrap_err();
        assert_eq!(exception.code, 115);
        assert!(exception.message.contains("no_such_thing"));
        assert_eq!(read(Method::POST, "/?path=/etc", &[]).unwrap_err().code, 115);
        assert_eq!(read(Method::POST, "/?max_threads=%00", &[]).unwrap_err().code, 36);
        assert_eq!(read(Method::POST, "/?default_format=a%20b", &[]).unwrap_err().code, 73);
        assert_eq!(read(Method::POST, "/?session_id=a", &[]).unwrap_err().code, 48);
    }

    #[test]
    fn credentials_come_by_header_basic_or_url_but_by_one_way_only() {
        let credentials = |target: &str, headers: &[(&str, &str)]| {
            read(Method::POST, target, headers)
                .map(|r| (r.credentials.user, r.credentials.password))
        };
        let pair = |user: &str, password: &str| Ok((user.to_owned(), password.to_owned()));
        assert_eq!(credentials("/", &[]), pair("default", ""));
        assert_eq!(credentials("/?user=u&password=p", &[]), pair("u", "p"));
        assert_eq!(credentials("/", &[("authorization", "Basic dTpwOnE=")]), pair("u", "p:q"));
        assert_eq!(
            credentials("/", &[("x-clickhouse-user", "u"), ("x-clickhouse-key", "p")]),
            pair("u", "p")
        );
        let mixed = credentials("/?user=u", &[("authorization", "Basic dTpwOnE=")]);
        assert_eq!(mixed.unwrap_err().code, 516);
    }
}
