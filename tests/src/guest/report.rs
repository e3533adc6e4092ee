// SPDX-License-Identifier: GPL-2.0-only

//! The log and the output of a guest: what a kernel reports, and parts by name.

use anyhow::{Context, Result, ensure};

/// Texts in a kernel's log that report a fault of the kernel or of a driver.
pub(super) const REPORTS: [&str; 25] = [
    "BUG:",
    "CFI failure",
    "WARNING:",
    "Oops",
    "Kernel panic",
    "general protection fault",
    "Unable to handle",
    "KASAN:",
    "UBSAN:",
    "KFENCE:",
    "KCSAN:",
    "ODEBUG:",
    "refcount_t:",
    "list_add corruption",
    "list_del corruption",
    "possible circular locking",
    "possible recursive locking",
    "inconsistent lock state",
    "suspicious RCU usage",
    "sleeping function called from invalid context",
    "INFO: task ",
    "rcu: INFO:",
    "soft lockup",
    "new suspected memory leaks",
    "rust_kernel: panicked",
];

/// The file with these, in the directory that a command begins in.
pub(crate) const REPORTS_FILE: &str = "reports";

/// The line of the log before the command begins. Earlier reports are not caused by the command.
pub(super) const BEGUN: &str = "tcm guest: the command begins";

/// The part of a log since the command has begun; all of it if it has not.
pub(super) fn since_begun(log: &str) -> &str {
    log.split_once(BEGUN).map_or(log, |(_, after)| after)
}

/// The part of a guest's output that a line `=== NAME` begins.
///
/// # Errors
///
/// If there is no such line.
pub fn part<'a>(output: &'a str, name: &str) -> Result<&'a str> {
    let (_, after) = output
        .split_once(&format!("=== {name}\n"))
        .with_context(|| format!("no {name} in:\n{output}"))?;
    let lines = after.split_inclusive('\n');
    let part = lines.take_while(|line| !line.starts_with("=== "));
    Ok(&after[..part.map(str::len).sum()])
}

/// The lines of a kernel's log that report a fault.
pub(crate) fn reports(log: &str) -> Vec<String> {
    let is_report = |line: &&str| REPORTS.iter().any(|report| line.contains(report));
    log.lines()
        .filter(is_report)
        .map(ToOwned::to_owned)
        .collect()
}

/// Output of the self-test of a module that has run to its end, 60 checks or more.
pub(crate) const SELFTEST_END: &str = "\nok 60 ";

/// Checks the log of a guest whose init is a script: each part has succeeded, and the kernel has
/// reported nothing.
///
/// # Errors
///
/// The kernel's reports, or the part that is missing or has failed.
pub(crate) fn check_parts(log: &str, parts: &[&str]) -> Result<()> {
    let reports = reports(log);
    ensure!(
        reports.is_empty(),
        "the kernel reports:\n{}\n\n{log}",
        reports.join("\n")
    );
    for name in parts {
        let said = part(log, name)?;
        let has_passed = said.lines().any(|line| line == "status 0") && !said.contains("not ok ");
        ensure!(has_passed, "{name} failed:\n{said}\n\n{log}");
    }
    Ok(())
}

/// The last lines of a text.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_found_and_ordinary_lines_are_not() {
        let log = "[ 1.0] clean line\n[ 2.0] BUG: KASAN: slab-use-after-free in f\n\
                   [ 3.0] tcm_x: port name bad\n[ 4.0] WARNING: CPU: 0\n";
        assert_eq!(reports(log).len(), 2);
    }

    #[test]
    fn reports_of_the_boot_are_left_out() {
        let log = format!("BUG: KASAN: early\n{BEGUN}\nBUG: KASAN: late\n");
        assert_eq!(reports(since_begun(&log)), ["BUG: KASAN: late"]);
        assert_eq!(reports(since_begun("WARNING: no end\n")).len(), 1);
    }
}
