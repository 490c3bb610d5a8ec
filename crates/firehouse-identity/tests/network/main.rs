//! Look-ups against servers on this machine: a directory, hosts of did:web, a name server, and hosts that mean us harm.

mod make;

mod guarded;
mod handles;
mod resolving;
mod tls;
