//! Chores as `cargo xtask …`: one file each.

use clap::{Parser, Subcommand};

mod engine;
mod lexicons;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of this workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Fetch the engine library into the user's cache, once, and check its hash
    Engine,
    /// Bring lexicons/ up to date with the official documents
    Lexicons {
        /// Change nothing; fail when something would change
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Engine => engine::run().map(drop),
        Task::Lexicons { check } => lexicons::run(check),
    }
}
