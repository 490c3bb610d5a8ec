//! [`Authenticator`]: who is asking.
//!
//! Three kinds of callers: anonymous ones, accounts (a service token made by their PDS, or a session token of a configured entryway), and
//! the administrator (Basic auth). The moderation service is an account that also sees what is taken down.
//! Source: <https://atproto.com/specs/xrpc#authentication>

mod basic;
mod entryway;
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
use entryway::Entryway;
use service::{Audience, Call, Issuer, Purpose, ServiceAuth};

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Everybody, and nobody is asked who they are.
    Anyone,
    /// Everybody; an account's token is checked when there is one.
    Viewer,
    /// As [`Who::Viewer`]; the moderation service sees what is taken down, and past blocks.
    ViewerOrModerator,
    /// As [`Who::Viewer`], and the chat service for its users.
    ViewerOrChat,
    /// As [`Who::ViewerOrModerator`], and the chat service for its users.
    ViewerModeratorOrChat,
    /// As [`Who::Viewer`]; the token may be meant for the feed generator that it will be handed to.
    ViewerOfFeed,
    /// Accounts only.
    ViewerOnly,
    /// As [`Who::ViewerOrModerator`], or the administrator.
    ViewerOrAdmin,
    /// The administrator, or the moderation service with its own token; nobody else's token.
    Moderator,
    /// The administrator; nobody where no password is configured.
    AdminOnly,
}

impl Who {
    /// Whether the moderation service, calling by its own name, sees more than others do.
    fn serves_moderation(self) -> bool {
        matches!(self, Self::ViewerOrModerator | Self::ViewerModeratorOrChat | Self::ViewerOrAdmin)
    }

    fn serves_chat(self) -> bool {
        matches!(self, Self::ViewerOrChat | Self::ViewerModeratorOrChat)
    }
}

/// Reads `Authorization` headers.
pub(crate) struct Authenticator {
    service: ServiceAuth,
    entryway: Entryway,
    admin_password: Option<Secret>,
    moderation_did: Option<Did>,
}

impl Authenticator {
    pub(crate) fn new(config: &Config, resolver: Resolver) -> Self {
        Self {
            service: ServiceAuth::new(config, resolver),
            entryway: Entryway::new(config.entryway_key.clone()),
            admin_password: config.admin_password.clone(),
            moderation_did: config.moderation_did.clone(),
        }
    }

    /// The caller of one request. `may_look_up`: whether somebody may be asked for a key that is not known here.
    /// Errors: 401 in the words of the reference; 502 and 429 as [`ServiceAuth::verify`].
    pub(crate) async fn caller(
        &self,
        who: Who,
        headers: &HeaderMap,
        method: &str,
        is_procedure: bool,
        may_look_up: bool,
    ) -> Result<Caller, Failure> {
        let anonymous = Caller::default();
        // A header that is not ASCII is as good as none.
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let authorization = authorization.unwrap_or_default();
        if !matches!(who, Who::Anyone | Who::AdminOnly)
            && let Some(token) = authorization.strip_prefix("Bearer ")
        {
            return self.bearer(who, token.trim(), method, is_procedure, may_look_up).await;
        }
        match who {
            Who::Anyone => Ok(anonymous),
            Who::ViewerOrAdmin | Who::AdminOnly | Who::Moderator => {
                match basic::admin(authorization, self.admin_password.as_ref()) {
                    Admin::Valid => Ok(Caller { privileged: true, ..anonymous }),
                    Admin::Missing if who == Who::ViewerOrAdmin => Ok(anonymous),
                    Admin::Missing | Admin::Invalid => Err(not_admin()),
                }
            }
            Who::Viewer
            | Who::ViewerOrModerator
            | Who::ViewerOrChat
            | Who::ViewerModeratorOrChat
            | Who::ViewerOfFeed
            | Who::ViewerOnly
                if authorization.starts_with("Basic ") =>
            {
                Err(Failure::unauthorized("AuthenticationRequired", "bad issuer"))
            }
            Who::ViewerOnly => Err(Failure::unauthorized("AuthMissing", "Authentication Required")),
            Who::Viewer
            | Who::ViewerOrModerator
            | Who::ViewerOrChat
            | Who::ViewerModeratorOrChat
            | Who::ViewerOfFeed => Ok(anonymous),
        }
    }

    async fn bearer(
        &self,
        who: Who,
        token: &str,
        method: &str,
        is_procedure: bool,
        may_look_up: bool,
    ) -> Result<Caller, Failure> {
        let anonymous = Caller::default();
        let purpose = match who {
            _ if who.serves_chat() => Purpose::MethodOrChat,
            Who::ViewerOfFeed => Purpose::MethodOrSkeleton,
            _ => Purpose::Method,
        };
        if who == Who::Moderator {
            let audience = Audience::OwnName;
            let call = Call { method, purpose, audience, is_procedure, may_look_up };
            let trusted = |issuer: &Issuer| self.is_moderation_service(issuer);
            self.service.verify(token, call, trusted).await?;
            return Ok(Caller { privileged: true, ..anonymous });
        }
        if entryway::is_session(token) {
            // Such a token names no method and no feed generator, so none can be given it.
            let viewer = match who {
                Who::ViewerOfFeed => Err(entryway::malformed()),
                _ => self.entryway.viewer(token),
            };
            return Ok(Caller { viewer: Some(viewer?), ..anonymous });
        }
        let audience = if who == Who::ViewerOfFeed { Audience::Any } else { Audience::AnyName };
        let call = Call { method, purpose, audience, is_procedure, may_look_up };
        let issuer = self.service.verify(token, call, |_| true).await?;
        let privileged = who.serves_moderation() && self.is_moderation_service(&issuer);
        Ok(Caller { viewer: Some(issuer.did), privileged, ..anonymous })
    }

    fn is_moderation_service(&self, issuer: &Issuer) -> bool {
        let speaks_for_itself = issuer.service.is_none() || issuer.is_labeler();
        speaks_for_itself && self.moderation_did.as_ref() == Some(&issuer.did)
    }
}

fn not_admin() -> Failure {
    Failure::unauthorized("AuthenticationRequired", "Authentication Required")
}
