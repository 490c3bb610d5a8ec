//! `app.bsky.actor.profile` → the row of an account in `profiles`, when its key is `self`, and the words of its display name in
//! `name_words`. Lexicon: `app.bsky.actor.profile`.

use firehouse_schema::{NameWordRow, ProfileRow};
use firehouse_text::name_ends;
use firehouse_types::{ActorId, Datetime, DropReason};
use serde::Deserialize;

use crate::blob::Blob;
use crate::rows::Rows;
use crate::source::Source;

pub(crate) const COLLECTION: &str = "app.bsky.actor.profile";

/// The only key a profile has a meaning under.
const RKEY: &str = "self";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    display_name: Option<&'a str>,
    description: Option<&'a str>,
    pronouns: Option<&'a str>,
    website: Option<&'a str>,
    #[serde(borrow)]
    avatar: Option<Blob<'a>>,
    #[serde(borrow)]
    banner: Option<Blob<'a>>,
    #[serde(borrow)]
    pinned_post: Option<StrongRef<'a>>,
    #[serde(borrow)]
    joined_via_starter_pack: Option<StrongRef<'a>>,
    #[serde(borrow)]
    labels: Option<Typed<'a>>,
}

#[derive(Deserialize)]
struct StrongRef<'a> {
    uri: &'a str,
    cid: &'a str,
}

/// A member of an open union, of which only `com.atproto.label.defs#selfLabels` can be read.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "$type")]
    kind: &'a str,
}

#[derive(Deserialize)]
struct WithLabels<'a> {
    #[serde(borrow)]
    labels: SelfLabels<'a>,
}

#[derive(Deserialize)]
struct SelfLabels<'a> {
    #[serde(borrow)]
    values: Vec<SelfLabel<'a>>,
}

#[derive(Deserialize)]
struct SelfLabel<'a> {
    val: &'a str,
}

/// What an account is found by for a display name. Nothing buries it: whoever finds an account by it looks how it is called now.
pub fn name_rows(actor: ActorId, display_name: &str) -> impl Iterator<Item = NameWordRow> {
    name_ends(display_name).into_iter().map(move |word| NameWordRow { word: word.into(), actor })
}

/// Adds the row of one profile; none for another key than `self`.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    if source.op.rkey.as_str() != RKEY {
        return Ok(());
    }
    let profile: Profile<'_> = source.decode()?;
    let labels = match profile.labels {
        Some(Typed { kind: "com.atproto.label.defs#selfLabels" }) => {
            source.decode::<WithLabels<'_>>()?.labels.values
        }
        _ => Vec::new(),
    };
    let text = |text: Option<&str>| Box::from(text.unwrap_or_default());
    let pinned = profile.pinned_post;
    rows.name_words.extend(name_rows(source.actor, profile.display_name.unwrap_or_default()));
    rows.profiles.push(ProfileRow {
        actor: source.actor,
        rev: source.op.rev,
        deleted: 0,
        cid: source.cid,
        display_name: text(profile.display_name),
        description: text(profile.description),
        pronouns: text(profile.pronouns),
        website: text(profile.website),
        avatar: profile.avatar.map_or_else(Box::default, |avatar| avatar.cid_text()),
        banner: profile.banner.map_or_else(Box::default, |banner| banner.cid_text()),
        pinned_post: text(pinned.as_ref().map(|pinned| pinned.uri)),
        pinned_cid: text(pinned.as_ref().map(|pinned| pinned.cid)),
        joined_via: text(profile.joined_via_starter_pack.map(|pack| pack.uri)),
        labels: labels.into_iter().map(|label| label.val.into()).collect(),
        created_at: source.created_at,
        sort_at: source.sort_at,
    });
    Ok(())
}

