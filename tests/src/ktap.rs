// SPDX-License-Identifier: GPL-2.0-only

//! KTAP, the test output of the kernel: <https://docs.kernel.org/dev-tools/ktap.html>.

use std::fmt::Write;

use anyhow::{Result, bail, ensure};

/// Indentation of a subtest's lines below those of its test.
const INDENT: &str = "    ";

/// Checks a KTAP report: at least one test, as many as planned, all `ok`, none skipped, and the
/// same for subtests. Returns the number of tests. A test with subtests counts as these.
///
/// # Errors
///
/// The fault in the report.
pub fn check(report: &str) -> Result<usize> {
    let failed: Vec<_> = report.lines().filter(|line| is_failure(line)).collect();
    if !failed.is_empty() {
        bail!(
            "{} tests failed:\n{}\nin:\n{report}",
            failed.len(),
            failed.join("\n")
        );
    }
    passed(report)
}

fn is_failure(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("not ok ") || line.starts_with("ok ") && line.contains("# SKIP")
}

/// Counts the tests of a report without failures.
fn passed(report: &str) -> Result<usize> {
    let (mut tests, mut plan, mut count) = (0, None, 0);
    let mut subtests = String::new();
    for line in report.lines() {
        if let Some(inner) = line.strip_prefix(INDENT) {
            subtests += inner;
            subtests += "\n";
        } else if line.starts_with("ok ") {
            tests += 1;
            count += match std::mem::take(&mut subtests) {
                none if none.is_empty() => 1,
                some => passed(&some)?,
            };
        } else if let Some(number) = line.strip_prefix("1..") {
            plan = number.parse().ok();
        }
    }
    ensure!(
        tests > 0 && plan == Some(tests),
        "{tests} tests passed, and the plan is {plan:?}, in:\n{report}"
    );
    Ok(count)
}

/// The end of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The case has passed.
    Passed,
    /// The case did not run. Its output has the reason.
    Skipped,
    /// The case has failed.
    Failed,
}

/// A finished case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name: subject and outcome.
    pub name: String,
    /// Its end.
    pub end: End,
    /// Its time.
    pub seconds: u64,
    /// Its output.
    pub said: String,
}

/// Cases of a report, which may be part of a longer text, or truncated.
#[must_use]
pub fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut said = String::new();
    for line in text.lines() {
        if let Some(comment) = comment(line) {
            said += comment;
            said += "\n";
        } else if let Some((name, end, seconds)) = result(line) {
            cases.push(Case {
                name: name.to_owned(),
                end,
                seconds,
                said: std::mem::take(&mut said),
            });
        } else {
            said.clear();
        }
    }
    cases
}

/// Output of the case in which a truncated report ends.
#[must_use]
pub fn unfinished(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let start = lines.iter().rposition(|line| !line.starts_with('#'));
    let comments = lines[start.map_or(0, |index| index + 1)..].iter();
    let said = comments.filter_map(|line| comment(line));
    said.map(|line| format!("{line}\n")).collect()
}

/// Text of a comment, which is a line of a case's output.
fn comment(line: &str) -> Option<&str> {
    let comment = line.strip_prefix('#')?;
    Some(comment.strip_prefix(' ').unwrap_or(comment))
}

/// Name, end and seconds in a line `ok 1 - NAME # 5 s`, with `not ok` or `SKIP`.
fn result(line: &str) -> Option<(&str, End, u64)> {
    let (has_passed, rest) = match line.strip_prefix("not ") {
        Some(rest) => (false, rest),
        None => (true, line),
    };
    let (number, rest) = rest.strip_prefix("ok ")?.split_once(" - ")?;
    number.parse::<u32>().ok()?;
    let (name, directive) = rest.split_once(" # ")?;
    let end = match (has_passed, directive) {
        (true, "SKIP") => End::Skipped,
        (true, _) => End::Passed,
        (false, _) => End::Failed,
    };
    let seconds = directive.strip_suffix(" s").and_then(|it| it.parse().ok());
    Some((name, end, seconds.unwrap_or_default()))
}

/// KTAP report of cases.
#[must_use]
pub fn report(cases: &[Case]) -> String {
    let mut text = format!("KTAP version 1\n1..{}\n", cases.len());
    for (index, case) in cases.iter().enumerate() {
        for line in case.said.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let (number, name, seconds) = (index + 1, &case.name, case.seconds);
        let _ = match case.end {
            End::Passed => writeln!(text, "ok {number} - {name} # {seconds} s"),
            End::Skipped => writeln!(text, "ok {number} - {name} # SKIP"),
            End::Failed => writeln!(text, "not ok {number} - {name} # {seconds} s"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_or_failed_report_is_an_error() {
        assert_eq!(check("KTAP version 1\nok 1 a\nok 2 b\n1..2\n").unwrap(), 2);
        assert!(check("KTAP version 1\nok 1 a\nnot ok 2 b\n1..2\n").is_err());
        assert!(check("KTAP version 1\nok 1 a\n1..2\n").is_err());
        assert!(check("KTAP version 1\n1..0\n").is_err());
        assert!(check("").is_err());
    }

    #[test]
    fn subtests_are_counted() {
        let report = |plan, test| {
            format!(
                "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: a\n    1..{plan}\n    \
                 ok 1 b\n    {test}\n# a: pass:2 fail:0 skip:0 total:2\nok 1 a\n"
            )
        };
        assert_eq!(check(&report(2, "ok 2 c")).unwrap(), 2);
        assert!(check(&report(3, "ok 2 c")).is_err());
        assert!(check(&report(2, "not ok 2 c")).is_err());
        assert!(check(&report(2, "ok 2 c # SKIP none")).is_err());
        assert!(check("KTAP version 1\n1..1\n    1..0\nok 1 a\n").is_err());
    }

    #[test]
    fn written_report_is_read_back() {
        let text = "KTAP version 1\n1..3\n# a\n#\n# b\nok 1 - s/x # 7 s\nok 2 - s/y # SKIP\n\
                    # wrong\nnot ok 3 - s/z # 9 s\n";
        let cases = cases(text);
        let ends = [End::Passed, End::Skipped, End::Failed];
        assert!(cases.iter().map(|case| case.end).eq(ends));
        assert_eq!((cases[0].seconds, cases[0].said.as_str()), (7, "a\n\nb\n"));
        assert_eq!(report(&cases), text.replace("#\n", "# \n"));
        assert!(super::cases("ok 1 a\nnot ok 2 b\n").is_empty());
    }

    #[test]
    fn output_of_an_unfinished_case_is_kept() {
        assert_eq!(
            unfinished("1..2\n# a\nok 1 - s/x # 7 s\n# b\n#\n# c\n"),
            "b\n\nc\n"
        );
        assert_eq!(unfinished("1..2\n"), "");
    }
}
