// SPDX-License-Identifier: GPL-2.0-only

//! The supported kernels, and those available in the cache or a list of packages. If a package is
//! dropped, another kernel takes its place.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::Result;

use super::apt::{Apt, package};
use crate::shell::cache;

/// The kernel that everything is tested on.
pub const CURRENT: &str = "7.3";

/// The kernel with long-term support that the mini-HOWTO's session is tested on.
pub const LTS: &str = "6.12";

/// A kernel between these: its header is always tested, and a full run boots it.
pub const BETWEEN: &str = "7.2";

/// All supported kernels, the newest first.
const KNOWN: [&str; 3] = [CURRENT, BETWEEN, LTS];

/// The newest available kernel, or the LTS. Prints the choice and its reason.
pub fn newest() -> &'static str {
    let choice = choose(is_there);
    println!("{}", said(choice));
    choice
}

/// Returns true if the kernel `version` is available. A kernel of the user replaces any version.
#[must_use]
pub fn is_there(version: &str) -> bool {
    let is_own = std::env::var_os("TCM_KERNEL_SOURCE").is_some();
    let in_cache = |dir: PathBuf| dir.join(version).join("source.stamp").exists();
    is_own || cache().is_ok_and(in_cache) || in_lists(version)
}

/// Returns true if a list of packages, one on each line, has the kernel `version`.
fn has(list: &str, version: &str) -> bool {
    let package = package(version);
    list.lines().any(|name| name == package)
}

/// Returns true if the lists of this machine or of newer suites have the kernel `version`.
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

/// Message with the chosen kernel, and the reason if it is not the newest.
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
    /// Debian with only newer kernels.
    const STABLE: &str = include_str!("../../fixtures/packages/stable");
    const BACKPORTS: &str = include_str!("../../fixtures/packages/backports");
    const LATER: &str = include_str!("../../fixtures/packages/later");

    fn chosen(lists: &[&str]) -> &'static str {
        choose(|version| lists.iter().any(|list| has(list, version)))
    }

    #[test]
    fn newest_supported_kernel_of_the_lists_is_chosen() {
        assert_eq!(chosen(&[STABLE, BACKPORTS]), CURRENT);
        let dropped = BACKPORTS.replace(&package(CURRENT), "");
        assert_eq!(chosen(&[STABLE, &dropped]), BETWEEN);
        assert_eq!(chosen(&[STABLE, LATER]), LTS);
        assert_eq!(chosen(&[]), LTS);
    }

    const ALL: &str = "nop, loopback, iscsi, gadget";
    const NO_GADGET: &str = "nop, loopback, iscsi";

    /// The kernels that the tests boot modules on: the build, the data paths, and the command.
    const BOOTED: [[&str; 4]; 6] = [
        [CURRENT, "clang 19, rustc 1.96", ALL, "test"],
        [
            CURRENT,
            "with KASAN, lockdep, kCFI, kmemleak, KUnit",
            ALL,
            "test",
        ],
        [CURRENT, "GCC, rustc 1.96", "nop", "test --full"],
        [BETWEEN, "clang 19, rustc 1.96", NO_GADGET, "test --full"],
        [LTS, "clang 19, rustc 1.96", "nop, loopback, gadget", "test"],
        [
            "Debian 13, backports",
            "GCC 14, rustc 1.85",
            NO_GADGET,
            "stock",
        ],
    ];

    #[test]
    fn readme_lists_the_booted_kernels() {
        let readme = std::fs::read_to_string(crate::shell::checkout().join("README.md")).unwrap();
        let row = |[kernel, build, paths, command]: [&str; 4]| {
            format!("| {kernel} | {build} | x86-64 | {paths} | `cargo xtask {command}` |\n")
        };
        let table: String = BOOTED.into_iter().map(row).collect();
        assert!(readme.contains(&table), "the README lacks:\n{table}");
        for version in KNOWN {
            assert!(BOOTED.iter().any(|row| row[0] == version), "{version}");
        }
    }

    #[test]
    fn message_names_the_missing_packages() {
        assert!(!said(CURRENT).contains("linux-source"));
        let line = "kernel 6.12: no list of packages has linux-source-7.3 or linux-source-7.2";
        assert_eq!(said(LTS), line);
    }
}
