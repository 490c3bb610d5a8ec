//! app.bsky.actor.searchActors and searchActorsTypeahead: accounts by how the words of their names begin.

use atrium_api::app::bsky::actor::{search_actors, search_actors_typeahead};
use firehouse_store::read::{RankPosition, Ranked};
use firehouse_text::name_words;
use firehouse_types::{ActorId, Did};

use crate::hydrate::{Actor, Hydration, State};
use crate::page::{From, Page, fill_page, limit_or};
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError};

/// Longer ones name nobody. Units: bytes.
const QUERY_BYTES_MAX: usize = 640;

/// Whom the viewer follows, of all who fit: more than a page ever shows.
const EXCEPT_MAX: usize = 1_000;

/// The output of both.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Actors {
    /// Those whom the viewer follows first.
    pub actors: Vec<ProfileView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Accounts that a query names, without those behind a block.
pub async fn search_actors(
    app: &AppView,
    caller: &Caller,
    parameters: search_actors::ParametersData,
) -> Result<Answer<Actors>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let limit = limit_or(25, parameters.limit);
    let sought = &Sought::new(parameters.q.or(parameters.term).as_deref());
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move {
            let page = sought.page(app, caller, from.rank(), limit).await?;
            let state = hydrate(app, caller, &page.items).await?;
            let views = app.views(&state);
            let is_shown =
                |actor: &ActorId| sought.fits(&state, *actor) && !views.viewer_blocks(*actor);
            let actors = page.items.into_iter().filter(is_shown);
            Ok(Page {
                items: actors.filter_map(|actor| views.profile(actor)).collect(),
                next: page.next,
            })
        })
    });
    let (actors, cursor) = pages.await?;
    Ok(Answer::new(Actors { actors, cursor }))
}

/// Accounts that what was typed so far may name. Whom the viewer blocks is there when his whole handle was typed: how else to find him?
pub async fn search_actors_typeahead(
    app: &AppView,
    caller: &Caller,
    parameters: search_actors_typeahead::ParametersData,
) -> Result<Answer<Actors>, ViewError> {
    let limit = limit_or(10, parameters.limit);
    let sought = Sought::new(parameters.q.or(parameters.term).as_deref());
    // Some more than asked for, since names change and blocks hide.
    let page = sought.page(app, caller, RankPosition::START, limit + 10).await?;
    let state = hydrate(app, caller, &page.items).await?;
    let views = app.views(&state);
    let is_shown = |actor: &ActorId| {
        sought.fits(&state, *actor)
            && (!views.viewer_blocks(*actor) || sought.is_handle(&state, *actor))
    };
    let actors = page.items.into_iter().filter(is_shown);
    let actors = actors.filter_map(|actor| views.profile_basic(actor)).take(limit).collect();
    Ok(Answer::new(Actors { actors, cursor: None }))
}

/// What was asked for.
struct Sought {
    /// Folded, without the sign of handles.
    whole: String,
    beginnings: Vec<String>,
    did: Option<ActorId>,
}

impl Sought {
    fn new(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default().trim();
        let query = query.strip_prefix('@').unwrap_or(query);
        if query.len() > QUERY_BYTES_MAX {
            return Self { whole: String::new(), beginnings: Vec::new(), did: None };
        }
        let whole = firehouse_text::fold(query);
        // The beginning of a handle is one, whatever dots are in it.
        let is_handle = whole.contains('.')
            && whole.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        let mut beginnings = if is_handle { vec![whole.clone()] } else { name_words(query) };
        // The longest is the rarest.
        beginnings.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self { whole, beginnings, did: Did::parse(query).ok().map(|did| did.actor()) }
    }

    /// The skeleton: who may be meant, and where the next page begins.
    async fn page(
        &self,
        app: &AppView,
        caller: &Caller,
        before: RankPosition,
        limit: usize,
    ) -> Result<Page<ActorId>, ViewError> {
        if let Some(actor) = self.did {
            return Ok(Page { items: vec![actor], next: None });
        }
        if self.beginnings.is_empty() {
            return Ok(Page::empty());
        }
        let followed = match caller.actor() {
            Some(viewer) => {
                app.followed_names.beginning(&app.store, viewer, &self.beginnings).await?
            }
            None => Vec::new(),
        };
        let mut except: Vec<_> = followed.iter().map(|row| row.actor).collect();
        except.truncate(EXCEPT_MAX);
        let is_behind = |row: &Ranked| (row.rank, row.actor.get()) < (before.rank, before.actor);
        let mut rows: Vec<_> =
            followed.into_iter().take(EXCEPT_MAX).filter(is_behind).take(limit + 1).collect();
        if rows.len() <= limit {
            let rest = limit + 1 - rows.len();
            let (named, store) = (&app.best_named, &app.store);
            let others = named.search(store, &self.beginnings, &except, before, rest);
            rows.extend(others.await?);
        }
        let page = Page::cut(rows, limit, |row: &Ranked| RankPosition::from(*row));
        Ok(Page { items: page.items.iter().map(|row| row.actor).collect(), next: page.next })
    }

    /// Whether the name is still one that is sought.
    fn fits(&self, state: &State, actor: ActorId) -> bool {
        if self.did == Some(actor) {
            return true;
        }
        let Some(actor) = state.actor(actor) else { return false };
        let handle = actor.handle.as_deref().unwrap_or_default();
        let name = display_name(actor);
        let mut words = name_words(handle);
        words.push(handle.to_owned());
        words.extend(name_words(name));
        let folded = firehouse_text::fold(name);
        // In scripts without spaces a word begins anywhere.
        let begins = |with: &String| {
            words.iter().any(|word| word.starts_with(with.as_str()))
                || (!with.is_ascii() && folded.contains(with.as_str()))
        };
        self.beginnings.iter().all(begins)
    }

    fn is_handle(&self, state: &State, actor: ActorId) -> bool {
        let handle = state.actor(actor).and_then(|actor| actor.handle.as_deref());
        handle.is_some_and(|handle| handle.eq_ignore_ascii_case(&self.whole))
    }
}

fn display_name(actor: &Actor) -> &str {
    actor
        .profile
        .as_ref()
        .and_then(|profile| profile.fields.display_name.as_deref())
        .unwrap_or_default()
}

async fn hydrate(app: &AppView, caller: &Caller, actors: &[ActorId]) -> Result<State, ViewError> {
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(actors);
    hydration.finish().await
}
