//! Trends: what many accounts talk about, compared with what they always talk about.
//!
//! For each finished interval, one after the other, the store counts who said what ([`count_terms.sql`]); the terms above their own past
//! are its bursts ([`past`]); bursts of the same posts are one trend ([`group`]), which goes on from interval to interval ([`lasting`]) and
//! is named as people write it ([`name`]). All of it is rows of `trends`, which stay. Where it stands is saved in `positions`; an interval
//! that is looked at again replaces what was found before. It never takes more than half of the time, and waits for the stream: an interval
//! is finished when there are posts behind it.
//!
//! [`count_terms.sql`]: firehouse_store::Store::count_terms

mod rules;
mod past;
mod spoken;
mod longer;
mod group;
mod lasting;
mod name;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use firehouse_indexer::{Wording, wording};
use firehouse_schema::TrendRow;
use firehouse_store::Store;
use firehouse_store::read::RecordKey;
use firehouse_store::trends::{Interval, TERMS_MAX};
use firehouse_types::{ActorId, Datetime};
use tokio::time::sleep;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::{Metrics, now_us};
use group::{Said, grouped, is_run};
use lasting::{Fading, Lasting, Now, lasting};
use name::named;
use past::{Burst, as_float, before, beginning, bursts, score};
use spoken::Spoken;

pub use rules::{InvalidTrends, TrendConfig, Trends};

/// How often is looked whether an interval is finished.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Posts of one interval that are looked at closer.
const POSTS_MAX: usize = 200_000;
/// Posts of a trend, of as many accounts, whose likes are looked at; those that are kept; accounts that are; and posts that name it.
const SAMPLED_MAX: usize = 40;
const SAMPLES_MAX: usize = 10;
const ACTORS_MAX: usize = 25;
const POST: &str = "app.bsky.feed.post";
const DAY_MS: i64 = 86_400_000;

/// The background job.
pub(crate) struct TrendJob {
    pub store: Store,
    pub rules: Trends,
    pub metrics: Metrics,
}

impl TrendJob {
    /// Runs until an error that trying again cannot heal.
    pub async fn run(self) -> Result<(), IngestError> {
        if self.rules.config.interval_s == 0 {
            return std::future::pending().await;
        }
        let walk = format!("trends {}", self.rules.config.interval_s);
        let positions = retried(&self.metrics, || self.store.positions(&walk)).await?;
        let saved = positions.lists.first().and_then(|(_, cursor)| cursor.as_deref()?.parse().ok());
        let mut last = saved.map(Datetime::from_ms);
        loop {
            let Some(interval) = self.next(last).await? else {
                sleep(LOOK_EVERY).await;
                continue;
            };
            let began = Instant::now();
            let found = self.look_at(interval).await?;
            let cursor = interval.at.ms().to_string();
            retried(&self.metrics, || self.store.save_position(&walk, 0, "at", Some(&cursor)))
                .await?;
            self.metrics.trends_until.set(interval.end().ms() / 1_000);
            last = Some(interval.at);
            tracing::debug!(at = %interval.at, found, took = ?began.elapsed(), "looked for trends");
            sleep(began.elapsed()).await;
        }
    }

    /// The interval behind the last one, if it is finished. The first is as long ago as the past that is looked at.
    async fn next(&self, last: Option<Datetime>) -> Result<Option<Interval>, IngestError> {
        let config = &self.rules.config;
        let (span_s, now_ms) = (config.interval_s, now_us() / 1_000);
        let earliest = now_ms - i64::from(config.history_days) * DAY_MS;
        let earliest = beginning(Datetime::from_ms(earliest), span_s);
        let Some((first, latest)) =
            retried(&self.metrics, || self.store.posted_between(earliest)).await?
        else {
            return Ok(None);
        };
        let at = match last {
            Some(at) => Interval { at, span_s }.end().max(earliest),
            None => beginning(first, span_s),
        };
        let interval = Interval { at, span_s };
        let patience = i64::from(config.delay_s) * 1_000;
        let is_finished = interval.end() <= latest && interval.end().ms() + patience <= now_ms;
        Ok(is_finished.then_some(interval))
    }

