//! The router as clients see it: real tokens, real query strings; a socket only where sockets matter.
//!
//! What must be refused needs no store: the store behind [`world::World::without_store`] is a port nobody listens on, so whoever comes
//! through to it gets 503 instead of a refusal. What must be answered runs against the real engine, where there is one.

mod world;
mod records;
mod admin;
mod repairs;
mod auth;
mod moderation;
mod parameters;
mod schema;
mod hostile;
mod private;
mod http;
mod feeds;
mod recommender;
mod store;
mod labels;
mod limits;
mod connections;
mod live;
mod search_feeds;
mod bad_queries;
