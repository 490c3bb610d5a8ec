//! ClickHouse's HTTP interface over the engine: routes, and the way of one request.

mod answer;
mod body;
mod form;
mod request;
mod result;
mod run;
mod running;
mod server;
mod text;

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, State},
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};

use self::{
    answer::Head, body::BodyReader, request::Request, result::Begun, running::QueryIds,
    text::Statement,
};
use crate::{engine::Engine, exception::Exception};

pub use server::serve;

/// What the handlers share.
#[derive(Clone)]
struct Served {
    engine: Arc<Engine>,
    query_ids: QueryIds,
}

/// The routes.
fn router(engine: Arc<Engine>) -> Router {
    // Bounds forms, which are read whole; other bodies are streamed and bounded as they come.
    let form_limit = DefaultBodyLimit::max(engine.config().query_bytes_max);
    let served = Served { engine, query_ids: QueryIds::default() };
    Router::new()
        .route("/", get(root).post(root).options(options))
        .route("/query", get(root).post(root).options(options))
        .route("/ping", get(async || "Ok.\n"))
        .route("/replicas_status", get(async || "Ok.\n"))
        .fallback(not_found)
        .layer(form_limit)
        .with_state(served)
}

async fn options() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn not_found(uri: axum::http::Uri) -> Response {
    let text = format!(
        "There is no handle {}\n\nUse / or /ping for health checks.\n\nSend queries from your \
         program with POST method or GET /?query=...\n",
        uri.path()
    );
    (StatusCode::NOT_FOUND, text).into_response()
}

/// A statement, or, for a GET without any, the greeting that health checks look for.
async fn root(State(served): State<Served>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST && parts.uri.query().unwrap_or_default().is_empty() {
        return "Ok.\n".into_response();
    }
    let facts = served.engine.facts();
    let (request, body) = match read(&served, parts, body).await {
        Ok(read) => read,
        Err(exception) => return answer::failure(&exception, None, facts),
    };
    let query_id = request.query_id.clone();
    match run(&served, request, body).await {
        Ok(response) => response,
        Err(exception) => answer::failure(&exception, Some(&query_id), facts),
    }
}

/// Reads the head of a request, and its form if the body is one, and checks who asks.
async fn read(served: &Served, parts: Parts, body: Body) -> Result<(Request, Body), Exception> {
    let (fields, body) = if form::is_form(&parts.headers) {
        (form::fields(&parts, body).await?, Body::empty())
    } else {
        (Vec::new(), body)
    };
    let config = served.engine.config();
    let request = Request::read(&parts, fields, config, &served.engine.facts().settings)?;
    request.credentials.check(config)?;
    Ok((request, body))
}

async fn run(served: &Served, request: Request, body: Body) -> Result<Response, Exception> {
    let started = Instant::now();
    let engine = &served.engine;
    let query_id = served.query_ids.take(&request.query_id)?;
    let statement = statement(engine, &request, body).await?;
    let lease = engine.acquire(request.session.clone()).await?;
    match statement {
        Statement::Insert(insert) => {
            let head = Head::new(&request, None, engine.facts(), started);
            let params = request.params;
            let inserting =
                tokio::task::spawn_blocking(move || run::insert(lease, insert, &params));
            let counts = inserting.await.map_err(|_| Exception::no_result())??;
            head.complete(&counts, b"").map_err(|error| encoding_failed(&error))
        }
        Statement::Whole { text, shape } => {
            let head = Head::new(&request, shape.format.as_deref(), engine.facts(), started);
            let config = engine.config();
            let limit = if request.wait_end_of_query {
                config.waited_response_buffer_bytes
            } else {
                config.response_buffer_bytes
            };
            let (format, params) = (request.default_format, request.params);
            let running = run::start(engine, lease, text, shape, format, params)?;
            let response = match result::begin(running, limit).await? {
                Begun::Complete(counts, body) => head.complete(&counts, &body),
                Begun::Partial(body, running) => head.streaming(body, running, query_id),
            };
            response.map_err(|error| encoding_failed(&error))
        }
    }
}

/// The statement of a request: from the URL, or from the body as far as that is needed.
async fn statement(engine: &Engine, request: &Request, body: Body) -> Result<Statement, Exception> {
    let query = request.query.clone().unwrap_or_default();
    let has_body = !body.is_end_stream();
    let from_url = Statement::from_url(&query, has_body);
    if !has_body {
        return from_url
            .filter(|statement| !statement.is_empty())
            .ok_or_else(|| Exception::syntax("Empty query"));
    }
    let config = engine.config();
    let body = BodyReader::start(body, request.body, config.body_bytes_max).await?;
    if let Some(Statement::Insert(mut insert)) = from_url {
        insert.rest = Some(body);
        return Ok(Statement::Insert(insert));
    }
    let query_bytes_max = config.query_bytes_max;
    if body.is_at_hand() {
        return Statement::from_body(&query, body, query_bytes_max);
    }
    tokio::task::spawn_blocking(move || Statement::from_body(&query, body, query_bytes_max))
        .await
        .map_err(|_| Exception::no_result())?
}

fn encoding_failed(error: &std::io::Error) -> Exception {
    Exception::new(1001, "STD_EXCEPTION", format!("Cannot compress the result: {error}"))
}
