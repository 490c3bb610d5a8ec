//! The HTTP interface, as seen by clients that nobody here wrote, against the real engine.
//!
//! Each test starts its own engine as a child process, since a process has one data directory.
//! Without the library (`cargo xtask engine` fetches it) every test says so and passes.

mod server;
mod typed;
mod errors;
mod limits;
mod plain;
mod codecs;
mod cancel;
mod driver;
mod process;