    /// Counts an interval and writes its trends. Answers how many there are.
    async fn look_at(&self, interval: Interval) -> Result<usize, IngestError> {
        let Self { store, rules, metrics } = self;
        let config = &rules.config;
        retried(metrics, || store.count_terms(interval, &rules.counting)).await?;
        let before = before(interval, config.history_days);
        let pasts = retried(metrics, || store.term_pasts(interval, &before, config.accounts_min));
        let bursts = bursts(interval, &pasts.await?, rules);
        let previous = interval.at.ms() - i64::from(interval.span_s) * 1_000;
        let live = retried(metrics, || store.trends_at(Datetime::from_ms(previous))).await?;

        let terms = wanted(&bursts, &live);
        let posts = if terms.is_empty() {
            Vec::new()
        } else {
            retried(metrics, || store.said(interval, &rules.counting, &terms, POSTS_MAX)).await?
        };
        let spoken = Spoken::new(posts, &terms, config.host_accounts_max);
        let mut found = self.found(interval, &bursts, live, &spoken);
        self.tell(&mut found, &spoken).await?;
        // What has no name is a page that nobody could open, or what the operator does not want to see.
        found.retain(|Lasting { row, .. }| !row.name.is_empty() && !rules.denies(&row.name));
        self.write(interval, found).await
    }

    /// Trends of all languages, not all of them named.
    fn found(
        &self,
        interval: Interval,
        bursts: &HashMap<Box<str>, Vec<Burst>>,
        live: Vec<TrendRow>,
        spoken: &Spoken,
    ) -> Vec<Lasting> {
        let config = &self.rules.config;
        let half_lives =
            as_float(interval.span_s.into()) / as_float(config.half_life_s.max(1).into());
        #[expect(clippy::cast_possible_truncation, reason = "a share, and a small number")]
        let fading = Fading {
            left: 0.5_f64.powf(half_lives) as f32,
            least: as_float(config.burst_min.into()) as f32,
        };
        let mut by_lang: HashMap<Box<str>, Vec<TrendRow>> = HashMap::new();
        for row in live.into_iter().filter(|row| !row.terms.iter().any(|t| self.rules.denies(t))) {
            by_lang.entry(row.lang.clone()).or_default().push(row);
        }
        let languages: BTreeSet<Box<str>> = bursts.keys().chain(by_lang.keys()).cloned().collect();
        let mut found = Vec::new();
        for lang in languages {
            let said = bursts.get(&lang).map_or(&[][..], Vec::as_slice);
            let groups = grouped(self.said(said, &lang, spoken), spoken);
            let live = by_lang.remove(&lang).unwrap_or_default();
            let now = Now { interval, lang: &lang, spoken, fading };
            found.extend(lasting(now, groups, live));
        }
        found
    }

    /// Bursts with their posts; pairs of runs grown to what people say in full.
    fn said(&self, bursts: &[Burst], lang: &str, spoken: &Spoken) -> Vec<Said> {
        let (mut all, mut seen): (Vec<Said>, HashSet<Box<str>>) = Default::default();
        for burst in bursts {
            let mut posts = spoken.posts_with(&burst.term, lang);
            let (mut term, mut above) = (burst.term.clone(), burst.score);
            if is_run(&term) {
                let with: Vec<(ActorId, &str)> = posts
                    .iter()
                    .filter_map(|&at| spoken.post(at).map(|post| (post.actor, &*post.runs)))
                    .collect();
                term = longer::longest(&term, &with).into();
                posts = spoken.with_run(&posts, &term);
                above = score(spoken.accounts(&posts).into(), burst.expected);
            }
            let is_burst = above >= f64::from(self.rules.config.burst_min)
                && spoken.accounts(&posts) >= self.rules.config.accounts_min;
            if is_burst && !self.rules.denies(&term) && seen.insert(term.clone()) {
                all.push(Said { term, posts, score: above });
            }
        }
        all
    }

