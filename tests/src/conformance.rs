// SPDX-License-Identifier: GPL-2.0-only

//! Results of libiscsi's test suite for two disks, compared.

use std::collections::{BTreeMap, BTreeSet};

/// Results of `iscsi-test-cu`, by suite and name: true for a test that has passed.
#[must_use]
pub fn results(output: &str) -> BTreeMap<String, bool> {
    let mut results = BTreeMap::new();
    for (test, line) in lines(output) {
        if line.trim().starts_with("Test: ") {
            results.remove(&test);
        }
        // The output of a test separates its name from its result, which may be on a later line.
        let passed = if line.trim_end().ends_with("passed") {
            true
        } else if line.trim_end().ends_with("FAILED") {
            false
        } else {
            continue;
        };
        // Later lines that look like a result are output.
        results.entry(test).or_insert(passed);
    }
    results
}

/// Each line after the name of a test, with the suite and name of that test.
fn lines(output: &str) -> impl Iterator<Item = (String, &str)> {
    let (mut suite, mut test) = ("", None);
    output.lines().filter_map(move |line| {
        if let Some(name) = line.trim().strip_prefix("Suite: ") {
            suite = name;
        } else if let Some(rest) = line.trim().strip_prefix("Test: ") {
            test = rest.split(" ...").next();
        }
        Some((format!("{suite}.{}", test?), line))
    })
}

/// As [`results`], without tests that skipped a part, which libiscsi reports as passed.
#[must_use]
pub fn without_skips(output: &str) -> BTreeMap<String, bool> {
    let mut results = results(output);
    for (test, _) in lines(output).filter(|(_, line)| line.contains("[SKIPPED]")) {
        results.remove(&test);
    }
    results
}

/// Prints the results of our disk, compared with those of the C module `name`.
///
/// # Panics
///
/// If a test passes only on the peer, or fewer than `minimum` tests pass there.
pub fn compare(
    ours: &BTreeMap<String, bool>,
    peer: &BTreeMap<String, bool>,
    name: &str,
    minimum: usize,
) {
    let differences = differences(ours, peer);
    println!(
        "iscsi-test-cu: {} of {} tests pass on ours, {} of {} on {name}; {} differ",
        passed(ours),
        ours.len(),
        passed(peer),
        peer.len(),
        differences.len()
    );
    for difference in differences {
        println!("{difference}");
    }
    assert!(passed(peer) >= minimum, "too few tests pass on {name}");
    let is_missed = |test: &&String| peer[*test] && ours.get(*test) != Some(&true);
    let missed: Vec<_> = peer.keys().filter(is_missed).collect();
    assert!(missed.is_empty(), "pass only on {name}: {missed:?}");
}

/// Number of tests that have passed.
fn passed(results: &BTreeMap<String, bool>) -> usize {
    results.values().filter(|passed| **passed).count()
}

/// One line for each test whose results differ.
#[must_use]
pub fn differences(ours: &BTreeMap<String, bool>, peer: &BTreeMap<String, bool>) -> Vec<String> {
    let word = |result: Option<&bool>| match result {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "did not run",
    };
    let names: BTreeSet<_> = ours.keys().chain(peer.keys()).collect();
    let names = names.into_iter();
    names
        .filter(|name| ours.get(*name) != peer.get(*name))
        .map(|name| {
            format!(
                "{name}: {} on ours, {} on the peer",
                word(ours.get(name)),
                word(peer.get(name))
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
Suite: CompareAndWrite
  Test: Simple ...passed
  Test: DpoFua ...    [SKIPPED] CompareAndWrite is not implemented.
passed
Suite: Read6
  Test: Simple ...FAILED
    1. test_read6_simple.c:50  - CU_ASSERT_EQUAL(ret,0)
";

    #[test]
    fn each_test_has_its_result() {
        let results = results(OUTPUT);
        assert_eq!(results.len(), 3);
        assert!(results["CompareAndWrite.DpoFua"]);
        assert!(!results["Read6.Simple"]);
    }

    #[test]
    fn skipped_test_did_not_run() {
        let results = without_skips(OUTPUT);
        assert_eq!(results.len(), 2);
        assert!(results["CompareAndWrite.Simple"]);
    }

    #[test]
    fn only_the_peers_passes_count() {
        let (ours, peer) = (without_skips(OUTPUT), without_skips(OUTPUT));
        compare(&ours, &peer, "x", 1);
        let mut less = ours.clone();
        less.remove("CompareAndWrite.Simple");
        assert!(std::panic::catch_unwind(|| compare(&less, &peer, "x", 0)).is_err());
        assert!(std::panic::catch_unwind(|| compare(&ours, &peer, "x", 9)).is_err());
    }

    #[test]
    fn difference_in_either_direction_is_reported() {
        let (mut ours, peer) = (results(OUTPUT), results(OUTPUT));
        assert!(differences(&ours, &peer).is_empty());
        ours.insert("Read6.Simple".to_owned(), true);
        ours.remove("CompareAndWrite.Simple");
        assert_eq!(
            differences(&ours, &peer),
            [
                "CompareAndWrite.Simple: did not run on ours, passed on the peer",
                "Read6.Simple: passed on ours, failed on the peer",
            ]
        );
    }
}
