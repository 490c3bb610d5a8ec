//! [`Sampled`]: how usual what a search asks for is, and so how far back it has to look.
//!
//! The newest posts that match a usual word are found in the last minutes; to open the whole index for them is what would take long. So
//! such a search looks at a span first that should hold enough, and at everything else only if it does not. What nobody says often is
//! looked for everywhere at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firehouse_store::Store;
use firehouse_store::read::{Condition, PostSearch, Usual};
use firehouse_types::Datetime;
use tokio::sync::Mutex;

/// What at least one of so many posts has is usual.
const ONE_OF: u64 = 50_000;
/// Posts that tell how fast they come.
const LATEST: u32 = 20_000;
/// With fewer posts all are looked at.
const POSTS_MIN: u64 = 200_000;
/// How long a count is used before another is made beside the answers.
const KEPT: Duration = Duration::from_secs(600);
/// So many times what should be enough is looked at, since nothing is spread evenly.
const SPARE: f64 = 2.0;
/// Of the posts with the rarest word of a phrase so many have the phrase, and so it is with runs: people look for what others say.
const TOGETHER: f64 = 0.1;
/// Of the posts of whom a list, a label or an account selects, so many.
const CHOSEN: f64 = 0.01;

/// The counts, shared by all who search. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sampled {
    store: Store,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    usual: Option<Arc<Usual>>,
    /// When they were begun to be counted.
    since: Option<Instant>,
}

impl Sampled {
    /// Nothing is counted yet. `store`: no request's own, since what is counted is for all.
    pub fn new(store: Store) -> Self {
        Self { store, kept: Arc::default() }
    }

    /// Where the span begins that a search for so many posts before a time looks at first. `None`: where the posts begin.
    pub async fn start(
        &self,
        condition: &Condition,
        before: Datetime,
        posts: usize,
    ) -> Option<Datetime> {
        let usual = self.usual().await?;
        let latest = before.ms().min(usual.newest_ms);
        let start = |span| Datetime::from_ms(latest.saturating_sub(span));
        span_ms(&usual, condition, posts).map(start)
    }

    /// Whether a search hardly finds so many, or all posts are looked at as soon as some are; so it is until they were counted, too.
    pub async fn are_few(&self, search: &PostSearch, posts: usize) -> bool {
        self.usual().await.is_none_or(|usual| are_few(&usual, search, posts))
    }

    /// The last counts, while older ones are made anew beside the answers. `None` until the first are there.
    async fn usual(&self) -> Option<Arc<Usual>> {
        let mut kept = self.kept.lock().await;
        if kept.since.is_none_or(|since| since.elapsed() > KEPT) {
            kept.since = Some(Instant::now());
            tokio::spawn(self.clone().count());
        }
        kept.usual.clone()
    }

    async fn count(self) {
        match self.store.usual_tokens(POSTS_MIN, ONE_OF, LATEST).await {
            Ok(usual) => self.kept.lock().await.usual = Some(Arc::new(usual)),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is usual in posts was not counted; searches look further back than they would have to"
            ),
        }
    }
}

/// How far back a search for so many posts looks first. `None`: as far as there are posts. Units: milliseconds.
fn span_ms(usual: &Usual, condition: &Condition, posts: usize) -> Option<i64> {
    let share = share(usual, condition);
    #[expect(clippy::cast_precision_loss, reason = "pages are short")]
    let wanted = SPARE * posts as f64 / share;
    if usual.posts < POSTS_MIN || share <= 0.0 || wanted > count(usual.posts) / 2.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "what is too large stays the largest")]
    let span = (wanted * ms_each(usual)) as i64;
    Some(span)
}

/// Whether fewer than so many are expected between the times that are asked for.
fn are_few(usual: &Usual, search: &PostSearch, posts: usize) -> bool {
    let span_ms = search.until.ms().min(usual.newest_ms).saturating_sub(search.after.ms());
    let written = count(u64::try_from(span_ms).unwrap_or_default()) / ms_each(usual);
    let matching = written.min(count(usual.posts)) * share(usual, &search.condition);
    #[expect(clippy::cast_precision_loss, reason = "pages are short")]
    let wanted = posts as f64;
    usual.posts < POSTS_MIN || matching < wanted
}

/// Between one post and the next. Units: milliseconds.
fn ms_each(usual: &Usual) -> f64 {
    count(usual.span_ms.max(1)) / count(usual.latest.max(1))
}

