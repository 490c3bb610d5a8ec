//! [`UsedTokens`]: the tokens that were used and have not expired, so that none is used twice.
//!
//! Bounded: a flood of other valid tokens can push one out early. Held in this process only.

use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use moka::Expiry;
use moka::sync::Cache;

type Digest = [u8; 32];

/// Digests of `iss` and `jti`, each kept until its token expires.
pub(crate) struct UsedTokens(Cache<Digest, Duration>);

struct UntilExpired;

impl Expiry<Digest, Duration> for UntilExpired {
    fn expire_after_create(&self, _: &Digest, rest: &Duration, _: Instant) -> Option<Duration> {
        Some(*rest)
    }
}

impl UsedTokens {
    pub(crate) fn new(entries_max: u64) -> Self {
        Self(Cache::builder().max_capacity(entries_max).expire_after(UntilExpired).build())
    }

    /// Whether this is the first use of the token in its lifetime, of which `rest` is left.
    pub(crate) fn first_use(&self, iss: &str, jti: &str, rest: Duration) -> bool {
        let mut hash = digest::Context::new(&digest::SHA256);
        // A DID holds no line break, so no two pairs give the same bytes.
        [iss, "\n", jti].iter().for_each(|part| hash.update(part.as_bytes()));
        let Ok(key) = hash.finish().as_ref().try_into() else { return false };
        self.0.entry(key).or_insert(rest).is_fresh()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_once_and_its_number_belongs_to_its_issuer() {
        let used = UsedTokens::new(100);
        let minute = Duration::from_secs(60);
        assert!(used.first_use("did:plc:a", "1", minute));
        assert!(!used.first_use("did:plc:a", "1", minute));
        assert!(used.first_use("did:plc:a", "2", minute));
        assert!(used.first_use("did:plc:b", "1", minute));
    }

    #[test]
    fn an_expired_token_is_forgotten() {
        let used = UsedTokens::new(100);
        assert!(used.first_use("did:plc:a", "1", Duration::ZERO));
        assert!(used.first_use("did:plc:a", "1", Duration::from_secs(60)));
    }
}
