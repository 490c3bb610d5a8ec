//! Which part of the network this process keeps: the key `keep`, and the same for the administrator.

use anyhow::{Context, Result};
use firehouse_backfill::Host;
use firehouse_identity::AddressPolicy;
use firehouse_ingest::{InvalidRules, Keep, KeepError, Keeper, Lists, Rules, Standing, Words};
use firehouse_schema::SelectionPhase;
use firehouse_store::Store;
use firehouse_types::{KeepHealth, UpstreamKind};
use firehouse_xrpc::{Kept, SelectionError, SelectionWords, Selections};
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::database::answered;
use crate::settings::Settings;

/// The selection of a process that writes to this store, and nobody else does.
pub async fn keeper(
    settings: &Settings,
    store: &Store,
    stop: &CancellationToken,
) -> Result<Keeper> {
    let rules = rules(settings)?;
    let open = || async {
        let opened = Keeper::open(store, limits(settings), rules.clone()).await;
        opened.map_err(|KeepError::Store(error)| error)
    };
    let opened = stop.run_until_cancelled(answered(open)).await;
    opened.context("stopped before the store answered")?.context("what is kept")
}

/// What is configured.
pub fn rules(settings: &Settings) -> Result<Rules> {
    let keep = &settings.keep;
    let words = Words {
        collections: keep.collections.clone(),
        dids: keep.dids.clone(),
        follows_of: keep.follows_of.clone(),
        pds_hosts: keep.pds_hosts.clone(),
        languages: keep.languages.clone(),
    };
    Rules::try_from(&words).context("configuration key keep")
}

/// How a selection is followed.
pub fn limits(settings: &Settings) -> Keep {
    let keep = &settings.keep;
    Keep {
        accounts_max: keep.accounts_max,
        grace_s: keep.grace_s,
        check_interval_s: keep.check_interval_s,
    }
}

/// Where accounts are looked for that nobody here has heard of.
pub fn lists(settings: &Settings) -> Result<Lists> {
    let relays = settings.relay.iter().filter(|relay| relay.kind == UpstreamKind::Relay);
    let relays = relays.map(|relay| Host::of_url(&relay.url)).collect::<Result<_, _>>()?;
    let policy = match settings.allow_private_addresses {
        true => AddressPolicy::Private,
        false => AddressPolicy::Public,
    };
    Ok(Lists { relays, policy })
}

/// What `/xrpc/_health` says of it.
pub fn health(standing: Standing) -> KeepHealth {
    KeepHealth {
        selection: standing.line,
        phase: standing.phase.as_str(),
        accounts: standing.accounts,
        cut: standing.are_cut,
    }
}

/// The selection for the administrator.
pub struct Administered(pub Keeper);

impl Selections for Administered {
    fn get(&self) -> BoxFuture<'_, Kept> {
        Box::pin(async {
            let Standing { words, said, phase, accounts, are_cut, .. } = self.0.standing().await;
            let Words { collections, dids, follows_of, pds_hosts, languages } = words;
            let selection = SelectionWords { collections, dids, follows_of, pds_hosts, languages };
            let applied = phase == SelectionPhase::Applied;
            Kept {
                selection,
                configured: !said,
                phase: phase.as_str(),
                applied,
                accounts,
                cut: are_cut,
            }
        })
    }

    fn set(&self, selection: Option<SelectionWords>) -> BoxFuture<'_, Result<(), SelectionError>> {
        Box::pin(async move {
            let rules = selection.map(|words| {
                let SelectionWords { collections, dids, follows_of, pds_hosts, languages } = words;
                Rules::try_from(&Words { collections, dids, follows_of, pds_hosts, languages })
            });
            let invalid = |error: InvalidRules| SelectionError::Invalid(error.to_string());
            let rules = rules.transpose().map_err(invalid)?;
            self.0.set(rules).await.map_err(|KeepError::Store(error)| SelectionError::Store(error))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::args::Overlay;

    use super::*;

    #[test]
    fn what_cannot_be_kept_is_named_with_its_key() {
        let mut settings = Settings::load(None, Overlay::default()).unwrap();
        assert_eq!(rules(&settings).unwrap(), Rules::default());
        settings.keep.pds_hosts = vec!["https://a.test".into()];
        let error = format!("{:#}", rules(&settings).unwrap_err());
        assert!(error.contains("keep") && error.contains("pds_hosts"), "{error}");
    }
}
