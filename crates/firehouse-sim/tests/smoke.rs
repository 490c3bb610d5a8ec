//! A real firehouse against some small worlds, with faults and kills. `cargo xtask sim` runs as many as one likes.

use firehouse_sim::run::{RunOptions, firehouse_program, run_seeds};

#[tokio::test]
async fn ten_seeds_end_equal_to_the_model() {
    if let Err(missing) = firehouse_engine::locate_library() {
        eprintln!("SKIPPED: firehouse needs the engine library: {missing}");
        return;
    }
    let mut options = RunOptions::new(firehouse_program().unwrap());
    // A debug build on a busy machine.
    options.quiet_s_max = 120;
    let mut said = Vec::new();
    let total = run_seeds(1..11, 2, &options, &mut said).await.unwrap();
    assert!(total.failed.is_empty(), "{}", String::from_utf8_lossy(&said));
    assert!(total.records > 50 && !total.faults.is_empty(), "{}", total.summary());
}
