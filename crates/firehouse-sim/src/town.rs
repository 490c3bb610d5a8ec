//! The people of the simulation: who they are, what they write, and what has become of it.

pub(crate) mod clock;
pub(crate) mod words;
pub(crate) mod record;
pub(crate) mod state;
pub(crate) mod life;
