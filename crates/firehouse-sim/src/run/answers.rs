//! Compares a sample of XRPC answers with the model: counts of profiles and posts, and labels.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::faults::fault::Ability;
use crate::model::{Model, Status};
use crate::random::Random;
use crate::run::compare::Differences;
use crate::run::options::RunOptions;

const PROFILES: usize = 8;
const POSTS: usize = 25;
const LISTS: usize = 3;
const PAGES_MAX: usize = 20;
const LABELS: usize = 250;
/// What the handle of an account is called that has none.
const NO_HANDLE: &str = "handle.invalid";

/// Where firehouse answers.
pub(crate) struct Api<'a> {
    pub(crate) client: &'a reqwest::Client,
    pub(crate) origin: &'a str,
}

impl Api<'_> {
    /// Shape: status and body.
    async fn get(&self, method: &str, parameters: &[(&str, &str)]) -> Result<(u16, Value), String> {
        let url = format!("{}/xrpc/{method}", self.origin);
        let url = url::Url::parse_with_params(&url, parameters).map_err(|e| e.to_string())?;
        let answer = self.client.get(url).send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }
}

/// A sample that the seed decides. Errors: a question that is not answered.
pub(crate) async fn sample(
    api: &Api<'_>,
    model: &Model,
    options: &RunOptions,
    seed: u64,
) -> Result<Differences, String> {
    let mut random = Random::new(seed ^ 0x5eed_3000);
    let mut differences = profiles(api, model, options, &mut random).await?;
    differences.extend(lists(api, model, &mut random).await?);
    differences.extend(posts(api, model, options, &mut random).await?);
    if options.can(Ability::Labels) {
        differences.extend(labels(api, model).await?);
    }
    Ok(differences)
}

async fn profiles(
    api: &Api<'_>,
    model: &Model,
    options: &RunOptions,
    random: &mut Random,
) -> Result<Differences, String> {
    let (profiles, _) = model.counts();
    let mut differences = Vec::new();
    let dids: Vec<&String> = model.accounts().keys().collect();
    for _ in 0..PROFILES {
        let did = *random.pick(&dids);
        let account = &model.accounts()[did];
        let (status, profile) = api.get("app.bsky.actor.getProfile", &[("actor", did)]).await?;
        if account.status != Status::Active {
            if status == 200 && options.can(Ability::Statuses) {
                differences.push(format!("profile {did}: shown, is {}", account.status.as_str()));
            }
            continue;
        }
        if status != 200 {
            differences.push(format!("profile {did}: {status} {profile}"));
            continue;
        }
        let is = profile["handle"].as_str().unwrap_or_default();
        if !account.may_go_by(if is == NO_HANDLE { "" } else { is }) {
            let handle = account.handle.as_deref().unwrap_or(NO_HANDLE);
            differences.push(format!("profile {did}: handle is {is}, should be {handle}"));
        }
        let is_certain = |haunted: bool| !haunted || options.can(Ability::Purge);
        let certain = profiles.get(did).filter(|t| !t.doubtful && is_certain(t.haunted));
        let Some(truth) = certain else { continue };
        let expected = [truth.followers, truth.follows, truth.posts];
        let found = ["followersCount", "followsCount", "postsCount"]
            .map(|name| profile[name].as_u64().unwrap_or(0));
        if found != expected {
            differences.push(format!(
                "profile {did}: followers, follows, posts are {found:?}, should be {expected:?}"
            ));
        }
    }
    Ok(differences)
}

/// What an account has written, and whom it follows, as lists: other orders of the same rows than the counts.
async fn lists(api: &Api<'_>, model: &Model, random: &mut Random) -> Result<Differences, String> {
    let is_active =
        |did: &str| model.accounts().get(did).is_some_and(|a| a.status == Status::Active);
    let dids: Vec<&String> = model.accounts().keys().filter(|did| is_active(did)).collect();
    let mut differences = Vec::new();
    for _ in 0..LISTS.min(dids.len()) {
        let did = *random.pick(&dids);
        let uris = all(api, "app.bsky.feed.getAuthorFeed", did, "/feed", |item| {
            let own = item["reason"].is_null().then(|| item["post"]["uri"].as_str());
            own.flatten().map(str::to_owned)
        });
        let expected: BTreeSet<String> = model.posts(did);
        differences.extend(set_difference("feed", did, &expected, &uris.await?));
        let follows = all(api, "app.bsky.graph.getFollows", did, "/follows", |item| {
            item["did"].as_str().map(str::to_owned)
        });
        let expected = model.follows(did);
        let is_seen = |other: &&str| is_active(other) && !model.is_block_between(did, other);
        let seen = expected.into_iter().filter(is_seen).map(str::to_owned).collect();
        differences.extend(set_difference("follows", did, &seen, &follows.await?));
    }
    Ok(differences)
}

