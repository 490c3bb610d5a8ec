//! [`lasting`]: trends of one interval and one language as what they are since they began.
//!
//! A group is a trend of the interval before when one has the leading term of the other, or when they share half of their terms. It keeps its number, its beginning and, while
//! people still say it, its name. A trend that is no burst any more fades: it counts half after each half-life, and ends below what a
//! burst needs.

use firehouse_schema::TrendRow;
use firehouse_store::trends::Interval;
use xxhash_rust::xxh3::xxh3_64;

use super::group::Group;
use super::spoken::Spoken;

/// Trends of one language.
const TRENDS_MAX: usize = 30;

/// How fast trends fade.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fading {
    /// What is left after one interval.
    pub left: f32,
    /// Less is none.
    pub least: f32,
}

/// What is looked at: an interval, a language, and who said what in it.
#[derive(Clone, Copy)]
pub(super) struct Now<'a> {
    pub interval: Interval,
    pub lang: &'a str,
    pub spoken: &'a Spoken,
    pub fading: Fading,
}

/// A trend, to be named where its row has no name.
pub(super) struct Lasting {
    pub row: TrendRow,
    pub posts: Vec<u32>,
}

/// The highest first.
pub(super) fn lasting(now: Now<'_>, groups: Vec<Group>, mut live: Vec<TrendRow>) -> Vec<Lasting> {
    // Where several have become one, the oldest goes on.
    live.sort_by_key(|trend| (trend.started_at, trend.id));
    let mut all: Vec<Lasting> = Vec::new();
    for group in groups {
        let (mut same, others) =
            live.into_iter().partition::<Vec<_>, _>(|trend| is_same(trend, &group.terms));
        live = others;
        let before = if same.is_empty() { None } else { Some(same.remove(0)) };
        all.push(row(now, before, group));
    }
    for trend in live {
        let mut posts: Vec<u32> =
            trend.terms.iter().flat_map(|term| now.spoken.posts_with(term, now.lang)).collect();
        posts.sort_unstable();
        posts.dedup();
        let group = Group { terms: trend.terms.clone(), posts, score: 0.0 };
        all.push(row(now, Some(trend), group));
    }
    all.retain(|lasting| lasting.row.score >= now.fading.least);
    all.sort_by(|a, b| {
        b.row.score.total_cmp(&a.row.score).then_with(|| a.row.term.cmp(&b.row.term))
    });
    all.truncate(TRENDS_MAX);
    all
}

fn is_same(trend: &TrendRow, terms: &[Box<str>]) -> bool {
    let shared = terms.iter().filter(|term| trend.terms.contains(term)).count();
    terms.contains(&trend.term)
        || terms.first().is_some_and(|term| trend.terms.contains(term))
        || (shared > 0 && shared * 2 >= terms.len().min(trend.terms.len()))
}

fn row(now: Now<'_>, before: Option<TrendRow>, group: Group) -> Lasting {
    let Now { interval, lang, spoken, fading } = now;
    let Group { mut terms, posts, score } = group;
    #[expect(clippy::cast_possible_truncation, reason = "a score has few digits")]
    let score = score as f32;
    let accounts = spoken.accounts(&posts);
    let posts_now = u32::try_from(posts.len()).unwrap_or(u32::MAX);
    let leading = terms.first().cloned().unwrap_or_default();
    let at = interval.at;
    let heading = TrendRow::heading(at, interval.span_s, 0);
    let row = match before {
        None => TrendRow {
            id: xxh3_64(format!("{lang} {} {leading}", at.ms()).as_bytes()).max(1),
            lang: lang.into(),
            term: leading,
            terms,
            peak_accounts: accounts,
            accounts,
            posts: posts_now,
            all_posts: u64::from(posts_now),
            score,
            is_hot: 1,
            ..heading
        },
        Some(before) => {
            // A trend is not renamed with each interval.
            let keeps_name = terms.contains(&before.term);
            if keeps_name {
                terms.retain(|term| *term != before.term);
                terms.insert(0, before.term.clone());
            }
            let is_peak = accounts > before.peak_accounts;
            let (name, query) =
                if keeps_name { (before.name, before.query) } else { Default::default() };
            TrendRow {
                id: before.id,
                lang: before.lang,
                name,
                query,
                term: terms.first().cloned().unwrap_or_default(),
                terms,
                started_at: before.started_at,
                peak_at: if is_peak { at } else { before.peak_at },
                peak_accounts: before.peak_accounts.max(accounts),
                accounts,
                posts: posts_now,
                all_posts: before.all_posts.saturating_add(u64::from(posts_now)),
                score: score.max(before.score * fading.left),
                is_hot: u8::from(is_peak && score > 0.0),
                actors: before.actors,
                samples: before.samples,
                ..heading
            }
        }
    };
    Lasting { row, posts }
}

