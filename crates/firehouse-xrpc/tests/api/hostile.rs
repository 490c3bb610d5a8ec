//! Every method, asked everything it should not be asked: it refuses in its own words, and nothing breaks behind it.

use axum::body::Body;
use data_encoding::BASE64;
use firehouse_indexer::Rows;
use firehouse_lexicon::Catalog;
use firehouse_sim::engine;
use futures_util::future::join_all;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::records::{account, insert, write};
use crate::schema::Schemas;
use crate::world::{ALICE, Answer, BOB, PASSWORD, Token, World, get};

/// Texts that some code somewhere takes for something else.
const ODD: [&str; 8] = [
    "a\0b",
    "' OR 1=1 --",
    "{limit:UInt32}",
    "%",
    "\\",
    "\u{202e}𠀋🦀",
    "../../etc/passwd",
    "from:?",
];
/// Cursors of no page, and of no place.
const CURSORS: [&str; 16] = [
    "a",
    "a\0b",
    "::",
    "1::2",
    "__",
    "1735689600000__zz",
    "1735689600000__ffffffffffffffff-ffffffffffffffff-ffffffffffffffff",
    "-8640000000000000__0-0-0",
    "8640000000000000__0-0-0",
    "99999999999999999999999__1-1-1",
    "2025-01-01T00:00:00.000Z",
    "2025-01-01T00:00:00.000Z__1-1",
    "-1",
    "1e400",
    "9223372036854775808",
    "zzzzzzzzzzzzz",
];
/// No value of any format.
const MALFORMED: [&str; 4] = [" ", "\u{1f980}", "a b", "\0"];
const NO_NUMBERS: [&str; 9] =
    ["a", "1.5", "1e1", "0x10", "٣", "--1", "1 2", "99999999999999999999", "1\0"];
const NO_BOOLEANS: [&str; 4] = ["1", "TRUE", "yes", "\0"];

/// Alice and Bob, who know each other.
async fn world() -> Option<World> {
    let store = engine::store().await?;
    let mut rows = Rows::default();
    write(&mut rows, ALICE, "app.bsky.feed.post", "3lebsxaigos2a", json!({ "text": "word" }));
    write(&mut rows, ALICE, "app.bsky.graph.follow", "3lebsxaigos2a", json!({ "subject": BOB }));
    let accounts = [account(ALICE, "alice.test"), account(BOB, "bob.test")];
    insert(&store, rows, &accounts).await;
    Some(World::new(store, |config| {
        config.default_labelers.clear();
        config.body_bytes_max = 1_000_000;
        (config.rate_viewer_max, config.rate_unverified_max) = (1_000_000, 1_000_000);
        (config.rate_address_max, config.rate_search_max) = (1_000_000, 1_000_000);
    }))
}

/// Methods for which an account's token is no use.
fn is_of_admin(nsid: &str) -> bool {
    ["dev.firehouse.admin.", "com.atproto.admin.", "internal.", "app.bsky.contact.sendNotification"]
        .iter()
        .any(|prefix| nsid.starts_with(prefix))
}

fn authorization(world: &World, nsid: &str, number: usize) -> String {
    if is_of_admin(nsid) {
        return format!("Basic {}", BASE64.encode(format!("admin:{PASSWORD}").as_bytes()));
    }
    let token = Token::of(ALICE, nsid).with("jti", format!("{number}"));
    format!("Bearer {}", token.sign(&world.alice))
}

async fn ask(world: &World, nsid: &str, pairs: &[(&str, &str)]) -> Answer {
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = get(&format!("/xrpc/{nsid}?{query}"));
    let request = request.header("authorization", authorization(world, nsid, 0));
    world.ask(request.body(Body::empty()).unwrap()).await
}

async fn act(world: &World, nsid: &str, number: usize, body: &str) -> Answer {
    let (token, length) = (authorization(world, nsid, number), body.len().to_string());
    let headers = [
        ("authorization", &*token),
        ("content-length", &*length),
        ("content-type", "application/json"),
    ];
    world.post(&format!("/xrpc/{nsid}"), &headers, body).await
}

