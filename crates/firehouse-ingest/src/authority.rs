//! Who may speak for an account: a relay for everybody, a PDS for the accounts whose DID document names it.
//!
//! Commits are signed, but `#account` is not: without this a PDS could have any account of the network deleted here.
//! Source: <https://atproto.com/specs/sync#commit-validation>

use firehouse_types::Event;

use crate::account::Known;
use crate::work::Ticketed;

/// Whether the upstream that sent an event may say this of its account.
pub fn may_speak(event: &Ticketed, known: &Known) -> bool {
    let Some(authority) = &event.pds else { return true };
    match &event.event {
        // Repeats change nothing, and are counted as such.
        Event::Commit(commit) if known.has(commit.rev) => true,
        Event::Sync(sync) if known.has(sync.rev) => true,
        Event::Commit(_) | Event::Unproven(_) | Event::Sync(_) | Event::Account(_) => {
            is_at(&known.row.pds, authority)
        }
        // It only has us ask who the account is, and those who know.
        Event::Identity(_) | Event::Info(_) => true,
    }
}

/// Whether a PDS, by its URL in a DID document, is the host with this authority: host, and port unless it is the scheme's own.
fn is_at(pds: &str, authority: &str) -> bool {
    let rest = pds.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty() && host.eq_ignore_ascii_case(authority)
}

#[cfg(test)]
mod tests {
    use super::is_at;

    #[test]
    fn host_and_port_decide_whatever_the_scheme_is() {
        assert!(is_at("https://pds.test", "pds.test"));
        assert!(is_at("https://pds.test/", "pds.test"));
        assert!(is_at("http://localhost:2583/x?y", "localhost:2583"));
        assert!(!is_at("http://localhost:2583", "localhost"));
        assert!(!is_at("https://other.test", "pds.test"));
        assert!(!is_at("https://pds.test@other.test", "pds.test"));
        assert!(!is_at("https://pds.test.other.test", "pds.test"));
        assert!(!is_at("", "pds.test"));
        assert!(!is_at("", ""));
    }
}
