//! Every method on small networks: records go through the indexer into a real engine, and come back as answers.

mod admin;
mod blocks;
mod external;
mod feeds;
mod feed_rules;
mod suggested_feeds;
mod feed;
mod graph;
mod gates;
mod labels;
mod meanwhile;
mod network;
mod offered;
mod notifications;
mod paging;
mod private;
mod profiles;
mod records;
mod completeness;
mod tags;
mod takedowns;
mod thread_items;
mod people;
mod search;
mod threads;
mod views;
