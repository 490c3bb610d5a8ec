//! A Jetstream: the lines of everything, by time. It compresses nothing, whatever it is asked.
//!
//! Source: <https://github.com/bluesky-social/jetstream>

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use axum::routing::get;

use crate::servers::listening::Host;
use crate::servers::pds::Cursor;
use crate::servers::subscription::{Words, subscribe_as};
use crate::world::line::seq_before;

pub(crate) fn router(host: Host) -> Router {
    Router::new().route("/subscribe", get(subscribe_lines)).with_state(host)
}

async fn subscribe_lines(
    State(host): State<Host>,
    Query(cursor): Query<Cursor>,
    request: Request,
) -> Response {
    let stream = {
        let core = host.core();
        core.outlets[core.config.first_jetstream() + host.number].stream.clone()
    };
    let cursor = cursor.cursor.map(seq_before);
    subscribe_as(Words::Lines, &stream, cursor, request, host.stop.clone())
}
