//! [`Lists`]: where accounts are named that nobody here has heard of, for a selection that takes whoever lives at a host, or everybody.

use firehouse_backfill::{Host, HostFilter, Plan};
use firehouse_identity::AddressPolicy;

use crate::error::IngestError;
use crate::keep::pattern::HostPattern;
use crate::keep::selection::Selection;
use crate::walk::Walk;

/// Who knows of hosts and accounts.
#[derive(Clone, Debug)]
pub struct Lists {
    /// The relays that are followed.
    pub relays: Vec<Host>,
    /// Which hosts may be asked.
    pub policy: AddressPolicy,
}

impl Lists {
    /// What a relay and those of its hosts list that may have accounts which are kept.
    pub fn network(relay: &Host, selection: &Selection) -> Plan {
        let selection = selection.clone();
        let hosts = HostFilter::new(move |host| selection.keeps_host(host.as_str()));
        Plan::Network { relay: relay.clone(), hosts }
    }

    /// What a relay lists, to look for what it has told meanwhile. Who lives where only hosts say, so those that are selected are asked.
    pub fn missed(relay: Host, selection: &Selection) -> Plan {
        match selection.rules.pds_hosts.is_empty() {
            true => Plan::Relay(relay),
            false => Self::network(&relay, selection),
        }
    }

    /// Walks through all of them, from where it was interrupted.
    pub(crate) async fn walk(
        self,
        walk: Walk,
        number: u64,
        selection: &Selection,
    ) -> Result<(), IngestError> {
        let named = selection.rules.pds_hosts.iter().filter_map(|pattern| match pattern {
            HostPattern::Host(name) => Host::of_name(name, self.policy).ok(),
            HostPattern::Below(_) => None,
        });
        let named: Vec<Host> = named.collect();
        if !named.is_empty() {
            walk.run(&format!("selection {number} hosts"), Plan::Hosts(named), None).await?;
        }
        for relay in &self.relays {
            let plan = Self::network(relay, selection);
            walk.run(&format!("selection {number} {relay}"), plan, None).await?;
        }
        Ok(())
    }
}
