//! `app.bsky.graph.list` → a row of `lists`, and one of `offered_texts`. Lexicon: `app.bsky.graph.list`.

use firehouse_schema::ListRow;
use firehouse_types::{Datetime, DropReason};
use serde::Deserialize;

use crate::blob::Blob;
use crate::offered;
use crate::rows::Rows;
use crate::source::Source;

pub(crate) const COLLECTION: &str = "app.bsky.graph.list";

#[derive(Deserialize)]
struct List<'a> {
    name: &'a str,
    purpose: &'a str,
    description: Option<&'a str>,
    #[serde(borrow)]
    avatar: Option<Blob<'a>>,
}

/// Adds the row of one list.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    let list: List<'_> = source.decode()?;
    offered::index(source, rows)?;
    rows.lists.push(ListRow {
        actor: source.actor,
        rkey: source.rkey,
        rev: source.op.rev,
        deleted: 0,
        cid: source.cid,
        name: list.name.into(),
        purpose: list.purpose.into(),
        description: list.description.unwrap_or_default().into(),
        avatar: list.avatar.map_or_else(Box::default, |avatar| avatar.cid_text()),
        created_at: source.created_at,
        sort_at: source.sort_at,
    });
    Ok(())
}

/// Buries the row of a list that is gone, or that is none any more.
pub(crate) fn retract(source: &Source<'_>, rows: &mut Rows) {
    offered::retract(source, rows);
    rows.lists.push(ListRow {
        actor: source.actor,
        rkey: source.rkey,
        rev: source.op.rev,
        deleted: 1,
        cid: [0; 32],
        name: Box::default(),
        purpose: Box::default(),
        description: Box::default(),
        avatar: Box::default(),
        created_at: Datetime::EPOCH,
        sort_at: source.sort_at,
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::COLLECTION;
    use crate::testing::{deletion, index, op, rows};

    #[test]
    fn a_list_has_a_name_and_a_purpose_until_it_is_gone() {
        let list = json!({"name": "list", "purpose": "app.bsky.graph.defs#modlist"});
        let row = &rows(COLLECTION, list.clone()).lists[0];
        assert_eq!(
            (&*row.name, &*row.purpose, &*row.description),
            ("list", "app.bsky.graph.defs#modlist", "")
        );
        let gone = &index(&deletion(&op(COLLECTION, list))).0.lists[0];
        assert_eq!((gone.deleted, gone.actor, gone.rkey), (1, row.actor, row.rkey));
    }
}