/// Every page of a list.
async fn all(
    api: &Api<'_>,
    method: &str,
    actor: &str,
    list: &str,
    name: impl Fn(&Value) -> Option<String>,
) -> Result<BTreeSet<String>, String> {
    let (mut found, mut cursor) = (BTreeSet::new(), None::<String>);
    for _ in 0..PAGES_MAX {
        let mut parameters = vec![("actor", actor), ("limit", "100")];
        parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let (status, answer) = api.get(method, &parameters).await?;
        if status != 200 {
            return Err(format!("{method} {actor}: {status} {answer}"));
        }
        let items = answer.pointer(list).and_then(Value::as_array);
        found.extend(items.into_iter().flatten().filter_map(&name));
        cursor = answer["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(found);
        }
    }
    Err(format!("{method} {actor}: no end after {PAGES_MAX} pages"))
}

fn set_difference(
    what: &str,
    did: &str,
    expected: &BTreeSet<String>,
    found: &BTreeSet<String>,
) -> Differences {
    let missing = expected.difference(found).map(|item| format!("{what} {did}: {item} is missing"));
    let extra = found.difference(expected).map(|item| format!("{what} {did}: {item} is too much"));
    missing.chain(extra).collect()
}

async fn posts(
    api: &Api<'_>,
    model: &Model,
    options: &RunOptions,
    random: &mut Random,
) -> Result<Differences, String> {
    let (_, posts) = model.counts();
    let uris: Vec<&String> = posts.keys().collect();
    if uris.is_empty() {
        return Ok(Vec::new());
    }
    let asked: BTreeSet<&String> = (0..POSTS).map(|_| *random.pick(&uris)).collect();
    let parameters: Vec<(&str, &str)> = asked.iter().map(|uri| ("uris", uri.as_str())).collect();
    let (status, answer) = api.get("app.bsky.feed.getPosts", &parameters).await?;
    if status != 200 {
        return Ok(vec![format!("getPosts: {status} {answer}")]);
    }
    let shown = answer["posts"].as_array().cloned().unwrap_or_default();
    let shown: BTreeMap<&str, &Value> =
        shown.iter().filter_map(|post| Some((post["uri"].as_str()?, post))).collect();
    let mut differences = Vec::new();
    for uri in asked {
        let truth = &posts[uri];
        let Some(post) = shown.get(uri.as_str()) else {
            differences.push(format!("post {uri}: not shown"));
            continue;
        };
        let expected = [truth.likes, truth.reposts, truth.replies, truth.quotes];
        let found = ["likeCount", "repostCount", "replyCount", "quoteCount"]
            .map(|name| post[name].as_u64().unwrap_or(0));
        let is_certain = !truth.doubtful && (!truth.haunted || options.can(Ability::Purge));
        if found != expected && is_certain {
            differences.push(format!(
                "post {uri}: likes, reposts, replies, quotes are {found:?}, should be {expected:?}"
            ));
        }
    }
    Ok(differences)
}

/// Labels by what they say, of everything there is a word on; expiry is ours to judge.
async fn labels(api: &Api<'_>, model: &Model) -> Result<Differences, String> {
    let uris: BTreeSet<&String> = model.labels().keys().map(|key| &key.uri).collect();
    let sources: BTreeSet<&String> = model.labels().keys().map(|key| &key.src).collect();
    let mut found = BTreeSet::new();
    let limit = LABELS.to_string();
    for uri in uris {
        let mut asked = vec![("uriPatterns", uri.as_str()), ("limit", limit.as_str())];
        asked.extend(sources.iter().map(|src| ("sources", src.as_str())));
        let (status, answer) = api.get("com.atproto.label.queryLabels", &asked).await?;
        if status != 200 {
            return Ok(vec![format!("queryLabels: {status} {answer}")]);
        }
        for label in answer["labels"].as_array().into_iter().flatten() {
            let text = |name: &str| label[name].as_str().unwrap_or_default().to_owned();
            if label["neg"] != true {
                let cid = label["cid"].as_str().map(str::to_owned);
                found.insert((text("src"), text("uri"), text("val"), cid));
            }
        }
    }
    // Two years of difference lie between what is over and what is not.
    let now = "2027-01-01";
    let in_force = model.labels().iter().filter(|(_, truth)| truth.is_in_force(now));
    let expected: BTreeSet<_> = in_force
        .map(|(key, _)| (key.src.clone(), key.uri.clone(), key.val.clone(), key.cid.clone()))
        .collect();
    let missing = expected.difference(&found).map(|label| format!("label {label:?}: missing"));
    let extra = found.difference(&expected).map(|label| format!("label {label:?}: not in force"));
    Ok(missing.chain(extra).collect())
}
