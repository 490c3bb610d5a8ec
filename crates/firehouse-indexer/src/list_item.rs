//! `app.bsky.graph.listitem` → a row of `list_items`, when it lives in the repo of its list's creator.
//!
//! Anyone could otherwise put anyone on anyone's list. Lexicon: `app.bsky.graph.listitem`.

use firehouse_schema::ListItemRow;
use firehouse_types::{ActorId, AtUri, DropReason, RkeyId};
use serde::Deserialize;

use crate::rows::Rows;
use crate::source::Source;

pub(crate) const COLLECTION: &str = "app.bsky.graph.listitem";

#[derive(Deserialize)]
struct ListItem<'a> {
    subject: &'a str,
    list: &'a str,
}

/// Adds the row of one list item, or refuses that of a stranger.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    let item: ListItem<'_> = source.decode()?;
    let list = AtUri::parse(item.list).map_err(|_| DropReason::RuleViolation)?;
    let Some(rkey) = list.rkey.filter(|_| list.authority == source.op.did.as_str()) else {
        return Err(DropReason::RuleViolation);
    };
    rows.list_items.push(ListItemRow {
        list_actor: source.actor,
        list_rkey: RkeyId::of(rkey),
        subject: ActorId::of(item.subject),
        rkey: source.rkey,
        rev: source.op.rev,
        deleted: 0,
        sort_at: source.sort_at,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use firehouse_types::DropReason;
    use serde_json::json;

    use super::COLLECTION;
    use crate::testing::{AUTHOR, OTHER, index, numbers, op, rows, uri};

    #[test]
    fn only_the_creator_of_a_list_puts_someone_on_it() {
        let on = |creator| json!({"subject": OTHER, "list": uri(creator, "app.bsky.graph.list")});
        let row = &rows(COLLECTION, on(AUTHOR)).list_items[0];
        assert_eq!((row.list_actor.get(), row.list_rkey.get()), numbers(AUTHOR));
        assert_eq!(row.subject.get(), numbers(OTHER).0);
        let (refused, outcome) = index(&op(COLLECTION, on(OTHER)));
        assert_eq!(outcome, Err(DropReason::RuleViolation));
        assert!(refused.list_items.is_empty() && refused.links.is_empty());
        assert_eq!(refused.records[0].valid, 0);
    }
}
