//! Servers, configurations and documents for the tests.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use firehouse_identity::{Config, Metrics, Resolver};
use firehouse_types::Did;
use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use prometheus::Registry;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

/// Two keys that were made for examples.
pub const KEY: &str = "zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF";
pub const OTHER_KEY: &str = "zQ3shrc8v5X6ZiANcZxA6JerfT2T4SskeCGxpmtDfMuHF9KRj";

/// A task that ends with its test.
pub struct Running {
    pub address: SocketAddr,
    pub task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    pub fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().expect("a URL")
    }
}

/// Serves `routes` on this machine.
pub async fn serve(routes: Router) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        axum::serve(listener, routes).await.expect("the server runs");
    });
    Running { address, task }
}

/// What a name server says about a name.
#[derive(Clone)]
pub enum Says {
    Txt(&'static str),
    A(Ipv4Addr),
    ServerFailure,
}

/// A name server that knows these records; of other names it says that they do not exist.
pub async fn name_server(records: &[(&str, Says)]) -> Running {
    let mut zone: HashMap<String, Vec<Says>> = HashMap::new();
    for (name, says) in records {
        zone.entry(format!("{name}.")).or_default().push(says.clone());
    }
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let address = socket.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let Ok(query) = Message::from_vec(&buffer[..length]) else { continue };
            let answer = answer(&zone, &query).to_vec().expect("an answer");
            let _ = socket.send_to(&answer, from).await;
        }
    });
    Running { address, task }
}

fn answer(zone: &HashMap<String, Vec<Says>>, query: &Message) -> Message {
    let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.recursion_available = true;
    let question = query.queries.first().expect("a question").clone();
    let (name, kind) = (question.name.clone(), question.query_type);
    answer.add_query(question);
    let Some(known) = zone.get(&name.to_string().to_lowercase()) else {
        answer.metadata.response_code = ResponseCode::NXDomain;
        return answer;
    };
    for says in known {
        match (says, kind) {
            (Says::Txt(text), RecordType::TXT) => {
                let data = RData::TXT(TXT::new(vec![(*text).to_owned()]));
                answer.add_answer(Record::from_rdata(name.clone(), 60, data));
            }
            (Says::A(address), RecordType::A) => {
                let data = RData::A((*address).into());
                answer.add_answer(Record::from_rdata(name.clone(), 60, data));
            }
            (Says::ServerFailure, _) => answer.metadata.response_code = ResponseCode::ServFail,
            _ => {}
        }
    }
    answer
}

/// Settings of a private network whose directory is at `plc`.
pub fn config(plc: url::Url) -> Config {
    Config {
        plc,
        handle_resolver: None,
        allow_private_addresses: true,
        dns_servers: Vec::new(),
        cache_entries: 1_000,
        ttl_s: 3_600,
        error_ttl_s: 3_600,
        transient_ttl_s: 0,
        refresh_min_interval_s: 3_600,
        lookups_max: 8,
        connect_timeout_ms: 10_000,
        request_timeout_ms: 30_000,
        document_bytes_max: 65_536,
    }
}

pub fn resolver(config: &Config) -> (Resolver, Registry) {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).expect("fresh names");
    (Resolver::new(config, metrics).expect("a client"), registry)
}

pub fn did(text: &str) -> Did {
    Did::parse(text).expect("a DID")
}

/// A DID document with a handle, a key and a PDS.
pub fn document(did: &str, handle: &str, key: &str) -> String {
    format!(
        r##"{{"id":"{did}","alsoKnownAs":["at://{handle}"],
            "verificationMethod":[{{"id":"{did}#atproto","type":"Multikey","controller":"{did}","publicKeyMultibase":"{key}"}}],
            "service":[{{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://pds.example"}}]}}"##
    )
}

/// The value of a counter with this label.
pub fn metric(registry: &Registry, name: &str, labels: &[&str]) -> f64 {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name).expect("a metric");
    let metrics = family.get_metric().iter().filter(|metric| {
        labels.iter().all(|label| metric.get_label().iter().any(|pair| pair.value() == *label))
    });
    metrics.map(|metric| metric.get_counter().get_value()).sum()
}

/// A counter shared with a server.
#[derive(Clone, Default)]
pub struct Count(Arc<std::sync::atomic::AtomicUsize>);

impl Count {
    pub fn up(&self) -> usize {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
    }

    pub fn get(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

/// Waits as long as a test may for something another task does.
pub async fn until(mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("in time");
}
