//! [`parse`]: the grammar of search queries.
//!
//! ```text
//! alternatives = together (("OR" | " | ") together)*     a b OR c   is (a and b), or c
//! together     = tight ("AND"? tight)*                   a b        is both
//! tight        = negated ("|" negated)*                  a|b c      is (a or b), and c
//! negated      = ("-" | "NOT")* atom                     -a|b       is (not a), or b
//! atom         = "(" alternatives ")" | word | "phrase" | name:value
//! ```
//!
//! So a bar without spaces binds two words, and `OR` what stands on both sides of it, as in Lucene and in the network's former search.
//! Words of signs only ask for nothing, and are left out.

use crate::lexer::{Token, tokens};
use crate::{Leaf, Query, operator, pieces};

/// Parentheses inside of each other.
const DEPTH_MAX: usize = 20;
/// Conditions of one query.
const LEAVES_MAX: usize = 100;
/// What of a wrong value is told. Units: characters.
const SHOWN_CHARS_MAX: usize = 40;

/// Why a text is no query, for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {what}")]
pub struct QueryError {
    /// Which character of the query it is about; the first is 1.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

/// What a query asks for; `None` where it asks for nothing, being empty or of signs only.
pub fn parse(query: &str) -> Result<Option<Query>, QueryError> {
    let mut parser =
        Parser { text: query, tokens: &tokens(query), depth: 0, leaves: 0, of_all: Vec::new() };
    parser.query().map_err(|Wrong { at, what }| {
        let before = query.get(..at).unwrap_or_default().chars().count();
        QueryError { at: before + 1, what }
    })
}

/// As [`QueryError`]. Units of `at`: bytes before it.
struct Wrong {
    at: usize,
    what: String,
}

impl Wrong {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

struct Parser<'t, 'q> {
    text: &'q str,
    /// Those that are left.
    tokens: &'t [(usize, Token<'q>)],
    depth: usize,
    leaves: usize,
    /// Conditions on the whole search: where each stands, and what it is called.
    of_all: Vec<(usize, &'q str)>,
}

impl<'q> Parser<'_, 'q> {
    fn query(&mut self) -> Result<Option<Query>, Wrong> {
        let query = self.alternatives()?;
        if let Some((at, _)) = self.next() {
            return Err(Wrong::new(at, "this parenthesis closes none"));
        }
        let misplaced = query.as_ref().and_then(misplaced).and_then(|at| self.of_all.get(at));
        match misplaced {
            Some((at, name)) => Err(Wrong::new(
                *at,
                format!(
                    "\"{name}:\" is about the whole search: it cannot be negated or stand beside OR"
                ),
            )),
            None => Ok(query),
        }
    }

