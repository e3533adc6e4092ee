// SPDX-License-Identifier: GPL-2.0-only

//! Reads KTAP, the kernel's test output: <https://docs.kernel.org/dev-tools/ktap.html>.

use anyhow::{Result, bail};

/// Checks a flat KTAP report: at least one test, each `ok`, as many as the plan says. Gives how
/// many there were.
///
/// # Errors
///
/// What is not right.
pub fn check(report: &str) -> Result<usize> {
    let failed: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with("not ok "))
        .collect();
    if !failed.is_empty() {
        bail!(
            "{} tests failed:\n{}\nin:\n{report}",
            failed.len(),
            failed.join("\n")
        );
    }
    let passed = report
        .lines()
        .filter(|line| line.starts_with("ok "))
        .count();
    let plan = report.lines().find_map(|line| line.strip_prefix("1.."));
    if passed == 0 || plan.and_then(|count| count.parse().ok()) != Some(passed) {
        bail!("{passed} tests passed, and the plan is {plan:?}, in:\n{report}");
    }
    Ok(passed)
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
}
