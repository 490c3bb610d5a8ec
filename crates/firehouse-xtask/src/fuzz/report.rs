//! What a run of libFuzzer says about itself, as figures.

/// The head of a table of [`Report::line`].
pub const HEAD: &str = "\
| target | executions | per second | coverage | corpus | peak MiB | findings |\n\
| --- | --- | --- | --- | --- | --- | --- |";

/// One run of one target.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    executions: u64,
    per_second: u64,
    peak_mib: u64,
    begin: Progress,
    end: Progress,
    /// What was found, and how to see it again.
    pub finding: Option<String>,
}

/// Where a run stood: how many edges of the program it had seen, and with how many inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    coverage: u64,
    corpus: u64,
}

impl Report {
    /// Reads what libFuzzer wrote.
    pub fn read(said: &str, finding: Option<String>) -> Self {
        let statistic = |name: &str| {
            let line =
                said.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
            line.and_then(|rest| rest.trim_start_matches(':').trim().parse().ok()).unwrap_or(0)
        };
        let progress: Vec<Progress> = said.lines().filter_map(Progress::read).collect();
        Self {
            executions: statistic("number_of_executed_units"),
            per_second: statistic("average_exec_per_sec"),
            peak_mib: statistic("peak_rss_mb"),
            begin: progress.first().copied().unwrap_or_default(),
            end: progress.last().copied().unwrap_or_default(),
            finding,
        }
    }

    /// For people who wait.
    pub fn summary(&self) -> String {
        let found = if self.finding.is_some() { "FOUND SOMETHING" } else { "nothing found" };
        format!("{} executions, {} edges, {found}", self.executions, self.end.coverage)
    }

    /// One line of a table.
    pub fn line(&self, name: &str) -> String {
        let Self { executions, per_second, peak_mib, begin, end, finding } = self;
        format!(
            "| {name} | {executions} | {per_second} | {} → {} | {} → {} | {peak_mib} | {} |",
            begin.coverage,
            end.coverage,
            begin.corpus,
            end.corpus,
            usize::from(finding.is_some())
        )
    }
}

impl Progress {
    /// `#2 INITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 30Mb`; other lines say nothing of it.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix('#')?.split_whitespace();
        let mut after = |name: &str| words.find(|word| *word == name).and_then(|_| words.next());
        let (coverage, corpus) = (after("cov:")?, after("corp:")?);
        let corpus = corpus.split('/').next()?;
        Some(Self { coverage: coverage.parse().ok()?, corpus: corpus.parse().ok()? })
    }
}

/// Why a run ended: the panic's message, or libFuzzer's reason.
pub fn why(said: &str) -> String {
    let mut lines = said.lines();
    let panicked = lines.by_ref().find(|line| line.contains(" panicked at "));
    if let Some(panicked) = panicked {
        return [panicked, lines.next().unwrap_or_default()].join(" ");
    }
    let reason = said.lines().find(|line| line.contains("ERROR: libFuzzer"));
    reason.unwrap_or("it ended without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
INFO: seed corpus: files: 3 min: 1b max: 9b total: 12b rss: 30Mb
#4\tINITED cov: 12 ft: 13 corp: 2/10b exec/s: 0 rss: 31Mb
#9\tNEW    cov: 15 ft: 17 corp: 3/12b lim: 4 exec/s: 0 rss: 31Mb L: 2/9 MS: 1 ChangeBit-
#900\tDONE   cov: 15 ft: 17 corp: 3/12b lim: 4 exec/s: 450 rss: 31Mb
Done 900 runs in 2 second(s)
stat::number_of_executed_units: 900
stat::average_exec_per_sec:     450
stat::peak_rss_mb:              31
";

    #[test]
    fn growth_is_that_between_the_seeds_and_the_end() {
        let line = Report::read(SAID, None).line("x");
        assert_eq!(line, "| x | 900 | 450 | 12 → 15 | 2 → 3 | 31 | 0 |");
    }

    #[test]
    fn a_run_that_said_nothing_has_no_figures() {
        assert_eq!(Report::read("", None), Report::default());
    }

    #[test]
    fn the_reason_of_a_finding_is_its_panic_or_the_fuzzers() {
        let panic = "thread '<unnamed>' panicked at a.rs:1:2:\nleft != right\n==1== ERROR: libFuzzer: deadly signal";
        assert_eq!(why(panic), "thread '<unnamed>' panicked at a.rs:1:2: left != right");
        assert!(why("==1== ERROR: libFuzzer: timeout after 5 seconds").contains("timeout"));
    }
}
