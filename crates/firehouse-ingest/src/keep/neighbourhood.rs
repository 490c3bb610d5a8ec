//! Who lives in the neighbourhoods: the accounts that some accounts follow, those whom these follow, and so on, as the store has it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use firehouse_store::{Store, StoreError};
use firehouse_types::ActorId;

use crate::keep::pattern::Neighbourhood;

/// Who is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// All of them, those in the middle included.
    pub all: HashSet<ActorId>,
    /// Those whose follows decide who is.
    pub inner: HashSet<ActorId>,
    /// There are more than there may be; the nearest are taken.
    pub are_cut: bool,
}

/// Works them out, nearest first, at most `accounts_max`. Reads the follows of everybody but the outermost. Errors: [`StoreError`].
pub async fn neighbours(
    store: &Store,
    of: &[Neighbourhood],
    accounts_max: usize,
) -> Result<Neighbours, StoreError> {
    let mut found = Neighbours::default();
    // How many steps may still be made from an account: the most that any neighbourhood allows.
    let mut left: HashMap<ActorId, u8> = HashMap::new();
    for neighbourhood in of {
        let steps = left.entry(neighbourhood.of.actor()).or_default();
        *steps = neighbourhood.depth.max(*steps);
    }
    let mut frontier = left.clone();
    found.all.extend(left.keys());
    while !frontier.is_empty() {
        let mut next: HashMap<ActorId, u8> = HashMap::new();
        let mut by_steps: Vec<(u8, Vec<ActorId>)> = Vec::new();
        for (&actor, &steps) in frontier.iter().filter(|(_, steps)| **steps > 0) {
            found.inner.insert(actor);
            match by_steps.iter_mut().find(|(known, _)| *known == steps) {
                Some((_, actors)) => actors.push(actor),
                None => by_steps.push((steps, vec![actor])),
            }
        }
        // Whoever is reached with more steps left first, and by numbers: the same whenever it is asked.
        by_steps.sort_unstable_by_key(|&(steps, _)| Reverse(steps));
        for (steps, mut actors) in by_steps {
            actors.sort_unstable();
            // One more than could be taken, so that it is noticed.
            let followed = store.followed_by(&actors, found.all.len() + accounts_max + 1).await?;
            for actor in followed {
                let remaining = steps - 1;
                if left.get(&actor).is_some_and(|&known| known >= remaining) {
                    continue;
                }
                if !found.all.contains(&actor) && found.all.len() >= accounts_max {
                    found.are_cut = true;
                    continue;
                }
                found.all.insert(actor);
                left.insert(actor, remaining);
                next.insert(actor, remaining);
            }
        }
        frontier = next;
    }
    Ok(found)
}