/// What was answered as it should not be.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    /// It is an answer that is allowed, or a refusal that says what was wrong with the request. What needs a service that is not there
    /// says so.
    fn check(&mut self, nsid: &str, asked: &str, answer: &Answer) {
        let (status, name) = answer.error();
        let is_right = match status {
            200 if answer.body.is_empty() => true,
            200 => Catalog::embedded().validate_output(nsid, &answer.body).is_ok(),
            501 => name == "MethodNotImplemented",
            400 | 403 | 404 | 413 => {
                // What was asked may be repeated once.
                let message = answer.json()["message"].as_str().map(str::len);
                !name.is_empty() && message.is_some_and(|bytes| bytes < asked.len() + 1_000)
            }
            _ => false,
        };
        self.note(is_right, nsid, asked, answer);
    }

    /// It is refused.
    fn check_refused(&mut self, nsid: &str, asked: &str, answer: &Answer) {
        let is_refused = answer.error() == (400, "InvalidRequest".to_owned());
        self.note(is_refused, nsid, asked, answer);
    }

    fn note(&mut self, is_right: bool, nsid: &str, asked: &str, answer: &Answer) {
        if is_right {
            return;
        }
        let asked: String = asked.chars().take(200).collect();
        let said = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]);
        self.0.push(format!("{nsid} {asked}: {} {said}", answer.status));
    }
}

impl Drop for Wrong {
    fn drop(&mut self) {
        let some = &self.0[..self.0.len().min(40)];
        assert!(some.is_empty() || std::thread::panicking(), "{} of it: {some:#?}", self.0.len());
    }
}

/// What the specification allows at least, as pairs.
fn base(schemas: &Schemas, nsid: &str, schema: &Value) -> Vec<(String, String)> {
    let required = schema["required"].as_array().into_iter().flatten();
    let text = |value: Value| match value {
        Value::Array(items) => match &items[0] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
        Value::String(text) => text,
        other => other.to_string(),
    };
    let pair = |name: &Value| {
        let name = name.as_str().unwrap();
        (name.to_owned(), text(schemas.sample(nsid, &schema["properties"][name])))
    };
    required.map(pair).collect()
}

/// Values for one parameter: those that must be refused, and those with which nothing must break.
fn values(name: &str, schema: &Value) -> (Vec<String>, Vec<String>) {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let (mut refused, mut odd) = (Vec::new(), vec![String::new()]);
    match schema["type"].as_str().unwrap() {
        "integer" => {
            refused.extend(owned(&NO_NUMBERS));
            let beside =
                |name: &str, by: i64| schema[name].as_i64().map(|edge| (edge + by).to_string());
            refused.extend([beside("minimum", -1), beside("maximum", 1)].into_iter().flatten());
            odd.extend(["-1".to_owned(), i64::MAX.to_string(), i64::MIN.to_string()]);
            odd.extend([beside("minimum", 0), beside("maximum", 0)].into_iter().flatten());
        }
        "boolean" => refused.extend(owned(&NO_BOOLEANS)),
        "string" => {
            let is_free = schema["format"].is_null();
            if is_free { &mut odd } else { &mut refused }.extend(owned(&MALFORMED));
            refused.extend(match schema["format"].as_str() {
                Some("did") => {
                    owned(&["did:", "did:plc:", "DID:plc:a", "did:plc:a/b", "alice.test"])
                }
                Some("at-identifier") => {
                    owned(&["did:", "alice", ".test", "alice..test", "at://alice.test"])
                }
                Some("at-uri") => owned(&[
                    "at://",
                    "at:/a",
                    "https://a.test",
                    "at://alice/a.b.c/d",
                    "at://did:plc:a//b",
                ]),
                Some("nsid") => owned(&["app", "app.bsky", "app..feed", "app.bsky.feed.post!"]),
                Some("cid") => owned(&["b!", "bafy+"]),
                Some("datetime") => owned(&["2025-01-01", "yesterday", "2025-13-01T00:00:00Z"]),
                _ => Vec::new(),
            });
            odd.extend(owned(if name == "cursor" { &CURSORS } else { &ODD }));
            odd.push("a".repeat(20_000));
            odd.push(format!("at://{BOB}/{}/{}", "a.".repeat(100), "b".repeat(512)));
            odd.extend([
                format!("at://{ALICE}"),
                format!("at://{ALICE}/a.b.c"),
                format!("did:plc:{}", "a".repeat(2_000)),
            ]);
        }
        other => panic!("a parameter is a {other}"),
    }
    (refused, odd)
}

