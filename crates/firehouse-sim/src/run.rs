//! Runs of a real firehouse against a simulated world: one seed, one plan, and at the end one comparison with the model.

pub(crate) mod options;
pub(crate) mod plan;
pub(crate) mod disk;
pub(crate) mod process;
pub(crate) mod engine;
pub(crate) mod store;
pub(crate) mod quiet;
pub(crate) mod compare;
pub(crate) mod answers;
pub(crate) mod driver;
pub(crate) mod fleet;

pub use driver::{Failure, Outcome, run_seed};
pub use engine::SharedEngine;
pub use fleet::{Total, run_seeds};
pub use options::{RunOptions, firehouse_program};
pub use plan::{RunPlan, Step};
