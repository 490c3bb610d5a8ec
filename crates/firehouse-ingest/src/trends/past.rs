//! [`bursts`]: which terms are said by more accounts than their own past lets expect.
//!
//! Expected is the greatest of three shares of all who speak: that in the same hours of earlier days, that on the same weekdays, and that
//! of the day before; so neither a daily nor a weekly rhythm is a burst, nor is what everybody says since yesterday. Shares, because at
//! night fewer speak. What was too rare to be counted is taken to have been just that. The score is how many standard deviations more
//! there are, where counts vary as those of independent people do and by a quarter of what is expected besides: common words are said
//! more and less for no reason.

use std::collections::HashMap;

use firehouse_store::trends::{Before, Interval, TermPast};
use firehouse_types::Datetime;

use super::rules::Trends;

const DAY_MS: i64 = 86_400_000;
/// Days of a week.
const WEEK: i64 = 7;
/// How much counts vary besides.
const VARIATION: f64 = 0.25;
/// Intervals in the same hours that make a past.
const DAILY_KNOWN_MIN: u64 = 6;
/// Terms of one language that are looked at closer.
const BURSTS_MAX: usize = 100;
/// Languages that are, those of most accounts.
const LANGUAGES_MAX: usize = 40;

/// A term above its past.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Burst {
    pub term: Box<str>,
    /// Accounts that were to be expected.
    pub expected: f64,
    pub score: f64,
}

/// Intervals that one is compared with.
pub(super) fn before(interval: Interval, days: u16) -> Before {
    let (at, span) = (interval.at.ms(), i64::from(interval.span_s) * 1_000);
    let around = |day: i64| [-span, 0, span].map(|by| at - day * DAY_MS + by);
    let of = |days: &mut dyn Iterator<Item = i64>| {
        let mut slots: Vec<i64> = days.flat_map(around).filter(|&slot| slot < at).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    };
    let days = i64::from(days);
    Before {
        daily: of(&mut (1..=days)),
        weekly: of(&mut (1..=days / WEEK).map(|week| week * WEEK)),
        recent: at - DAY_MS,
    }
}

/// Where an interval begins in which this moment is.
pub(super) fn beginning(at: Datetime, span_s: u32) -> Datetime {
    let span = i64::from(span_s.max(1)) * 1_000;
    Datetime::from_ms(at.ms().div_euclid(span) * span)
}

/// Terms above their past by language, the highest first. None while too little of the past is known.
pub(super) fn bursts(
    interval: Interval,
    rows: &[TermPast],
    rules: &Trends,
) -> HashMap<Box<str>, Vec<Burst>> {
    let totals: HashMap<&str, &TermPast> =
        rows.iter().filter(|row| row.term.is_empty()).map(|row| (&*row.lang, row)).collect();
    let Some(all) = totals.get("").filter(|all| is_known(interval, all)) else {
        return HashMap::new();
    };
    let mut languages: Vec<_> = totals.values().map(|total| (total.now, &*total.lang)).collect();
    languages.sort_unstable_by(|a, b| b.cmp(a));
    // All together are one of them, and the first.
    let least = languages.get(LANGUAGES_MAX).map_or(0, |(now, _)| now + 1).min(all.now);
    let floor = f64::from(rules.counting.accounts_min);
    let mut bursts: HashMap<Box<str>, Vec<Burst>> = HashMap::new();
    for row in rows.iter().filter(|row| !row.term.is_empty() && !rules.denies(&row.term)) {
        let Some(total) = totals.get(&*row.lang).filter(|total| total.now >= least) else {
            continue;
        };
        let expected = expected(row, total).max(floor);
        let score = score(as_float(row.now), expected);
        if score >= f64::from(rules.config.burst_min) {
            let burst = Burst { term: row.term.clone(), expected, score };
            bursts.entry(row.lang.clone()).or_default().push(burst);
        }
    }
    for bursts in bursts.values_mut() {
        bursts
            .sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.term.cmp(&b.term)));
        bursts.truncate(BURSTS_MAX);
    }
    bursts
}

