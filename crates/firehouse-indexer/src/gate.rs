//! `app.bsky.feed.threadgate` → a row of `thread_gates`, `app.bsky.feed.postgate` → a row of `post_gates`, when they stand beside their post.
//!
//! A gate has the record key of the post it is for and lives in the same repo; anyone else's is refused, as the reference does. A
//! deletion is a row too: from then on everybody may. Lexicons: `app.bsky.feed.threadgate`, `app.bsky.feed.postgate`.

use firehouse_schema::{PostGateRow, RULE_FOLLOWED, RULE_FOLLOWERS, RULE_MENTIONED, ThreadGateRow};
use firehouse_types::{ActorId, AtUri, DropReason, RkeyId};
use serde::Deserialize;

use crate::list;
use crate::rows::Rows;
use crate::source::Source;

pub(crate) const THREADGATE: &str = "app.bsky.feed.threadgate";
pub(crate) const POSTGATE: &str = "app.bsky.feed.postgate";

#[derive(Deserialize)]
struct Gate<'a> {
    post: &'a str,
}

#[derive(Deserialize)]
struct ThreadGate<'a> {
    /// Absent: everybody may reply; empty: nobody.
    #[serde(borrow)]
    allow: Option<Vec<Rule<'a>>>,
}

/// A member of an open union: in one of a kind we do not know, `list` can be anything.
#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(rename = "$type")]
    kind: &'a str,
}

/// The rules again, of which those that are list rules have a list.
#[derive(Deserialize)]
struct Listing<'a> {
    #[serde(borrow)]
    allow: Vec<ListRule<'a>>,
}

#[derive(Deserialize)]
struct ListRule<'a> {
    #[serde(borrow)]
    list: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostGate<'a> {
    #[serde(borrow, default)]
    embedding_rules: Vec<Rule<'a>>,
}

/// Adds the row of one thread gate.
pub(crate) fn index_threadgate(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    check(source)?;
    let gate: ThreadGate<'_> = source.decode()?;
    let (mut rules, mut has_lists) = (0, false);
    for rule in gate.allow.iter().flatten() {
        match rule.kind {
            "app.bsky.feed.threadgate#mentionRule" => rules |= RULE_MENTIONED,
            "app.bsky.feed.threadgate#followerRule" => rules |= RULE_FOLLOWERS,
            "app.bsky.feed.threadgate#followingRule" => rules |= RULE_FOLLOWED,
            "app.bsky.feed.threadgate#listRule" => has_lists = true,
            _ => {}
        }
    }
    let lists = if has_lists { lists_of(source) } else { Vec::new() };
    let is_closed = u8::from(gate.allow.is_some());
    rows.thread_gates.push(ThreadGateRow { is_closed, rules, lists, ..open_thread(source) });
    Ok(())
}

/// Adds the row of one post gate.
pub(crate) fn index_postgate(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    check(source)?;
    let gate: PostGate<'_> = source.decode()?;
    let is_disabled = |rule: &Rule<'_>| rule.kind == "app.bsky.feed.postgate#disableRule";
    let is_closed = u8::from(gate.embedding_rules.iter().any(is_disabled));
    rows.post_gates.push(PostGateRow { is_closed, ..open_post(source) });
    Ok(())
}

/// From now on there is no such gate.
pub(crate) fn retract_threadgate(source: &Source<'_>, rows: &mut Rows) {
    rows.thread_gates.push(open_thread(source));
}

/// As [`retract_threadgate`].
pub(crate) fn retract_postgate(source: &Source<'_>, rows: &mut Rows) {
    rows.post_gates.push(open_post(source));
}

fn open_thread(source: &Source<'_>) -> ThreadGateRow {
    ThreadGateRow {
        actor: source.actor,
        rkey: source.rkey,
        rev: source.op.rev,
        made_at: source.stated_at,
        is_closed: 0,
        rules: 0,
        lists: Vec::new(),
    }
}

fn open_post(source: &Source<'_>) -> PostGateRow {
    PostGateRow {
        actor: source.actor,
        rkey: source.rkey,
        rev: source.op.rev,
        made_at: source.stated_at,
        is_closed: 0,
    }
}

