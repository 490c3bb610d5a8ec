//! [`Records`]: identities that somebody else keeps, so that their documents need not be asked for.

use std::sync::Arc;

use firehouse_types::Did;
use futures_util::future::BoxFuture;

use crate::document::Identity;

/// A copy of the directory.
pub trait Records: Send + Sync {
    /// What it says of a DID, as far as that may be believed now. `None`: ask the directory itself.
    fn identity<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Option<Arc<Identity>>>;
}
