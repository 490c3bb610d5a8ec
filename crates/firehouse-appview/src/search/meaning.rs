//! What a query text asks of posts: its tree as conditions.
//!
//! What stands at the top, beside everything else, may also narrow the time that is looked at, order the posts, or ask for likes; below OR
//! and NOT only conditions can stand.

use firehouse_store::read::Condition;
use firehouse_text::{Leaf, Piece, Query, Who, mark, pieces};
use firehouse_types::Datetime;

use super::asked::Search;
use super::names::Names;
use super::wildcards::Wildcards;
use crate::{ViewError, clock};

/// The conditions of a whole query; time, order and numbers go into the search itself. Errors: what counts likes stands below OR or NOT.
pub(super) fn required(
    query: &Query,
    names: &Names,
    wildcards: &Wildcards,
    search: &mut Search,
) -> Result<Vec<Condition>, ViewError> {
    let parts = match query {
        Query::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut conditions = Vec::new();
    for part in parts {
        match part {
            Query::Is(Leaf::Since(at)) => search.narrow(Some(*at), None),
            Query::Is(Leaf::Until(at)) => search.narrow(None, Some(*at)),
            Query::Is(Leaf::Within(span)) => search.narrow(Some(ago(*span)), None),
            Query::Is(Leaf::MinLikes(likes)) => search.least.likes = search.least.likes.max(*likes),
            Query::Is(Leaf::MinReposts(reposts)) => {
                search.least.reposts = search.least.reposts.max(*reposts);
            }
            Query::Is(Leaf::Sort(sort)) => search.sort = Some(*sort),
            part => {
                search.has_author |= matches!(part, Query::Is(Leaf::From(_)));
                conditions.push(condition(part, names, wildcards)?);
            }
        }
    }
    Ok(conditions)
}

/// All of these, where words and marks that are asked for side by side are looked up at once.
pub(super) fn gathered(conditions: Vec<Condition>) -> Condition {
    let (mut words, mut marks, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let mut left = conditions;
    left.reverse();
    while let Some(condition) = left.pop() {
        match condition {
            Condition::All(parts) => left.extend(parts.into_iter().rev()),
            Condition::Words(more) => words.extend(more),
            Condition::Phrase(mut phrase) if phrase.len() == 1 => words.append(&mut phrase),
            Condition::Marks(more) => marks.extend(more),
            Condition::AnyMark(mut more) if more.len() == 1 => marks.append(&mut more),
            condition => others.push(condition),
        }
    }
    for texts in [&mut words, &mut marks] {
        texts.sort_unstable();
        texts.dedup();
    }
    if !words.is_empty() {
        others.push(Condition::Words(words));
    }
    if !marks.is_empty() {
        others.push(Condition::Marks(marks));
    }
    match others.len() {
        1 => others.swap_remove(0),
        _ => Condition::All(others),
    }
}

fn condition(query: &Query, names: &Names, wildcards: &Wildcards) -> Result<Condition, ViewError> {
    let each = |parts: &[Query]| -> Result<Vec<_>, ViewError> {
        parts.iter().map(|part| condition(part, names, wildcards)).collect()
    };
    Ok(match query {
        Query::All(parts) => gathered(each(parts)?),
        Query::Any(parts) => Condition::Any(each(parts)?),
        Query::Not(part) => Condition::Not(Box::new(condition(part, names, wildcards)?)),
        Query::Is(leaf) => of_leaf(leaf, names, wildcards)?,
    })
}

fn of_leaf(leaf: &Leaf, names: &Names, wildcards: &Wildcards) -> Result<Condition, ViewError> {
    let marked = |mark: String| Condition::Marks(vec![mark]);
    Ok(match leaf {
        Leaf::Text(text) | Leaf::Phrase(text) => said(text, wildcards),
        Leaf::Prefix(beginning) => wildcards.beginning(beginning),
        Leaf::From(who) => Condition::By(vec![names.who(who)]),
        Leaf::Mentions(who) => mentioned(who, names),
        Leaf::Tag(tag) => marked(mark::tag(tag)),
        Leaf::Cashtag(ticker) => marked(mark::cashtag(ticker)),
        Leaf::Lang(lang) => marked(mark::lang(lang)),
        Leaf::Domain(domain) => marked(mark::domain(domain).unwrap_or_default()),
        Leaf::Url(url) => marked(mark::url(url).unwrap_or_default()),
        Leaf::Has(has) => marked(has.mark().to_owned()),
        Leaf::Is(kind) => marked(kind.mark().to_owned()),
        Leaf::Since(at) => Condition::Since(*at),
        Leaf::Within(span) => Condition::Since(ago(*span)),
        Leaf::Until(at) => Condition::Not(Box::new(Condition::Since(*at))),
        Leaf::List(uri) => Condition::Listed(vec![names.list(uri)]),
        Leaf::InThread(uri) => {
            let root = vec![names.post(uri)];
            Condition::Any(vec![Condition::InThread(root.clone()), Condition::Posts(root)])
        }
        Leaf::Label(label) => Condition::Labelled(names.labelers.clone(), label.clone()),
        Leaf::MinLikes(_) | Leaf::MinReposts(_) | Leaf::Sort(_) => {
            // The grammar refuses them, and says where they stand.
            let what = "min_likes:, min_reposts: and sort: cannot be negated or stand beside OR";
            return Err(ViewError::BadQueryString(what.into()));
        }
    })
}

/// Words one behind the other, and runs in which the text stands. Signs alone ask for nothing.
fn said(text: &str, wildcards: &Wildcards) -> Condition {
    let asked = joined(pieces(text)).into_iter().map(|piece| match piece {
        Piece::Words(words) => Condition::Phrase(words),
        Piece::Run(run) => wildcards.run(run),
    });
    gathered(asked.collect())
}

/// Runs that stand one behind the other in a text stand so in the index too, parted by a space.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Run(run)), Piece::Run(next)) => {
                run.push(' ');
                run.push_str(&next);
            }
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Mentioned for good, by a facet, or only in the text.
fn mentioned(who: &Who, names: &Names) -> Condition {
    let mention = mark::mention(names.who(who));
    match who {
        Who::Handle(handle) => Condition::AnyMark(vec![mention, mark::handle(handle)]),
        _ => Condition::Marks(vec![mention]),
    }
}

fn ago(span: std::time::Duration) -> Datetime {
    let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Datetime::from_ms(clock::now().ms().saturating_sub(ms))
}
