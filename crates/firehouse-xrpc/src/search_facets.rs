//! What the posts of a search are like, as a table: `GET /search/facets.csv?q=`.
//!
//! The parameters are those of dev.firehouse.feed.getSearchFacets, and `q` is the query, too. Columns: kind (time, language, domain, tag,
//! media, author), value (a time, a DID for an author), count; and one row of kind `counted` for all that were counted.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use firehouse_appview::{Caller, SearchFacets, get_search_facets};

use crate::api::Api;
use crate::failure::Failure;
use crate::live::{failed, query_named};
use crate::parameters::{self, Reading};

const NSID: &str = "dev.firehouse.feed.getSearchFacets";

/// `GET /search/facets.csv`
pub(crate) async fn csv(State(api): State<Arc<Api>>, request: Request) -> Response {
    let head = request.into_parts().0;
    let limit = Duration::from_secs(api.config.request_timeout_s);
    let made = tokio::time::timeout(limit, made(&api, &head)).await;
    match made.unwrap_or_else(|_| Err(Failure::timed_out())) {
        Ok(table) => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], table).into_response(),
        Err(failure) => failed(&api, failure),
    }
}

async fn made(api: &Api, head: &Parts) -> Result<Vec<u8>, Failure> {
    let query = query_named(head.uri.query().unwrap_or_default());
    let asked = parameters::checked(&api.catalog, NSID, &query, Reading::Strict)?;
    let _permit = api.permits.try_acquire().map_err(|_| Failure::busy())?;
    let services = api.services.for_request();
    let asked = parameters::typed(asked)?;
    let facets = get_search_facets(&services.appview, &Caller::default(), asked).await?.body;
    table(&facets).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot write a table");
        Failure::internal()
    })
}

fn table(facets: &SearchFacets) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["kind", "value", "count"])?;
    table.write_record(["counted", "", &facets.counted.to_string()])?;
    let kinds = [
        ("time", &facets.times),
        ("language", &facets.languages),
        ("domain", &facets.domains),
        ("tag", &facets.tags),
        ("media", &facets.media),
    ];
    for (kind, values) in kinds {
        for facet in values {
            table.write_record([kind, &plain(&facet.value), &facet.count.to_string()])?;
        }
    }
    for author in &facets.authors {
        table.write_record(["author", author.author.did.as_str(), &author.count.to_string()])?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// A value that a spreadsheet does not take for a formula: tags say what people like.
fn plain(value: &str) -> String {
    match value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{value}"),
        false => value.to_owned(),
    }
}
