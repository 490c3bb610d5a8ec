//! [`Changeable`]: the upstreams of this process as the administrator changes them, and as they are after a restart.
//!
//! What was said at run time is kept in the store and wins over the configuration, until it is said otherwise.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use firehouse_identity::AddressPolicy;
use firehouse_ingest::Status;
use firehouse_schema::UpstreamRow;
use firehouse_store::{Store, StoreError};
use firehouse_stream::Reach;
use firehouse_xrpc::{Upstream, UpstreamError, Upstreams};
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::database::answered;
use crate::following::Following;
use crate::settings::Settings;
use crate::upstream_url::{InvalidUpstream, UpstreamUrl};

/// Upstreams that may be followed at once: each has a connection and a queue of frames.
const FOLLOWED_MAX: usize = 256;

/// Every upstream that is followed or configured. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Changeable {
    following: Following,
    store: Store,
    status: Status,
    policy: AddressPolicy,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    /// By the name of their cursors.
    upstreams: BTreeMap<String, Wish>,
    /// Of what was saved last: the clock may be set back.
    version: u64,
}

/// What is wanted of one upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wish {
    url: UpstreamUrl,
    configured: bool,
    followed: bool,
    paused: bool,
}

impl Wish {
    fn runs(&self) -> bool {
        self.followed && !self.paused
    }
}

/// What is said of an upstream at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Say {
    Follow,
    Pause,
    Remove,
}

impl Changeable {
    /// Follows none yet.
    pub fn new(settings: &Settings, store: &Store, status: &Status, following: Following) -> Self {
        let policy = match settings.allow_private_addresses {
            true => AddressPolicy::Private,
            false => AddressPolicy::Public,
        };
        let (store, status) = (store.clone(), status.clone());
        Self { following, store, status, policy, known: Arc::default() }
    }

    /// Follows what the configuration names, and what was said at run time before.
    pub async fn start(&self, configured: &[UpstreamUrl]) -> Result<()> {
        let saved = answered(|| self.store.upstreams()).await?;
        let mut known = self.known.lock().await;
        known.version = saved.iter().map(|row| row.version).max().unwrap_or(0);
        known.upstreams = merged(configured, &saved);
        for wish in known.upstreams.values().filter(|wish| wish.runs()) {
            self.following.add(&wish.url, self.reach(wish)).await?;
        }
        Ok(())
    }

    /// What the configuration names may be anywhere; of the rest each address is looked at when it is dialled.
    fn reach(&self, wish: &Wish) -> Option<Reach> {
        match self.policy {
            _ if wish.configured => None,
            AddressPolicy::Public => Some(|address| AddressPolicy::Public.allows(address)),
            AddressPolicy::Private => Some(|address| AddressPolicy::Private.allows(address)),
        }
    }

    async fn add_url(&self, text: &str) -> Result<(), UpstreamError> {
        let url: UpstreamUrl = text.parse()?;
        let name = url.authority();
        let mut known = self.known.lock().await;
        let before = known.upstreams.get(&name).cloned();
        if !before.as_ref().is_some_and(|wish| wish.configured) {
            // Told now, since a refusal to dial is only seen in the health.
            url.check_addresses(self.policy).await?;
        }
        let was_followed = before.as_ref().is_some_and(|wish| wish.followed);
        if !was_followed && known.followed() >= FOLLOWED_MAX {
            return Err(UpstreamError::TooMany { max: FOLLOWED_MAX });
        }
        self.save(&mut known, &name, &url, Say::Follow).await?;
        if before.as_ref().is_some_and(|wish| wish.followed && wish.url != url) {
            self.following.remove(&name).await;
        }
        let configured = before.is_some_and(|wish| wish.configured);
        let wish = Wish { url, configured, followed: true, paused: false };
        known.upstreams.insert(name, wish.clone());
        self.following.add(&wish.url, self.reach(&wish)).await.map_err(not_followed)
    }

    async fn remove_url(&self, text: &str) -> Result<(), UpstreamError> {
        let name = text.parse::<UpstreamUrl>()?.authority();
        let mut known = self.known.lock().await;
        let wish = known.upstreams.get(&name).filter(|wish| wish.followed).cloned();
        let wish = wish.ok_or(UpstreamError::NotFound)?;
        self.save(&mut known, &name, &wish.url, Say::Remove).await?;
        self.following.remove(&name).await;
        if let Entry::Occupied(mut entry) = known.upstreams.entry(name) {
            (entry.get_mut().followed, entry.get_mut().paused) = (false, false);
            if !wish.configured {
                entry.remove();
            }
        }
        Ok(())
    }

    async fn pause_url(&self, text: &str, pauses: bool) -> Result<(), UpstreamError> {
        let name = text.parse::<UpstreamUrl>()?.authority();
        let mut known = self.known.lock().await;
        let wish = known.upstreams.get(&name).filter(|wish| wish.followed).cloned();
        let wish = wish.ok_or(UpstreamError::NotFound)?;
        if wish.paused == pauses {
            return Ok(());
        }
        let say = if pauses { Say::Pause } else { Say::Follow };
        self.save(&mut known, &name, &wish.url, say).await?;
        if let Some(wish) = known.upstreams.get_mut(&name) {
            wish.paused = pauses;
        }
        if pauses {
            self.following.remove(&name).await;
            return Ok(());
        }
        self.following.add(&wish.url, self.reach(&wish)).await.map_err(not_followed)
    }