    fn peek(&self) -> Option<Token<'q>> {
        self.tokens.first().map(|(_, token)| *token)
    }

    fn next(&mut self) -> Option<(usize, Token<'q>)> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    /// As it was written: a word, or the sign that means the same.
    fn sign(&self, at: usize, word: &'static str) -> &'q str {
        let written = self.text.get(at..).unwrap_or_default();
        if written.starts_with(word) { word } else { written.get(..1).unwrap_or(word) }
    }

    /// The next token, if it is this one: where.
    fn take(&mut self, token: Token<'_>) -> Option<usize> {
        if self.peek() == Some(token) { self.next().map(|(at, _)| at) } else { None }
    }

    fn alternatives(&mut self) -> Result<Option<Query>, Wrong> {
        let mut found = self.together()?;
        while let Some(at) = self.take(Token::Or) {
            let (Some(left), Some(right)) = (found, self.together()?) else {
                let sign = self.sign(at, "OR");
                return Err(Wrong::new(
                    at,
                    format!("something must stand on both sides of {sign}"),
                ));
            };
            found = Query::any([left, right]);
        }
        Ok(found)
    }

    fn together(&mut self) -> Result<Option<Query>, Wrong> {
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Close | Token::Or) => return Ok(Query::all(parts)),
                Some(Token::And) => {
                    let at = self.take(Token::And).unwrap_or_default();
                    if parts.is_empty() || !self.is_begun() {
                        return Err(Wrong::new(at, "something must stand on both sides of AND"));
                    }
                }
                _ => parts.extend(self.tight()?),
            }
        }
    }

    fn tight(&mut self) -> Result<Option<Query>, Wrong> {
        let mut found = if self.peek() == Some(Token::Bar) { None } else { self.negated()? };
        while let Some(at) = self.take(Token::Bar) {
            let right = if self.is_begun() { self.negated()? } else { None };
            let (Some(left), Some(right)) = (found, right) else {
                return Err(Wrong::new(at, "something must stand on both sides of |"));
            };
            found = Query::any([left, right]);
        }
        Ok(found)
    }

    fn negated(&mut self) -> Result<Option<Query>, Wrong> {
        let (mut is_negated, mut last) = (false, None);
        while let Some(at) = self.take(Token::Not) {
            (is_negated, last) = (!is_negated, Some(at));
        }
        if let Some(at) = last.filter(|_| !self.is_begun()) {
            let sign = self.sign(at, "NOT");
            return Err(Wrong::new(at, format!("something must stand behind {sign}")));
        }
        Ok(self.atom()?.map(|query| if is_negated { query.negated() } else { query }))
    }

    /// Whether something follows that is asked for.
    fn is_begun(&self) -> bool {
        match self.peek() {
            None | Some(Token::Close | Token::Or | Token::Bar | Token::And) => false,
            Some(
                Token::Open | Token::Not | Token::Word(_) | Token::Phrase(_) | Token::Value { .. },
            ) => true,
        }
    }

    /// Only where [`Parser::is_begun`], and not with NOT.
    fn atom(&mut self) -> Result<Option<Query>, Wrong> {
        let Some((at, token)) = self.next() else { return Ok(None) };
        let leaf = match token {
            Token::Open => return self.group(at),
            Token::Word(word) => operator::word(word),
            Token::Phrase(phrase) => {
                (!pieces(phrase).is_empty()).then(|| Leaf::Phrase(phrase.to_owned()))
            }
            Token::Value { name, value } => Some(value_of(at, name, value)?),
            Token::Close | Token::Or | Token::Bar | Token::And | Token::Not => None,
        };
        let Some(leaf) = leaf else { return Ok(None) };
        if let Token::Value { name, .. } = token
            && leaf.is_of_the_search()
        {
            let is_sort = |name: &str| name.eq_ignore_ascii_case("sort");
            if is_sort(name) && self.of_all.iter().any(|(_, other)| is_sort(other)) {
                return Err(Wrong::new(at, "\"sort:\" was said before"));
            }
            self.of_all.push((at, name));
        }
        self.leaves += 1;
        if self.leaves > LEAVES_MAX {
            let what =
                format!("this is one more than the {LEAVES_MAX} conditions a search may have");
            return Err(Wrong::new(at, what));
        }
        Ok(Some(Query::Is(leaf)))
    }

    fn group(&mut self, open: usize) -> Result<Option<Query>, Wrong> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Wrong::new(
                open,
                format!("more than {DEPTH_MAX} parentheses inside of each other"),
            ));
        }
        let inside = self.alternatives()?;
        self.depth -= 1;
        match self.take(Token::Close) {
            Some(_) => Ok(inside),
            None => Err(Wrong::new(open, "this parenthesis is never closed")),
        }
    }
}

fn value_of(at: usize, name: &str, value: &str) -> Result<Leaf, Wrong> {
    let needs = operator::needs(name).unwrap_or_default();
    if value.trim().is_empty() {
        return Err(Wrong::new(at, format!("\"{name}:\" needs {needs}")));
    }
    operator::leaf(name, value).ok_or_else(|| {
        let mut shown: String = value.chars().take(SHOWN_CHARS_MAX).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Wrong::new(at + name.len() + 1, format!("\"{name}:\" needs {needs}, not \"{shown}\""))
    })
}

