//! What of all that an account is told is shown: nothing from behind a block or a mute, nothing the account hides in its own threads,
//! nothing that is taken down, tagged or has yet to be reviewed, the last two unless it is from somebody followed.

use std::collections::{HashMap, HashSet};

use firehouse_store::read::{NotificationRead, RecordKey};
use firehouse_types::{ActorId, Datetime};

use super::judge::Told;
use super::unit::Unit;
use crate::view::Views;
use crate::{AppView, ViewError};

/// Answers that the viewer hides in threads of its own, by thread and answer.
pub(super) struct Hidden(HashMap<(RecordKey, RecordKey), Datetime>);

impl Hidden {
    /// Asks for those in the threads that may be told of.
    pub async fn load(app: &AppView, viewer: ActorId, units: &[Unit]) -> Result<Self, ViewError> {
        let roots = units.iter().flat_map(Unit::written).filter_map(NotificationRead::root);
        let own = roots.filter(|root| root.0 == viewer);
        let own: HashSet<_> = own.collect();
        Ok(Self(app.store.hidden_answers(&Vec::from_iter(own)).await?))
    }

    /// Whether the viewer is shown it.
    pub fn shows(&self, app: &AppView, views: &Views<'_>, told: &Told) -> bool {
        let (state, author) = (views.state, told.key.0);
        let is_hidden = |root: RecordKey| self.0.contains_key(&(root, told.key));
        let is_answer = matches!(told.reason, "reply" | "quote" | "mention");
        let is_reviewed = is_answer || matches!(told.reason, "like" | "follow");
        let tags = state.tags.of_record(told.key, told.collection);
        let hides_answer =
            is_answer && app.config.tags.hides_in_threads(tags) && !views.viewer_follows(author);
        let is_hidden = told.reason == "reply" && told.root.is_some_and(is_hidden);
        let is_under_review = is_reviewed && !views.sees_unreviewed(told.key, told.collection);
        let is_gone = state.is_taken_down(told.key, told.collection)
            || state.is_redacted(told.key, told.collection);
        let is_left_out = views.viewer_blocks(author) || views.mutes(author) || hides_answer;
        !(is_left_out || is_hidden || is_under_review || is_gone)
    }
}
