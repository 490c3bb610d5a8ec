//! app.bsky.graph.getFollows and getFollowers.

use std::sync::OnceLock;

use atrium_api::app::bsky::graph::{get_followers, get_follows};
use atrium_api::types::string::AtIdentifier;
use firehouse_store::read::{LinkAt, LinkSource};
use firehouse_types::{ActorId, RkeyId};

use crate::hydrate::Hydration;
use crate::nsid::FOLLOW;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError, actor};

const FOLLOWS: LinkSource<'_> = LinkSource { collection: FOLLOW, path: ".subject" };

/// The output of getFollows.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Follows {
    /// Who follows.
    pub subject: ProfileView,
    /// Whom, latest first.
    pub follows: Vec<ProfileView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of getFollowers.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Followers {
    /// Who is followed.
    pub subject: ProfileView,
    /// By whom, latest first.
    pub followers: Vec<ProfileView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Whom an account follows, without those behind a block of the viewer's or of the account's.
pub async fn get_follows(
    app: &AppView,
    caller: &Caller,
    parameters: get_follows::ParametersData,
) -> Result<Answer<Follows>, ViewError> {
    let about = Subject::resolve(app, caller, &parameters.actor).await?;
    let (about, from) = (&about, From::parse(parameters.cursor.as_deref())?);
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows = app.store.links_from(about.id, FOLLOWS, from.link(), limit + 1).await?;
            about.page(rows, limit).await
        })
    });
    let (follows, cursor) = pages.await?;
    Ok(Answer::new(Follows { subject: about.view().await?, follows, cursor }))
}

/// Who follows an account, without those behind a block of the viewer's or of the account's.
pub async fn get_followers(
    app: &AppView,
    caller: &Caller,
    parameters: get_followers::ParametersData,
) -> Result<Answer<Followers>, ViewError> {
    let about = Subject::resolve(app, caller, &parameters.actor).await?;
    let (about, from) = (&about, From::parse(parameters.cursor.as_deref())?);
    let account = (about.id, RkeyId::from(0));
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows = app.store.links_to(account, "", FOLLOWS, from.link(), limit + 1).await?;
            about.page(rows, limit).await
        })
    });
    let (followers, cursor) = pages.await?;
    Ok(Answer::new(Followers { subject: about.view().await?, followers, cursor }))
}

/// Whose follows or followers are listed.
pub(crate) struct Subject<'a> {
    app: &'a AppView,
    caller: &'a Caller,
    actor: &'a AtIdentifier,
    pub id: ActorId,
    /// Comes with the first page.
    view: OnceLock<ProfileView>,
}

impl<'a> Subject<'a> {
    pub async fn resolve(
        app: &'a AppView,
        caller: &'a Caller,
        actor: &'a AtIdentifier,
    ) -> Result<Self, ViewError> {
        let did = actor::resolve(app, actor).await?.ok_or_else(|| not_found(actor))?;
        Ok(Self { app, caller, actor, id: did.actor(), view: OnceLock::new() })
    }

    /// Views of one page, and of the subject. Errors: the subject cannot be seen.
    pub async fn page(
        &self,
        rows: Vec<LinkAt>,
        limit: usize,
    ) -> Result<Page<ProfileView>, ViewError> {
        let page = Page::cut(rows, limit, LinkAt::position);
        let mut hydration = Hydration::new(self.app, self.caller);
        hydration.actors.insert(self.id);
        for row in &page.items {
            hydration.actors.insert(row.actor);
            hydration.pairs.add(self.id, row.actor);
        }
        let state = hydration.finish().await?;
        let views = self.app.views(&state);
        let subject = views.profile(self.id).ok_or_else(|| not_found(self.actor))?;
        self.view.get_or_init(|| subject);
        let is_shown = |actor: &ActorId| {
            !views.viewer_blocks(*actor) && !views.others_block(self.id, Some(*actor))
        };
        let actors = page.items.iter().map(|row| row.actor).filter(is_shown);
        Ok(Page {
            items: actors.filter_map(|actor| views.profile(actor)).collect(),
            next: page.next,
        })
    }

    /// The subject itself, also when no page was asked for.
    pub async fn view(&self) -> Result<ProfileView, ViewError> {
        if self.view.get().is_none() {
            self.page(Vec::new(), 0).await?;
        }
        self.view.get().cloned().ok_or_else(|| not_found(self.actor))
    }
}

fn not_found(actor: &AtIdentifier) -> ViewError {
    ViewError::invalid(format!("Actor not found: {}", actor.as_ref()))
}
