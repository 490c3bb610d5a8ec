//! Handle to DID: DNS and the well-known file side by side, or one service that is asked instead.
//!
//! Source: <https://atproto.com/specs/handle#handle-resolution>

use std::sync::Arc;

use firehouse_types::{Did, Handle};
use futures_util::FutureExt;
use tokio::select;
use url::Url;

use crate::address::AddressPolicy;
use crate::dns::{Dns, DnsError};
use crate::error::{Disposition, IdentityError};
use crate::guarded::{FetchError, GuardedClient, Request};
use crate::source::{below, is_reserved};

/// A well-known file holds a DID and perhaps a line break.
const WELL_KNOWN_BYTES_MAX: usize = 2_048;

/// Hosts of many accounts that publish no TXT records: one query saved per account.
const WITHOUT_TXT: [&str; 1] = [".bsky.social"];

/// Resolves handles; knows no cache.
pub(crate) struct Handles {
    pub(crate) client: GuardedClient,
    pub(crate) dns: Dns,
    /// Asked instead of DNS and well-known files.
    pub(crate) service: Option<Url>,
}

#[derive(serde::Deserialize)]
struct Answer {
    did: String,
}

impl Handles {
    pub(crate) async fn resolve(&self, handle: &Handle) -> Result<Did, IdentityError> {
        if handle.as_str() == Handle::INVALID {
            return Err(IdentityError::UnsupportedHandle);
        }
        if let Some(service) = &self.service {
            return self.ask_service(service, handle).await;
        }
        if is_reserved(handle.as_str()) && self.client.policy() == AddressPolicy::Public {
            return Err(IdentityError::UnsupportedHandle);
        }
        self.ask_the_domain(handle).await
    }

    async fn ask_service(&self, service: &Url, handle: &Handle) -> Result<Did, IdentityError> {
        let mut url = below(service, "xrpc/com.atproto.identity.resolveHandle")
            .ok_or(IdentityError::UnsupportedHandle)?;
        url.query_pairs_mut().append_pair("handle", handle.as_str());
        let answer: Answer = self.client.get_json(url).await.map_err(|error| match error {
            // The reference says 400 InvalidRequest when it finds nothing.
            FetchError::Status { status: 400 | 404, .. } => IdentityError::NotFound,
            other => other.into(),
        })?;
        Did::parse(&answer.did).map_err(|_| IdentityError::NotFound)
    }

    /// DNS wins when both have an answer, so the file counts only once DNS has none.
    async fn ask_the_domain(&self, handle: &Handle) -> Result<Did, IdentityError> {
        let file = self.ask_file(handle).fuse();
        tokio::pin!(file);
        let mut file_answer = None;
        let records = self.ask_dns(handle);
        tokio::pin!(records);
        let dns_failure = loop {
            select! {
                answer = &mut records => match answer {
                    Err(error) if error.disposition() == Disposition::Transient => break Some(error),
                    Err(IdentityError::NotFound) => break None,
                    certain => return certain,
                },
                answer = &mut file, if file_answer.is_none() => file_answer = Some(answer),
            }
        };
        let file_answer = match file_answer {
            Some(answer) => answer,
            None => file.await,
        };
        match (file_answer, dns_failure) {
            // "Not there" is certain only when both say so.
            (Err(error), Some(dns)) if error.disposition() == Disposition::Definitive => Err(dns),
            (answer, _) => answer,
        }
    }

    async fn ask_dns(&self, handle: &Handle) -> Result<Did, IdentityError> {
        if WITHOUT_TXT.iter().any(|suffix| handle.as_str().ends_with(suffix)) {
            return Err(IdentityError::NotFound);
        }
        let records = self.dns.txt(&format!("_atproto.{handle}")).await;
        did_of_records(&records.map_err(|error| match error {
            DnsError::Absent => IdentityError::NotFound,
            DnsError::Failed(source) => IdentityError::Dns(source),
        })?)
    }

    async fn ask_file(&self, handle: &Handle) -> Result<Did, IdentityError> {
        let url = Url::parse(&format!("https://{handle}/.well-known/atproto-did"))
            .map_err(|_| IdentityError::UnsupportedHandle)?;
        let request = Request { body_bytes_max: Some(WELL_KNOWN_BYTES_MAX), ..Request::get(url) };
        let answer = async { self.client.send(request).await?.success()?.bytes().await };
        did_of_file(answer.await)
    }
}

/// Values that do not begin with `did=` belong to somebody else; several different DIDs are nobody's.
fn did_of_records(records: &[String]) -> Result<Did, IdentityError> {
    let mut dids = records.iter().filter_map(|text| Did::parse(text.strip_prefix("did=")?).ok());
    let first = dids.next().ok_or(IdentityError::NotFound)?;
    if dids.all(|did| did == first) { Ok(first) } else { Err(IdentityError::AmbiguousHandle) }
}

fn did_of_file(body: Result<bytes::Bytes, FetchError>) -> Result<Did, IdentityError> {
    match body {
        Ok(body) => std::str::from_utf8(&body)
            .ok()
            .and_then(|text| Did::parse(text.trim()).ok())
            .ok_or(IdentityError::NotFound),
        Err(error) if error.disposition() == Disposition::Definitive => {
            Err(IdentityError::NotFound)
        }
        Err(error) => Err(IdentityError::Fetch(Arc::new(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn txt_records_of_others_are_ignored_and_two_dids_are_none() {
        let check = |records: &[&str]| {
            let records: Vec<_> = records.iter().map(|&r| r.to_owned()).collect();
            did_of_records(&records).map(|did| did.to_string())
        };
        let (one, two) = ("did=did:plc:one", "did=did:plc:two");
        assert_eq!(check(&["v=spf1 -all", one, one]).ok().as_deref(), Some("did:plc:one"));
        assert!(matches!(check(&[one, two]), Err(IdentityError::AmbiguousHandle)));
        assert!(matches!(check(&["did:plc:one", "did=nonsense"]), Err(IdentityError::NotFound)));
    }

    #[test]
    fn a_well_known_file_is_one_did_with_blanks_around_it() {
        let check = |body: &'static str| did_of_file(Ok(body.into())).map(|did| did.to_string());
        assert_eq!(check(" did:plc:one\r\n").ok().as_deref(), Some("did:plc:one"));
        assert!(matches!(check("<html>"), Err(IdentityError::NotFound)));
        assert!(matches!(check("did:plc:one did:plc:two"), Err(IdentityError::NotFound)));
    }
}
