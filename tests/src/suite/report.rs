// SPDX-License-Identifier: GPL-2.0-only

//! The jobs of a run of all tests, and the table that it ends with.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::SKIPPED;
use crate::guest::tail;
use crate::ktap::{self, Case, End};
use crate::shell::{cache, text};

/// A command to run, and its name.
pub(super) struct Job {
    pub(super) name: String,
    pub(super) command: Command,
}

impl Job {
    pub(super) fn new(name: &str, command: Command) -> Self {
        Self {
            name: name.to_owned(),
            command,
        }
    }

    /// Runs to the end; returns the output, too.
    pub(super) fn run(mut self) -> (Report, String) {
        let start = Instant::now();
        let (succeeded, said) = match run(&mut self.command) {
            Ok(ended) => ended,
            Err(error) => (false, format!("{error:#}\n")),
        };
        let report = Report {
            name: self.name,
            took: start.elapsed(),
            succeeded,
            results: results(&said),
            skipped: skipped(&said),
            cases: ktap::cases(&said),
            last_lines: tail(&said),
        };
        (report, said)
    }
}

/// The file in the cache with the jobs' times in the last run: the seconds and the name of each.
const TIMES: &str = "job-times";

/// The seconds that each job took in the last run in which it passed.
pub(super) fn last_times() -> Result<BTreeMap<String, u64>> {
    let text = text(&cache()?.join(TIMES));
    let times = text.lines().filter_map(|line| {
        let (seconds, name) = line.split_once(' ')?;
        Some((name.to_owned(), seconds.parse().ok()?))
    });
    Ok(times.collect())
}

/// Notes the times for the next run.
pub(super) fn note_times(reports: &[Report]) -> Result<()> {
    let mut times = last_times()?;
    let passed = reports.iter().filter(|report| report.succeeded);
    times.extend(passed.map(|report| (report.name.clone(), report.took.as_secs())));
    let mut text = String::new();
    for (name, seconds) in times {
        let _ = writeln!(text, "{seconds} {name}");
    }
    Ok(fs::write(cache()?.join(TIMES), text)?)
}

/// Sorts the jobs: those that took longest are first, so that the processors finish at about the same
/// time. An unknown job may take long.
pub(super) fn longest_first(mut jobs: Vec<Job>, times: &BTreeMap<String, u64>) -> Vec<Job> {
    jobs.sort_by_key(|job| Reverse(times.get(&job.name).copied().unwrap_or(u64::MAX)));
    jobs
}

/// Runs a command; returns whether it succeeded, and all of its output.
fn run(command: &mut Command) -> Result<(bool, String)> {
    let mut file = tempfile::tempfile()?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file.try_clone()?)
        .status()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    let mut said = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut said)?;
    Ok((
        status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

/// The results that test programs end with.
fn results(said: &str) -> Vec<String> {
    let results = said
        .lines()
        .filter(|line| line.starts_with("test result: "));
    results.map(ToOwned::to_owned).collect()
}

/// The reasons of the tests that were skipped.
fn skipped(said: &str) -> Vec<String> {
    let reasons = said.lines().filter_map(|line| line.strip_prefix(SKIPPED));
    reasons.map(ToOwned::to_owned).collect()
}

/// The end of a job.
pub(super) struct Report {
    pub(super) name: String,
    pub(super) took: Duration,
    pub(super) succeeded: bool,
    pub(super) results: Vec<String>,
    /// The reasons of the tests that were skipped.
    pub(super) skipped: Vec<String>,
    /// The cases that guests have run for it.
    pub(super) cases: Vec<Case>,
    /// Those of its output.
    pub(super) last_lines: String,
}

impl Report {
    pub(super) fn end(&self) -> &'static str {
        if self.succeeded { "passed" } else { "FAILED" }
    }

    /// Number of tests that have passed; cases count instead of the test that runs them. A test that
    /// was skipped ends as one that has passed.
    fn passed(&self) -> usize {
        if !self.cases.is_empty() {
            return self.ended(End::Passed).count();
        }
        let counts = self.results.iter().filter_map(|result| {
            let (before, _) = result.split_once(" passed;")?;
            before.rsplit(' ').next()?.parse::<usize>().ok()
        });
        counts.sum::<usize>().saturating_sub(self.skipped.len())
    }

    /// The cases with this end.
    fn ended(&self, end: End) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| case.end == end)
    }

    /// Names of tests and cases that were skipped, with the reasons.
    fn skips(&self) -> Vec<String> {
        let tests = self
            .skipped
            .iter()
            .map(|why| format!("{}: {why}", self.name));
        let cases = self.ended(End::Skipped);
        let cases = cases.map(|case| format!("{}: {}", case.name, case.said.trim_end()));
        tests.chain(cases).collect()
    }

    /// Its rows of the table.
    fn rows(&self) -> String {
        let (seconds, passed, skipped) = (self.took.as_secs(), self.passed(), self.skips().len());
        let mut rows = format!(
            "| {seconds} | {} | {passed} | {skipped} | {} |\n",
            self.name,
            self.end()
        );
        for case in &self.cases {
            let end = match case.end {
                End::Passed => "passed",
                End::Skipped => "skipped",
                End::Failed => "FAILED",
            };
            let _ = writeln!(rows, "| {} | - {} | | | {end} |", case.seconds, case.name);
        }
        rows
    }
}