/// Which of the conditions on the whole search, counted as they were written, is the first that stands below OR or NOT.
fn misplaced(query: &Query) -> Option<usize> {
    let parts = match query {
        Query::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut before = 0;
    for part in parts {
        let here = part.leaves().into_iter().filter(|leaf| leaf.is_of_the_search()).count();
        if here > 0 && !matches!(part, Query::Is(_)) {
            return Some(before);
        }
        before += here;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use firehouse_types::{Datetime, Did};
    use proptest::prelude::*;

    use super::*;
    use crate::{Has, Kind, Sort, Who};

    /// The tree in words.
    fn shown(query: &Query) -> String {
        let list = |name, parts: &[Query]| {
            format!("{name}[{}]", parts.iter().map(shown).collect::<Vec<_>>().join(", "))
        };
        match query {
            Query::All(parts) => list("all", parts),
            Query::Any(parts) => list("any", parts),
            Query::Not(inner) => format!("not {}", shown(inner)),
            Query::Is(leaf) => leaf.to_string(),
        }
    }

    fn check(query: &str, expected: &str) {
        let tree = parse(query).unwrap_or_else(|wrong| panic!("{query}: {wrong}"));
        assert_eq!(tree.as_ref().map_or("nothing".to_owned(), shown), expected, "{query}");
        if let Some(tree) = tree {
            assert_eq!(parse(&tree.to_string()), Ok(Some(tree)), "{query}");
        }
    }

    #[test]
    fn words_are_all_required() {
        check("wide  reply", "all[wide, reply]");
        check("a AND \"b c\" from:me", "all[a, \"b c\", from:me]");
        check("wide", "wide");
        check(" - # @ ?! \"\" () ", "nothing");
        check("", "nothing");
    }

    #[test]
    fn alternatives_bind_weaker_than_words_and_tight_bars_stronger() {
        check("a b OR c", "any[all[a, b], c]");
        check("a b | c d OR e", "any[all[a, b], all[c, d], e]");
        check("a|b c", "all[any[a, b], c]");
        check("(a OR b) c", "all[any[a, b], c]");
        check("(テスト|Test) -x|y", "all[any[テスト, Test], any[not x, y]]");
        check("((a) (b (c OR (d OR e))))", "all[a, b, any[c, d, e]]");
        check("x or y", "all[x, or, y]");
    }

    #[test]
    fn anything_can_be_negated() {
        check("-a NOT b -\"c d\" -from:e.test", "all[not a, not b, not \"c d\", not from:e.test]");
        check("-(a b) -(c OR d)", "all[not all[a, b], not any[c, d]]");
        check("NOT NOT a -(-b) NOT -NOT c", "all[a, b, not c]");
        check("-a", "not a");
        check("-# b", "b");
    }

    #[test]
    fn operators_ask_for_what_they_name() {
        check(
            "from:alice.test author:@bob.test did:plc:abc",
            "all[from:alice.test, from:bob.test, from:did:plc:abc]",
        );
        check("to:me @carol.test #Tag $TSLA ga*", "all[to:me, to:carol.test, #Tag, $TSLA, ga*]");
        check(
            "has:image is:reply min_faves:5 within:4h sort:top",
            "all[has:image, is:reply, min_likes:5, within:4h, sort:top]",
        );
        check("sort:latest", "sort:latest");
        check("(sort:top a)", "all[sort:top, a]");
        check(
            "note: x:y http:// since:\"2026-06-01 10:30\"",
            "all[note:, x:y, http://, since:2026-06-01T10:30:00.000Z]",
        );
    }

    fn check_wrong(query: &str, expected: &str) {
        assert_eq!(
            parse(query).map_err(|wrong| wrong.to_string()),
            Err(expected.to_owned()),
            "{query}"
        );
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        check_wrong(
            "since:garbage",
            "character 7: \"since:\" needs a day of the calendar such as 2026-06-01, or a time such as 2026-06-01T10:30, not \"garbage\"",
        );
        check_wrong(
            "東京 From:alice",
            "character 9: \"From:\" needs a handle such as alice.example.com, a DID or me, not \"alice\"",
        );
        check_wrong("a min_likes:", "character 3: \"min_likes:\" needs a whole number such as 10");
        check_wrong("a sort:\"\"", "character 3: \"sort:\" needs top or latest");
        check_wrong("a (b", "character 3: this parenthesis is never closed");
        check_wrong("a) b", "character 2: this parenthesis closes none");
        check_wrong("é OR", "character 3: something must stand on both sides of OR");
        check_wrong("| a", "character 1: something must stand on both sides of |");
        check_wrong("a -OR b", "character 3: something must stand behind -");
        check_wrong("a OR # OR b", "character 3: something must stand on both sides of OR");
        check_wrong("a (AND b)", "character 4: something must stand on both sides of AND");
        check_wrong("#|b", "character 2: something must stand on both sides of |");
        check_wrong("a|OR b", "character 2: something must stand on both sides of |");
        check_wrong("WHY NOT", "character 5: something must stand behind NOT");
    }

    #[test]
    fn an_order_and_numbers_of_likes_are_of_the_whole_query() {
        for query in [
            "a OR sort:top",
            "-sort:top",
            "a (b OR c sort:top)",
            "sort:top|b",
            "-(a sort:top)",
            "min_reposts:2 -min_likes:1",
            "(min_reposts:2 min_reposts:2) a (b OR Min_faves:1)",
        ] {
            let wrong = parse(query).unwrap_err();
            let at = ["sort:", "min_likes:", "Min_faves:"].iter().find_map(|name| query.find(name));
            assert_eq!(wrong.at, at.unwrap() + 1, "{query}: {wrong}");
        }
        assert!(parse("(min_likes:1 a) min_reposts:2 (b OR c)").is_ok());
        check_wrong("sort:top a sort:top", "character 12: \"sort:\" was said before");
    }

    #[test]
    fn queries_have_their_limits() {
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(20)).is_ok());
        check_wrong(&nested(21), "character 21: more than 20 parentheses inside of each other");
        assert!(parse(&"a ".repeat(100)).is_ok());
        check_wrong(
            &"a ".repeat(101),
            "character 201: this is one more than the 100 conditions a search may have",
        );
        let long = "x".repeat(50);
        let cut = "x".repeat(40);
        check_wrong(
            &format!("is:{long}"),
            &format!(
                "character 4: \"is:\" needs one of reply, thread, quote and bridged, not \"{cut}…\""
            ),
        );
    }

    fn leaf() -> impl Strategy<Value = Leaf> {
        let who = || {
            prop_oneof![
                Just(Who::Me),
                "did:(plc|web):[a-z0-9.:%_-]{0,9}[a-z]"
                    .prop_map(|did| Who::Did(Did::parse(&did).unwrap())),
                "[a-z0-9]{1,5}(\\.[a-z][a-z0-9]{0,4}){1,2}".prop_map(Who::Handle),
            ]
        };
        let at = (-62_167_219_200_000..253_402_300_799_999_i64).prop_map(Datetime::from_ms);
        let uri = |collection: &str| {
            let owner = prop_oneof!["did:plc:[a-z]{3}", "[a-z]{2,4}\\.test"];
            let collection = collection.to_owned();
            (owner, "[a-z0-9~._:-]{1,5}z")
                .prop_map(move |(owner, rkey)| format!("at://{owner}/{collection}/{rkey}"))
        };
        prop_oneof![
            "[a-zßéüя東京가ก]{1,4}([,.;:'+=&*?!/-]{1,2}[a-z0-9]{1,2})?".prop_filter_map(
                "an operator",
                |text| {
                    let name = text.split(':').next().unwrap_or_default();
                    operator::needs(name).is_none().then_some(Leaf::Text(text))
                }
            ),
            // One kind of quotes is left to write it in.
            "[a-z東 ()|*:#“”\"«「-]{0,6}[a-z]"
                .prop_map(|text| Leaf::Phrase(text.trim().to_owned())),
            "([a-z]{2,5}|[東가か]{1,3})".prop_map(Leaf::Prefix),
            who().prop_map(Leaf::From),
            who().prop_map(Leaf::Mentions),
            "[a-zé東0-9.-]{0,4}[a-z]".prop_map(Leaf::Tag),
            "[A-Z]{1,6}".prop_map(Leaf::Cashtag),
            "[a-z]{2,3}(-[a-z]{2})?".prop_map(Leaf::Lang),
            at.clone().prop_map(Leaf::Since),
            at.prop_map(Leaf::Until),
            (1..3_653 * 86_400_u64).prop_map(|seconds| Leaf::Within(Duration::from_secs(seconds))),
            "([a-z]{2,4}\\.){1,2}[a-z]{2,4}".prop_map(Leaf::Domain),
            "https?://[a-z]{2,4}\\.test/[a-z()|?&=#/%.,*'-]{0,9}"
                .prop_map(|link| Leaf::Url(url::Url::parse(&link).unwrap().into())),
            prop::sample::select(vec![
                Has::Media,
                Has::Image,
                Has::Video,
                Has::Link,
                Has::Gif,
                Has::Quote,
                Has::Alt,
                Has::Poll
            ])
            .prop_map(Leaf::Has),
            prop::sample::select(vec![Kind::Reply, Kind::Thread, Kind::Quote, Kind::Bridged])
                .prop_map(Leaf::Is),
            uri("app.bsky.graph.list").prop_map(Leaf::List),
            "[a-z!._-]{0,5}[a-z]".prop_map(Leaf::Label),
            uri("app.bsky.feed.post").prop_map(Leaf::InThread),
        ]
    }

    fn tree() -> impl Strategy<Value = Query> {
        let tree = leaf().prop_map(Query::Is).prop_recursive(6, 60, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..5)
                    .prop_map(|parts| Query::all(parts).unwrap()),
                prop::collection::vec(inner.clone(), 1..5)
                    .prop_map(|parts| Query::any(parts).unwrap()),
                inner.prop_map(Query::negated),
            ]
        });
        let of_all = (
            prop::option::of(prop::sample::select(vec![Sort::Top, Sort::Latest])),
            prop::option::of(any::<u64>()),
            prop::option::of(any::<u64>()),
        );
        (tree, of_all).prop_map(|(tree, (sort, likes, reposts))| {
            let sort = sort.map(Leaf::Sort);
            let (likes, reposts) = (likes.map(Leaf::MinLikes), reposts.map(Leaf::MinReposts));
            let of_all = [likes, sort, reposts].into_iter().flatten().map(Query::Is);
            Query::all(std::iter::once(tree).chain(of_all)).unwrap()
        })
    }

    /// Anything that has a meaning, side by side.
    fn soup() -> impl Strategy<Value = String> {
        let parts = [
            " ",
            " ",
            " ",
            "a",
            "bc*",
            "東京",
            "ไทย",
            "OR",
            "AND",
            "NOT",
            "|",
            "-",
            "--",
            "(",
            ")",
            "\"",
            "“x y”",
            "「",
            "」",
            "«",
            "#t",
            "#",
            "＃東、京",
            "@a.test",
            "$X",
            "did:plc:a",
            "https://a.test/(b)",
            "from:",
            "me",
            "since:",
            "2026-06-01",
            "sort:top",
            "has:gif",
            "url:",
            "'",
            "…",
            "👍🏽",
            ":",
            "*",
            "é!",
        ];
        prop::collection::vec(prop::sample::select(parts.to_vec()), 0..16)
            .prop_map(|parts| parts.concat())
    }

    fn is_flat(query: &Query) -> bool {
        match query {
            Query::All(parts) => {
                parts.len() > 1
                    && parts.iter().all(|part| !matches!(part, Query::All(_)) && is_flat(part))
            }
            Query::Any(parts) => {
                parts.len() > 1
                    && parts.iter().all(|part| !matches!(part, Query::Any(_)) && is_flat(part))
            }
            Query::Not(inner) => !matches!(**inner, Query::Not(_)) && is_flat(inner),
            Query::Is(_) => true,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_tree(tree in tree()) {
            let written = tree.to_string();
            match parse(&written) {
                Ok(read) => prop_assert_eq!(read, Some(tree), "{}", written),
                Err(wrong) => prop_assert!(wrong.what.contains("conditions"), "{written}: {wrong}"),
            }
        }

        #[test]
        fn any_text_is_a_tree_or_wrong_somewhere(text: String, soup in soup()) {
            for text in [text, soup] {
                match parse(&text) {
                    Ok(None) => {}
                    Ok(Some(tree)) => {
                        prop_assert!(is_flat(&tree), "{tree:?}");
                        prop_assert_eq!(parse(&tree.to_string()), Ok(Some(tree)));
                    }
                    Err(wrong) => prop_assert!((1..=text.chars().count()).contains(&wrong.at), "{text}: {wrong}"),
                }
            }
        }
    }
}