#[cfg(test)]
mod tests {
    use firehouse_types::Datetime;

    use super::super::spoken::tests::post;
    use super::*;

    const FADING: Fading = Fading { left: 0.5, least: 5.0 };

    fn interval(hour: i64) -> Interval {
        Interval { at: Datetime::from_ms(hour * 3_600_000), span_s: 3_600 }
    }

    fn group(terms: &[&str], accounts: u32, score: f64) -> Group {
        let terms = terms.iter().map(|&term| term.into()).collect();
        Group { terms, posts: (0..accounts).collect(), score }
    }

    fn spoken() -> Spoken {
        Spoken::new((0..50).map(|n| post(n, "", "en", &[], "")).collect(), &[], 0)
    }

    fn rows(hour: i64, groups: Vec<Group>, live: Vec<TrendRow>) -> Vec<TrendRow> {
        let (interval, spoken) = (interval(hour), spoken());
        let now = Now { interval, lang: "en", spoken: &spoken, fading: FADING };
        let all = lasting(now, groups, live);
        all.into_iter().map(|lasting| lasting.row).collect()
    }

    #[test]
    fn a_trend_keeps_its_number_its_beginning_and_its_name() {
        let mut first = rows(1, vec![group(&["world cup", "cup"], 20, 9.0)], Vec::new());
        first[0].name = "World Cup".into();
        let second = rows(2, vec![group(&["cup", "world cup"], 40, 20.0)], first.clone());
        let (first, second) = (&first[0], &second[0]);
        assert_eq!((second.id, &second.name, &second.term), (first.id, &first.name, &first.term));
        assert_eq!(second.started_at, interval(1).at);
        assert_eq!((second.peak_at, second.peak_accounts), (interval(2).at, 40));
        assert_eq!((second.all_posts, second.posts, second.is_hot), (60, 40, 1));
        let third = rows(3, vec![group(&["cup final", "cup"], 30, 15.0)], vec![second.clone()]);
        assert_eq!((third[0].id, &*third[0].name, &*third[0].term), (first.id, "", "cup final"));
        assert_eq!((third[0].peak_accounts, third[0].is_hot), (40, 0));
    }

    #[test]
    fn what_is_no_burst_any_more_fades_and_ends() {
        let first = rows(1, vec![group(&["a"], 20, 18.0), group(&["b"], 20, 7.0)], Vec::new());
        let second = rows(2, Vec::new(), first);
        assert_eq!(second.len(), 1, "half of 7 is too little");
        assert_eq!((&*second[0].term, second[0].score, second[0].accounts), ("a", 9.0, 0));
        assert!(rows(3, Vec::new(), second).is_empty());
    }

    #[test]
    fn two_that_become_one_go_on_as_the_older() {
        let old = rows(1, vec![group(&["a"], 20, 9.0)], Vec::new()).remove(0);
        let young = rows(2, vec![group(&["b"], 20, 9.0)], Vec::new()).remove(0);
        let one = rows(3, vec![group(&["b", "a"], 30, 9.0)], vec![young, old.clone()]);
        assert_eq!((one.len(), one[0].id), (1, old.id));
    }
}
