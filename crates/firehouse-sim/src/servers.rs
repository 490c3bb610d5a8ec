//! The hosts of the simulated network: what each answers, over HTTP and websockets, on loopback.

pub(crate) mod stream;
pub(crate) mod socket;
pub(crate) mod subscription;
pub(crate) mod answer;
pub(crate) mod handles;
pub(crate) mod plc;
pub(crate) mod pds;
pub(crate) mod relay;
pub(crate) mod jetstream;
pub(crate) mod labeler;
pub(crate) mod listening;
