//! Which labelers are followed: `labeler = ["did", "did=url"]`, and what the pipeline of labels is made of.

use anyhow::{Context, Result, bail};
use firehouse_identity::AddressPolicy;
use firehouse_ingest::{Labeler, Labels, Metrics};
use firehouse_types::Did;
use serde::Deserialize;
use url::Url;

use crate::network::stream_config;
use crate::serving::Sources;
use crate::settings::Settings;

/// The pipeline that the settings describe.
pub fn labels(
    settings: &Settings,
    sources: &Sources,
    metrics: Metrics,
    stream_metrics: firehouse_stream::Metrics,
) -> Labels {
    // Every follower puts its own URL in the place of this one.
    let stream = stream_config(settings, &settings.plc);
    let policy = match settings.allow_private_addresses {
        true => AddressPolicy::Private,
        false => AddressPolicy::Public,
    };
    Labels {
        config: settings.labels.clone(),
        labelers: settings.labeler.clone(),
        stream,
        policy,
        store: sources.store.clone(),
        resolver: sources.resolver.clone(),
        status: sources.watched.labelers.clone(),
        metrics,
        stream_metrics,
    }
}

/// Reads the key `labeler`.
pub fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<Labeler>, D::Error> {
    let texts = Vec::<String>::deserialize(d)?;
    let labelers = texts.iter().map(|text| labeler(text));
    labelers.collect::<Result<_>>().map_err(|error| serde::de::Error::custom(format!("{error:#}")))
}

fn labeler(text: &str) -> Result<Labeler> {
    let (did, url) = match text.split_once('=') {
        Some((did, url)) => (did, Some(url)),
        None => (text, None),
    };
    let did = Did::parse(did).with_context(|| format!("labeler {text:?}: not DID or DID=URL"))?;
    if url.is_none() && !did.is_resolvable() {
        bail!("labeler {text:?}: the document of such a DID cannot be had: name a URL too");
    }
    let url = url.map(Url::parse).transpose().with_context(|| format!("labeler {text:?}"))?;
    if let Some(url) = &url
        && !(matches!(url.scheme(), "ws" | "wss" | "http" | "https") && url.has_host())
    {
        bail!("labeler {text:?}: not the URL of a host");
    }
    Ok(Labeler { did, url })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_labeler_is_a_did_and_perhaps_where_it_is() {
        let check = |text, expected: (&str, Option<&str>)| {
            let labeler = labeler(text).unwrap();
            assert_eq!((labeler.did.as_str(), labeler.url.as_ref().map(Url::as_str)), expected);
        };
        check("did:plc:a", ("did:plc:a", None));
        check(
            "did:web:a.test=ws://127.0.0.1:3000",
            ("did:web:a.test", Some("ws://127.0.0.1:3000/")),
        );
        check("did:example:a=ws://a.test", ("did:example:a", Some("ws://a.test/")));
        check("did:web:a.test=https://a.test/x=y", ("did:web:a.test", Some("https://a.test/x=y")));
        for refused in [
            "",
            "a.test",
            "did:example:a",
            "did:plc:a=",
            "did:plc:a=ftp://a.test",
            "did:plc:a=a.test",
        ] {
            assert!(labeler(refused).is_err(), "{refused}");
        }
    }
}
