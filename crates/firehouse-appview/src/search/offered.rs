//! Which lists, starter packs or feed generators a few words find, the best first.
//!
//! Each word stands in the name or the description, the last one may go on; runs of Han, kana and Hangul stand anywhere. What says all of
//! it in its name comes first, then by how many use it (members, those who joined, likes) and by how its creator stands with those who
//! follow. Of more hits than are ranked, those whose creators stand best.

use std::cmp::Reverse;
use std::collections::HashMap;

use firehouse_store::read::{Condition, FoundOffer, LinkPosition, OfferedSearch, RecordKey};
use firehouse_text::{Piece, pairs, pieces};
use firehouse_types::{ActorId, Datetime};

use crate::nsid::{GENERATOR, LIST, STARTER_PACK};
use crate::page::{From, Page};
use crate::{AppView, ViewError, clock};

/// Longer queries find nothing. Units: characters.
const QUERY_CHARS_MAX: usize = 1_000;
/// Words and runs of a query; the rest is left out.
const PIECES_MAX: usize = 8;
/// Hits that are looked at, and of these the ones that are ranked.
const HITS_MAX: usize = 10_000;
const RANKED_MAX: usize = 1_000;
/// What a tenfold of those who use it is worth; ten times the standing counts as much.
const TENFOLD: f64 = 1_000.0;
/// What it is worth that the name alone says what was asked for.
const IN_NAME: f64 = 2.0 * TENFOLD;

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    Lists,
    StarterPacks,
    Generators,
}

impl Offered {
    fn collection(self) -> &'static str {
        match self {
            Self::Lists => LIST,
            Self::StarterPacks => STARTER_PACK,
            Self::Generators => GENERATOR,
        }
    }
}

/// All that are ranked, best first; the rank stands in the place of a time. `purposes`: of lists, none for all.
pub(crate) async fn offered_hits(
    app: &AppView,
    offered: Offered,
    query: &str,
    purposes: &[&'static str],
) -> Result<Vec<LinkPosition>, ViewError> {
    let Some(search) = search(offered, query, purposes) else {
        return Ok(Vec::new());
    };
    let mut found = app.store.search_offered(&search, HITS_MAX).await?;
    if found.len() > RANKED_MAX {
        let creators: Vec<_> = found.iter().map(|row| row.actor).collect();
        let standings = app.store.standings(&creators).await?;
        let level = |actor: ActorId| standings.get(&actor).map_or(0, |standing| standing.level);
        found.sort_by_key(|row| Reverse((row.is_in_name(), level(row.actor))));
        found.truncate(RANKED_MAX);
    }
    let (keys, creators): (Vec<_>, Vec<_>) = found.iter().map(|row| (row.key(), row.actor)).unzip();
    let still = async { Ok(app.store.still_offered(search.collection, &found).await?) };
    let standings = async { Ok(app.store.standings(&creators).await?) };
    let (still, standings, uses) = tokio::try_join!(still, standings, uses(app, offered, &keys))?;
    let rank = |row: &FoundOffer| {
        let level = standings.get(&row.actor).map_or(0, |standing| standing.level);
        let uses = uses.get(&row.key()).copied().unwrap_or_default();
        let at = Datetime::from_ms(score(uses, level, row.is_in_name()));
        LinkPosition { at, actor: row.actor.get(), rkey: row.rkey.get() }
    };
    let mut ranked: Vec<_> = still.iter().map(rank).collect();
    ranked.sort_unstable_by_key(|row| Reverse(place(row)));
    ranked.dedup();
    Ok(ranked)
}

/// One page of them.
pub(crate) fn offered_page(hits: &[LinkPosition], from: From, limit: usize) -> Page<RecordKey> {
    let behind = place(&from.link());
    let rows = hits.iter().copied().filter(|row| place(row) < behind).take(limit + 1).collect();
    let page = Page::cut(rows, limit, |row: &LinkPosition| *row);
    let keys = page.items.iter().map(|row| (row.actor.into(), row.rkey.into())).collect();
    Page { items: keys, next: page.next }
}

fn place(row: &LinkPosition) -> (Datetime, u64, u64) {
    (row.at, row.actor, row.rkey)
}

#[expect(clippy::cast_precision_loss, reason = "a few users more or less move nothing")]
#[expect(clippy::cast_possible_truncation, reason = "a logarithm fits")]
fn score(uses: u64, level: u16, is_in_name: bool) -> i64 {
    let in_name = if is_in_name { IN_NAME } else { 0.0 };
    ((1.0 + uses as f64).log10() * TENFOLD + f64::from(level) + in_name) as i64
}

/// How many use each.
async fn uses(
    app: &AppView,
    offered: Offered,
    keys: &[RecordKey],
) -> Result<HashMap<RecordKey, u64>, ViewError> {
    Ok(match offered {
        Offered::Lists => {
            let sizes = app.store.list_sizes(keys).await?;
            sizes.iter().map(|row| (row.key(), row.value)).collect()
        }
        Offered::StarterPacks => {
            let joins = app.store.starter_pack_joins(keys, clock::now()).await?;
            joins.iter().map(|row| (row.key(), row.all_time)).collect()
        }
        Offered::Generators => {
            let ranking = app.popular.by_likes(&app.store).await?;
            ranking.iter().map(|row| (row.key, row.score.1)).collect()
        }
    })
}

/// What a query text asks for. `None` when nothing can say it; a blank one asks for everything.
fn search(offered: Offered, query: &str, purposes: &[&'static str]) -> Option<OfferedSearch> {
    if query.chars().nth(QUERY_CHARS_MAX).is_some() {
        return None;
    }
    let mut pieces = pieces(query);
    if pieces.is_empty() && !query.trim().is_empty() {
        return None;
    }
    pieces.truncate(PIECES_MAX);
    let goes_on = match pieces.last_mut() {
        // Behind a space there is no more of the word to come.
        Some(Piece::Words(words)) if !query.ends_with(char::is_whitespace) => words.pop(),
        _ => None,
    };
    let (mut conditions, mut in_name) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Words(mut words) => {
                words.truncate(PIECES_MAX);
                in_name.extend(words.iter().map(|word| format!(" {word} ")));
                conditions.extend((!words.is_empty()).then_some(Condition::Words(words)));
            }
            Piece::Run(run) => {
                in_name.push(run.clone());
                let pairs: Vec<_> = pairs(&run).collect();
                conditions.push(match pairs.is_empty() {
                    true => Condition::Character(run, None),
                    false => Condition::Run(run, pairs),
                });
            }
        }
    }
    in_name.extend(goes_on.iter().map(|beginning| format!(" {beginning}")));
    Some(OfferedSearch {
        collection: offered.collection(),
        purposes: purposes.to_vec(),
        condition: Condition::All(conditions),
        beginning: goes_on,
        in_name,
    })
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn the_name_counts_then_those_who_use_it_and_the_standing_of_who_made_it() {
        assert!(score(0, 0, true) > score(90, 0, false));
        assert!(score(100_000, 0, false) > score(0, 0, true));
        assert!(score(1_000, 0, true) > score(10, 0, true));
        assert!(score(10, 2_500, true) > score(100, 0, true));
        assert_eq!(score(0, 0, false), 0);
    }
}
