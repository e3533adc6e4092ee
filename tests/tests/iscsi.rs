// SPDX-License-Identifier: GPL-2.0-only

//! The iSCSI target: beside the kernel's own `iscsi_target_mod`, with real initiators, and with the
//! harness's hostile one.
//!
//! The guest's scripts are in `tests/guest`.

use std::fs;
use std::time::Duration;

use tcm_mod_builder::protocol::find;
use xtask::cases::{self, Cases, LEAKS};
use xtask::conformance::{compare, results};
use xtask::guest::{Guest, KMEMLEAK, Outcome};
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::{Built, ISCSI, Module, build, disk_load, iscsi_client};
use xtask::shell::checkout;
use xtask::suite::{Length, Modules, seed, wanted};

/// A test of them that `iscsi_target_mod` fails, and this target is to pass.
const DATA_SN: &str = "iSCSIdatasn.iSCSIDataSnInvalid";

/// Cases of some subjects in a guest with a target.
fn run_cases(
    mut guest: Guest<'_>,
    subjects: &[&str],
    variables: &[(&'static str, String)],
    minutes: u64,
) {
    let kernel = guest.kernel;
    let dir = Modules::new(kernel).unwrap();
    let module = Built::new(kernel, find("iSCSI").unwrap(), &ISCSI, dir.path()).unwrap();
    guest.modules = vec![module.dir];
    guest.limit = Duration::from_secs(60 * minutes * 6);
    let mut cases = Cases::new(guest);
    cases.limit = Duration::from_secs(60 * minutes);
    cases.variables = vec![("MODULE", module.module), ("FABRIC", module.fabric)];
    cases.variables.extend_from_slice(variables);
    cases.run(&cases::of(subjects).unwrap()).unwrap();
}

/// Boots a guest with a target, and runs scripts of `tests/guest` on it, then `after`.
fn run(mut guest: Guest<'_>, scripts: &[(&str, String)], after: &str) -> Outcome {
    let kernel = guest.kernel;
    let dir = Modules::new(kernel).unwrap();
    let module = Built::new(kernel, find("iSCSI").unwrap(), &ISCSI, dir.path()).unwrap();
    guest.modules = vec![module.dir.clone()];
    guest.limit = Duration::from_secs(60 * 20);
    let lines = scripts.iter().map(|(name, more)| {
        let script = checkout().join("tests/guest").join(name);
        let (module, fabric) = (&module.module, &module.fabric);
        format!(
            "sh {} {module} {fabric} {more} || exit 1\n",
            script.display()
        )
    });
    let command = lines.collect::<String>() + after;
    let outcome = guest.run_quietly(&command).unwrap();
    outcome.check().unwrap();
    assert_eq!(
        outcome.output.matches("--- complete\n").count(),
        scripts.len(),
        "{}",
        outcome.output
    );
    outcome
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_target_is_as_right_as_the_kernels_own() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let outcome = run(
        Guest::new(&kernel),
        &[("iscsi_conformance.sh", String::new())],
        "",
    );
    let part = |name: &str| results(outcome.part(&format!("conformance {name}")).unwrap());
    let (ours, peer) = (part("ours"), part("peer"));
    assert!(
        peer.len() > 200,
        "the suite did not run: {}",
        outcome.output
    );
    compare(&ours, &peer, "iscsi_target_mod");
    assert_eq!(ours.get(DATA_SN), Some(&true), "{DATA_SN}");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn real_initiators_find_log_in_to_and_use_it() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let mib = match Length::of_this_run() {
        Length::Short => 4,
        Length::Full => 48,
    };
    let mib = [("MIB", mib.to_string())];
    run_cases(Guest::new(&kernel), &["iscsi_initiators"], &mib, 20);
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn the_kernels_initiator_authenticates_itself() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    run_cases(Guest::new(&kernel), &["iscsi_chap"], &[], 10);
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn the_page_for_authors_is_as_printed() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let page = fs::read_to_string(checkout().join("generator/doc/iscsi.md")).unwrap();
    assert!(page.contains("tcm-mod-builder -p iSCSI -m tcm_net --data-path iscsi "));
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_net");
    let module = Module {
        proto: "iSCSI",
        name: "tcm_net",
        options: &ISCSI,
    };
    module.generate(&kernel, &dir).unwrap();
    build(&kernel, &dir, &[]).unwrap();
    let (_, session) = page.split_once("where `/tmp/try.sh` is\n\n").unwrap();
    let (session, _) = session.split_once("\n\n").unwrap();
    let script = scratch.path().join("try.sh");
    fs::write(&script, session).unwrap();
    let mut guest = Guest::new(&kernel);
    guest.modules = vec![dir];
    let command = format!("sh -e {} && echo typed", script.display());
    let outcome = guest.run_quietly(&command).unwrap();
    outcome.check().unwrap();
    assert!(outcome.output.contains("typed\n"), "{}", outcome.output);
    assert!(outcome.output.contains("err= 0"), "{}", outcome.output);
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn nothing_is_lost_on_the_debug_kernel() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let load = disk_load().unwrap().display().to_string();
    let variables = [("MIB", "1".to_owned()), ("DISK_LOAD", load)];
    let subjects = ["iscsi_initiators", "iscsi_network", LEAKS];
    run_cases(Guest::racing(&kernel), &subjects, &variables, 10);
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn nobody_gets_past_authentication_or_does_harm() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let (logins, seconds, rounds, minutes) = match Length::of_this_run() {
        Length::Short => (200, 60, 5, 10),
        Length::Full => (1000, 600, 100, 120),
    };
    let variables = [
        ("CLIENT", iscsi_client().unwrap().display().to_string()),
        ("CONNECTIONS", "300".to_owned()),
        ("LOGINS", logins.to_string()),
        ("FUZZ_SECONDS", seconds.to_string()),
        ("SEED", seed().to_string()),
        ("ROUNDS", rounds.to_string()),
    ];
    let subjects = ["iscsi_auth", "iscsi_hostile", "iscsi_faults", LEAKS];
    run_cases(Guest::racing(&kernel), &subjects, &variables, minutes);
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn libiscsis_tests_find_nothing_on_the_debug_kernel() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    // The family of the transport.
    let tests = match Length::of_this_run() {
        Length::Short => "iSCSI",
        Length::Full => "ALL",
    };
    let scripts = [("iscsi_conformance.sh", tests.to_owned())];
    let outcome = run(Guest::new(&kernel), &scripts, KMEMLEAK);
    let ours = results(outcome.part("conformance ours").unwrap());
    assert!(ours.len() > 10, "{}", outcome.output);
    let leaks = outcome.part("leaks").unwrap().trim();
    assert!(leaks.is_empty(), "{leaks}");
}
