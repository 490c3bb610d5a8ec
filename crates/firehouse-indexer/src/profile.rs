//! `app.bsky.actor.profile` → the row of an account in `profiles`, when its key is `self`. Lexicon: `app.bsky.actor.profile`.

use firehouse_schema::ProfileRow;
use firehouse_types::{Datetime, DropReason};
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
    labels: Option<SelfLabels<'a>>,
}

#[derive(Deserialize)]
struct StrongRef<'a> {
    uri: &'a str,
    cid: &'a str,
}

/// An open union with one known member; others have no `values`.
#[derive(Deserialize)]
struct SelfLabels<'a> {
    #[serde(borrow, default)]
    values: Vec<SelfLabel<'a>>,
}

#[derive(Deserialize)]
struct SelfLabel<'a> {
    val: &'a str,
}

/// Adds the row of one profile; none for another key than `self`.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    if source.op.rkey.as_str() != RKEY {
        return Ok(());
    }
    let profile: Profile<'_> = source.decode()?;
    let text = |text: Option<&str>| Box::from(text.unwrap_or_default());
    let pinned = profile.pinned_post;
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
        labels: profile
            .labels
            .into_iter()
            .flat_map(|labels| labels.values)
            .map(|label| label.val.into())
            .collect(),
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
