//! Every method on small networks: records go through the indexer into a real engine, and come back as answers.

mod blocks;
mod feeds;
mod graph;
mod labels;
mod network;
mod paging;
mod records;
mod completeness;
mod takedowns;
mod threads;
mod views;
