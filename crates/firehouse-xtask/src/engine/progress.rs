//! Progress of a fetch that another program does: how far the files in a folder have grown.

use std::{
    fs,
    io::{IsTerminal, Write},
    path::Path,
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

/// How often the terminal is redrawn, and how often a line is written elsewhere.
const REDRAW: Duration = Duration::from_millis(200);
const LINE: Duration = Duration::from_secs(5);

/// Waits for `child`, telling how much has arrived in `folder`, out of `total` bytes if known.
pub fn watch(child: &mut Child, folder: &Path, total: Option<u64>) -> Result<ExitStatus> {
    let terminal = std::io::stderr().is_terminal();
    let mut told = Instant::now();
    loop {
        if let Some(status) = child.try_wait().context("wait for the download")? {
            if terminal {
                eprintln!();
            }
            return Ok(status);
        }
        if terminal {
            eprint!("\r{}", line(largest_file(folder, 0), total));
            let _ = std::io::stderr().flush();
        } else if told.elapsed() >= LINE {
            told = Instant::now();
            eprintln!("{}", line(largest_file(folder, 0), total));
        }
        std::thread::sleep(REDRAW);
    }
}

fn line(bytes: u64, total: Option<u64>) -> String {
    let mib = |bytes: u64| bytes >> 20;
    match total {
        // What arrives is copied once more at the end, under another name.
        Some(total) => {
            let bytes = bytes.min(total);
            let percent = bytes * 100 / total.max(1);
            format!("engine: {} of {} MiB ({percent} %)", mib(bytes), mib(total))
        }
        None => format!("engine: {} MiB", mib(bytes)),
    }
}

/// The size of the largest file below `folder`: the one that is being fetched.
fn largest_file(folder: &Path, depth: usize) -> u64 {
    // npm's cache is six folders deep.
    if depth > 8 {
        return 0;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => largest_file(&entry.path(), depth + 1),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    };
    entries.map(size).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_passes_the_whole() {
        assert_eq!(line(5 << 20, Some(10 << 20)), "engine: 5 of 10 MiB (50 %)");
        assert_eq!(line(50 << 20, Some(10 << 20)), "engine: 10 of 10 MiB (100 %)");
        assert_eq!(line(5 << 20, None), "engine: 5 MiB");
    }
}
