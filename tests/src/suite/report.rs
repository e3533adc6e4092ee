// SPDX-License-Identifier: GPL-2.0-only

//! The jobs of a run of all tests, and the table that it ends with.

use std::fmt::Write;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::SKIPPED;
use crate::guest::tail;

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
            last_lines: tail(&said),
        };
        (report, said)
    }
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
    /// Those of its output.
    pub(super) last_lines: String,
}

impl Report {
    pub(super) fn end(&self) -> &'static str {
        if self.succeeded { "passed" } else { "FAILED" }
    }

    /// Number of tests that have passed: a test that was skipped ends as one of these.
    fn passed(&self) -> usize {
        let counts = self.results.iter().filter_map(|result| {
            let (before, _) = result.split_once(" passed;")?;
            before.rsplit(' ').next()?.parse::<usize>().ok()
        });
        counts.sum::<usize>().saturating_sub(self.skipped.len())
    }
}

/// Shows the results of all test programs, how long each job took, the longest first, and again the
/// last lines of each that failed, since of a long log people see the end.
pub(super) fn conclude(mut reports: Vec<Report>, took: Duration) -> Result<()> {
    let mut text = String::new();
    for report in &reports {
        for result in &report.results {
            let _ = writeln!(text, "{}: {result}", report.name);
        }
    }
    for (report, reason) in reports
        .iter()
        .flat_map(|it| it.skipped.iter().map(move |why| (it, why)))
    {
        let _ = writeln!(text, "{}: {SKIPPED}{reason}", report.name);
    }
    text += "\n| seconds | what | tests | skipped | end |\n| ---: | --- | ---: | ---: | --- |\n";
    reports.sort_by_key(|report| std::cmp::Reverse(report.took));
    for report in &reports {
        let (seconds, passed) = (report.took.as_secs(), report.passed());
        let (name, skipped, end) = (&report.name, report.skipped.len(), report.end());
        let _ = writeln!(
            text,
            "| {seconds} | {name} | {passed} | {skipped} | {end} |"
        );
    }
    let passed: usize = reports.iter().map(Report::passed).sum();
    let skipped: usize = reports.iter().map(|report| report.skipped.len()).sum();
    let seconds = took.as_secs();
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

    #[test]
    fn tests_are_counted() {
        let said = "running 2 tests\ntest result: ok. 12 passed; 0 failed; 1 ignored\nx\n\
                    skipped: wants linux 7.3\ntest result: FAILED. 3 passed; 1 failed; 0 ignored\n";
        let report = Report {
            name: String::new(),
            took: Duration::ZERO,
            succeeded: true,
            results: results(said),
            skipped: skipped(said),
            last_lines: String::new(),
        };
        assert_eq!((report.results.len(), report.passed()), (2, 14));
        assert_eq!(report.skipped, ["wants linux 7.3"]);
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
