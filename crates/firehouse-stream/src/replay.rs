//! Recorded frames instead of a relay: into this process ([`replay_file`]), or served to others ([`ReplayServer`]).

mod pace;
mod in_process;
mod index;
mod handshake;
mod server;

pub use in_process::{Replayed, replay_file};
pub use server::ReplayServer;