/// Which share of the posts matches, roughly. What is not usual has none.
fn share(usual: &Usual, condition: &Condition) -> f64 {
    let all = |texts: &[String], among: &HashMap<String, u64>| {
        texts.iter().map(|text| share_of(text, among, usual)).product::<f64>()
    };
    let rarest = |texts: &[String], among: &HashMap<String, u64>| {
        texts.iter().map(|text| share_of(text, among, usual)).fold(1.0, f64::min)
    };
    let any = |texts: &[String], among: &HashMap<String, u64>| {
        texts.iter().map(|text| share_of(text, among, usual)).sum::<f64>().min(1.0)
    };
    match condition {
        Condition::All(parts) => parts.iter().map(|part| share(usual, part)).product(),
        Condition::Any(parts) => parts.iter().map(|part| share(usual, part)).sum::<f64>().min(1.0),
        Condition::Not(part) => 1.0 - share(usual, part),
        Condition::Words(words) => all(words, &usual.tokens),
        Condition::AnyWord(words) | Condition::Beginning(_, words) => any(words, &usual.tokens),
        Condition::Phrase(words) if words.len() < 2 => all(words, &usual.tokens),
        Condition::Phrase(words) => TOGETHER * rarest(words, &usual.tokens),
        Condition::Run(_, pairs) if pairs.len() < 2 => all(pairs, &usual.pairs),
        Condition::Run(_, pairs) => TOGETHER * rarest(pairs, &usual.pairs),
        Condition::Character(_, Some(pairs)) => any(pairs, &usual.pairs),
        // Too many pairs begin with it to be named.
        Condition::Character(_, None) => CHOSEN,
        Condition::Marks(marks) => all(marks, &usual.tokens),
        Condition::AnyMark(marks) => any(marks, &usual.tokens),
        Condition::FollowedBy(_) | Condition::Listed(_) | Condition::Labelled(..) => CHOSEN,
        Condition::By(actors) => {
            let authors: Vec<_> = actors.iter().copied().map(Condition::author_token).collect();
            any(&authors, &usual.tokens)
        }
        Condition::Answers(_)
        | Condition::InThread(_)
        | Condition::Embeds(_)
        | Condition::Posts(_) => 0.0,
        Condition::Since(_) => 1.0,
    }
}

fn share_of(text: &str, among: &HashMap<String, u64>, usual: &Usual) -> f64 {
    count(among.get(text).copied().unwrap_or_default()) / count(usual.posts.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "shares are rough")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Usual {
        let tokens = [("the", 1_000_000), ("cat", 20_000), ("lang:ja", 500_000), ("by:7", 2_000)];
        // Ten posts a second.
        Usual {
            posts: 2_000_000,
            latest: 20_000,
            span_ms: 2_000_000,
            newest_ms: 0,
            tokens: tokens.map(|(token, posts)| (token.to_owned(), posts)).into(),
            pairs: [("東京".to_owned(), 200_000)].into(),
        }
    }

    #[test]
    fn usual_words_are_looked_for_in_a_short_span_first() {
        let words =
            |texts: &[&str]| Condition::Words(texts.iter().map(|&text| text.to_owned()).collect());
        let check = |condition: &Condition, expected| {
            assert_eq!(span_ms(&usual(), condition, 10), expected, "{condition:?}");
        };
        check(&Condition::everything(), Some(2_000));
        check(&words(&["the"]), Some(4_000));
        check(&words(&["cat"]), Some(200_000));
        check(&words(&["the", "cat"]), Some(400_000));
        check(&words(&["zozop"]), None);
        check(&words(&["the", "zozop"]), None);
        check(&Condition::Not(Box::new(words(&["the"]))), Some(4_000));
        check(&Condition::Run("東京".to_owned(), vec!["東京".to_owned()]), Some(20_000));
        let japanese = Condition::AnyMark(vec!["lang:ja".to_owned()]);
        check(&Condition::All(vec![japanese, words(&["the"])]), Some(16_000));
        let phrase = |texts: [&str; 2]| Condition::Phrase(texts.map(str::to_owned).to_vec());
        check(&phrase(["the", "cat"]), Some(2_000_000));
        check(&phrase(["the", "zozop"]), None);
        check(&Condition::By(Vec::new()), None);
        check(&Condition::By(vec![8.into()]), None);
        check(&Condition::By(vec![8.into(), 7.into()]), Some(2_000_000));
    }

    #[test]
    fn where_there_are_few_posts_all_are_looked_at() {
        let few = Usual { posts: 199_999, ..usual() };
        assert_eq!(span_ms(&few, &Condition::everything(), 10), None);
        let (after, until) = (Datetime::from_ms(i64::MIN), Datetime::from_ms(i64::MAX));
        let all = PostSearch { condition: Condition::everything(), after, until };
        assert!(are_few(&few, &all, 10) && !are_few(&usual(), &all, 10));
    }

    #[test]
    fn what_is_rare_in_the_time_that_is_asked_for_is_few() {
        let usual = Usual { newest_ms: 10_000_000, ..usual() };
        // Of 100 posts one says "cat".
        let search = |word: &str, span_ms: i64| PostSearch {
            condition: Condition::Words(vec![word.to_owned()]),
            after: Datetime::from_ms(usual.newest_ms - span_ms),
            until: Datetime::from_ms(i64::MAX),
        };
        assert!(!are_few(&usual, &search("cat", 200_000), 10));
        assert!(are_few(&usual, &search("cat", 50_000), 10));
        assert!(are_few(&usual, &search("zozop", 200_000), 10));
        assert!(are_few(&usual, &search("the", -1), 10), "of the future");
    }
}
