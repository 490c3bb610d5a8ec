//! [`Damage`]: a part of a table that cannot be read, met while serving.
//!
//! A disk that runs full while a part is written can leave it without its marks, and the engine looks for such parts only when it starts:
//! then it sets them aside (`system.detached_parts`) and goes on with what it was made of. So the process ends, and whoever watches over
//! it starts it again. Not twice within a while: what a start has not found, another will not find either.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::sync::Notify;

use crate::exception::Exception;

/// ClickHouse's CORRUPTED_DATA.
const CODE: i32 = 246;
/// After an end because of damage, further damage is answered for so long.
const ONCE_IN: Duration = Duration::from_secs(600);

/// Whether damage was met that a start may heal.
#[derive(Debug)]
pub struct Damage {
    /// Its time of change is that of the last end because of damage.
    mark: PathBuf,
    met: Notify,
}

impl Damage {
    /// Of the engine with this data directory.
    pub fn of(data: &Path) -> Self {
        Self { mark: data.join("damaged"), met: Notify::new() }
    }

    /// Looks at an error of a statement.
    pub fn look_at(&self, error: &Exception) {
        if error.code != CODE {
            return;
        }
        let last = fs::metadata(&self.mark).and_then(|mark| mark.modified()).ok();
        let is_recent =
            last.is_some_and(|last| last.elapsed().map_or(true, |elapsed| elapsed < ONCE_IN));
        if is_recent {
            tracing::error!(%error, "damaged data, also after a new start: `CHECK TABLE` names the part");
            return;
        }
        tracing::error!(%error, "damaged data; ending, so that a new start sets it aside");
        // Without the mark it would end again and again.
        let marked = File::create(&self.mark).and_then(|mark| mark.set_modified(SystemTime::now()));
        match marked {
            Ok(()) => self.met.notify_one(),
            Err(error) => tracing::error!(%error, "cannot write down that damage was met"),
        }
    }

    /// Completes when damage was met.
    pub async fn met(&self) {
        self.met.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn damage_ends_the_engine_once_in_a_while_and_nothing_else_does() {
        let data = tempfile::tempdir().unwrap();
        let damage = Damage::of(data.path());
        let is_met = async |damage: &Damage| {
            tokio::time::timeout(Duration::from_millis(1), damage.met()).await.is_ok()
        };
        damage.look_at(&Exception::new(243, "NOT_ENOUGH_SPACE", ""));
        assert!(!is_met(&damage).await);
        let corrupted = Exception::new(CODE, "CORRUPTED_DATA", "Empty marks file");
        damage.look_at(&corrupted);
        assert!(is_met(&damage).await);
        // As seen by the next process.
        let damage = Damage::of(data.path());
        damage.look_at(&corrupted);
        assert!(!is_met(&damage).await);
        let long_ago = SystemTime::now() - 2 * ONCE_IN;
        File::options().write(true).open(&damage.mark).unwrap().set_modified(long_ago).unwrap();
        damage.look_at(&corrupted);
        assert!(is_met(&damage).await);
    }
}