/// The lists among the rules. A rule that names no list lets nobody in. Where a rule of a kind we do not know has a `list` that is no text,
/// none of the lists can be read.
fn lists_of(source: &Source<'_>) -> Vec<(ActorId, RkeyId)> {
    let Ok(gate) = source.decode::<Listing<'_>>() else { return Vec::new() };
    let uris = gate.allow.iter().filter_map(|rule| rule.list);
    let lists = uris.filter_map(|uri| match AtUri::parse(uri).ok()?.record()? {
        (actor, list::COLLECTION, rkey) => Some((actor, rkey)),
        _ => None,
    });
    lists.collect()
}

/// Refuses a gate for a post of another author or key.
fn check(source: &Source<'_>) -> Result<(), DropReason> {
    let gate: Gate<'_> = source.decode()?;
    let post = AtUri::parse(gate.post).map_err(|_| DropReason::RuleViolation)?;
    let own =
        post.authority == source.op.did.as_str() && post.rkey == Some(source.op.rkey.as_str());
    if own { Ok(()) } else { Err(DropReason::RuleViolation) }
}

#[cfg(test)]
mod tests {
    use firehouse_schema::{RULE_FOLLOWED, RULE_MENTIONED};
    use firehouse_types::DropReason;
    use serde_json::{Value, json};

    use super::{POSTGATE, THREADGATE};
    use crate::testing::{AUTHOR, OTHER, deletion, index, numbers, op, uri};

    fn check(post: &str, expected: Result<(), DropReason>) {
        for collection in [THREADGATE, POSTGATE] {
            let (rows, outcome) = index(&op(collection, json!({"post": post})));
            assert_eq!(
                (outcome, rows.links.len()),
                (expected, usize::from(expected.is_ok())),
                "{post}"
            );
        }
    }

    #[test]
    fn a_gate_stands_beside_its_own_post() {
        let own = uri(AUTHOR, "app.bsky.feed.post");
        check(&own, Ok(()));
        check(&own.replace("3jwdwj2ctlk26", "3jwdwj2ctlk2a"), Err(DropReason::RuleViolation));
        check(&uri(OTHER, "app.bsky.feed.post"), Err(DropReason::RuleViolation));
    }

    #[test]
    fn a_thread_gate_lets_in_whom_its_rules_name_and_an_empty_one_nobody() {
        let post = uri(AUTHOR, "app.bsky.feed.post");
        let row = |gate: Value| index(&op(THREADGATE, gate)).0.thread_gates[0].clone();
        assert_eq!(row(json!({"post": post})).is_closed, 0);
        let nobody = row(json!({"post": post, "allow": []}));
        assert_eq!((nobody.is_closed, nobody.rules, nobody.lists), (1, 0, vec![]));
        let rule = |name: &str| json!({"$type": format!("app.bsky.feed.threadgate#{name}")});
        let mut listed = rule("listRule");
        listed["list"] = uri(OTHER, "app.bsky.graph.list").into();
        let tomorrow = json!({"$type": "com.example.rule"});
        let allow = json!([rule("mentionRule"), rule("followingRule"), listed, tomorrow]);
        let some = row(json!({"post": post, "allow": allow}));
        assert_eq!((some.is_closed, some.rules), (1, RULE_MENTIONED | RULE_FOLLOWED));
        assert_eq!(some.lists.len(), 1);
        assert_eq!((some.lists[0].0.get(), some.lists[0].1.get()), numbers(OTHER));
    }

    #[test]
    fn a_post_gate_is_closed_by_its_rule_and_open_when_it_is_gone() {
        let rules = json!([{"$type": "app.bsky.feed.postgate#disableRule"}]);
        let gate = op(
            POSTGATE,
            json!({"post": uri(AUTHOR, "app.bsky.feed.post"), "embeddingRules": rules}),
        );
        assert_eq!(index(&gate).0.post_gates[0].is_closed, 1);
        let gone = index(&deletion(&gate)).0;
        assert_eq!((gone.post_gates.len(), gone.post_gates[0].is_closed), (1, 0));
    }
}
