//! What labels hide from some callers: what has yet to be reviewed.

use firehouse_store::read::RecordKey;

use super::Views;

impl Views<'_> {
    /// Whether the caller may see a record in places where whatever needs review is left out: replies, quotes, notifications. His own and
    /// what those he follows write he always sees.
    pub fn sees_unreviewed(&self, record: RecordKey, collection: &str) -> bool {
        let labels = &self.state.labels;
        let needs_review =
            labels.needs_review(record.0) || labels.record_needs_review(record, collection);
        let is_own = self.state.viewer == Some(record.0);
        !needs_review || is_own || self.viewer_follows(record.0)
    }
}
