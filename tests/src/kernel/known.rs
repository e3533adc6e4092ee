// SPDX-License-Identifier: GPL-2.0-only

//! The kernels that the project is known to work with, and which of them are there: in the cache,
//! or in a list of packages. A package that is dropped ends no command.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::Result;

use super::apt::Apt;
use crate::shell::cache;

/// The kernel that everything is tested on.
pub const CURRENT: &str = "7.3";

/// The kernel with long-term support that the mini-HOWTO's session is tested on.
pub const LTS: &str = "6.12";

/// A kernel between these: its header is always read, and a full run boots it.
pub const BETWEEN: &str = "7.2";

/// All of them, the newest first.
const KNOWN: [&str; 3] = [CURRENT, BETWEEN, LTS];

/// The newest known kernel that is there, else the LTS. Prints which, and why.
pub fn newest() -> &'static str {
    let choice = choose(is_there);
    println!("{}", said(choice));
    choice
}

/// Returns true if the kernel `version` is there; the user's own takes the place of each.
#[must_use]
pub fn is_there(version: &str) -> bool {
    let is_own = std::env::var_os("TCM_KERNEL_SOURCE").is_some();
    let in_cache = |dir: PathBuf| dir.join(version).join("source.stamp").exists();
    is_own || cache().is_ok_and(in_cache) || in_lists(version)
}

/// The package of a kernel's source.
pub(super) fn package(version: &str) -> String {
    format!("linux-source-{version}")
}

/// Returns true if a list of packages, a name in each line, has the kernel `version`.
fn has(list: &str, version: &str) -> bool {
    let package = package(version);
    list.lines().any(|name| name == package)
}

/// Returns true if the machine's list of packages or one of a newer suite has the kernel `version`.
fn in_lists(version: &str) -> bool {
    static LISTS: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
    let list = |apt: Result<Apt>| apt.and_then(|apt| apt.sources()).unwrap_or_default();
    has(LISTS[0].get_or_init(|| list(Ok(Apt::machine()))), version)
        || has(LISTS[1].get_or_init(|| list(Apt::newer_suites())), version)
}

fn choose(is_there: impl Fn(&str) -> bool) -> &'static str {
    let newest = KNOWN.into_iter().find(|version| is_there(version));
    newest.unwrap_or(LTS)
}

/// The line that says which kernel is taken, and why not a newer one.
fn said(choice: &str) -> String {
    let newer: Vec<_> = KNOWN.into_iter().take_while(|it| *it != choice).collect();
    if newer.is_empty() {
        return format!("kernel {choice}: the newest that this is known to work with");
    }
    let packages: Vec<_> = newer.into_iter().map(package).collect();
    format!(
        "kernel {choice}: no list of packages has {}",
        packages.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `apt-cache pkgnames linux-source` of Debian 13, alone and with backports, and of a later
    /// Debian whose kernels are newer than those that are known.
    const STABLE: &str = include_str!("../../fixtures/packages/stable");
    const BACKPORTS: &str = include_str!("../../fixtures/packages/backports");
    const LATER: &str = include_str!("../../fixtures/packages/later");

    fn chosen(lists: &[&str]) -> &'static str {
        choose(|version| lists.iter().any(|list| has(list, version)))
    }

    #[test]
    fn newest_known_kernel_of_the_lists_is_taken() {
        assert_eq!(chosen(&[STABLE, BACKPORTS]), CURRENT);
        let dropped = BACKPORTS.replace(&package(CURRENT), "");
        assert_eq!(chosen(&[STABLE, &dropped]), BETWEEN);
        assert_eq!(chosen(&[STABLE, LATER]), LTS);
        assert_eq!(chosen(&[]), LTS);
    }

    #[test]
    fn line_names_the_packages_that_are_missing() {
        assert!(!said(CURRENT).contains("linux-source"));
        let line = "kernel 6.12: no list of packages has linux-source-7.3 or linux-source-7.2";
        assert_eq!(said(LTS), line);
    }
}