#[tokio::test]
async fn no_query_string_breaks_a_method() {
    let Some(world) = world().await else { return };
    let (schemas, mut asked, mut wrong) = (Schemas::read(), 0, Wrong::default());
    for (nsid, method) in schemas.methods("query") {
        let parameters = &method["parameters"];
        let base = base(&schemas, nsid, parameters);
        let base: Vec<_> = base.iter().map(|(name, value)| (&**name, &**value)).collect();
        let plain = ask(&world, nsid, &base).await;
        wrong.check(nsid, "as it should be", &plain);
        if plain.status == 501 {
            continue;
        }
        for required in &base {
            let rest: Vec<_> = base.iter().filter(|pair| pair.0 != required.0).copied().collect();
            wrong.check_refused(
                nsid,
                &format!("without {}", required.0),
                &ask(&world, nsid, &rest).await,
            );
        }
        for (name, schema) in parameters["properties"].as_object().into_iter().flatten() {
            let is_list = schema["type"] == "array";
            let schema = schemas.resolve(nsid, if is_list { &schema["items"] } else { schema }).1;
            let others: Vec<_> = base.iter().filter(|pair| pair.0 != name).copied().collect();
            let ask = async |values: &[&str]| {
                let given = values.iter().map(|value| (&**name, *value));
                let pairs: Vec<_> = others.iter().copied().chain(given).collect();
                ask(&world, nsid, &pairs).await
            };
            let (refused, odd) = values(name, schema);
            let asking = async |texts: &[String]| {
                join_all(texts.iter().map(async |text| ask(&[text]).await)).await
            };
            for (value, answer) in refused.iter().zip(asking(&refused).await) {
                wrong.check_refused(nsid, &format!("{name}={value:?}"), &answer);
            }
            for (value, answer) in odd.iter().zip(asking(&odd).await) {
                wrong.check(nsid, &format!("{name}={value:?}"), &answer);
            }
            let sample = schemas.sample(nsid, schema);
            let sample = sample.as_str().map_or_else(|| sample.to_string(), str::to_owned);
            let many = ask(&vec![&*sample; 500]).await;
            if is_list {
                wrong.check(nsid, &format!("{name} many times"), &many);
            } else {
                wrong.check_refused(
                    nsid,
                    &format!("{name} twice"),
                    &ask(&[&sample, &sample]).await,
                );
                wrong.check_refused(nsid, &format!("{name} many times"), &many);
            }
            asked += refused.len() + odd.len() + 2;
        }
    }
    assert!(asked > 2_000, "{asked} requests");
}

/// The same object with each of its fields taken away or replaced, at any depth.
fn mutants(value: &Value) -> Vec<Value> {
    let long = "a".repeat(100_000);
    let others = [
        json!(null),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(true),
        json!(""),
        json!("\0"),
        json!("' OR 1=1 --"),
        json!(long),
        json!([]),
        json!([null]),
        json!({}),
        json!({ "$type": "a" }),
        json!(vec![0; 10_000]),
    ];
    let mut all: Vec<_> = others.into();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let mut without = fields.clone();
                without.remove(name);
                all.push(without.clone().into());
                for other in mutants(field) {
                    let mut changed = fields.clone();
                    changed.insert(name.clone(), other);
                    all.push(changed.into());
                }
            }
        }
        Value::Array(items) => {
            all.push(items.iter().cycle().take(10_000).cloned().collect());
            all.extend(items.first().into_iter().flat_map(mutants).map(|item| json!([item])));
        }
        _ => {}
    }
    all
}

#[tokio::test]
async fn no_body_breaks_a_method() {
    let Some(world) = world().await else { return };
    let (schemas, mut asked, mut wrong) = (Schemas::read(), 0, Wrong::default());
    let mut act = async |nsid: &str, body: &str| {
        asked += 1;
        act(&world, nsid, asked, body).await
    };
    for (nsid, method) in schemas.methods("procedure") {
        let input = &method["input"]["schema"];
        if input.is_null() {
            continue;
        }
        let sample = schemas.sample(nsid, input);
        if act(nsid, &sample.to_string()).await.status == 501 {
            continue;
        }
        let mut whole = sample.clone();
        let (home, object) = schemas.resolve(nsid, input);
        for (name, schema) in object["properties"].as_object().into_iter().flatten() {
            whole[name] = schemas.sample(home, schema);
        }
        for valid in [&sample, &whole] {
            wrong.check(nsid, &valid.to_string(), &act(nsid, &valid.to_string()).await);
        }
        for mutant in mutants(&whole) {
            let body = mutant.to_string();
            let answer = act(nsid, &body).await;
            if mutant.is_object() {
                wrong.check(nsid, &body, &answer);
            } else {
                wrong.check_refused(nsid, &body, &answer);
            }
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let twice = format!("{{\"subject\":1,{}", &sample.to_string()[1..]);
        let nothing = ["", " ", "{", "\0", "{\"a\":\"\\ud800\"}", "{\"a\":1e999}", "NaN", &deep];
        for body in nothing {
            wrong.check_refused(nsid, body, &act(nsid, body).await);
        }
        wrong.check(nsid, &twice, &act(nsid, &twice).await);
    }
    assert!(asked > 1_000, "{asked} requests");
}
