//! Which part of the network is kept: instances with every kind of selection hold exactly what the model of the simulated network says,
//! from the beginning, after each change, and when they are killed in the middle of one.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firehouse_sim::{Mix, Model, Random, Urls, World, WorldConfig};
use firehouse_types::{ActorId, RkeyId};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    FIREHOUSE, Firehouse, flags_of, free_address, get_as, has_engine, post, serve,
};

const LIMIT: Duration = Duration::from_secs(90);
const PASSWORD: &str = "correct horse";
const POST: &str = "app.bsky.feed.post";

/// Short waits: what a deployment spreads over hours.
const QUICK: [(&str, &str); 9] = [
    ("FIREHOUSE_KEEP__CHECK_INTERVAL_S", "1"),
    ("FIREHOUSE_KEEP__GRACE_S", "0"),
    ("FIREHOUSE_BACKFILL__SWEEP_INTERVAL_S", "1"),
    ("FIREHOUSE_BACKFILL__BACKOFF_MIN_MS", "50"),
    ("FIREHOUSE_BACKFILL__BACKOFF_MAX_MS", "500"),
    ("FIREHOUSE_BACKFILL__REQUESTS_PER_HOST_PER_S", "1000"),
    ("FIREHOUSE_IDENTITY__REFRESH_MIN_INTERVAL_S", "1"),
    ("FIREHOUSE_IDENTITY__TRANSIENT_TTL_S", "1"),
    ("FIREHOUSE_INGEST__WORKERS", "2"),
];

/// A network that runs until this process ends.
struct Network {
    world: Arc<World>,
    urls: Urls,
    /// Whether it is heard over a Jetstream, too.
    unproven: bool,
}

impl Network {
    fn start(seed: u64) -> Self {
        let mix = Mix { statuses: false, rebirths: false, ..Mix::ALL };
        let config = WorldConfig {
            accounts: 24,
            pdses: 3,
            jetstreams: 1,
            labelers: 0,
            mix,
            ..WorldConfig::new(seed)
        };
        let (world, urls) = serve(config);
        Self { world, urls, unproven: false }
    }

    /// Host and port of a PDS.
    fn host(&self, pds: usize) -> String {
        self.urls.pdses[pds].trim_start_matches("http://").to_owned()
    }

    fn flags(&self) -> Vec<String> {
        let mut flags = flags_of(&self.urls);
        if self.unproven {
            let jetstream = self.urls.jetstreams[0].replace("http://", "jetstream+ws://");
            flags.extend(["--relay".to_owned(), jetstream]);
        }
        flags
    }
}

/// What a test wants to be kept, in the words of the administrator.
#[derive(Clone, Debug, Default)]
struct Said {
    collections: Vec<String>,
    dids: Vec<String>,
    follows_of: Vec<String>,
    pds_hosts: Vec<String>,
    languages: Vec<String>,
}

impl Said {
    fn json(&self) -> Value {
        json!({ "selection": {
            "collections": self.collections,
            "dids": self.dids,
            "followsOf": self.follows_of,
            "pdsHosts": self.pds_hosts,
            "languages": self.languages,
        }})
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let lists = [
            ("FIREHOUSE_KEEP__COLLECTIONS", &self.collections),
            ("FIREHOUSE_KEEP__DIDS", &self.dids),
            ("FIREHOUSE_KEEP__FOLLOWS_OF", &self.follows_of),
            ("FIREHOUSE_KEEP__PDS_HOSTS", &self.pds_hosts),
            ("FIREHOUSE_KEEP__LANGUAGES", &self.languages),
        ];
        lists.map(|(name, list)| (name, list.join(","))).to_vec()
    }

    /// The accounts that are kept, worked out anew from what is true.
    fn accounts(&self, model: &Model) -> BTreeSet<String> {
        if self.dids.is_empty() && self.follows_of.is_empty() && self.pds_hosts.is_empty() {
            return model.accounts().keys().cloned().collect();
        }
        let mut kept: BTreeSet<String> = self.dids.iter().cloned().collect();
        for neighbourhood in &self.follows_of {
            let (did, depth) = neighbourhood.split_once('/').unwrap_or((neighbourhood, "1"));
            let mut reached = BTreeSet::from([did.to_owned()]);
            for _ in 0..depth.parse().unwrap() {
                let followed = reached.iter().flat_map(|did| model.follows(did));
                let followed: Vec<String> = followed.map(str::to_owned).collect();
                reached.extend(followed);
            }
            kept.extend(reached);
        }
        let lives_there =
            |pds: &str| self.pds_hosts.iter().any(|host| pds.ends_with(&format!("/{host}")));
        let at_hosts = model.accounts().iter().filter(|(_, account)| lives_there(&account.pds));
        kept.extend(at_hosts.map(|(did, _)| did.clone()));
        kept
    }

