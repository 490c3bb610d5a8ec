//! [`Disk`]: a disk of its own for a store, small enough to be filled.
//!
//! It lives in memory, in a mount namespace that only firehouse and its engine are in, so it is gone with them. Making one takes the rights
//! to mount; who has them not runs without.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Room for the store of a small world, and for what ClickHouse keeps free. Units: MiB.
const MIB: usize = 400;
/// Mounts the disk at its first argument and becomes the others.
const SCRIPT: &str = r#"mount -t tmpfs -o size="$0" none "$1" && shift && exec "$@""#;

/// Whether disks can be made here.
pub(crate) fn can_be_made() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let Ok(folder) = tempfile::tempdir() else { return false };
        let mut tried = wrapped(Path::new("true"), folder.path());
        let tried = tried.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        tried.is_ok_and(|ended| ended.success())
    })
}

/// The command that becomes `program` with a disk at `folder`. What mounts it takes over the process, so that its id is the program's.
pub(crate) fn wrapped(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", SCRIPT]).arg(format!("{MIB}m")).arg(folder).arg(program);
    command
}

/// A disk with nothing free, until it is dropped.
pub(crate) struct Full {
    filler: PathBuf,
}

impl Full {
    /// Fills the disk at `folder`, as the process sees it. Errors: it cannot be written for another reason than that it is full.
    pub(crate) fn new(process: u32, folder: &Path) -> std::io::Result<Self> {
        let inside = folder.strip_prefix("/").unwrap_or(folder);
        let filler = Path::new("/proc").join(process.to_string()).join("root").join(inside);
        let full = Self { filler: filler.join("filler") };
        let mut file: File = OpenOptions::new().create(true).append(true).open(&full.filler)?;
        for block in [1 << 20, 4 << 10] {
            let zeros = vec![0; block];
            loop {
                match file.write_all(&zeros) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(full)
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        // With the process its disk is gone too.
        let _ = std::fs::remove_file(&self.filler);
    }
}
