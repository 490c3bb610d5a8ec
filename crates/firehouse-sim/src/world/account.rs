//! [`Account`]: what a person of the town is to the network: identity, home, status, and the bytes of the repo.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::Status;
use crate::protocol::block::{Block, car};
use crate::protocol::key::{Curve, Key};
use crate::protocol::plc::{Claims, Operation};
use crate::protocol::repo::Repo;

/// One account. Its person, with repo and signing key, has the same number in the town.
pub(crate) struct Account {
    pub(crate) did: Arc<str>,
    pub(crate) status: Status,
    /// Number of its PDS, and of those it has left.
    pub(crate) pds: usize,
    pub(crate) left: Vec<usize>,
    pub(crate) claims: Claims,
    pub(crate) rotation: Key,
    pub(crate) operations: Vec<Operation>,
    /// Signing keys it had before.
    pub(crate) old_keys: Vec<Key>,
    /// Above it lie all revs to come, also those of another repo at the same account.
    pub(crate) last_rev: Option<String>,
    pub(crate) records: BTreeMap<String, Block>,
    /// Paths of records that are gone.
    pub(crate) graves: Vec<String>,
    /// The repo as it was a while ago: rev and CAR.
    pub(crate) stale: Option<(String, Vec<u8>)>,
}

impl Account {
    /// Born at a PDS whose address is not known yet. Shape: the account, and its key.
    pub(crate) fn new(name: &str, handle: &str, curve: Curve, pds: usize) -> (Self, Key) {
        let key = Key::of(&format!("{name}/signing"), curve);
        let rotation = Key::of(&format!("{name}/rotation"), Curve::K256);
        let claims = Claims {
            signing_key: key.did_key(),
            handle: handle.to_owned(),
            pds: format!("https://pds{pds}.sim.test"),
            labeler: None,
        };
        let birth = Operation::sign(&claims, None, &rotation);
        let account = Self {
            did: birth.did().into(),
            status: Status::Active,
            pds,
            left: Vec::new(),
            claims,
            rotation,
            operations: vec![birth],
            old_keys: Vec::new(),
            last_rev: None,
            records: BTreeMap::new(),
            graves: Vec::new(),
            stale: None,
        };
        (account, key)
    }

    /// The DID document.
    pub(crate) fn document(&self) -> Value {
        let did = &*self.did;
        let method = |id: &str, key: &str| {
            json!({
                "id": format!("{did}#{id}"),
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": key.trim_start_matches("did:key:"),
            })
        };
        let service = |id: &str, kind: &str, origin: &str| json!({ "id": format!("#{id}"), "type": kind, "serviceEndpoint": origin });
        let mut methods = vec![method("atproto", &self.claims.signing_key)];
        let mut services =
            vec![service("atproto_pds", "AtprotoPersonalDataServer", &self.claims.pds)];
        if let Some((key, origin)) = &self.claims.labeler {
            methods.push(method("atproto_label", key));
            services.push(service("atproto_labeler", "AtprotoLabeler", origin));
        }
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "alsoKnownAs": [format!("at://{}", self.claims.handle)],
            "verificationMethod": methods,
            "service": services,
        })
    }

    /// The whole repo as a CAR: its commit, then tree and records in an order that means nothing.
    pub(crate) fn car(&self, repo: &Repo) -> Option<Vec<u8>> {
        let head = repo.head()?;
        let nodes = repo.nodes();
        let commit = std::iter::once(&head.block);
        Some(car(head.block.cid, commit.chain(&nodes).chain(self.records.values())))
    }
}