    fn takes(&self, collection: &str, bytes: &[u8]) -> bool {
        let is_one = |pattern: &String| match pattern.strip_suffix('*') {
            Some(prefix) => collection.starts_with(prefix),
            None => collection == pattern,
        };
        let in_collection = self.collections.is_empty() || self.collections.iter().any(is_one);
        let langs = if collection == POST { langs(bytes) } else { Vec::new() };
        let in_language = self.languages.is_empty()
            || langs.is_empty()
            || langs.iter().any(|lang| self.languages.contains(lang));
        in_collection && in_language
    }

    /// Every record that is kept: `actor collection rkey` and its digest.
    fn records(&self, model: &Model) -> BTreeMap<String, String> {
        let accounts = self.accounts(model);
        let mut kept = BTreeMap::new();
        for ((did, path), record) in model.records() {
            let (collection, rkey) = path.split_once('/').unwrap();
            if accounts.contains(did) && self.takes(collection, &record.bytes) {
                let key =
                    format!("{} {collection} {}", ActorId::of(did).get(), RkeyId::of(rkey).get());
                kept.insert(key, data_encoding::HEXLOWER.encode(&record.digest));
            }
        }
        kept
    }
}

/// The languages of a post of the simulation, which writes them as the list of texts they are.
fn langs(bytes: &[u8]) -> Vec<String> {
    let key = b"\x65langs";
    let Some(at) = bytes.windows(key.len()).position(|window| window == key) else {
        return Vec::new();
    };
    let mut rest = &bytes[at + key.len()..];
    let count = rest[0] & 0x1f;
    rest = &rest[1..];
    let mut langs = Vec::new();
    for _ in 0..count {
        let length = usize::from(rest[0] & 0x1f);
        langs.push(String::from_utf8(rest[1..=length].to_vec()).unwrap());
        rest = &rest[1 + length..];
    }
    langs
}

/// One firehouse on this network.
struct Instance<'n> {
    network: &'n Network,
    /// Ends before its folder is removed.
    firehouse: Option<Firehouse>,
    data: TempDir,
    configured: Said,
}

impl<'n> Instance<'n> {
    fn start(network: &'n Network, configured: Said) -> Self {
        let mut instance =
            Self { network, data: tempfile::tempdir().unwrap(), firehouse: None, configured };
        instance.restart();
        instance
    }

    /// After a kill -9, if it was running.
    fn restart(&mut self) {
        self.restart_with(("FIREHOUSE_KEEP__ACCOUNTS_MAX", "1000"));
    }

    fn restart_with(&mut self, variable: (&str, &str)) {
        if let Some(firehouse) = self.firehouse.take() {
            firehouse.kill();
        }
        let mut flags = self.network.flags();
        flags.extend(["--admin-password".to_owned(), PASSWORD.to_owned()]);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let configured = self.configured.variables();
        let mut variables: Vec<(&str, &str)> =
            configured.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.extend(QUICK);
        variables.push(variable);
        self.firehouse =
            Some(Firehouse::run_with(self.data.path(), free_address(), &flags, &variables));
    }

    fn firehouse(&self) -> &Firehouse {
        self.firehouse.as_ref().unwrap()
    }

