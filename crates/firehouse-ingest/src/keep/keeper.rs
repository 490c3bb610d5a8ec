//! [`Keeper`]: what is in force, for everybody who looks at it, and for those who change it.
//!
//! A change is durable before it is answered, and what was said at run time wins over the configuration after a restart. It begins to
//! hold when the task that makes selections true (`keeping.rs`) gets to it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use firehouse_schema::{ActorRow, KeptRow, SelectionPhase, SelectionRow};
use firehouse_store::{Store, StoreError};
use firehouse_types::ActorId;
use tokio::sync::{Mutex, MutexGuard, Notify, watch};

use crate::keep::neighbourhood::{Neighbours, neighbours};
use crate::keep::rules::{Rules, Words};
use crate::keep::saved::{accounts, rules_of, saved_selection, since_us, successor, version_after};
use crate::keep::selection::{Selected, Selection};
use crate::metrics::now_us;

/// What an operator may set of how a selection is followed. The selection itself are [`Words`].
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Accounts of all neighbourhoods together; the nearest are taken.
    pub accounts_max: usize,
    /// How long an account is kept that has left a neighbourhood. Units: seconds.
    pub grace_s: u64,
    /// How often is looked who lives in neighbourhoods and at hosts, also when nothing says that it changed. Units: seconds.
    pub check_interval_s: u64,
}

/// A selection is not in force.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The store did not answer, or did not take it.
    #[error("the selection in the store")]
    Store(#[from] StoreError),
}

/// What is in force, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As it was said.
    pub words: Words,
    /// In one line.
    pub line: String,
    /// Whether the administrator said it at run time.
    pub said: bool,
    /// How far it has come.
    pub phase: SelectionPhase,
    /// Accounts that are kept by their numbers; `None` when all are.
    pub accounts: Option<u64>,
    /// Whether neighbourhoods have more accounts than are kept.
    pub are_cut: bool,
}

/// The selection of this process. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

struct Inner {
    store: Store,
    limits: Keep,
    configured: Rules,
    /// The last that was said. Held while it begins, so that the next one comes after it.
    row: Mutex<SelectionRow>,
    /// The one in force, which may be the one before.
    selected: watch::Sender<Arc<Selection>>,
    are_cut: AtomicBool,
    changed: Notify,
    follows: Arc<Notify>,
}

/// What came of looking who is kept.
pub(crate) struct Looked {
    pub(crate) selection: Selection,
    /// Accounts of which rows may be here, and who are no longer kept.
    pub(crate) have_left: bool,
}

impl Keeper {
    /// Takes up what was said at run time, or else the configuration. Nothing else may write to the store yet. Errors: [`KeepError`].
    pub async fn open(store: &Store, limits: Keep, configured: Rules) -> Result<Self, KeepError> {
        // Collected by a selection before, and perhaps kept by this one.
        store.remove_unwanted().await?;
        let mut saved = store.selection().await?;
        if saved.is_none() && configured == Rules::default() {
            return Ok(Self::everything(store, limits));
        }
        if let Some(row) = &mut saved {
            let rules = rules_of(row);
            if row.said == 1 && rules != configured {
                tracing::warn!(kept = %rules, configured = %configured, "kept is what was said at run time, not what is configured; dev.firehouse.admin.setSelection without a selection returns to the configuration");
            } else if rules != configured {
                // Who was left out already has missed something, whatever comes now.
                Self::new(store, &limits, &configured, row.clone()).begin_alone(row).await?;
                *row = successor(Some(row), &configured, false);
                store.save_selection(row).await?;
            }
        }
        let mut row = match saved {
            Some(row) => row,
            None => {
                let row = successor(None, &configured, false);
                store.save_selection(&row).await?;
                row
            }
        };
        let keeper = Self::new(store, &limits, &configured, row.clone());
        keeper.begin_alone(&mut row).await?;
        *keeper.0.row.lock().await = row;
        Ok(keeper)
    }

    /// Keeps everything, until it is said otherwise.
    pub fn everything(store: &Store, limits: Keep) -> Self {
        let row = successor(None, &Rules::default(), false);
        let row = SelectionRow { number: 0, phase: SelectionPhase::Applied, ..row };
        Self::new(store, &limits, &Rules::default(), row)
    }

    /// Keeps what the store is made to hold, for those who only look at it. Errors: [`KeepError`].
    pub async fn saved(store: &Store, limits: Keep) -> Result<Self, KeepError> {
        let selection = saved_selection(store, limits.grace_s).await?;
        let keeper = Self::everything(store, limits);
        keeper.publish(selection);
        Ok(keeper)
    }

    fn new(store: &Store, limits: &Keep, configured: &Rules, row: SelectionRow) -> Self {
        Self(Arc::new(Inner {
            store: store.clone(),
            limits: limits.clone(),
            configured: configured.clone(),
            row: Mutex::new(row),
            selected: watch::Sender::default(),
            are_cut: AtomicBool::new(false),
            changed: Notify::new(),
            follows: Arc::default(),
        }))
    }

