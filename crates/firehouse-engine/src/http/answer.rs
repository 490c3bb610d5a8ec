//! Turns results and exceptions into HTTP answers as ClickHouse gives them: heads, and bodies that
//! are complete before they are sent.

use std::time::Instant;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{request::Request, result::Streamed, run::Running, running::QueryIdGuard};
use crate::{
    codec::{Encoder, Encoding},
    engine::Facts,
    exception::Exception,
    library::Counts,
};

/// What every answer to one request has in its head.
pub struct Head {
    query_id: String,
    format: String,
    timezone: String,
    display_name: String,
    version: String,
    encoding: Encoding,
    started: Instant,
}

impl Head {
    /// For the answers to `request`, whose statement names `format` or leaves it to the default.
    pub fn new(request: &Request, format: Option<&str>, facts: &Facts, started: Instant) -> Self {
        let timezone = request.session.settings.get("session_timezone");
        Self {
            query_id: request.query_id.clone(),
            format: format.unwrap_or(&request.default_format).to_owned(),
            timezone: timezone.unwrap_or(&facts.timezone).clone(),
            display_name: facts.display_name.clone(),
            version: facts.version.clone(),
            encoding: request.answer,
            started,
        }
    }

    fn response(&self, counts: &Counts, body: Body) -> Response {
        let mut response = Response::new(body);
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        };
        set("content-type", content_type(&self.format));
        set("x-clickhouse-server-display-name", &self.display_name);
        set("x-clickhouse-query-id", &self.query_id);
        set("x-clickhouse-format", &self.format);
        set("x-clickhouse-timezone", &self.timezone);
        set("x-clickhouse-summary", &summary(counts, self.started));
        response
    }

    /// The whole result at once.
    pub fn complete(&self, counts: &Counts, body: &[u8]) -> std::io::Result<Response> {
        let mut encoder = Encoder::new(self.encoding)?;
        let mut wire = encoder.push(body)?;
        wire.extend(encoder.finish()?);
        // An encoded empty body is not empty, and clients of an INSERT expect nothing.
        let encoded = !body.is_empty();
        let wire = if encoded { wire } else { Vec::new() };
        let mut response = self.response(counts, Body::from(wire));
        if encoded {
            self.name_encoding(&mut response);
        }
        Ok(response)
    }

    /// What is there so far, and the rest as it comes.
    pub fn streaming(
        self,
        first: Vec<u8>,
        running: Running,
        query_id: QueryIdGuard,
    ) -> std::io::Result<Response> {
        let encoder = Encoder::new(self.encoding)?;
        let result = Streamed::new(first, running, encoder, self.version.clone(), query_id);
        let tag = HeaderValue::from_str(result.tag());
        let mut response = self.response(&Counts::default(), result.into_body());
        if let Ok(tag) = tag {
            response.headers_mut().insert("x-clickhouse-exception-tag", tag);
        }
        self.name_encoding(&mut response);
        Ok(response)
    }

    fn name_encoding(&self, response: &mut Response) {
        if let Some(name) = self.encoding.http.name() {
            let name = HeaderValue::from_static(name);
            response.headers_mut().insert(header::CONTENT_ENCODING, name);
        }
    }
}

/// An error in place of a result.
pub fn failure(exception: &Exception, query_id: Option<&str>, facts: &Facts) -> Response {
    let mut response = Response::new(Body::from(worded(exception, &facts.version)));
    *response.status_mut() = exception.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=UTF-8"));
    headers.insert("x-clickhouse-exception-code", HeaderValue::from(exception.code));
    if let Ok(name) = HeaderValue::from_str(&facts.display_name) {
        headers.insert("x-clickhouse-server-display-name", name);
    }
    if let Some(id) = query_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert("x-clickhouse-query-id", id);
    }
    if exception.status() == StatusCode::UNAUTHORIZED {
        let realm = HeaderValue::from_static("Basic realm=\"ClickHouse server HTTP API\"");
        headers.insert(header::WWW_AUTHENTICATE, realm);
    }
    response
}

/// The text of an exception as it goes over the wire.
pub fn worded(exception: &Exception, version: &str) -> String {
    format!("{} (version {version} (embedded build))\n", exception.message)
}

/// What was read and written, as JSON with numbers in quotes.
fn summary(counts: &Counts, started: Instant) -> String {
    format!(
        concat!(
            r#"{{"read_rows":"{}","read_bytes":"{}","written_rows":"{}","written_bytes":"{}","#,
            r#""total_rows_to_read":"0","result_rows":"{}","result_bytes":"{}","elapsed_ns":"{}"}}"#
        ),
        counts.rows_read,
        counts.bytes_read,
        counts.rows_written,
        counts.bytes_written,
        counts.rows_result,
        counts.bytes_result,
        started.elapsed().as_nanos()
    )
}

/// The media type ClickHouse names for an output format.
fn content_type(format: &str) -> &'static str {
    let format = format.to_ascii_lowercase();
    match format.as_str() {
        "csvwithnames" | "csvwithnamesandtypes" => "text/csv; charset=UTF-8; header=present",
        "csv" => "text/csv; charset=UTF-8; header=absent",
        "json"
        | "jsoncompact"
        | "jsonstrings"
        | "jsoncolumns"
        | "jsoncompactstrings"
        | "jsoncolumnswithmetadata"
        | "jsoncompactcolumns"
        | "jsonobjecteachrow" => "application/json; charset=UTF-8",
        "xml" => "application/xml; charset=UTF-8",
        "markdown" => "text/markdown; charset=UTF-8",
        "arrow" | "arrowstream" => "application/vnd.apache.arrow.stream",
        "prometheus" => "text/plain; version=0.0.4; charset=UTF-8",
        "native"
        | "rowbinary"
        | "rowbinarywithnames"
        | "rowbinarywithnamesandtypes"
        | "parquet"
        | "orc"
        | "avro"
        | "protobuf"
        | "protobufsingle"
        | "msgpack"
        | "capnproto"
        | "rawblob" => "application/octet-stream",
        format if format.starts_with("json") => "application/x-ndjson; charset=UTF-8",
        format if format.starts_with("tsv") || format.starts_with("tabseparated") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        _ => "text/plain; charset=UTF-8",
    }
}
