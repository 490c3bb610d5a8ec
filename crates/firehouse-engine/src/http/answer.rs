//! Turns results and exceptions into HTTP answers as ClickHouse gives them.
//!
//! An error that comes before the answer has begun gets its own status. One that comes later is
//! written behind the data, framed with the tag that the header announced, and the answer is then
//! cut off, so that even a client that knows nothing of tags notices.
//! Source: `src/Server/HTTP/WriteBufferFromHTTPServerResponse.cpp` of ClickHouse.

use std::time::Instant;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;

use super::{request::Request, run::Running, running::QueryIdGuard};
use crate::{
    codec::{Encoder, Encoding},
    engine::Facts,
    exception::Exception,
    library::{Counts, Outcome},
};

/// How much of a result is read at once.
const READ_BYTES: usize = 64 << 10;

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
        let tag = exception_tag();
        let tail = Tail {
            state: State::First(first),
            running,
            encoder: Some(encoder),
            tag: tag.clone(),
            version: self.version.clone(),
            _query_id: query_id,
        };
        let body = Body::from_stream(stream::unfold(tail, Tail::step));
        let mut response = self.response(&Counts::default(), body);
        if let Ok(tag) = HeaderValue::from_str(&tag) {
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
fn worded(exception: &Exception, version: &str) -> String {
    format!("{} (version {version} (embedded build))\n", exception.message)
}

/// A result that is read up to a limit, or to its end.
pub enum Begun {
    /// All there is.
    Complete(Counts, Vec<u8>),
    /// More than the limit.
    Partial(Vec<u8>, Running),
}

/// Reads a result until it ends or `limit` bytes are there.
pub async fn begin(mut running: Running, limit: usize) -> Result<Begun, Exception> {
    let mut body = Vec::new();
    while body.len() < limit {
        if let Some(outcome) = next(&mut running, &mut body).await? {
            return Ok(Begun::Complete(outcome.counts, body));
        }
    }
    Ok(Begun::Partial(body, running))
}

/// Reads a piece into `body`; gives the outcome once the statement has ended.
async fn next(running: &mut Running, body: &mut Vec<u8>) -> Result<Option<Outcome>, Exception> {
    let broken = |error: std::io::Error| {
        Exception::new(
            74,
            "CANNOT_READ_FROM_FILE_DESCRIPTOR",
            format!("Cannot read the result: {error}"),
        )
    };
    loop {
        running.output.readable().await.map_err(broken)?;
        let mut piece = vec![0; READ_BYTES];
        match running.output.try_read(&mut piece) {
            // The writers are closed once the statement has ended.
            Ok(0) => break,
            Ok(count) => {
                body.extend_from_slice(piece.get(..count).unwrap_or_default());
                return Ok(None);
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(broken(error)),
        }
    }
    let outcome = (&mut running.ended).await.map_err(|_| Exception::no_result())??;
    body.extend_from_slice(&outcome.body);
    Ok(Some(outcome))
}

/// The rest of a streamed answer.
struct Tail {
    state: State,
    running: Running,
    encoder: Option<Encoder>,
    tag: String,
    version: String,
    _query_id: QueryIdGuard,
}

enum State {
    First(Vec<u8>),
    Reading,
    /// The exception is written; once it has left, the connection breaks.
    Failed,
    Done,
}

impl Tail {
    async fn step(mut self) -> Option<(std::io::Result<Bytes>, Self)> {
        let wire = match std::mem::replace(&mut self.state, State::Reading) {
            State::First(first) => self.encode(&first),
            State::Reading => self.read().await,
            State::Failed => {
                // Lets the server write out what it has before it learns of the failure.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                self.state = State::Done;
                Err(std::io::Error::other("the statement failed while its result was being sent"))
            }
            State::Done => return None,
        };
        if wire.is_err() {
            self.state = State::Done;
        }
        Some((wire.map(Bytes::from), self))
    }

    async fn read(&mut self) -> std::io::Result<Vec<u8>> {
        let mut body = Vec::new();
        match next(&mut self.running, &mut body).await {
            Ok(None) => self.encode(&body),
            Ok(Some(_)) => {
                self.state = State::Done;
                let mut wire = self.encode(&body)?;
                wire.extend(
                    self.encoder.take().map(Encoder::finish).transpose()?.unwrap_or_default(),
                );
                Ok(wire)
            }
            Err(exception) => {
                self.state = State::Failed;
                let message = worded(&exception, &self.version);
                let tag = &self.tag;
                let frame = format!(
                    "\r\n__exception__\r\n{tag}\r\n{message}{} {tag}\r\n__exception__\r\n",
                    message.len()
                );
                self.encode(frame.as_bytes())
            }
        }
    }

    fn encode(&mut self, piece: &[u8]) -> std::io::Result<Vec<u8>> {
        match &mut self.encoder {
            Some(encoder) => encoder.push(piece),
            None => Ok(Vec::new()),
        }
    }
}

/// 16 random letters, so that no result can look like an exception.
fn exception_tag() -> String {
    let mut bits: u128 = rand::random();
    let letter = || {
        let letter = b'a' + (bits % 26) as u8;
        bits /= 26;
        char::from(letter)
    };
    std::iter::repeat_with(letter).take(16).collect()
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