    /// Says of each trend who talks about it, and in which posts, and names those that have no name.
    async fn tell(&self, found: &mut [Lasting], spoken: &Spoken) -> Result<(), IngestError> {
        let samples: Vec<Vec<RecordKey>> =
            found.iter().map(|lasting| sampled(&lasting.posts, spoken)).collect();
        let keys: BTreeSet<RecordKey> = samples.iter().flatten().copied().collect();
        let keys: Vec<RecordKey> = keys.into_iter().collect();
        let likes = retried(&self.metrics, || self.store.interactions(&keys, None, None)).await?;
        let likes: HashMap<RecordKey, u64> =
            likes.iter().map(|row| (row.key(), row.likes)).collect();
        let unnamed = || found.iter().zip(&samples).filter(|(found, _)| found.row.name.is_empty());
        let keys: BTreeSet<RecordKey> = unnamed().flat_map(|(_, keys)| keys).copied().collect();
        let keys: Vec<RecordKey> = keys.into_iter().collect();
        let records = retried(&self.metrics, || self.store.records(&[POST], &keys)).await?;
        let wordings: HashMap<RecordKey, Wording> = records
            .iter()
            .filter_map(|row| Some(((row.actor, row.rkey), wording(&row.body).ok()?)))
            .collect();
        for (Lasting { row, .. }, mut keys) in found.iter_mut().zip(samples) {
            if row.name.is_empty() {
                let said: Vec<Wording> =
                    keys.iter().filter_map(|key| wordings.get(key)).cloned().collect();
                // The most telling that can be named.
                let mut names =
                    row.terms.iter().filter_map(|term| Some((term, named(term, &said)?)));
                if let Some((term, name)) = names.next() {
                    row.term = term.clone();
                    (row.name, row.query) = (name.name.into(), name.query.into());
                }
            }
            // Of those who still talk about it first.
            keys.sort_by_key(|key| (Reverse(likes.get(key).copied().unwrap_or(0)), *key));
            let mut actors: Vec<ActorId> = keys.iter().map(|(actor, _)| *actor).collect();
            let mut kept: Vec<RecordKey> = keys.into_iter().take(SAMPLES_MAX).collect();
            actors.append(&mut row.actors);
            kept.append(&mut row.samples);
            row.actors = distinct(actors, ACTORS_MAX);
            row.samples = distinct(kept, SAMPLES_MAX);
        }
        Ok(())
    }

    /// Writes the trends of an interval, its heading, and takes back what was found before and is not any more.
    async fn write(&self, interval: Interval, found: Vec<Lasting>) -> Result<usize, IngestError> {
        let version = u64::try_from(now_us()).unwrap_or(0);
        let earlier = retried(&self.metrics, || self.store.trends_at(interval.at)).await?;
        let mut rows = vec![TrendRow::heading(interval.at, interval.span_s, version)];
        rows.extend(found.into_iter().map(|lasting| TrendRow { version, ..lasting.row }));
        let count = rows.len() - 1;
        let now: HashSet<(Box<str>, u64)> =
            rows.iter().map(|row| (row.lang.clone(), row.id)).collect();
        let gone = earlier.into_iter().filter(|row| !now.contains(&(row.lang.clone(), row.id)));
        rows.extend(gone.map(|row| TrendRow { version, deleted: 1, ..row }));
        let _ = retried(&self.metrics, || self.store.insert(&rows)).await?;
        Ok(count)
    }
}

/// Terms whose posts are needed: those that burst, the highest of each language first, and those of trends that last.
fn wanted(bursts: &HashMap<Box<str>, Vec<Burst>>, live: &[TrendRow]) -> Vec<Box<str>> {
    let mut terms: Vec<&Box<str>> = live.iter().flat_map(|trend| &trend.terms).collect();
    let mut by_score: Vec<&Burst> = bursts.values().flatten().collect();
    by_score.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.term.cmp(&b.term)));
    terms.extend(by_score.iter().map(|burst| &burst.term));
    distinct(terms.into_iter().cloned(), TERMS_MAX)
}

/// Some posts of a trend, of an account each.
fn sampled(posts: &[u32], spoken: &Spoken) -> Vec<RecordKey> {
    let mut seen = HashSet::new();
    let posts = posts.iter().filter_map(|&at| spoken.post(at));
    let posts = posts.filter(|post| seen.insert(post.actor)).take(SAMPLED_MAX);
    posts.map(|post| (post.actor, post.rkey)).collect()
}

/// Each once, in their order.
fn distinct<T: Clone + Eq + std::hash::Hash>(
    all: impl IntoIterator<Item = T>,
    most: usize,
) -> Vec<T> {
    let mut seen = HashSet::new();
    all.into_iter().filter(|one| seen.insert(one.clone())).take(most).collect()
}
