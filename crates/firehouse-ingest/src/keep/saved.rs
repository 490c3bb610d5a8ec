//! What the store says about the selection: read at start, and by those who only look.

use std::sync::Arc;

use firehouse_schema::{SelectionPhase, SelectionRow};
use firehouse_store::{Accounts, Removal, Store, StoreError};
use firehouse_types::ActorId;

use crate::keep::pattern::{CollectionPattern, HostPattern};
use crate::keep::rules::{Rules, Words};
use crate::keep::selection::Selection;
use crate::metrics::now_us;

/// The selection that the store is made to hold; everything, when nothing was ever selected. Errors: [`StoreError`].
pub async fn saved_selection(store: &Store, grace_s: u64) -> Result<Selection, StoreError> {
    let Some(row) = store.selection().await? else { return Ok(Selection::default()) };
    let since_us = since_us(grace_s);
    let rows = store.kept().await?.into_iter();
    let kept = rows.filter(|row| row.left_at == 0 || row.left_at > since_us);
    let numbers = Arc::new(kept.map(|row| row.actor).collect());
    Ok(Selection { rules: Arc::new(rules_of(&row)), numbers, inner: Arc::default(), since_us })
}

/// Who left later than this is kept still.
pub fn since_us(grace_s: u64) -> u64 {
    let now_us = u64::try_from(now_us()).unwrap_or(0);
    // 1 is for those who have no grace.
    now_us.saturating_sub(grace_s.saturating_mul(1_000_000)).max(1)
}

/// What was saved. Only what was checked is; should a newer build have saved what this one does not know, nothing is left out.
pub fn rules_of(row: &SelectionRow) -> Rules {
    let words: Result<Words, _> = serde_json::from_str(&row.rules);
    let rules = words.map_err(|error| error.to_string());
    let rules = rules.and_then(|words| Rules::try_from(&words).map_err(|error| error.to_string()));
    rules.unwrap_or_else(|error| {
        tracing::error!(
            number = row.number,
            error,
            "the selection in the store cannot be read: everything is kept"
        );
        Rules::default()
    })
}

/// A selection behind another one, from its beginning on.
pub fn successor(before: Option<&SelectionRow>, rules: &Rules, said: bool) -> SelectionRow {
    let old = before.map_or_else(Rules::default, rules_of);
    // What the one before has not finished is still to be done.
    let unmarked =
        before.is_some_and(|row| row.refetch == 1 && is_before(row, SelectionPhase::Marked));
    let unwalked =
        before.is_some_and(|row| row.walk == 1 && is_before(row, SelectionPhase::Applied));
    SelectionRow {
        number: before.map_or(0, |row| row.number) + 1,
        rules: serde_json::to_string(&rules.words()).unwrap_or_default().into(),
        said: u8::from(said),
        refetch: u8::from(unmarked || !rules.records_are_within(&old)),
        walk: u8::from(
            unwalked
                || !rules.places_are_within(&old)
                || (!rules.pds_hosts.is_empty() && old.keeps_everybody()),
        ),
        phase: SelectionPhase::Begun,
        marked: ActorId::from(0),
        version: version_after(before),
    }
}

/// Rises even when the clock is set back.
pub fn version_after(before: Option<&SelectionRow>) -> u64 {
    let now_us = u64::try_from(now_us()).unwrap_or(0);
    now_us.max(before.map_or(0, |row| row.version) + 1)
}

pub fn is_before(row: &SelectionRow, phase: SelectionPhase) -> bool {
    (row.phase as i8) < phase as i8
}

/// Whose rows are kept, as the statements want it; `None` when everybody's are.
pub fn accounts(rules: &Rules, since_us: u64) -> Option<Accounts> {
    if rules.keeps_everybody() {
        return None;
    }
    let mut accounts = Accounts { since_us, ..Accounts::default() };
    for pattern in &rules.pds_hosts {
        match pattern {
            HostPattern::Host(host) => accounts.hosts.push(host.to_string()),
            HostPattern::Below(suffix) => accounts.suffixes.push(suffix.to_string()),
        }
    }
    Some(accounts)
}

/// What is kept, as the statements want it.
pub fn removal(rules: &Rules, since_us: u64) -> Removal {
    let mut collections = (Vec::new(), Vec::new());
    for pattern in &rules.collections {
        match pattern {
            CollectionPattern::Collection(nsid) => collections.0.push(nsid.as_str().to_owned()),
            CollectionPattern::Namespace(prefix) => collections.1.push(prefix.to_string()),
        }
    }
    Removal {
        accounts: accounts(rules, since_us),
        collections: (!rules.collections.is_empty()).then_some(collections),
        languages: rules.languages.iter().map(|language| language.as_str().to_owned()).collect(),
    }
}
