// SPDX-License-Identifier: GPL-2.0-only

//! Reads KTAP, the kernel's test output: <https://docs.kernel.org/dev-tools/ktap.html>.

use anyhow::{Result, bail, ensure};

/// How much deeper a subtest's lines stand than those of its test.
const INDENT: &str = "    ";

/// Checks a KTAP report: at least one test, each `ok` and none skipped, as many as the plan says,
/// and the same of each test's subtests. Returns how many there were; of a test with subtests,
/// these are counted.
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

/// Counts the tests of a report none of whose tests has failed.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_report_passes() {
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
}
