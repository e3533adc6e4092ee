// SPDX-License-Identifier: GPL-2.0-only

//! The iSCSI target: compared with the kernel's `iscsi_target_mod`, with real initiators, and with a
//! hostile one.
//!
//! The guest's scripts are in `tests/guest`.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use tcm_mod_builder::protocol::find;
use xtask::cases::{self, Cases, LEAKS};
use xtask::conformance::{compare, results};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour};
use xtask::ktap::Case;
use xtask::module::{Built, ISCSI, Module, build, disk_load, iscsi_client};
use xtask::shell::checkout;
use xtask::suite::{Length, Modules, seed, wanted};

/// A test of libiscsi that `iscsi_target_mod` fails and this target must pass.
const DATA_SN: &str = "iSCSIdatasn.iSCSIDataSnInvalid";

/// Runs cases in a guest with a target; returns them if all have passed.
fn run(
    mut guest: Guest<'_>,
    names: &[String],
    variables: &[(&'static str, String)],
    minutes: u64,
) -> Vec<Case> {
    let kernel = guest.kernel;
    let dir = Modules::new(kernel).unwrap();
    let module = Built::new(kernel, find("iSCSI").unwrap(), &ISCSI, dir.path()).unwrap();
    let module_dir = module.dir.display().to_string();
    guest.modules = vec![module.dir];
    guest.limit = Duration::from_secs(60 * minutes * 6);
    let mut cases = Cases::new(guest);
    cases.limit = Duration::from_secs(60 * minutes);
    cases.variables = vec![
        ("MODULE", module.module),
        ("FABRIC", module.fabric),
        ("DIR", module_dir),
    ];
    cases.variables.extend_from_slice(variables);
    cases.run(names).unwrap()
}

/// The cases of subjects.
fn of(subjects: &[&str]) -> Vec<String> {
    cases::of(subjects).unwrap()
}

/// The client, for the environment of cases.
fn client() -> (&'static str, String) {
    ("CLIENT", iscsi_client().unwrap().display().to_string())
}

/// The case in which libiscsi tests this target, and the one in which it tests the kernel's own.
const OURS: &str = "iscsi_conformance/libiscsi_tests_this_target";
const PEERS: &str = "iscsi_conformance/libiscsi_tests_the_kernels_target";

/// Results of libiscsi's tests in a case.
fn libiscsi(cases: &[Case], name: &str) -> BTreeMap<String, bool> {
    let case = cases.iter().find(|case| case.name == name);
    results(&case.unwrap_or_else(|| panic!("no case {name}")).said)
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_target_is_as_right_as_the_kernels_own() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let names = [PEERS, OURS].map(ToOwned::to_owned);
    let all = [("TESTS", "ALL".to_owned())];
    let cases = run(Guest::new(&kernel), &names, &all, 20);
    let (ours, peer) = (libiscsi(&cases, OURS), libiscsi(&cases, PEERS));
    assert!(peer.len() > 200, "{} tests ran", peer.len());
    compare(&ours, &peer, "iscsi_target_mod", 200);
    assert_eq!(ours.get(DATA_SN), Some(&true), "{DATA_SN}");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn initiators_and_administrators_are_served() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let subjects = ["iscsi_chap", "iscsi_field", "iscsi_slow"];
    run(Guest::new(&kernel), &of(&subjects), &[client()], 10);
    // The debug kernel has these in each run, with less data.
    if Length::of_this_run() == Length::Full {
        let mib = [("MIB", "48".to_owned())];
        run(Guest::new(&kernel), &of(&["iscsi_initiators"]), &mib, 20);
    }
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
    let (tests, minutes) = match Length::of_this_run() {
        // The family of the transport.
        Length::Short => ("iSCSI", 10),
        Length::Full => ("ALL", 60),
    };
    let variables = [
        ("MIB", "1".to_owned()),
        ("DISK_LOAD", load),
        ("TESTS", tests.to_owned()),
    ];
    let mut names = vec![OURS.to_owned()];
    names.extend(of(&["iscsi_initiators", "iscsi_network", LEAKS]));
    let cases = run(Guest::racing(&kernel), &names, &variables, minutes);
    let ours = libiscsi(&cases, OURS);
    assert!(ours.len() > 10, "{} tests ran", ours.len());
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn nobody_gets_past_authentication_or_does_harm() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let (logins, seconds, rounds, minutes) = match Length::of_this_run() {
        Length::Short => (200, 30, 3, 10),
        Length::Full => (1000, 600, 100, 120),
    };
    let variables = [
        client(),
        ("CONNECTIONS", "300".to_owned()),
        ("LOGINS", logins.to_string()),
        ("FUZZ_SECONDS", seconds.to_string()),
        ("SEED", seed().to_string()),
        ("ROUNDS", rounds.to_string()),
    ];
    let subjects = ["iscsi_auth", "iscsi_hostile", "iscsi_faults", LEAKS];
    run(Guest::racing(&kernel), &of(&subjects), &variables, minutes);
}