/// Buries the row of a profile that is gone, or that is none any more.
pub(crate) fn retract(source: &Source<'_>, rows: &mut Rows) {
    if source.op.rkey.as_str() != RKEY {
        return;
    }
    rows.profiles.push(ProfileRow {
        actor: source.actor,
        rev: source.op.rev,
        deleted: 1,
        cid: [0; 32],
        display_name: Box::default(),
        description: Box::default(),
        pronouns: Box::default(),
        website: Box::default(),
        avatar: Box::default(),
        banner: Box::default(),
        pinned_post: Box::default(),
        pinned_cid: Box::default(),
        joined_via: Box::default(),
        labels: Vec::new(),
        created_at: Datetime::EPOCH,
        sort_at: source.sort_at,
    });
}

#[cfg(test)]
mod tests {
    use firehouse_types::{DropReason, Rkey};
    use serde_json::{Value, json};

    use super::COLLECTION;
    use crate::Rows;
    use crate::testing::{CID, OTHER, deletion, index, op, uri};

    const BLOB: &str = "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m";

    fn with_key(key: &str, record: Value) -> (Rows, Result<(), DropReason>) {
        let mut op = op(COLLECTION, record);
        op.rkey = Rkey::parse(key).unwrap();
        index(&op)
    }

    #[test]
    fn every_field_has_its_column() {
        let blob =
            json!({"$type": "blob", "ref": {"$link": BLOB}, "mimeType": "image/png", "size": 1});
        let record = json!({
            "displayName": "name", "description": "words", "pronouns": "they", "website": "https://a.example",
            "avatar": blob, "banner": {"cid": BLOB, "mimeType": "image/jpeg"},
            "pinnedPost": {"uri": uri(OTHER, "app.bsky.feed.post"), "cid": CID},
            "joinedViaStarterPack": {"uri": uri(OTHER, "app.bsky.graph.starterpack"), "cid": CID},
            "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]},
        });
        let (rows, outcome) = with_key("self", record);
        assert_eq!(outcome, Ok(()));
        let row = &rows.profiles[0];
        let texts = [
            &row.display_name,
            &row.description,
            &row.pronouns,
            &row.website,
            &row.avatar,
            &row.banner,
        ];
        assert_eq!(
            texts.map(|text| &**text),
            ["name", "words", "they", "https://a.example", BLOB, BLOB]
        );
        assert_eq!(*row.pinned_post, *uri(OTHER, "app.bsky.feed.post"));
        assert_eq!(*row.joined_via, *uri(OTHER, "app.bsky.graph.starterpack"));
        assert_eq!(
            (&*row.pinned_cid, row.labels.as_slice()),
            (CID, &["!no-unauthenticated".into()] as &[_])
        );
    }

    #[test]
    fn labels_of_tomorrow_do_no_harm() {
        let (rows, outcome) =
            with_key("self", json!({"labels": {"$type": "com.example.labels", "values": 5}}));
        assert_eq!((outcome, rows.profiles[0].labels.len()), (Ok(()), 0));
    }

    #[test]
    fn a_name_is_found_by_its_words_as_queries_are_folded() {
        let (rows, _) = with_key("self", json!({"displayName": "Élodie 山田"}));
        let words: Vec<_> = rows.name_words.iter().map(|row| &*row.word).collect();
        assert_eq!(words, ["elodie", "山田", "田"]);
        assert!(with_key("self", json!({"description": "x"})).0.name_words.is_empty());
    }

    #[test]
    fn only_self_is_a_profile() {
        assert!(with_key("other", json!({"displayName": "name"})).0.profiles.is_empty());
    }

    #[test]
    fn a_profile_that_is_gone_or_broken_is_buried() {
        let mut profile = op(COLLECTION, json!({"displayName": "name"}));
        profile.rkey = Rkey::parse("self").unwrap();
        assert_eq!(index(&deletion(&profile)).0.profiles[0].deleted, 1);
        let (rows, outcome) = with_key("self", json!({"displayName": 1}));
        assert_eq!((outcome, rows.profiles[0].deleted), (Err(DropReason::LexiconViolation), 1));
    }
}
