//! [`Authenticator`]: who is asking.
//!
//! Three kinds of callers: anonymous ones, accounts (a service token made by their PDS), and the administrator (Basic auth). The
//! moderation service is an account that also sees what is taken down. Source: <https://atproto.com/specs/xrpc#authentication>

mod basic;
mod replay;
mod service;
mod token;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use firehouse_appview::Caller;
use firehouse_identity::Resolver;
use firehouse_types::Did;

use crate::config::{Config, Secret};
use crate::failure::Failure;
use basic::Admin;
use service::ServiceAuth;
pub(crate) use service::{Call, Issuer};

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Everybody, and nobody is asked who they are.
    Anyone,
    /// Everybody; an account's token is checked when there is one.
    Viewer,
    /// As [`Who::Viewer`], and the chat service for its users.
    ViewerOrChat,
    /// Accounts only.
    ViewerOnly,
    /// As [`Who::Viewer`], or the administrator.
    ViewerOrAdmin,
    /// The administrator, or the moderation service with its own token; nobody else's token.
    Moderator,
    /// The administrator; nobody where no password is configured.
    AdminOnly,
}

/// Reads `Authorization` headers.
pub(crate) struct Authenticator {
    service: ServiceAuth,
    admin_password: Option<Secret>,
    moderation_did: Option<Did>,
}

impl Authenticator {
    pub(crate) fn new(config: &Config, resolver: Resolver) -> Self {
        Self {
            service: ServiceAuth::new(config, resolver),
            admin_password: config.admin_password.clone(),
            moderation_did: config.moderation_did.clone(),
        }
    }

    /// The caller of one request. Errors: 401 in the words of the reference.
    pub(crate) async fn caller(
        &self,
        who: Who,
        headers: &HeaderMap,
        method: &str,
        is_procedure: bool,
    ) -> Result<Caller, Failure> {
        let anonymous = Caller::default();
        if who == Who::Anyone {
            return Ok(anonymous);
        }
        // A header that is not ASCII is as good as none.
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let authorization = authorization.unwrap_or_default();
        if who != Who::AdminOnly
            && let Some(token) = authorization.strip_prefix("Bearer ")
        {
            let chat_may_call = who == Who::ViewerOrChat;
            let only = (who == Who::Moderator).then_some(self.moderation_did.as_ref());
            let call = Call { method, chat_may_call, is_procedure, only };
            let issuer = self.service.verify(token.trim(), call).await?;
            let privileged = self.is_moderation_service(&issuer);
            return Ok(Caller { viewer: Some(issuer.did), privileged, ..anonymous });
        }
        if matches!(who, Who::ViewerOrAdmin | Who::Moderator | Who::AdminOnly) {
            return match basic::admin(authorization, self.admin_password.as_ref()) {
                Admin::Valid => Ok(Caller { privileged: true, ..anonymous }),
                Admin::Missing if who == Who::ViewerOrAdmin => Ok(anonymous),
                Admin::Missing | Admin::Invalid => Err(not_admin()),
            };
        }
        if authorization.starts_with("Basic ") {
            return Err(Failure::unauthorized("AuthenticationRequired", "bad issuer"));
        }
        match who {
            Who::ViewerOnly => Err(Failure::unauthorized("AuthMissing", "Authentication Required")),
            Who::Moderator | Who::AdminOnly => Err(not_admin()),
            Who::Anyone | Who::Viewer | Who::ViewerOrChat | Who::ViewerOrAdmin => Ok(anonymous),
        }
    }

    fn is_moderation_service(&self, issuer: &Issuer) -> bool {
        self.moderation_did.as_ref().is_some_and(|did| issuer.is_itself(did))
    }
}

fn not_admin() -> Failure {
    Failure::unauthorized("AuthenticationRequired", "Authentication Required")
}
