//! com.atproto.temp.fetchLabels: a method of the past, which AppViews refuse. Labels are asked for by queryLabels.

use atrium_api::com::atproto::temp::fetch_labels::ParametersData;

use crate::{Answer, AppView, Caller, ViewError};

/// Never an answer, as in the reference.
pub async fn fetch_labels(
    _app: &AppView,
    _caller: &Caller,
    _parameters: ParametersData,
) -> Result<Answer<()>, ViewError> {
    Err(ViewError::invalid("not implemented on dataplane"))
}
