//! app.bsky.unspecced.getConfig: what the operator tells applications.

use crate::{Answer, AppView, Caller, ViewError};

/// The output; what is not configured is absent.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Whether an application asks for a confirmed address before it lets somebody write.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub check_email_confirmed: bool,
    /// Whether it shows topics.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub topics_enabled: bool,
    /// Who may say that he is live, and where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub live_now: Vec<LiveNow>,
}

/// app.bsky.unspecced.getConfig#liveNowConfig.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveNow {
    /// Who.
    pub did: firehouse_types::Did,
    /// Host names he may link to.
    pub domains: Vec<String>,
}

/// What the operator tells applications.
pub async fn get_client_config(
    app: &AppView,
    _: &Caller,
    _: serde_json::Value,
) -> Result<Answer<Output>, ViewError> {
    let config = &app.config;
    Ok(Answer::new(Output {
        check_email_confirmed: config.check_email_confirmed,
        topics_enabled: config.topics_enabled,
        live_now: config.live_now.clone(),
    }))
}