/// How many standard deviations more there are.
pub(super) fn score(accounts: f64, expected: f64) -> f64 {
    (accounts - expected) / (expected + (VARIATION * expected).powi(2)).sqrt()
}

fn is_known(interval: Interval, total: &TermPast) -> bool {
    let half_a_day = 43_200 / u64::from(interval.span_s.max(1));
    total.recent_known >= half_a_day.max(1) || total.daily_known >= DAILY_KNOWN_MIN
}

/// How many accounts are to be expected, of all who speak now.
fn expected(row: &TermPast, total: &TermPast) -> f64 {
    let share = |of: u64, all: u64| if all == 0 { 0.0 } else { as_float(of) / as_float(all) };
    let shares = [
        share(row.daily, total.daily),
        share(row.weekly, total.weekly),
        share(row.recent, total.recent),
    ];
    shares.into_iter().fold(0.0, f64::max) * as_float(total.now)
}

/// Counts are far from where this loses anything.
pub(super) fn as_float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::config;
    use super::*;

    fn row(term: &str, now: u64, daily: u64, weekly: u64, recent: u64) -> TermPast {
        let (lang, term) = ("".into(), term.into());
        TermPast { lang, term, now, daily, weekly, recent, daily_known: 42, recent_known: 24 }
    }

    fn found(rows: &[TermPast]) -> Vec<String> {
        let rules = Trends::new(config(), Vec::new(), Vec::new()).unwrap();
        let interval = Interval { at: Datetime::from_ms(0), span_s: 3_600 };
        let mut found = bursts(interval, rows, &rules);
        let found = found.remove("").unwrap_or_default();
        found.iter().map(|burst| burst.term.to_string()).collect()
    }

    /// A thousand people an hour, in 14 days three hours each, and 24 hours.
    fn all() -> TermPast {
        row("", 1_000, 42_000, 6_000, 24_000)
    }

    #[test]
    fn only_what_is_above_each_of_its_pasts_is_a_burst() {
        let rows = [
            all(),
            row("steady", 100, 4_200, 600, 2_400),
            row("morning", 100, 4_200, 600, 300),
            row("saturday", 100, 600, 600, 300),
            row("yesterday", 100, 300, 0, 2_400),
            row("doubled", 200, 4_200, 600, 2_400),
            row("many times", 300, 4_200, 600, 2_400),
            row("new", 40, 0, 0, 0),
            row("too few", 16, 0, 0, 0),
            row("branza", 400, 0, 0, 0),
        ];
        assert_eq!(found(&rows), ["new", "many times"]);
    }

    #[test]
    fn where_more_speak_more_say_everything() {
        let few = row("word", 100, 1_260, 180, 720);
        assert_eq!(found(&[all(), few.clone()]), ["word"]);
        assert_eq!(found(&[row("", 3_300, 42_000, 6_000, 24_000), few]), [""; 0]);
    }

    #[test]
    fn without_a_past_nothing_is_a_burst() {
        let new = row("new", 40, 0, 0, 0);
        let all = |daily_known, recent_known| TermPast { daily_known, recent_known, ..all() };
        assert_eq!(found(&[all(3, 11), new.clone()]), [""; 0]);
        assert_eq!(found(&[all(0, 12), new.clone()]), ["new"]);
        assert_eq!(found(&[all(6, 0), new]), ["new"]);
    }

    #[test]
    fn the_past_is_the_hours_around_on_each_day() {
        let interval = Interval { at: Datetime::from_ms(30 * DAY_MS), span_s: 3_600 };
        let before = before(interval, 14);
        assert_eq!((before.daily.len(), before.weekly.len()), (42, 6));
        assert_eq!(before.weekly[..2], [16 * DAY_MS - 3_600_000, 16 * DAY_MS]);
        assert_eq!(before.daily.last(), Some(&(29 * DAY_MS + 3_600_000)));
        let day = Interval { span_s: 86_400, ..interval };
        assert_eq!(super::before(day, 2).daily, [27 * DAY_MS, 28 * DAY_MS, 29 * DAY_MS]);
        assert_eq!(beginning(Datetime::from_ms(-1), 900), Datetime::from_ms(-900_000));
    }
}
