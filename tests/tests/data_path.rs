// SPDX-License-Identifier: GPL-2.0-only

//! Modules that move data, in a real kernel: compared with the kernel's `tcm_loop`, with several
//! clients, and under faults.
//!
//! The guest's scripts are in `tests/guest`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tcm_mod_builder::protocol::{PROTOCOLS, find};
use tempfile::TempDir;
use xtask::cases::{self, Cases, LEAKS};
use xtask::conformance::{compare, results};
use xtask::guest::{Guest, part};
use xtask::kernel::{CURRENT, Flavour, Kernel};
use xtask::module::{Built, LOOPBACK, Module, build, disk_load, misuse, rounds as configfs_rounds};
use xtask::shell::checkout;
use xtask::suite::{Length, Modules, is_full, unwatched, wanted};

/// The iSCSI module.
fn iscsi(kernel: &Kernel, parent: &Path) -> Built {
    Built::new(kernel, find("iSCSI").unwrap(), &LOOPBACK, parent).unwrap()
}

/// The guest, which finds the modules in `dirs`.
fn with<'a>(mut guest: Guest<'a>, dirs: &[PathBuf], minutes: u64) -> Guest<'a> {
    guest.modules = dirs.to_vec();
    guest.limit = Duration::from_secs(60 * minutes);
    guest
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_disk_is_as_right_as_that_of_the_kernels_own_loopback() {
    let kernel = unwatched().unwrap();
    let dir = Modules::new(&kernel).unwrap();
    let module = iscsi(&kernel, dir.path());
    let dirs = std::slice::from_ref(&module.dir);
    let cases = cases(Guest::new(&kernel), dirs, &module.module, &module.fabric);
    let found = cases.run(&cases::of(&["conformance"]).unwrap()).unwrap();
    let said = |name: &str| &found.iter().find(|case| case.name == name).unwrap().said;
    let ours = said("conformance/disk_of_this_module");
    let peer = said("conformance/disk_of_tcm_loop");
    let tests = results(peer);
    assert!(tests.len() > 200, "the suite did not run: {peer}");
    compare(&results(ours), &tests, "tcm_loop", 200);
    // The ports, the initiator and the backstore are the same, so a client must see no difference.
    let ours = part(ours, "tools").unwrap();
    let peer = part(peer, "tools").unwrap();
    assert!(
        peer.contains("LIO-ORG") && peer.lines().count() > 100,
        "{peer}"
    );
    assert_eq!(ours, peer);
}

/// The text with a line for each module: its names, a target port, an initiator.
fn fabrics(modules: &[Built]) -> String {
    let lines = modules.iter().map(|built| {
        let (wwn, initiator) = (built.protocol.example, built.protocol.initiator_example);
        format!("{} {} {wwn} {initiator}\n", built.module, built.fabric)
    });
    lines.collect()
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn data_hold_for_every_protocol() {
    let kernel = unwatched().unwrap();
    let dir = Modules::new(&kernel).unwrap();
    let modules: Vec<_> = PROTOCOLS
        .iter()
        .map(|protocol| Built::new(&kernel, protocol, &LOOPBACK, dir.path()).unwrap())
        .collect();
    let mib = match Length::of_this_run() {
        Length::Short => 8,
        Length::Full => 96,
    };
    let scratch = tempfile::tempdir().unwrap();
    let list = scratch.path().join("fabrics");
    fs::write(&list, fabrics(&modules)).unwrap();
    let dirs: Vec<_> = modules.iter().map(|module| module.dir.clone()).collect();
    let module = iscsi(&kernel, dir.path());
    let mut cases = cases(Guest::new(&kernel), &dirs, &module.module, &module.fabric);
    cases.variables.extend([
        ("MIB", mib.to_string()),
        ("FABRICS", list.display().to_string()),
        ("DISK_LOAD", disk_load().unwrap().display().to_string()),
    ]);
    cases.run(&cases::of(&["io"]).unwrap()).unwrap();
}

/// Cases in a guest with a module, whose names are in the environment.
fn cases<'a>(guest: Guest<'a>, dirs: &[PathBuf], module: &str, fabric: &str) -> Cases<'a> {
    let protocol = find("iSCSI").unwrap();
    let mut cases = Cases::new(with(guest, dirs, 60));
    cases.variables = vec![
        ("MODULE", module.to_owned()),
        ("FABRIC", fabric.to_owned()),
        ("WWN", protocol.example.to_owned()),
        ("INITIATOR", protocol.initiator_example.to_owned()),
        ("MISUSE", misuse().unwrap().display().to_string()),
    ];
    cases
}

/// The cases of faults.
fn faults<'a>(guest: Guest<'a>, module: &Built, rounds: u32) -> Cases<'a> {
    let (name, fabric) = (&module.module, &module.fabric);
    let mut cases = cases(guest, std::slice::from_ref(&module.dir), name, fabric);
    let tool = configfs_rounds().unwrap().display().to_string();
    cases
        .variables
        .extend([("ROUNDS", rounds.to_string()), ("TOOL", tool)]);
    cases
}

/// Builds a loopback for the cases `late`, whose handlers of timeouts are those of the fixture.
/// Returns its directory.
fn late(kernel: &Kernel) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let module = Module {
        proto: "iSCSI",
        name: "tcm_late",
        options: &LOOPBACK,
    };
    module.generate(kernel, dir.path()).unwrap();
    let handlers = dir.path().join("loopback/tmf.rs");
    fs::create_dir(dir.path().join("loopback/tmf")).unwrap();
    fs::rename(&handlers, dir.path().join("loopback/tmf/original.rs")).unwrap();
    let late = checkout().join("tests/fixtures/data_path/late/tmf.rs");
    fs::copy(late, handlers).unwrap();
    build(kernel, dir.path(), &[]).unwrap();
    dir
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_host_is_there_for_its_error_handlers() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let dir = late(&kernel);
    let dirs = [dir.path().to_owned()];
    let cases = cases(Guest::racing(&kernel), &dirs, "tcm_late", "late");
    cases.run(&cases::of(&["late"]).unwrap()).unwrap();
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn nothing_is_lost_whatever_goes_wrong() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = Modules::new(&kernel).unwrap();
    let module = iscsi(&kernel, dir.path());
    let (rounds, minutes) = match Length::of_this_run() {
        Length::Short => (20, 15),
        Length::Full => (10_000, 600),
    };
    let mut cases = faults(Guest::racing(&kernel), &module, rounds);
    cases.guest.limit *= 10;
    cases.limit = Duration::from_secs(60 * minutes);
    cases.variables.extend([
        ("DISK_LOAD", disk_load().unwrap().display().to_string()),
        ("SIZE", "4".to_owned()),
    ]);
    cases.run(&cases::of(&["faults", LEAKS]).unwrap()).unwrap();
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn nothing_is_lost_under_fio() {
    // The debug kernel has these in each run, with the harness's own load.
    if !is_full() {
        return;
    }
    let kernel = unwatched().unwrap();
    let dir = Modules::new(&kernel).unwrap();
    let module = iscsi(&kernel, dir.path());
    let mut cases = faults(Guest::racing(&kernel), &module, 10_000);
    cases.guest.limit *= 3;
    cases.limit = Duration::from_secs(60 * 120);
    cases.run(&cases::of(&["faults"]).unwrap()).unwrap();
}
