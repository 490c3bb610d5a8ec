//! app.bsky.draft.getDrafts: the viewer's own, the latest change first.
//!
//! The cursor is the time of that change, as at the reference, but to the microsecond: no two drafts of one account share it, so none is
//! lost between pages.

use atrium_api::app::bsky::draft::get_drafts::ParametersData;
use firehouse_types::Datetime;
use serde_json::Value;

use crate::clock::at_us;
use crate::page::limit_of;
use crate::{Answer, AppView, Caller, ViewError};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Latest change first.
    pub drafts: Vec<DraftView>,
    /// Where the next page begins; empty, not absent, behind the last one, as at the reference.
    pub cursor: String,
}

/// app.bsky.draft.defs#draftView.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DraftView {
    /// Its name.
    pub id: String,
    /// As it came.
    pub draft: Value,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub updated_at: String,
}

/// One page of the viewer's drafts.
pub async fn get_drafts(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let viewer = caller.account()?.actor();
    let cursor = parameters.cursor.as_deref().filter(|text| !text.is_empty());
    let before =
        cursor.map_or(Ok(u64::MAX), |text| read(text).ok_or(ViewError::MalformedCursor))?;
    let limit = limit_of(parameters.limit);
    let mut rows = app.store.drafts(viewer, before, limit + 1).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let cursor = rows.last().filter(|_| has_more).map(|row| written(row.updated_at));
    let view = |row: &firehouse_store::Draft| {
        Some(DraftView {
            id: row.id.to_string(),
            draft: serde_json::from_str(&row.draft).ok()?,
            created_at: at_us(row.created_at).to_string(),
            updated_at: at_us(row.updated_at).to_string(),
        })
    };
    let drafts = rows.iter().filter_map(view).collect();
    Ok(Answer::new(Output { drafts, cursor: cursor.unwrap_or_default() }))
}

/// `YYYY-MM-DDTHH:MM:SS.mmmuuuZ`.
fn written(us: u64) -> String {
    let text = at_us(us).to_string();
    format!("{}{:03}Z", text.trim_end_matches('Z'), us % 1_000)
}

/// Microseconds since 1970 of a time; those of one before 1970 are 0. A time in milliseconds stands before all microseconds of it.
fn read(text: &str) -> Option<u64> {
    let ms = Datetime::parse(text).ok()?.ms();
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).skip(3).chain([b'0'; 3]).take(3);
    let us = digits.fold(0, |us, digit| us * 10 + u64::from(digit - b'0'));
    Some(u64::try_from(ms).map_or(0, |ms| ms * 1_000 + us))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_time_that_says_the_microsecond() {
        let us = 1_700_000_000_123_456;
        assert_eq!(written(us), "2023-11-14T22:13:20.123456Z");
        assert_eq!(read(&written(us)), Some(us));
        assert_eq!(read("2023-11-14T22:13:20.123Z"), Some(1_700_000_000_123_000));
        assert_eq!(read("2023-11-14T22:13:20.12+00:00"), Some(1_700_000_000_120_000));
        assert_eq!(read("1969-01-01T00:00:00Z"), Some(0));
        assert_eq!(read("yesterday"), None);
    }
}
