//! [`ServiceAuth`]: whether a service token was made by the account it names, for us, for this method, and not too long ago.
//!
//! Everything that can be checked by looking is checked before anybody is asked for a key, so that tokens meant for others cost nothing.
//! A deactivated or taken-down account still signs for itself, as in the reference: what it sees is the views' business.
//! Source: <https://atproto.com/specs/xrpc#inter-service-authentication-jwt>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use firehouse_identity::{Disposition, Identity, IdentityError, Resolver};
use firehouse_repo::{Curve, PublicKey};
use firehouse_types::Did;

use crate::auth::replay::UsedTokens;
use crate::auth::token::{Claims, Token};
use crate::config::{Config, TokenReuse};
use crate::failure::Failure;

/// The services our DID document names, so the fragments that may follow our DID in `aud`.
pub(crate) const OUR_SERVICES: [&str; 2] = ["bsky_appview", "bsky_notif"];

/// How far a clock may run ahead of ours. Units: seconds.
const CLOCK_SKEW_S: f64 = 60.0;

/// Checks service tokens.
pub(crate) struct ServiceAuth {
    /// Our DID, alone and with each of our services.
    names: Vec<String>,
    /// Old and other names of ours.
    other_names: Vec<String>,
    lifetime_s_max: f64,
    token_reuse: TokenReuse,
    used: UsedTokens,
    resolver: Resolver,
}

/// The call a token has to fit.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// NSID of the method.
    pub(crate) method: &'a str,
    /// What the token may have been made for.
    pub(crate) purpose: Purpose,
    /// Whom the token may have been made for.
    pub(crate) audience: Audience,
    /// It changes something.
    pub(crate) is_procedure: bool,
    /// Whether somebody may be asked for the issuer's key, or only a key that is known here counts.
    pub(crate) may_look_up: bool,
}

/// Which methods a token may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The one that is called.
    Method,
    /// That, or one of the chat service, which reads this method for its users with the tokens it was given.
    MethodOrChat,
    /// That, or the one of feed generators which the token is handed on to.
    MethodOrSkeleton,
}

/// Whom a token may be meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Us, by our DID.
    OwnName,
    /// Us, by whatever name.
    AnyName,
    /// Anybody: whoever the token is handed on to looks for itself.
    Any,
}

/// The method of feed generators.
const SKELETON: &str = "app.bsky.feed.getFeedSkeleton";

/// Who signed a token that holds.
pub(crate) struct Issuer {
    pub(crate) did: Did,
    /// What followed the DID, such as `atproto_labeler`.
    pub(crate) service: Option<String>,
}

impl ServiceAuth {
    pub(crate) fn new(config: &Config, resolver: Resolver) -> Self {
        let mut names = vec![config.did.to_string()];
        names.extend(OUR_SERVICES.map(|service| format!("{}#{service}", config.did)));
        Self {
            names,
            other_names: config.alternate_audiences.clone(),
            lifetime_s_max: Duration::from_secs(config.token_lifetime_s_max).as_secs_f64(),
            token_reuse: config.token_reuse,
            used: UsedTokens::new(config.used_tokens_max),
            resolver,
        }
    }

    /// Who sent the token, if `trusted`. Errors: 401 with the reason; 502 when the issuer's key could not be asked for, 429 when it
    /// must not be.
    pub(crate) async fn verify(
        &self,
        text: &str,
        call: Call<'_>,
        trusted: impl FnOnce(&Issuer) -> bool,
    ) -> Result<Issuer, Failure> {
        if text.is_empty() {
            return Err(Failure::unauthorized("MissingJwt", "missing jwt"));
        }
        let token = Token::parse(text)?;
        let rest = self.check_claims(&token.claims, call)?;
        let issuer = Issuer::parse(&token.claims.iss)
            .ok_or_else(|| Failure::unauthorized("BadJwtIss", "jwt iss is not a valid did"))?;
        if !trusted(&issuer) {
            return Err(Failure::unauthorized("UntrustedIss", "Untrusted issuer"));
        }
        self.check_signature(&token, &issuer, call.may_look_up).await?;
        self.check_first_use(&token.claims, rest, call)?;
        Ok(issuer)
    }

