//! app.bsky.actor.defs#verificationState.

use firehouse_types::{ActorId, Did};

use super::Views;
use crate::hydrate::{Actor, Verification};
use crate::nsid::VERIFICATION;

/// Who says who an account is, and what that is worth.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerificationState {
    /// The oldest first.
    pub verifications: Vec<VerificationView>,
    /// `valid`, `invalid` or `none`.
    pub verified_status: &'static str,
    /// Whether the account's own verifications count: `valid`, `invalid` or `none`.
    pub trusted_verifier_status: &'static str,
}

/// app.bsky.actor.defs#verificationView.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct VerificationView {
    pub issuer: Did,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_display_name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_handle: Option<Box<str>>,
    pub uri: String,
    pub is_valid: bool,
    pub created_at: String,
}

impl Views<'_> {
    /// Absent when nobody we trust says anything of the account, and for accounts without a handle.
    pub(super) fn verification(&self, id: ActorId, actor: &Actor) -> Option<VerificationState> {
        let handle = actor.handle.as_deref()?;
        let name =
            actor.profile.as_ref().and_then(|profile| profile.fields.display_name.as_deref());
        let found = self.state.verifications.get(&id).into_iter().flatten();
        // Whoever was verified under another name is no longer.
        let holds = |verification: &Verification| {
            let fields = &verification.fields;
            !fields.display_name.is_empty()
                && Some(&*fields.display_name) == name
                && &*fields.handle == handle
        };
        let verifications: Vec<_> =
            found.filter_map(|found| self.verification_view(found, holds(found))).collect();
        let is_impersonation = self.state.labels.is_impersonation(id);
        let is_verifier = self.state.trusted.contains(&id);
        if verifications.is_empty() && !is_verifier {
            return None;
        }
        let is_valid = verifications.iter().any(|verification| verification.is_valid);
        let status = |is_any: bool, is_valid: bool| match (is_any, is_valid && !is_impersonation) {
            (false, _) => "none",
            (true, true) => "valid",
            (true, false) => "invalid",
        };
        Some(VerificationState {
            verified_status: status(!verifications.is_empty(), is_valid),
            trusted_verifier_status: status(is_verifier, true),
            verifications,
        })
    }

    fn verification_view(&self, found: &Verification, is_valid: bool) -> Option<VerificationView> {
        let did = &self.state.actors.get(&found.issuer)?.did;
        let issuer = self.state.actor(found.issuer);
        let profile = issuer.and_then(|issuer| issuer.profile.as_ref());
        Some(VerificationView {
            issuer: did.clone(),
            issuer_display_name: profile.and_then(|profile| profile.fields.display_name.clone()),
            issuer_handle: issuer.and_then(|issuer| issuer.handle.clone()),
            uri: format!("at://{did}/{VERIFICATION}/{}", found.rkey),
            is_valid,
            created_at: found.sort_at.to_string(),
        })
    }
}
