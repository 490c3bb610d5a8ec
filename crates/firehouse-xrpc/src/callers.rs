//! Who asks, and whose labels they want: for what is answered as methods are, and is none.

use axum::http::request::Parts;
use firehouse_appview::{AppliedLabeler, Caller};

use crate::api::Api;
use crate::auth::Who;
use crate::failure::Failure;
use crate::labelers::Labelers;
use crate::limits::Meter;

/// The caller of one request, with the labelers that apply. `nsid`: what a token must be made for. Errors: 401, 429, as for methods.
pub(crate) async fn known_caller(
    api: &Api,
    who: Who,
    head: &Parts,
    nsid: &str,
    meter: &mut Meter<'_>,
) -> Result<Caller, Failure> {
    let may_look_up = meter.may_look_up();
    let caller = api.authenticator.caller(who, &head.headers, nsid, false, may_look_up).await;
    let mut caller = caller.map_err(|failure| meter.refused(failure))?;
    meter.identified(&caller)?;
    let named = Labelers::accepted(&head.headers, &api.config.default_labelers)?;
    let store = api.services.store.for_request();
    let applied = api.labeler_accounts.applied(named, &store, caller.privileged).await?;
    caller.labelers = applied.0.iter().map(AppliedLabeler::from).collect();
    Ok(caller)
}