    /// Shape: how long the token still lives.
    fn check_claims(&self, claims: &Claims, call: Call<'_>) -> Result<Duration, Failure> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let rest_s = claims.exp - now_s;
        if rest_s < 0.0 {
            return Err(Failure::unauthorized("JwtExpired", "jwt expired"));
        }
        let rest = Duration::try_from_secs_f64(rest_s).ok();
        let rest = rest.filter(|_| rest_s <= self.lifetime_s_max + CLOCK_SKEW_S);
        let rest = rest.ok_or_else(|| {
            let message = format!("jwt expires more than {} seconds ahead", self.lifetime_s_max);
            Failure::unauthorized("BadJwt", message)
        })?;
        if !self.is_meant(&claims.aud, call.audience) {
            let message = "jwt audience does not match service did";
            return Err(Failure::unauthorized("BadJwtAudience", message));
        }
        if !is_for(claims, call) {
            let fault = if claims.lxm.is_some() { "bad" } else { "missing" };
            let message =
                format!("{fault} jwt lexicon method (\"lxm\"). must match: {}", call.method);
            return Err(Failure::unauthorized("BadJwtLexiconMethod", message));
        }
        Ok(rest)
    }

    fn is_meant(&self, aud: &String, audience: Audience) -> bool {
        match audience {
            Audience::OwnName => self.names.contains(aud),
            Audience::AnyName => self.names.contains(aud) || self.other_names.contains(aud),
            Audience::Any => true,
        }
    }

    async fn check_signature(
        &self,
        token: &Token<'_>,
        issuer: &Issuer,
        may_look_up: bool,
    ) -> Result<(), Failure> {
        let unverifiable =
            || Failure::unauthorized("BadJwtSignature", "could not verify jwt signature");
        let signature = token.signature.as_deref().ok_or_else(unverifiable)?;
        let curve = match token.algorithm.as_str() {
            "ES256K" => Curve::K256,
            "ES256" => Curve::P256,
            _ => return Err(unverifiable()),
        };
        let holds = |key: &PublicKey| {
            key.curve() == curve && key.verify_allowing_high_s(token.signed, signature).is_ok()
        };
        let identity = match may_look_up {
            true => self.resolver.resolve(&issuer.did).await.map_err(unknown)?,
            false => self.resolver.known(&issuer.did).await.ok_or_else(Failure::too_often)?,
        };
        let key = issuer.key(&identity)?;
        if holds(key) {
            return Ok(());
        }
        if !may_look_up {
            return Err(Failure::too_often());
        }
        // The account may have changed its key since we looked.
        let identity = self.resolver.refresh(&issuer.did).await.map_err(unknown)?;
        if holds(issuer.key(&identity)?) {
            return Ok(());
        }
        let message = "jwt signature does not match jwt issuer";
        Err(Failure::unauthorized("BadJwtSignature", message))
    }

    /// A token without a number cannot be told from its twin; some PDSes number none.
    fn check_first_use(
        &self,
        claims: &Claims,
        rest: Duration,
        call: Call<'_>,
    ) -> Result<(), Failure> {
        let once = match self.token_reuse {
            TokenReuse::Queries => call.is_procedure,
            TokenReuse::Nowhere => true,
        };
        match claims.jti.as_ref().and_then(serde_json::Value::as_str) {
            Some(jti) if once && !self.used.first_use(&claims.iss, jti, rest) => {
                Err(Failure::unauthorized("BadJwt", "jwt was used before"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Issuer {
    fn parse(iss: &str) -> Option<Self> {
        let (did, service) = match iss.split_once('#') {
            Some((_, service)) if service.is_empty() || service.contains('#') => return None,
            Some((did, service)) => (did, Some(service.to_owned())),
            None => (iss, None),
        };
        Some(Self { did: Did::parse(did).ok()?, service })
    }

    /// A labeler signs with its label key, everybody else with the key of the repo.
    fn key<'a>(&self, identity: &'a Identity) -> Result<&'a PublicKey, Failure> {
        let name = if self.is_labeler() { "atproto_label" } else { "atproto" };
        let missing = || Failure::unauthorized("AuthenticationRequired", "missing or bad key");
        identity.key_of(name).ok_or_else(missing)
    }

    pub(crate) fn is_labeler(&self) -> bool {
        self.service.as_deref() == Some("atproto_labeler")
    }
}

fn is_for(claims: &Claims, call: Call<'_>) -> bool {
    // Labelers of some age name no method.
    let Some(lxm) = claims.lxm.as_deref() else { return claims.iss.ends_with("#atproto_labeler") };
    let is_for_another = match call.purpose {
        Purpose::Method => false,
        Purpose::MethodOrChat => lxm.starts_with("chat.bsky."),
        Purpose::MethodOrSkeleton => lxm == SKELETON,
    };
    lxm == call.method || is_for_another
}

fn unknown(error: IdentityError) -> Failure {
    match error.disposition() {
        Disposition::Definitive => {
            Failure::unauthorized("AuthenticationRequired", "identity unknown")
        }
        Disposition::Transient => {
            // Not louder: whoever sends the token chooses whom we ask. The look-ups are counted where they fail.
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "cannot look up who signed a token"
            );
            Failure::upstream("could not look up the issuer")
        }
    }
}
