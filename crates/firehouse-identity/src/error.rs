//! [`IdentityError`]: why an identity could not be had, and whether asking again later may help.

use std::sync::Arc;

use crate::document::InvalidDocument;
use crate::guarded::FetchError;

/// What a failed look-up means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// The answer is no: drop what depends on it. Another document may exist one day, and then `#identity` says so.
    Definitive,
    /// Nobody knows: hold what depends on it and ask again. Never a reason to distrust a signature or to clear a handle.
    Transient,
}

/// A look-up did not give an identity. Cheap to clone, since the cache hands one failure to everybody who waits.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IdentityError {
    /// The directory or the host answered that there is no such DID, or the handle leads nowhere.
    #[error("no such identity")]
    NotFound,
    /// The directory answered that the DID was given up.
    #[error("the DID is tombstoned")]
    Tombstoned,
    /// No account of the network can have this DID: another method, or a did:web that is not a public host name.
    #[error("not a DID that accounts can have")]
    UnsupportedDid,
    /// No account of the network can have this handle: its top-level domain is reserved.
    #[error("not a handle that accounts can have")]
    UnsupportedHandle,
    /// The handle's DNS records name several DIDs.
    #[error("the handle names several DIDs")]
    AmbiguousHandle,
    /// The document cannot be read, or is another DID's.
    #[error("invalid DID document")]
    Document(#[from] InvalidDocument),
    /// The request failed.
    #[error("fetch of the identity")]
    Fetch(#[source] Arc<FetchError>),
    /// The DNS query failed.
    #[error("DNS query of the handle")]
    Dns(#[source] Arc<hickory_resolver::net::NetError>),
    /// Neither DNS nor the well-known file could be asked.
    #[error("handle look-up by DNS and by HTTPS")]
    Handle {
        /// What DNS said; the other failure is the source.
        dns: Option<Arc<hickory_resolver::net::NetError>>,
        /// What HTTPS said.
        #[source]
        https: Option<Arc<FetchError>>,
    },
}

impl IdentityError {
    /// Whether asking again later may help.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::NotFound
            | Self::Tombstoned
            | Self::UnsupportedDid
            | Self::UnsupportedHandle
            | Self::AmbiguousHandle
            | Self::Document(_) => Disposition::Definitive,
            Self::Fetch(source) => source.disposition(),
            Self::Dns(_) | Self::Handle { .. } => Disposition::Transient,
        }
    }
}

impl From<FetchError> for IdentityError {
    fn from(source: FetchError) -> Self {
        Self::Fetch(Arc::new(source))
    }
}