    /// Lets the last selection begin while nobody else writes.
    async fn begin_alone(&self, row: &mut SelectionRow) -> Result<(), KeepError> {
        let looked = self.look(row).await?;
        let kept = accounts(&looked.selection.rules, looked.selection.since_us);
        self.publish(looked.selection);
        if row.phase == SelectionPhase::Begun {
            if let Some(kept) = &kept {
                self.0.store.part(kept).await?;
            }
            let next = SelectionRow {
                phase: SelectionPhase::Parted,
                version: version_after(Some(row)),
                ..row.clone()
            };
            self.0.store.save_selection(&next).await?;
            *row = next;
        }
        Ok(())
    }

    /// What is in force, and how far it has come.
    pub async fn standing(&self) -> Standing {
        let row = self.0.row.lock().await.clone();
        self.standing_of(&row)
    }

    /// As [`Keeper::standing`], without waiting: while a selection begins, the one in force.
    pub fn standing_now(&self) -> Option<Standing> {
        let row = self.0.row.try_lock().ok()?.clone();
        Some(self.standing_of(&row))
    }

    fn standing_of(&self, row: &SelectionRow) -> Standing {
        let rules = rules_of(row);
        let selection = self.selection();
        Standing {
            words: rules.words(),
            line: rules.to_string(),
            said: row.said == 1,
            phase: row.phase,
            accounts: selection.accounts().filter(|_| !rules.keeps_everybody()),
            are_cut: self.0.are_cut.load(Ordering::Relaxed),
        }
    }

    /// Says what is to be kept from now on, also after a restart; `None`: what is configured. Errors: [`KeepError`]; saying it again is safe.
    pub async fn set(&self, rules: Option<Rules>) -> Result<(), KeepError> {
        let mut row = self.0.row.lock().await;
        let said = rules.is_some();
        let rules = rules.unwrap_or_else(|| self.0.configured.clone());
        if rules == rules_of(&row) && (row.said == 1) == said {
            return Ok(());
        }
        let next = successor(Some(&row), &rules, said);
        self.0.store.save_selection(&next).await?;
        tracing::info!(kept = %rules, said, "what is kept changes");
        *row = next;
        self.0.changed.notify_one();
        Ok(())
    }

    /// The selection in force.
    pub fn selection(&self) -> Arc<Selection> {
        Arc::clone(&self.0.selected.borrow())
    }

    pub(crate) fn selected(&self) -> Selected {
        self.0.selected.subscribe()
    }

    /// Told when whom somebody follows may have changed who is kept.
    pub(crate) fn follows(&self) -> Arc<Notify> {
        Arc::clone(&self.0.follows)
    }

    /// Ends when something else is said.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    pub(crate) async fn row(&self) -> MutexGuard<'_, SelectionRow> {
        self.0.row.lock().await
    }

    pub(crate) fn limits(&self) -> &Keep {
        &self.0.limits
    }

    pub(crate) fn publish(&self, selection: Selection) {
        self.0.selected.send_replace(Arc::new(selection));
    }

    /// Works out who is kept, and saves it: who leaves a neighbourhood by itself has some grace, who is no longer meant has none.
    pub(crate) async fn look(&self, row: &SelectionRow) -> Result<Looked, StoreError> {
        let Inner { store, limits, .. } = &*self.0;
        let rules = rules_of(row);
        let Neighbours { mut all, inner, are_cut } =
            neighbours(store, &rules.follows_of, limits.accounts_max).await?;
        if are_cut && !self.0.are_cut.swap(are_cut, Ordering::Relaxed) {
            tracing::warn!(
                accounts_max = limits.accounts_max,
                "the neighbourhoods have more accounts than keep.accounts_max: the nearest are kept, the others are not"
            );
        }
        self.0.are_cut.store(are_cut, Ordering::Relaxed);
        all.extend(rules.dids.iter().map(firehouse_types::Did::actor));
        let now_us = u64::try_from(now_us()).unwrap_or(0);
        let since_us = since_us(limits.grace_s);
        let left_at = if row.phase == SelectionPhase::Begun { 1 } else { now_us };
        let rows = store.kept().await?;
        // Rises even when the clock is set back.
        let version = now_us.max(rows.iter().map(|row| row.version).max().unwrap_or(0) + 1);
        let held: HashMap<ActorId, u64> =
            rows.into_iter().map(|row| (row.actor, row.left_at)).collect();
        let mut changes = Vec::new();
        let mut change = |actor, left_at| changes.push(KeptRow { actor, left_at, version });
        for &actor in all.iter().filter(|actor| held.get(*actor) != Some(&0)) {
            change(actor, 0);
        }
        let mut have_left = false;
        let mut numbers: HashSet<ActorId> = all;
        for (&actor, &before) in
            held.iter().filter(|(actor, _)| !numbers.contains(*actor)).collect::<Vec<_>>()
        {
            let left_at = if before == 0 || left_at == 1 { left_at } else { before };
            if left_at != before {
                change(actor, left_at);
            }
            if left_at > since_us {
                numbers.insert(actor);
            } else {
                have_left = true;
            }
        }
        // Whoever is only named may never have been heard of.
        let named = rules.dids.iter().chain(rules.follows_of.iter().map(|of| &of.of));
        let named = named.filter(|did| !held.contains_key(&did.actor())).cloned();
        let _ = store.insert(&named.map(ActorRow::mentioned).collect::<Vec<_>>()).await?;
        store.save_kept(&changes).await?;
        let (rules, numbers, inner) = (Arc::new(rules), Arc::new(numbers), Arc::new(inner));
        Ok(Looked { selection: Selection { rules, numbers, inner, since_us }, have_left })
    }
}
