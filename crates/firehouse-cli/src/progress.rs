//! How far fetching repos has come: one line that is drawn again on a terminal, lines of log elsewhere.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use firehouse_ingest::{Walked, WalkedSoFar};

const DRAW_EVERY: Duration = Duration::from_millis(250);
const LOG_EVERY: Duration = Duration::from_secs(10);
/// Rates are those of the last so many seconds.
const WINDOW: Duration = Duration::from_secs(10);
const BAR_CELLS: u64 = 24;

/// Shows `walked` until it is dropped; never ends by itself.
pub async fn show(walked: &Walked) {
    let mut samples = Samples::default();
    let line = Line::new();
    let mut logged = Instant::now();
    loop {
        tokio::time::sleep(DRAW_EVERY).await;
        let so_far = walked.so_far();
        let rates = samples.add(Instant::now(), &so_far);
        if line.on_terminal {
            line.draw(&bar(&so_far, rates));
        } else if logged.elapsed() >= LOG_EVERY {
            logged = Instant::now();
            tracing::info!(
                listed = so_far.listed,
                asked = so_far.asked,
                done = so_far.ended(),
                records = so_far.records,
                repos_per_s = rates.repos_per_s(),
                records_per_s = rates.records_per_s(),
                left_s = rates.left_s(&so_far),
                "fetching repos"
            );
        }
    }
}

/// One line at the bottom of a terminal; cleared when it is dropped.
struct Line {
    on_terminal: bool,
}

impl Line {
    fn new() -> Self {
        Self { on_terminal: std::io::stderr().is_terminal() }
    }

    fn draw(&self, text: &str) {
        // Progress that cannot be shown is not worth failing for.
        let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.on_terminal {
            self.draw("");
        }
    }
}

/// What came in the last seconds.
#[derive(Clone, Copy, Default)]
struct Rates {
    repos: u64,
    records: u64,
    millis: u64,
}

impl Rates {
    fn repos_per_s(self) -> u64 {
        (self.repos * 1_000).checked_div(self.millis).unwrap_or(0)
    }

    fn records_per_s(self) -> u64 {
        (self.records * 1_000).checked_div(self.millis).unwrap_or(0)
    }

    /// Seconds until what was asked for so far has ended, at this rate.
    fn left_s(self, so_far: &WalkedSoFar) -> Option<u64> {
        let left = so_far.asked.saturating_sub(so_far.ended());
        (self.repos > 0).then(|| (left * self.millis).div_ceil(self.repos * 1_000))
    }
}

#[derive(Default)]
struct Samples(VecDeque<(Instant, u64, u64)>);

impl Samples {
    fn add(&mut self, now: Instant, so_far: &WalkedSoFar) -> Rates {
        self.0.push_back((now, so_far.ended(), so_far.records));
        while self.0.len() > 2 && self.0.get(1).is_some_and(|(at, ..)| now - *at >= WINDOW) {
            self.0.pop_front();
        }
        let Some((at, repos, records)) = self.0.front() else { return Rates::default() };
        Rates {
            repos: so_far.ended() - repos,
            records: so_far.records - records,
            millis: u64::try_from((now - *at).as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn bar(so_far: &WalkedSoFar, rates: Rates) -> String {
    let (done, asked) = (so_far.ended(), so_far.asked);
    let full = (done * BAR_CELLS).checked_div(asked).unwrap_or(0).min(BAR_CELLS);
    let mut text = String::from("[");
    (0..BAR_CELLS).for_each(|cell| text.push(if cell < full { '#' } else { '.' }));
    let _ = write!(
        text,
        "] {done} of {asked} repos, {}/s; {} records, {}/s; {} listed",
        rates.repos_per_s(),
        so_far.records,
        rates.records_per_s(),
        so_far.listed
    );
    if let Some(left_s) = rates.left_s(so_far) {
        let _ = write!(text, "; {} left", duration(left_s));
    }
    text
}

/// As people say it: `2 h 03 min`, `4 min 05 s`, `6 s`.
pub fn duration(seconds: u64) -> String {
    match (seconds / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s:02} s"),
        (h, min, _) => format!("{h} h {min:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_last_seconds_and_the_bar_says_what_is_left() {
        let began = Instant::now();
        let mut samples = Samples::default();
        let so_far = |written, records| WalkedSoFar {
            listed: 500,
            asked: 400,
            written,
            records,
            ..WalkedSoFar::default()
        };
        samples.add(began, &so_far(0, 0));
        samples.add(began + Duration::from_secs(100), &so_far(10, 100));
        let rates = samples.add(began + Duration::from_secs(110), &so_far(100, 9_100));
        assert_eq!((rates.repos_per_s(), rates.records_per_s()), (9, 900));
        assert_eq!(
            bar(&so_far(100, 9_100), rates),
            "[######..................] 100 of 400 repos, 9/s; 9100 records, 900/s; 500 listed; 34 s left"
        );
    }

    #[test]
    fn nothing_asked_for_yet_is_no_division_by_zero() {
        let nothing = WalkedSoFar::default();
        let rates = Samples::default().add(Instant::now(), &nothing);
        assert_eq!(rates.left_s(&nothing), None);
        assert!(bar(&nothing, rates).contains("0 of 0 repos"));
    }

    #[test]
    fn durations_are_as_people_say_them() {
        assert_eq!([6, 245, 7_380].map(duration), ["6 s", "4 min 05 s", "2 h 03 min"]);
    }
}
