//! What labels hide from some callers: what has yet to be reviewed.

use firehouse_store::read::RecordKey;
use firehouse_types::ActorId;

use super::Views;

impl Views<'_> {
    /// Whether the caller may see a record in places where whatever needs review is left out: replies, quotes, notifications. His own and
    /// what those he follows write he always sees.
    pub fn sees_unreviewed(&self, record: RecordKey, collection: &str) -> bool {
        let labels = &self.state.labels;
        let needs_review =
            labels.needs_review(record.0) || labels.record_needs_review(record, collection);
        !needs_review || self.knows(record.0)
    }

    fn knows(&self, actor: ActorId) -> bool {
        let follows = |viewer| self.state.relations.follow(viewer, actor).is_some();
        self.state.viewer.is_some_and(|viewer| viewer == actor || follows(viewer))
    }
}
