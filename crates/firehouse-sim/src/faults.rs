//! What goes wrong: which faults there are, when each is planned, whether it really happened, and what a commit looks like under it.

pub(crate) mod fault;
pub(crate) mod directory;
pub(crate) mod ledger;
pub(crate) mod plan;
pub(crate) mod commit;
pub(crate) mod trap;
pub(crate) mod ambush;
