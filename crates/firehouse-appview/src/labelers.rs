//! app.bsky.labeler.getServices.

use atrium_api::app::bsky::labeler::get_services::ParametersData;
use firehouse_types::ActorId;

use crate::hydrate::Hydration;
use crate::view::{LabelerView, LabelerViewDetailed};
use crate::{Answer, AppView, Caller, ViewError};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// In the order asked for, without those that are no labelers or cannot be seen.
    pub views: Vec<Service>,
}

/// The union in the output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum Service {
    #[serde(rename = "app.bsky.labeler.defs#labelerView")]
    Plain(Box<LabelerView>),
    #[serde(rename = "app.bsky.labeler.defs#labelerViewDetailed")]
    Detailed(Box<LabelerViewDetailed>),
}

/// Some labelers.
pub async fn get_services(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let dids: Vec<_> = parameters.dids.iter().map(|did| ActorId::of(did.as_str())).collect();
    let mut hydration = Hydration::new(app, caller);
    hydration.offered.labelers = dids.iter().copied().collect();
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let service = |actor| {
        Some(match parameters.detailed {
            Some(true) => Service::Detailed(Box::new(views.labeler_detailed(actor)?)),
            Some(false) | None => Service::Plain(Box::new(views.labeler(actor)?)),
        })
    };
    Ok(Answer::new(Output { views: dids.into_iter().filter_map(service).collect() }))
}
