//! Lists, starter packs and feed generators → what each is found by, a row of `offered_texts`. Lexicons: `app.bsky.graph.list`,
//! `app.bsky.graph.starterpack`, `app.bsky.feed.generator`.

use firehouse_schema::OfferedTextRow;
use firehouse_text::{Indexed, indexed};
use firehouse_types::{ActorId, Datetime, DropReason, Nsid, Rev, RkeyId};
use serde::Deserialize;

use crate::list;
use crate::rows::Rows;
use crate::source::Source;

pub(crate) const STARTER_PACK: &str = "app.bsky.graph.starterpack";
pub(crate) const GENERATOR: &str = "app.bsky.feed.generator";

#[derive(Deserialize)]
struct Named<'a> {
    name: &'a str,
    description: Option<&'a str>,
}

#[derive(Deserialize)]
struct List<'a> {
    purpose: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generator<'a> {
    display_name: &'a str,
    description: Option<&'a str>,
}

/// Which version of which record.
#[derive(Clone, Debug)]
pub struct OfferedVersion {
    /// One of the three.
    pub collection: Nsid,
    /// Whose.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// The version.
    pub rev: Rev,
    /// As in `records`.
    pub sort_at: Datetime,
}

impl OfferedVersion {
    fn of(source: &Source<'_>) -> Self {
        Self {
            collection: source.op.collection.clone(),
            actor: source.actor,
            rkey: source.rkey,
            rev: source.op.rev,
            sort_at: source.sort_at,
        }
    }

    /// The row of a version that is gone.
    fn buried(self) -> OfferedTextRow {
        let Self { collection, actor, rkey, rev, sort_at } = self;
        OfferedTextRow {
            collection,
            actor,
            rkey,
            rev,
            deleted: 1,
            sort_at,
            purpose: Box::default(),
            name: Box::default(),
            words: Box::default(),
            runs: Box::default(),
        }
    }
}

/// What a record, as DAG-CBOR, is found by. Errors: it is none of the three.
pub fn offered_text(version: OfferedVersion, block: &[u8]) -> Result<OfferedTextRow, DropReason> {
    let (name, description) = match version.collection.as_str() {
        GENERATOR => {
            let Generator { display_name, description } = decode(block)?;
            (display_name, description)
        }
        _ => {
            let Named { name, description } = decode(block)?;
            (name, description)
        }
    };
    let purpose = match version.collection.as_str() {
        list::COLLECTION => decode::<List<'_>>(block)?.purpose,
        _ => "",
    };
    let alone = indexed([name]);
    let Indexed { words, runs } = indexed([name, description.unwrap_or_default()]);
    Ok(OfferedTextRow {
        deleted: 0,
        purpose: purpose.into(),
        name: format!("{} {}", alone.words, alone.runs).trim().into(),
        words: words.into(),
        runs: runs.into(),
        ..version.buried()
    })
}

fn decode<'a, T: Deserialize<'a>>(block: &'a [u8]) -> Result<T, DropReason> {
    serde_ipld_dagcbor::from_slice(block).map_err(|_| DropReason::RecordMalformed)
}

/// Adds the row of one record.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    rows.offered_texts.push(offered_text(OfferedVersion::of(source), &source.op.record)?);
    Ok(())
}

/// Buries the row of a record that is gone, or that is none any more.
pub(crate) fn retract(source: &Source<'_>, rows: &mut Rows) {
    rows.offered_texts.push(OfferedVersion::of(source).buried());
}

#[cfg(test)]
mod tests {
    use firehouse_schema::OfferedTextRow;
    use serde_json::{Value, json};

    use super::{GENERATOR, STARTER_PACK};
    use crate::list;
    use crate::testing::{AUTHOR, deletion, index, op, rows, uri};

    fn found_by(collection: &str, record: Value) -> OfferedTextRow {
        rows(collection, record).offered_texts[0].clone()
    }

    #[test]
    fn each_kind_is_found_by_name_and_description() {
        let list_uri = uri(AUTHOR, "app.bsky.graph.list");
        for (collection, record) in [
            (
                list::COLLECTION,
                json!({"name": "Café 東京", "description": "one two", "purpose": "app.bsky.graph.defs#modlist"}),
            ),
            (
                STARTER_PACK,
                json!({"name": "Café 東京", "description": "one two", "list": list_uri}),
            ),
            (
                GENERATOR,
                json!({"displayName": "Café 東京", "description": "one two", "did": AUTHOR}),
            ),
        ] {
            let row = found_by(collection, record);
            assert_eq!(
                (&*row.name, &*row.words, &*row.runs),
                ("cafe 東京", "cafe . one two", "東京 ")
            );
            assert_eq!(row.purpose.is_empty(), collection != list::COLLECTION);
        }
    }

    #[test]
    fn what_is_gone_is_buried() {
        let generator = op(GENERATOR, json!({"displayName": "a", "did": AUTHOR}));
        let gone = &index(&deletion(&generator)).0.offered_texts[0];
        assert_eq!((gone.deleted, &*gone.words), (1, ""));
    }
}