    /// Durable first: what is answered is also true after a crash.
    async fn save(
        &self,
        known: &mut Known,
        name: &str,
        url: &UpstreamUrl,
        say: Say,
    ) -> Result<(), StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_us = now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
        known.version = now_us.max(known.version.saturating_add(1));
        let row = UpstreamRow {
            upstream: name.into(),
            url: url.to_string().into(),
            followed: u8::from(say != Say::Remove),
            version: known.version,
            paused: u8::from(say == Say::Pause),
        };
        self.store.save_upstream(row).await
    }

    async fn all(&self) -> Vec<Upstream> {
        let health = self.status.health();
        let known = self.known.lock().await;
        let upstream = |wish: &Wish| {
            let url = wish.url.to_string();
            Upstream {
                kind: wish.url.kind,
                configured: wish.configured,
                followed: wish.followed,
                paused: wish.paused,
                health: health.iter().find(|h| wish.runs() && h.url == url).cloned(),
                url,
            }
        };
        known.upstreams.values().map(upstream).collect()
    }
}

impl Upstreams for Changeable {
    fn list(&self) -> BoxFuture<'_, Result<Vec<Upstream>, UpstreamError>> {
        Box::pin(async { Ok(self.all().await) })
    }

    fn add<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(self.add_url(url))
    }

    fn pause<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(self.pause_url(url, true))
    }

    fn resume<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(self.pause_url(url, false))
    }

    fn remove<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(self.remove_url(url))
    }
}

impl Known {
    fn followed(&self) -> usize {
        self.upstreams.values().filter(|wish| wish.followed).count()
    }
}

impl From<InvalidUpstream> for UpstreamError {
    fn from(error: InvalidUpstream) -> Self {
        Self::Invalid(error.to_string().into())
    }
}

fn not_followed(error: anyhow::Error) -> UpstreamError {
    match error.downcast::<StoreError>() {
        Ok(error) => error.into(),
        Err(_) => UpstreamError::Stopping,
    }
}

/// What the configuration names, and over it what was said at run time. Says where the two differ.
fn merged(configured: &[UpstreamUrl], saved: &[UpstreamRow]) -> BTreeMap<String, Wish> {
    let wish = |url: &UpstreamUrl| Wish {
        url: url.clone(),
        configured: true,
        followed: true,
        paused: false,
    };
    let mut wishes: BTreeMap<_, _> =
        configured.iter().rev().map(|url| (url.authority(), wish(url))).collect();
    for row in saved {
        let url: UpstreamUrl = match row.url.parse() {
            Ok(url) => url,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(url = %row.url, error, "an upstream that was added at run time is not followed");
                continue;
            }
        };
        let (followed, paused) = (row.followed == 1, row.followed == 1 && row.paused == 1);
        if paused {
            tracing::warn!(upstream = %url, "not read: it was paused at run time; dev.firehouse.admin.resumeUpstream reads on");
        }
        match wishes.entry(row.upstream.to_string()) {
            Entry::Occupied(mut entry) => {
                let wish = entry.get_mut();
                if !followed {
                    tracing::warn!(upstream = %wish.url, "configured, but not followed: it was removed at run time; dev.firehouse.admin.addUpstream follows it again");
                } else if wish.url != url {
                    tracing::warn!(upstream = %url, configured = %wish.url, "followed as it was added at run time, not as configured");
                }
                (wish.followed, wish.paused) = (followed, paused);
                if followed {
                    wish.url = url;
                }
            }
            Entry::Vacant(entry) if followed => {
                tracing::info!(upstream = %url, "not configured, but followed: it was added at run time");
                entry.insert(Wish { url, configured: false, followed, paused });
            }
            // Neither wanted by anybody.
            Entry::Vacant(_) => {}
        }
    }
    wishes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `url, configured, read` of every upstream, for configured ones and what was said at run time: 0 = removed, 1 = added, 2 = paused.
    fn check(configured: &[&str], said: &[(&str, u8)], expected: &[(&str, bool, bool)]) {
        let configured: Vec<UpstreamUrl> =
            configured.iter().map(|url| url.parse().unwrap()).collect();
        let row = |&(url, followed): &(&str, u8)| UpstreamRow {
            upstream: url.parse::<UpstreamUrl>().map_or("x".into(), |url| url.authority()).into(),
            url: url.into(),
            followed: u8::from(followed > 0),
            version: 1,
            paused: u8::from(followed == 2),
        };
        let saved: Vec<_> = said.iter().map(row).collect();
        let found = merged(&configured, &saved);
        let found: Vec<_> = found
            .values()
            .map(|wish| (wish.url.to_string(), wish.configured, wish.runs()))
            .collect();
        let expected: Vec<_> = expected.iter().map(|&(url, c, f)| (url.to_owned(), c, f)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_said_at_run_time_wins_over_the_configuration() {
        check(
            &["wss://a.test", "wss://b.test", "wss://c.test"],
            &[
                ("wss://b.test", 0),
                ("pds+wss://c.test", 1),
                ("wss://d.test", 1),
                ("wss://e.test", 0),
            ],
            &[
                ("wss://a.test/", true, true),
                ("wss://b.test/", true, false),
                ("pds+wss://c.test/", true, true),
                ("wss://d.test/", false, true),
            ],
        );
    }

    #[test]
    fn a_paused_upstream_is_known_and_not_read() {
        check(
            &["wss://a.test"],
            &[("wss://a.test", 2), ("wss://b.test", 2)],
            &[("wss://a.test/", true, false), ("wss://b.test/", false, false)],
        );
    }

    #[test]
    fn one_host_is_one_upstream_and_the_first_of_its_urls_counts() {
        check(&["wss://a.test", "https://a.test/x"], &[], &[("wss://a.test/", true, true)]);
        check(&["https://a.test/x"], &[("wss://a.test", 0)], &[("https://a.test/x", true, false)]);
    }

    #[test]
    fn a_saved_url_that_can_no_longer_be_read_spoils_nothing() {
        check(&["wss://a.test"], &[("nonsense", 1)], &[("wss://a.test/", true, true)]);
    }
}
