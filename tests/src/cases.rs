// SPDX-License-Identifier: GPL-2.0-only

//! Cases: scripts below `tests/guest/cases`, each with a result of its own. A guest runs many of them in
//! turn. After a case that fails, hangs or causes a report of the kernel, a new guest runs the others.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::guest::{Attempt, Guest, REPORTS_FILE, reports};
use crate::ktap::{self, Case, End};
use crate::shell::checkout;

/// The start of the line in a kernel's log that begins a case.
const MARK: &str = "tcm case: ";

/// The start of a comment in a script of a case that must be the last of its guest, with the reason.
const LAST: &str = "# last: ";

/// The last case of each guest: the others have leaked no memory.
pub const LEAKS: &str = "leaks";

/// A run of cases.
#[derive(Debug)]
pub struct Cases<'a> {
    /// The guest for them.
    pub guest: Guest<'a>,
    /// Variables of their environment.
    pub variables: Vec<(&'static str, String)>,
    /// Time limit of each.
    pub limit: Duration,
}

impl<'a> Cases<'a> {
    /// Cases in a guest, with ten minutes for each.
    #[must_use]
    pub fn new(guest: Guest<'a>) -> Self {
        Self {
            guest,
            variables: Vec::new(),
            limit: Duration::from_secs(600),
        }
    }

    /// Runs the cases, prints the end of each in KTAP, and returns them if all have passed. `TCM_CASE`
    /// selects those whose names have it, and [`LEAKS`].
    ///
    /// # Errors
    ///
    /// The cases that have failed, or if no guest can be started.
    pub fn run(&self, names: &[String]) -> Result<Vec<Case>> {
        let only = std::env::var("TCM_CASE").ok();
        let is_wanted = |name: &&String| {
            only.as_ref()
                .is_none_or(|only| *name == LEAKS || name.contains(only))
        };
        let names: Vec<_> = names.iter().filter(is_wanted).cloned().collect();
        let found = names.iter().any(|name| name != LEAKS);
        ensure!(found, "no case {}", only.unwrap_or_default());
        let cases = self.results(&names)?;
        print!("{}", ktap::report(&cases));
        let failed = cases.iter().filter(|case| case.end == End::Failed);
        let failed: Vec<_> = failed.map(|case| case.name.as_str()).collect();
        ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
        Ok(cases)
    }

    /// Runs the cases; returns each with its end.
    ///
    /// # Errors
    ///
    /// If no guest can be started.
    pub fn results(&self, names: &[String]) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        while cases.len() < names.len() {
            cases.extend(self.boot(&names[cases.len()..])?);
        }
        Ok(cases)
    }

    /// Runs cases in one guest, until one fails; returns those that have begun.
    fn boot(&self, names: &[String]) -> Result<Vec<Case>> {
        let mut command = String::new();
        for (name, value) in &self.variables {
            let value = value.replace('\'', "'\\''");
            let _ = writeln!(command, "export {name}='{value}'");
        }
        let script = checkout().join("tests/guest/cases.sh");
        let (script, names_) = (script.display(), names.join(" "));
        let _ = writeln!(command, "sh {script} {REPORTS_FILE} {names_}");
        let (mut count, mut since) = (0, Instant::now());
        let attempt = self.guest.attempt(&command, |said| {
            let ended = ktap::cases(said).len();
            if ended != count {
                (count, since) = (ended, Instant::now());
            }
            since.elapsed() > self.limit
        })?;
        judge(names, &attempt, since.elapsed())
    }
}

/// The cases that have begun in a guest, with their ends. `last` is the time since the last of them has
/// ended.
fn judge(names: &[String], attempt: &Attempt, last: Duration) -> Result<Vec<Case>> {
    let has_begun = attempt.output.starts_with("KTAP ");
    ensure!(has_begun, "no case has begun: {}", attempt.end());
    let mut cases = ktap::cases(&attempt.output);
    let mut reported = by_case(&attempt.log);
    for (case, name) in cases.iter_mut().zip(names) {
        ensure!(case.name == *name, "{} ran, and not {name}", case.name);
        if let Some(report) = reported.remove(name.as_str()) {
            case.end = End::Failed;
            case.said += &report;
        }
    }
    let has_failed = cases.iter().any(|case| case.end == End::Failed);
    if let (false, Some(name)) = (has_failed, names.get(cases.len())) {
        let mut said = ktap::unfinished(&attempt.output);
        let report = reported.remove(name.as_str()).unwrap_or_default();
        let seconds = last.as_secs();
        let end = attempt.end();
        let _ = writeln!(said, "{report}the case did not end in {seconds} s: {end}");
        cases.push(Case {
            name: name.clone(),
            end: End::Failed,
            seconds,
            said,
        });
    }
    Ok(cases)
}

