//! [`LiveSearch`]: one caller who listens to one search.

use std::sync::Arc;

use firehouse_store::read::FoundPost;
use tokio::sync::watch;

use super::ring::{Entry, Part, What};
use super::standing::{Shown, Standing};
use crate::{AppView, Caller, ViewError, clock};

/// Posts that are made views at once.
const POSTS_AT_ONCE: usize = 50;
/// How long it is known for certain what came. Units: microseconds.
const HELD_US: u64 = 86_400_000_000;

/// What a caller hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A post came.
    Post {
        /// Where to go on behind it.
        cursor: u64,
        /// Its AT-URI.
        uri: Box<str>,
        /// A postView, as JSON.
        json: Arc<str>,
    },
    /// A post that was told of is gone, or has been changed; if it still matches then, it comes again.
    Gone {
        /// Where to go on behind it.
        cursor: u64,
        /// Its AT-URI.
        uri: Box<str>,
    },
}

/// Why nothing more is heard.
#[derive(Debug, thiserror::Error)]
pub enum LiveEnd {
    /// The caller takes less than comes. Go on behind the last cursor.
    #[error("too slow: {missed} posts were missed; go on behind the last cursor")]
    TooSlow {
        /// Posts that matched and are no longer at hand.
        missed: u64,
    },
    /// Posts cannot be read.
    #[error(transparent)]
    View(Arc<ViewError>),
}

/// A search that a caller listens to. Whoever stops listening drops it.
pub struct LiveSearch {
    app: AppView,
    caller: Caller,
    standing: Arc<Standing>,
    moved: watch::Receiver<u64>,
    stage: Stage,
    cursor: u64,
    is_outdated: bool,
}

/// Where what is told comes from.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The store: all behind the cursor, up to a number.
    Past { through: u64 },
    /// The ring.
    Present { place: u64 },
}

impl LiveSearch {
    /// `standing` counts this listener already. Errors: [`ViewError::Refused`]: the cursor lies ahead.
    pub(super) fn new(
        app: AppView,
        caller: Caller,
        standing: Arc<Standing>,
        cursor: Option<u64>,
    ) -> Result<Self, ViewError> {
        let moved = standing.moved();
        let (stage, is_outdated) = (Stage::Past { through: 0 }, false);
        let mut search = Self { app, caller, standing, moved, stage, cursor: 0, is_outdated };
        let through = search.standing.ring().through();
        search.cursor = cursor.unwrap_or(through);
        let now_us = u64::try_from(clock::now().ms()).unwrap_or_default() * 1_000;
        if search.cursor > through.max(now_us) {
            let message = "The cursor lies ahead of everything that came".to_owned();
            return Err(ViewError::Refused { name: "FutureCursor", message });
        }
        // Whoever says 0 wants all there is.
        search.is_outdated =
            cursor.is_some_and(|cursor| cursor > 0 && cursor < now_us.saturating_sub(HELD_US));
        let place = search.standing.ring().place(search.cursor);
        search.stage = match place {
            Some(place) => Stage::Present { place },
            None => Stage::Past { through },
        };
        Ok(search)
    }

    /// Whether some of what came behind the cursor it was opened with may be forgotten.
    pub fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Everything up to here was told.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Waits for what comes next; nothing is lost when the wait is given up. Errors: [`LiveEnd`]; then nothing more is told.
    pub async fn next(&mut self) -> Result<Vec<Told>, LiveEnd> {
        loop {
            self.moved.mark_unchanged();
            let (part, stage) = match self.stage {
                Stage::Past { through } => self.past(through).await?,
                Stage::Present { place } => {
                    let read = self.standing.ring().read(place, POSTS_AT_ONCE);
                    let part = read.map_err(|missed| LiveEnd::TooSlow { missed })?;
                    let stage = Stage::Present { place: part.place };
                    (part, stage)
                }
            };
            let told = self.told(&part.entries).await?;
            let is_waiting = part.entries.is_empty() && matches!(self.stage, Stage::Present { .. });
            // A cursor may already lie ahead of what this process has looked at.
            (self.stage, self.cursor) = (stage, part.through.max(self.cursor));
            if !told.is_empty() {
                return Ok(told);
            }
            // The sender lives in what we hold.
            if is_waiting {
                let _ = self.moved.changed().await;
            }
        }
    }

    /// What came while the caller did not listen, out of the store.
    async fn past(&self, through: u64) -> Result<(Part, Stage), LiveEnd> {
        let prepared = self.standing.prepared();
        let store = &self.app.store;
        let numbers = (self.cursor, through);
        let found = store.search_arrived(&prepared.search.posts, numbers, POSTS_AT_ONCE).await;
        let found = found.map_err(|error| LiveEnd::View(Arc::new(error.into())))?;
        let entry = |found: &firehouse_store::read::Arrived| Entry {
            number: found.number,
            what: What::Came(found.post()),
        };
        let entries: Vec<_> = found.iter().map(entry).collect();
        let last = entries.last().map(|entry| entry.number);
        Ok(match last.filter(|_| entries.len() == POSTS_AT_ONCE) {
            Some(last) => (Part { entries, place: 0, through: last }, Stage::Past { through }),
            None => {
                let place = self.standing.ring().place(through);
                let place = place.ok_or(LiveEnd::TooSlow { missed: 1 })?;
                (Part { entries, place, through }, Stage::Present { place })
            }
        })
    }

    /// As this caller may hear it.
    async fn told(&self, entries: &[Entry]) -> Result<Vec<Told>, LiveEnd> {
        let came: Vec<(u64, FoundPost)> = entries
            .iter()
            .filter_map(|entry| match entry.what {
                What::Came(post) => Some((entry.number, post)),
                What::Went(_) => None,
            })
            .collect();
        let shown = match came.is_empty() {
            true => Arc::default(),
            false => {
                let shown = self.standing.shown(&self.app, &self.caller, &came).await;
                shown.map_err(LiveEnd::View)?
            }
        };
        let mut ring = self.standing.ring();
        shown.iter().for_each(|shown| ring.told(shown.key, &shown.uri));
        let came_again = |at: usize, post: &FoundPost| {
            let later = entries.iter().skip(at + 1);
            later
                .into_iter()
                .any(|e| matches!(e.what, What::Came(other) if other.key() == post.key()))
        };
        let told = entries.iter().enumerate().filter_map(|(at, entry)| {
            let cursor = entry.number;
            match entry.what {
                // Told as it is now, once.
                What::Came(post) if came_again(at, &post) => None,
                What::Came(post) => {
                    let Shown { uri, json, .. } =
                        shown.iter().find(|s| s.key == post.key())?.clone();
                    Some(Told::Post { cursor, uri, json })
                }
                What::Went(key) => ring.uri(key).map(|uri| Told::Gone { cursor, uri }),
            }
        });
        Ok(told.collect())
    }
}

impl Drop for LiveSearch {
    fn drop(&mut self) {
        self.standing.left();
    }
}
