//! app.bsky.ageassurance.getConfig and getState, app.bsky.unspecced.getAgeAssuranceState.
//!
//! Where which age is asked for is a table that applications read; nobody's age is checked here, so every state is unknown.

use atrium_api::app::bsky::ageassurance::get_state;
use firehouse_types::{Datetime, RkeyId};
use serde_json::value::RawValue;

use crate::nsid::PROFILE;
use crate::{Answer, AppView, Caller, RecordJson, ViewError};

/// app.bsky.ageassurance.defs#config, as the reference has it.
const REGIONS: &str = include_str!("age_regions.json");

/// The output of getState.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// What is known of the viewer's age.
    pub state: State,
    /// What else the rules go by.
    pub metadata: Metadata,
}

/// app.bsky.ageassurance.defs#state.
#[derive(Clone, Debug, serde::Serialize)]
pub struct State {
    /// Always `unknown`.
    pub status: &'static str,
    /// Always `unknown`.
    pub access: &'static str,
}

/// app.bsky.ageassurance.defs#stateMetadata.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// When the viewer's profile says it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_created_at: Option<String>,
}

/// app.bsky.unspecced.defs#ageAssuranceState.
#[derive(Clone, Debug, serde::Serialize)]
pub struct OldState {
    /// Always `unknown`.
    pub status: &'static str,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    created_at: Option<String>,
}

/// The rules of each region.
pub async fn get_age_assurance_config(
    _: &AppView,
    _: &Caller,
    _: serde_json::Value,
) -> Result<Answer<Box<RawValue>>, ViewError> {
    let regions = RawValue::from_string(REGIONS.trim().to_owned());
    Ok(Answer::new(regions.map_err(|_| ViewError::invalid("The table of regions is not JSON"))?))
}

/// What is known of the viewer: nothing of its age, and when its profile says it was made.
pub async fn get_age_assurance_state(
    app: &AppView,
    caller: &Caller,
    _: get_state::ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let key = (caller.account()?.actor(), RkeyId::of("self"));
    let profile = app.store.records(&[PROFILE], &[key]).await?.pop();
    let json = profile.and_then(|row| RecordJson::new(&row.body));
    let made = json.and_then(|json| serde_json::from_str::<Made>(json.get()).ok()?.created_at);
    let made = made.map(|text| Datetime::parse_lenient(&text).to_string());
    Ok(Answer::new(Output {
        state: State { status: "unknown", access: "unknown" },
        metadata: Metadata { account_created_at: made },
    }))
}

/// What is known of the viewer's age, in the older form.
pub async fn get_old_age_assurance_state(
    _: &AppView,
    caller: &Caller,
    _: serde_json::Value,
) -> Result<Answer<OldState>, ViewError> {
    caller.account()?;
    Ok(Answer::new(OldState { status: "unknown" }))
}