/// Prints the results of all test programs, the time of each job and its cases, the longest job first, and
/// the last lines of each failed job once more: people read the end of a long log.
pub(super) fn conclude(mut reports: Vec<Report>, took: Duration) -> Result<()> {
    let mut text = String::new();
    for report in &reports {
        for result in &report.results {
            let _ = writeln!(text, "{}: {result}", report.name);
        }
    }
    let skips: Vec<_> = reports.iter().flat_map(Report::skips).collect();
    for skip in &skips {
        let _ = writeln!(text, "{SKIPPED}{skip}");
    }
    text += "\n| seconds | what | tests | skipped | end |\n| ---: | --- | ---: | ---: | --- |\n";
    reports.sort_by_key(|report| Reverse(report.took));
    text.extend(reports.iter().map(Report::rows));
    let passed: usize = reports.iter().map(Report::passed).sum();
    let (skipped, seconds) = (skips.len(), took.as_secs());
    println!("{text}\n{passed} tests passed, {skipped} were skipped; {seconds} s in all");
    let mut failed = Vec::new();
    for report in reports.iter().filter(|report| !report.succeeded) {
        println!("\n[last lines of] {}\n{}", report.name, report.last_lines);
        failed.push(report.name.as_str());
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The report of a job with this output.
    fn report(said: &str) -> Report {
        let mut echo = Command::new("printf");
        echo.args(["%s", said]);
        Job::new("a job", echo).run().0
    }

    #[test]
    fn tests_are_counted() {
        let report = report(
            "running 2 tests\ntest result: ok. 12 passed; 0 failed; 1 ignored\nx\n\
             skipped: wants linux 7.3\ntest result: FAILED. 3 passed; 1 failed; 0 ignored\n",
        );
        assert_eq!((report.results.len(), report.passed()), (2, 14));
        assert_eq!(report.skips(), ["a job: wants linux 7.3"]);
    }

    #[test]
    fn each_case_is_a_row() {
        let report = report(
            "KTAP version 1\n1..3\nok 1 - s/x # 7 s\n# wants y\nok 2 - s/y # SKIP\nnot ok 3 - s/z # 9 s\n\
             test result: FAILED. 0 passed; 1 failed; 0 ignored\n",
        );
        assert_eq!(
            (report.passed(), report.skips()),
            (1, vec!["s/y: wants y".to_owned()])
        );
        let rows = report.rows();
        let rows: Vec<_> = rows.lines().skip(1).collect();
        let expected = [
            "| 7 | - s/x | | | passed |",
            "| 0 | - s/y | | | skipped |",
            "| 9 | - s/z | | | FAILED |",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn jobs_that_took_longest_begin_first() {
        let jobs = ["a", "b", "new", "c"].map(|name| Job::new(name, Command::new("true")));
        let times = [("a", 3), ("b", 9), ("c", 5)].map(|(name, time)| (name.to_owned(), time));
        let jobs = longest_first(jobs.into(), &BTreeMap::from(times));
        assert!(jobs.iter().map(|job| &*job.name).eq(["new", "b", "c", "a"]));
    }

    #[test]
    fn a_job_that_fails_or_does_not_start_is_told() {
        let (report, said) = Job::new("a job", Command::new("/nonexistent")).run();
        assert!(!report.succeeded && said.contains("/nonexistent"), "{said}");
        let mut both = Command::new("sh");
        both.args(["-c", "echo a; echo b >&2; exit 3"]);
        let (report, said) = Job::new("a job", both).run();
        assert_eq!((report.succeeded, said.as_str()), (false, "a\nb\n"));
        assert!(Job::new("a job", Command::new("true")).run().0.succeeded);
    }
}
