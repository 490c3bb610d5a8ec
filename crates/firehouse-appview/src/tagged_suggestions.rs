//! app.bsky.unspecced.getTaggedSuggestions: what people suggest by hand, by tag.

use firehouse_schema::{EditorialList, EditorialRow};

use crate::{Answer, AppView, Caller, NoParameters, ViewError};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TaggedSuggestions {
    /// In the order of the list.
    pub suggestions: Vec<TaggedSuggestion>,
}

/// app.bsky.unspecced.getTaggedSuggestions#suggestion.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaggedSuggestion {
    /// What it is about.
    pub tag: Box<str>,
    /// `actor` or `feed`.
    pub subject_type: &'static str,
    /// A DID or an AT-URI.
    pub subject: Box<str>,
}

/// Everything that is suggested by tag, to everybody alike.
pub async fn get_tagged_suggestions(
    app: &AppView,
    _: &Caller,
    _: NoParameters,
) -> Result<Answer<TaggedSuggestions>, ViewError> {
    let suggestion = |EditorialRow { tag, subject, .. }: EditorialRow| {
        let subject_type = if subject.starts_with("at://") { "feed" } else { "actor" };
        TaggedSuggestion { tag, subject_type, subject }
    };
    let rows = app.store.editorial(EditorialList::Tagged).await?;
    Ok(Answer::new(TaggedSuggestions { suggestions: rows.into_iter().map(suggestion).collect() }))
}
