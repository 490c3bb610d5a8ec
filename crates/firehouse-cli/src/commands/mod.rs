//! One file per subcommand.

pub mod backfill;
pub mod engine;
pub mod ingest;
pub mod migrate;
pub mod record;
pub mod replay;
pub mod run;
pub mod serve;
pub mod status;
pub mod verify;
