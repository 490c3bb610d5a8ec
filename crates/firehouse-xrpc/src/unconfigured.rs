//! Methods that need a service of somebody else, for which firehouse has no setting: refused as the reference does without it, once the
//! caller and the input were found right.

use crate::failure::Failure;
use crate::method::Run;

/// `app.bsky.contact.*`: finding people by their phone numbers.
pub(crate) const CONTACTS: Run = |_, _, _| {
    let message = "This service is not configured to support contact imports.";
    Box::pin(async move { Err(Failure::not_configured(message)) })
};

/// `app.bsky.notification.registerPush` and `unregisterPush`: waking telephones.
pub(crate) const PUSH: Run = |_, _, _| {
    let message = "This service is not configured to support push token registration.";
    Box::pin(async move { Err(Failure::not_configured(message)) })
};

/// What asks somebody to check an age.
pub(crate) const AGE_ASSURANCE: Run = |_, _, _| {
    let message = "This service is not configured to support age assurance.";
    Box::pin(async move { Err(Failure::not_configured(message)) })
};
