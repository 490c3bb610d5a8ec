//! app.bsky.actor.defs: profileViewBasic, profileView and profileViewDetailed, each the one before with more.

use firehouse_types::{ActorId, AtUri, Datetime, Did, Handle, RkeyId};
use serde_json::Value;

use super::Views;
use super::embed::EmbedView;
use super::label::{Label, self_labels};
use super::links::Preset;
use super::list::ListView;
use super::starter_pack::StarterPackViewBasic;
use super::verification::VerificationState;
use crate::hydrate::{Actor, KnownFollowers, Subscription};
use crate::nsid::{FOLLOW, PROFILE, STATUS};
use crate::record::{Embed, RecordJson, StrongRef};
use crate::uri;

/// All three views; fields of the larger ones are absent from the smaller.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ProfileView {
    pub did: Did,
    pub handle: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pronouns: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    pub associated: Associated,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<ProfileViewer>,
    pub labels: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Box<StatusView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug: Option<Value>,
    // profileView
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_at: Option<String>,
    // profileViewDetailed
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followers_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posts_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_post: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_via_starter_pack: Option<Box<StarterPackViewBasic>>,
}

/// app.bsky.actor.defs#profileAssociated.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct Associated {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedgens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starter_packs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labeler: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<Value>,
    pub activity_subscription: AssociatedSubscriptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub germ: Option<Value>,
}

/// app.bsky.actor.defs#profileAssociatedActivitySubscription.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociatedSubscriptions {
    /// `followers`, `mutuals` or `none`.
    pub allow_subscriptions: Box<str>,
}

/// app.bsky.actor.defs#viewerState.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ProfileViewer {
    pub muted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_by_list: Option<Box<ListView>>,
    pub muted_only_reposts: bool,
    pub muted_only_quoteposts: bool,
    pub blocked_by: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking_by_list: Option<Box<ListView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub following: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_followers: Option<KnownFollowersView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_subscription: Option<Subscription>,
}

/// app.bsky.actor.defs#knownFollowers.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KnownFollowersView {
    /// All of them.
    pub count: u64,
    /// Five of them, less those behind blocks.
    pub followers: Vec<ProfileView>,
}

/// app.bsky.actor.defs#statusView.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct StatusView {
    pub uri: String,
    pub cid: String,
    pub record: RecordJson,
    pub status: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embed: Option<EmbedView>,
    pub labels: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
}

