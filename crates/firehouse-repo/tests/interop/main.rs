//! The same verdicts as every other implementation, on the data its authors publish.
//!
//! One module per family of the fixture folder. What a second folder of the same layout holds is read, not assumed; a family that is
//! not there is skipped with a loud line. The last two modules, verdicts and properties, need no fixtures.

mod support;
mod tree;
mod event;
mod crypto;
mod data_model;
mod dag_cbor;
mod records;
mod car_format;
mod cars;
mod cars_adversarial;
mod mst;
mod mst_diff;
mod commit_proof;
mod frames;
mod labels;
mod derived;
mod relay_scenarios;
mod old_producers;
mod synthetic_p256;
mod plc_keys;
mod verdicts;
mod properties;