/// The reports in a kernel's log by case, each with the lines after it.
fn by_case(log: &str) -> BTreeMap<&str, String> {
    let mut found = BTreeMap::new();
    for part in log.split(MARK).skip(1) {
        let (name, said) = part.split_once('\n').unwrap_or((part, ""));
        if let Some(first) = reports(said).first() {
            let at = said.find(first.as_str()).unwrap_or_default();
            let lines: Vec<_> = said[at..].lines().take(60).collect();
            let text = format!("the kernel reports:\n{}\n", lines.join("\n"));
            found.insert(name.trim_end(), text);
        }
    }
    found
}

/// The cases of subjects, one after the other.
///
/// # Errors
///
/// If a subject has no case.
pub fn of(subjects: &[&str]) -> Result<Vec<String>> {
    let cases: Result<Vec<_>> = subjects.iter().map(|subject| of_one(subject)).collect();
    Ok(cases?.concat())
}

/// The cases of a subject, a directory below `tests/guest/cases`, by name. Cases that must be the last of
/// their guest are at the end. [`LEAKS`] is not among them.
fn of_one(subject: &str) -> Result<Vec<String>> {
    if subject == LEAKS {
        return Ok(vec![LEAKS.to_owned()]);
    }
    let dir = checkout().join("tests/guest/cases").join(subject);
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("no {}", dir.display()))? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            bail!("{} is no name", path.display());
        };
        let is_last = fs::read_to_string(&path)?.contains(LAST);
        found.push((is_last, format!("{subject}/{name}")));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, name)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["s/a", "s/b", "s/c"].map(ToOwned::to_owned).to_vec()
    }

    fn attempt(output: &str, log: &str) -> Attempt {
        Attempt {
            output: output.to_owned(),
            log: log.to_owned(),
            seconds: 9,
            ..Attempt::default()
        }
    }

    fn ends(attempt: &Attempt) -> Vec<(End, String)> {
        let cases = judge(&names(), attempt, Duration::from_secs(4)).unwrap();
        cases.into_iter().map(|it| (it.end, it.said)).collect()
    }

    const TWO: &str = "KTAP version 1\n1..3\n# x\nok 1 - s/a # 2 s\nok 2 - s/b # 3 s\n";

    #[test]
    fn each_case_has_its_result() {
        let said = format!("{TWO}# needs y\nok 3 - s/c # SKIP\n");
        let ends = ends(&attempt(&said, ""));
        let expected = [
            (End::Passed, "x\n"),
            (End::Passed, ""),
            (End::Skipped, "needs y\n"),
        ];
        assert_eq!(ends, expected.map(|(end, said)| (end, said.to_owned())));
    }

    #[test]
    fn case_that_does_not_end_has_failed() {
        let ends = ends(&attempt(
            &format!("{TWO}# half a\n"),
            "Kernel panic - not syncing",
        ));
        assert_eq!(ends.len(), 3);
        assert!(ends[2].0 == End::Failed && ends[2].1.starts_with("half a\n"));
        assert!(ends[2].1.contains("not syncing"), "{}", ends[2].1);
    }

    #[test]
    fn case_with_a_report_has_failed() {
        let log = "tcm case: s/a\n[1] x\n[2] tcm case: s/b\n[3] BUG: KASAN: y\n[4] z\n";
        let ends = ends(&attempt(TWO, log));
        assert_eq!(ends.len(), 2);
        assert_eq!((ends[0].0, ends[1].0), (End::Passed, End::Failed));
        assert!(ends[1].1.contains("BUG: KASAN: y\n[4] z"), "{}", ends[1].1);
    }

    #[test]
    fn case_after_a_failure_is_for_the_next_guest() {
        let said = TWO.replace("ok 2", "not ok 2");
        let ends = ends(&attempt(&said, ""));
        assert_eq!((ends.len(), ends[1].0), (2, End::Failed));
    }

    #[test]
    fn guest_without_a_case_is_an_error() {
        assert!(judge(&names(), &attempt("", ""), Duration::ZERO).is_err());
    }
}