impl Views<'_> {
    /// profileViewBasic, when the caller may see the account.
    pub fn profile_basic(&self, id: ActorId) -> Option<ProfileView> {
        self.state.actor(id).map(|actor| self.basic(id, actor))
    }

    /// profileView, when the caller may see the account.
    pub fn profile(&self, id: ActorId) -> Option<ProfileView> {
        self.state.actor(id).map(|actor| self.normal(id, actor))
    }

    /// profileView with the followers whom the viewer knows, when the caller may see the account.
    pub fn profile_known_followers(&self, id: ActorId) -> Option<ProfileView> {
        let mut view = self.profile(id)?;
        if let Some(viewer) = &mut view.viewer {
            viewer.known_followers = self.known_followers(id);
        }
        Some(view)
    }

    /// profileViewDetailed of an account, whether the caller may see it or not: getProfile words its refusal by the status.
    pub fn profile_detailed(&self, id: ActorId) -> Option<ProfileView> {
        let actor = self.state.actors.get(&id)?;
        let fields = actor.profile.as_ref().map(|profile| &profile.fields);
        let counts = self.state.profile_counts.get(&id).copied().unwrap_or_default();
        let mut view = self.normal(id, actor);
        if let Some(viewer) = &mut view.viewer {
            viewer.known_followers = self.known_followers(id);
        }
        view.associated = Associated {
            lists: Some(counts.lists),
            feedgens: Some(counts.generators),
            starter_packs: Some(counts.starter_packs),
            labeler: Some(actor.is_labeler),
            ..view.associated
        };
        let website = fields.and_then(|fields| fields.website.clone());
        let website = website.filter(|website| website.starts_with("https://"));
        let pinned = fields.and_then(|fields| fields.pinned_post.clone());
        let joined_via = fields
            .and_then(|fields| strong_ref(fields.joined_via_starter_pack.as_ref()?))
            .and_then(|pack| self.starter_pack_basic(uri::starter_pack(&pack.uri)?));
        Some(ProfileView {
            website,
            banner: fields
                .and_then(|fields| fields.banner.as_ref())
                .map(|blob| self.image(Preset::Banner, &actor.did, blob.cid())),
            followers_count: Some(counts.followers),
            follows_count: Some(counts.follows),
            posts_count: Some(counts.posts),
            joined_via_starter_pack: joined_via.map(Box::new),
            pinned_post: pinned.filter(|pin| strong_ref(pin).is_some()),
            ..view
        })
    }

    fn normal(&self, id: ActorId, actor: &Actor) -> ProfileView {
        let profile = actor.profile.as_ref();
        let description = profile.and_then(|profile| profile.fields.description.clone());
        ProfileView {
            description: description.filter(|text| !text.is_empty()),
            indexed_at: profile.map(|profile| profile.sort_at.to_string()),
            ..self.basic(id, actor)
        }
    }

    fn basic(&self, id: ActorId, actor: &Actor) -> ProfileView {
        let fields = actor.profile.as_ref().map(|profile| &profile.fields);
        let avatar = fields.and_then(|fields| fields.avatar.as_ref());
        ProfileView {
            did: actor.did.clone(),
            handle: actor.handle.clone().unwrap_or_else(|| Handle::INVALID.into()),
            display_name: fields.and_then(|fields| fields.display_name.clone()),
            pronouns: fields.and_then(|fields| fields.pronouns.clone()),
            avatar: avatar.map(|blob| self.image(Preset::Avatar, &actor.did, blob.cid())),
            associated: Associated {
                lists: None,
                feedgens: None,
                starter_packs: None,
                labeler: actor.is_labeler.then_some(true),
                chat: actor.chat.as_ref().and_then(|chat| serde_json::to_value(chat).ok()),
                activity_subscription: AssociatedSubscriptions {
                    allow_subscriptions: actor.allow_subscriptions.clone(),
                },
                germ: actor.germ.clone(),
            },
            viewer: self.profile_viewer(id),
            labels: self.profile_labels(id, actor),
            created_at: fields
                .and_then(|fields| fields.created_at.as_deref())
                .and_then(|text| Datetime::parse(text).ok())
                .map(|at| at.to_string()),
            verification: self.verification(id, actor),
            status: self.status(id, actor).map(Box::new),
            debug: self.profile_debug(id),
            description: None,
            indexed_at: None,
            website: None,
            banner: None,
            followers_count: None,
            follows_count: None,
            posts_count: None,
            pinned_post: None,
            joined_via_starter_pack: None,
        }
    }

    /// viewerState; absent for anonymous callers.
    fn profile_viewer(&self, id: ActorId) -> Option<ProfileViewer> {
        let viewer = self.state.viewer?;
        if viewer == id {
            return Some(ProfileViewer::default());
        }
        let relations = &self.state.relations;
        let (blocked_by, blocking) = (relations.blocks(id, viewer), self.blocking_uri(id));
        let is_blocked = blocked_by || relations.blocks(viewer, id);
        let actor = self.state.actors.get(&id);
        let by_list = relations.list_block(viewer, id).and_then(|list| self.list_basic(list));
        let following = relations.follow(viewer, id).filter(|_| !is_blocked);
        let followed_by = relations.follow(id, viewer).filter(|_| !is_blocked);
        let (muted, told) = (self.mutes(id), &self.state.told);
        // Who is muted wholly is not muted in part.
        let partly = told.mute(id).filter(|_| !muted);
        let muted_by_list = told.list_mute(id).and_then(|list| self.list_basic(list));
        Some(ProfileViewer {
            muted,
            muted_by_list: muted_by_list.map(Box::new),
            muted_only_reposts: partly.is_some_and(|mute| mute.only_reposts()),
            muted_only_quoteposts: partly.is_some_and(|mute| mute.only_quotes()),
            activity_subscription: actor.and_then(|actor| self.subscription(id, actor)),
            blocked_by,
            blocking,
            blocking_by_list: by_list.map(Box::new),
            following: following.and_then(|rkey| self.viewer_uri(FOLLOW, rkey)),
            followed_by: followed_by
                .and_then(|rkey| self.state.record_uri(&actor?.did, FOLLOW, rkey)),
            ..ProfileViewer::default()
        })
    }

    /// What is said of the account and of its profile; then what it says of itself.
    fn profile_labels(&self, id: ActorId, actor: &Actor) -> Vec<Label> {
        let labels = &self.state.labels;
        let mut all = labels.of_account(id);
        all.extend(labels.of_record((id, RkeyId::of("self")), PROFILE));
        all.extend(own_labels(actor));
        all
    }

    fn known_followers(&self, id: ActorId) -> Option<KnownFollowersView> {
        let known = self.state.known_followers.get(&id)?;
        Some(KnownFollowersView { count: known.count, followers: self.known(id, known) })
    }

    /// Those among some known accounts that stand in no block with the viewer or with whom it is about.
    pub(super) fn known(&self, about: ActorId, known: &KnownFollowers) -> Vec<ProfileView> {
        let is_shown = |&who: &ActorId| {
            !self.viewer_blocks(who)
                && !self.state.relations.block_between(about, who)
                && self.state.actors.get(&who).is_some_and(Actor::is_active)
        };
        let shown = known.some.iter().copied().filter(is_shown);
        shown.filter_map(|who| self.profile_basic(who)).collect()
    }

    fn status(&self, id: ActorId, actor: &Actor) -> Option<StatusView> {
        const MINUTE_MS: i64 = 60_000;
        let is_own = self.state.viewer == Some(id);
        let status = actor.live_status.as_ref().filter(|status| is_own || !status.is_taken_down)?;
        let minutes = status.fields.duration_minutes.filter(|&minutes| minutes != 0);
        // Between five minutes and four hours, whatever the record says.
        let expires = minutes.map(|minutes| {
            Datetime::from_ms(status.sort_at.ms() + minutes.clamp(5, 240) * MINUTE_MS)
        });
        let embed = match &status.fields.embed {
            Some(Embed::External { external }) => Some(self.external(&actor.did, external)),
            _ => None,
        };
        Some(StatusView {
            uri: format!("at://{}/{STATUS}/self", actor.did),
            cid: status.cid.clone(),
            record: status.json.clone(),
            status: status.fields.status.clone(),
            embed,
            labels: self.state.labels.of_record((id, RkeyId::of("self")), STATUS),
            expires_at: expires.map(|at| at.to_string()),
            is_active: expires.map(|at| at > self.now),
            is_disabled: is_own.then_some(status.is_taken_down),
        })
    }
}

fn own_labels(actor: &Actor) -> Vec<Label> {
    let Some(profile) = &actor.profile else { return Vec::new() };
    let uri = format!("at://{}/{PROFILE}/self", actor.did);
    let created_at = profile.fields.created_at.as_deref();
    self_labels(profile.fields.labels.as_ref(), &actor.did, &uri, &profile.cid, created_at)
}

/// What a profile refers to, a pinned post or a starter pack, when it does so as it should.
pub(crate) fn strong_ref(value: &Value) -> Option<StrongRef> {
    let reference: StrongRef = serde_json::from_value(value.clone()).ok()?;
    AtUri::parse(&reference.uri).is_ok().then_some(reference)
}