    fn say(&self, input: &Value) -> (u16, Value) {
        let began = Instant::now();
        loop {
            let path = "/xrpc/dev.firehouse.admin.setSelection";
            match post(self.firehouse().listen, path, PASSWORD, input) {
                Some(answer) => return answer,
                // It is starting.
                None => assert!(began.elapsed() < LIMIT, "nobody answers"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn selection(&self) -> Option<Value> {
        let path = "/xrpc/dev.firehouse.admin.getSelection";
        Some(get_as(self.firehouse().listen, path, PASSWORD)?.1)
    }

    fn rows(&self, sql: &str) -> Option<Vec<String>> {
        self.firehouse().rows(sql)
    }

    /// What is held other than it should be; `None` while nobody can say.
    fn differences(&self, said: &Said) -> Option<Vec<String>> {
        let model = self.network.world.model();
        let expected = said.records(&model);
        let rows = self.rows(
            "SELECT actor, collection, rkey, lower(hex(cid)) FROM records FINAL WHERE deleted = 0",
        )?;
        let held: BTreeMap<String, String> = rows
            .iter()
            .map(|row| row.rsplit_once(' ').unwrap())
            .map(|(key, digest)| (key.to_owned(), digest.to_owned()))
            .collect();
        let mut found = Vec::new();
        for (key, digest) in &expected {
            match held.get(key) {
                Some(other) if other != digest => found.push(format!("other {key}")),
                Some(_) => {}
                None => found.push(format!("missing {key}")),
            }
        }
        found.extend(
            held.keys()
                .filter(|key| !expected.contains_key(*key))
                .map(|key| format!("extra {key}")),
        );
        // What is derived is of nothing else.
        let of = |row: &String, collection: &str| {
            let (actor, rkey) = row.split_once(' ').unwrap();
            format!("{actor} {collection} {rkey}")
        };
        let derived = [
            ("SELECT DISTINCT actor, collection, rkey FROM links FINAL", ""),
            ("SELECT DISTINCT actor, collection, rkey FROM links_by_source FINAL", ""),
            ("SELECT actor, rkey FROM posts FINAL", POST),
            ("SELECT actor, rkey FROM thread_items FINAL", POST),
            ("SELECT actor, rkey FROM feed_items FINAL WHERE kind = 'post'", POST),
            ("SELECT actor, rkey FROM author_items FINAL WHERE kind = 'post'", POST),
            (
                "SELECT actor, rkey FROM feed_items FINAL WHERE kind = 'repost'",
                "app.bsky.feed.repost",
            ),
            ("SELECT actor, rkey FROM lists FINAL", "app.bsky.graph.list"),
            ("SELECT list_actor, rkey FROM list_items FINAL", "app.bsky.graph.listitem"),
            ("SELECT list_actor, rkey FROM list_memberships FINAL", "app.bsky.graph.listitem"),
        ];
        for (sql, collection) in derived {
            for row in self.rows(sql)? {
                let key = if collection.is_empty() { row.clone() } else { of(&row, collection) };
                if !expected.contains_key(&key) {
                    found.push(format!("derived of nothing: {sql}: {row}"));
                }
            }
        }
        // Nothing of others is left, not even what is no longer to be seen.
        let accounts = said.accounts(&model);
        let numbers: BTreeSet<String> =
            accounts.iter().map(|did| ActorId::of(did).get().to_string()).collect();
        for sql in [
            "SELECT DISTINCT actor FROM records",
            "SELECT DISTINCT actor FROM links",
            "SELECT DISTINCT actor FROM repos",
        ] {
            let others = self.rows(sql)?.into_iter().filter(|actor| !numbers.contains(actor));
            found.extend(others.map(|actor| format!("not kept: {sql}: {actor}")));
        }
        let in_step = self.rows("SELECT actor FROM repos FINAL WHERE state = 'synchronized'")?;
        let out_of_step = numbers.iter().filter(|actor| !in_step.contains(actor));
        found.extend(out_of_step.map(|actor| format!("not in step: {actor}")));
        Some(found)
    }

    /// Waits until exactly this is held, and all steps are done.
    fn wait(&self, said: &Said) {
        let began = Instant::now();
        loop {
            let selection = self.selection();
            // Before it answers it may not even have its tables.
            let found = selection.as_ref().and_then(|_| self.differences(said));
            let is_applied =
                selection.as_ref().is_some_and(|selection| selection["applied"] == true);
            if is_applied && found.as_ref().is_some_and(Vec::is_empty) {
                return;
            }
            let shown: Vec<String> = found.iter().flatten().take(8).cloned().collect();
            let count = found.map(|found| found.len());
            assert!(began.elapsed() < LIMIT, "{said:?}: {selection:?}: {count:?} {shown:#?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn change(&self, said: &Said) {
        let (status, answer) = self.say(&said.json());
        assert_eq!(status, 200, "{answer}");
    }

    /// `firehouse verify` beside the running instance finds every account equal.
    fn verify(&self) {
        let mut command = Command::new(FIREHOUSE);
        command.args([
            "verify",
            "--json",
            "--clickhouse-url",
            &format!("http://{}", self.firehouse().engine),
        ]);
        command.arg("--data").arg(self.data.path().join("beside")).args(self.network.flags());
        let output = command.env("FIREHOUSE_LOG", "error").output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success() && report["differ"] == 0, "{report}");
        assert!(report["equal"].as_u64() > Some(0), "{report}");
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// Accounts that follow somebody, by how many they follow.
fn followers(model: &Model) -> Vec<String> {
    let mut accounts: Vec<_> =
        model.accounts().keys().map(|did| (model.follows(did).len(), did.clone())).collect();
    accounts.sort_unstable();
    accounts.into_iter().filter(|(follows, _)| *follows > 0).map(|(_, did)| did).collect()
}

#[test]
fn an_instance_with_each_kind_of_selection_holds_exactly_what_is_selected() {
    if !has_engine() {
        return;
    }
    let network = Network::start(21);
    network.world.act(500);
    let model = network.world.model();
    let by_follows = followers(&model);
    let dids: Vec<String> = model.accounts().keys().take(3).cloned().collect();
    let everything = Said::default();
    for said in [
        Said {
            collections: texts(&["app.bsky.feed.like", "app.bsky.graph.*"]),
            ..everything.clone()
        },
        Said { dids: dids.clone(), ..everything.clone() },
        Said {
            follows_of: vec![by_follows[0].clone(), format!("{}/2", by_follows[1])],
            ..everything.clone()
        },
        Said { pds_hosts: vec![network.host(1)], ..everything.clone() },
        Said { languages: texts(&["de", "ja"]), ..everything.clone() },
        Said {
            dids,
            pds_hosts: vec![network.host(0)],
            collections: texts(&["app.bsky.feed.*"]),
            languages: texts(&["en"]),
            ..everything
        },
    ] {
        let instance = Instance::start(&network, said.clone());
        instance.wait(&said);
        assert!(said.records(&network.world.model()).len() < network.world.model().records().len());
        network.world.act(150);
        instance.wait(&said);
        instance.verify();
    }
}

#[test]
fn after_each_change_exactly_the_new_selection_is_held_also_when_it_is_killed_in_the_middle() {
    if !has_engine() {
        return;
    }
    let network = Network::start(22);
    network.world.act(600);
    let model = network.world.model();
    let by_follows = followers(&model);
    let dids: Vec<String> = model.accounts().keys().step_by(4).cloned().collect();
    let everything = Said::default();
    let steps = [
        Said { dids: dids.clone(), ..everything.clone() },
        Said {
            dids: dids.clone(),
            collections: texts(&["app.bsky.graph.*"]),
            ..everything.clone()
        },
        Said { dids, languages: texts(&["de", "en"]), ..everything.clone() },
        Said { pds_hosts: vec![network.host(2)], languages: texts(&["en"]), ..everything.clone() },
        Said { follows_of: vec![format!("{}/2", by_follows[0])], ..everything.clone() },
        everything.clone(),
        Said {
            languages: texts(&["pt"]),
            collections: texts(&["app.bsky.feed.post", "app.bsky.actor.*"]),
            ..everything
        },
        Said::default(),
    ];
    let mut instance = Instance::start(&network, Said::default());
    instance.wait(&Said::default());
    let mut random = Random::new(u64::from(std::process::id()));
    for (number, said) in steps.iter().enumerate() {
        instance.change(said);
        network.world.act(20);
        if number % 2 == 1 {
            std::thread::sleep(Duration::from_millis(random.below(400) as u64));
            instance.restart();
            network.world.act(20);
        }
        instance.wait(said);
    }
    instance.verify();
}

#[test]
fn what_comes_without_proof_is_selected_alike() {
    if !has_engine() {
        return;
    }
    let network = Network { unproven: true, ..Network::start(26) };
    network.world.act(300);
    let model = network.world.model();
    let said = Said {
        dids: model.accounts().keys().step_by(2).cloned().collect(),
        collections: texts(&["app.bsky.feed.*"]),
        languages: texts(&["de", "en"]),
        ..Said::default()
    };
    let instance = Instance::start(&network, said.clone());
    instance.wait(&said);
    network.world.act(150);
    instance.wait(&said);
    let nearby = Said { follows_of: vec![followers(&model)[0].clone()], ..Said::default() };
    instance.change(&nearby);
    network.world.act(100);
    instance.wait(&nearby);
    instance.verify();
}

#[test]
fn changes_that_overtake_each_other_leave_what_was_said_last() {
    if !has_engine() {
        return;
    }
    let network = Network::start(23);
    network.world.act(400);
    let dids: Vec<String> = network.world.model().accounts().keys().cloned().collect();
    let some = Said { dids: dids[..6].to_vec(), ..Said::default() };
    let others = Said {
        dids: dids[4..12].to_vec(),
        collections: texts(&["app.bsky.feed.*"]),
        ..Said::default()
    };
    let mut instance = Instance::start(&network, some.clone());
    instance.wait(&some);
    for round in 0..3 {
        instance.change(&others);
        network.world.act(5);
        if round == 1 {
            instance.restart();
        }
        instance.change(&Said::default());
        network.world.act(5);
        if round == 2 {
            instance.restart();
        }
        instance.change(&some);
        network.world.act(5);
    }
    instance.wait(&some);
    instance.verify();
}

#[test]
fn a_changed_configuration_is_applied_at_start_and_what_was_said_at_run_time_wins() {
    if !has_engine() {
        return;
    }
    let network = Network::start(24);
    network.world.act(300);
    let dids: Vec<String> = network.world.model().accounts().keys().cloned().collect();
    let one = Said { dids: dids[..5].to_vec(), ..Said::default() };
    let other = Said { dids: dids[3..9].to_vec(), languages: texts(&["en"]), ..Said::default() };
    let third = Said { pds_hosts: vec![network.host(0)], ..Said::default() };
    let mut instance = Instance::start(&network, one.clone());
    instance.wait(&one);
    instance.configured = other.clone();
    instance.restart();
    instance.wait(&other);

    let (status, answer) = instance.say(&json!({ "selection": { "dids": ["a.test"] } }));
    assert_eq!((status, answer["error"].as_str()), (400, Some("InvalidSelection")), "{answer}");
    instance.change(&third);
    instance.wait(&third);
    instance.restart();
    instance.wait(&third);
    assert_eq!(instance.selection().unwrap()["configured"], false);
    // What was just stored is told to health a moment later.
    let began = Instant::now();
    let health = loop {
        let health = instance.firehouse().get("/xrpc/_health").unwrap().1;
        if health["keep"]["phase"] == "applied" || began.elapsed() > LIMIT {
            break health;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(health["keep"]["selection"], format!("at {}", network.host(0)), "{health}");
    assert_eq!(health["keep"]["phase"], "applied", "{health}");

    let (status, answer) = instance.say(&json!({}));
    assert_eq!(status, 200, "{answer}");
    instance.wait(&other);
    assert_eq!(instance.selection().unwrap()["configured"], true);
}

#[test]
fn a_neighbourhood_follows_the_follows_and_is_no_larger_than_it_may_be() {
    if !has_engine() {
        return;
    }
    let network = Network::start(25);
    network.world.act(150);
    let model = network.world.model();
    let said = Said { follows_of: vec![format!("{}/2", followers(&model)[0])], ..Said::default() };
    let mut instance = Instance::start(&network, said.clone());
    instance.wait(&said);
    let before = said.accounts(&network.world.model());
    for _ in 0..4 {
        network.world.act(100);
        instance.wait(&said);
    }
    assert_ne!(before, said.accounts(&network.world.model()), "nobody came or went");
    assert_eq!(instance.selection().unwrap()["cut"], false);
    instance.verify();
    instance.configured.follows_of.push(followers(&network.world.model())[1].clone());
    // As many as there may be, and no more.
    instance.restart_with(("FIREHOUSE_KEEP__ACCOUNTS_MAX", "3"));
    let began = Instant::now();
    while instance
        .selection()
        .is_none_or(|selection| selection["cut"] != true || selection["applied"] != true)
    {
        assert!(began.elapsed() < LIMIT, "{:?}", instance.selection());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(instance.selection().unwrap()["accounts"], 3);
}
