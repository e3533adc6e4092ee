// SPDX-License-Identifier: GPL-2.0-only

//! Modules on kernels that are built otherwise: with `PREEMPT_RT`, where spinlocks sleep and interrupt
//! handlers are threads, and with optimization when they are linked.

use std::fs;
use std::time::Duration;

use tcm_mod_builder::protocol::find;
use xtask::cases::{self, Cases};
use xtask::conformance::results;
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::{Built, ISCSI, LOOPBACK, disk_load};
use xtask::suite::{Modules, is_full, wanted};

/// The case of the iSCSI target with libiscsi's tests.
const LIBISCSI: &str = "iscsi_conformance/libiscsi_tests_this_target";

#[test]
#[ignore = "boots a kernel; `cargo xtask test --full` runs it"]
fn modules_trigger_no_report_on_a_realtime_kernel() {
    work_on(Flavour::Realtime);
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test --full` runs it"]
fn modules_work_on_a_kernel_that_is_optimized_when_it_is_linked() {
    work_on(Flavour::ThinLto);
}

/// Runs the modules' tests on a kernel at full length.
fn work_on(flavour: Flavour) {
    if !is_full() {
        return;
    }
    let Some(kernel) = wanted(CURRENT, flavour) else {
        return;
    };
    let dir = Modules::new(&kernel).unwrap();
    let protocol = find("iSCSI").unwrap();
    let [nop, loopback, iscsi] = [&[][..], &LOOPBACK, &ISCSI]
        .map(|options| Built::new(&kernel, protocol, options, dir.path()).unwrap());
    let dirs = [&nop, &loopback, &iscsi].map(|built| built.dir.clone());
    let list = dir.path().join("realtime_fabrics");
    let (name, wwn) = (&loopback.module, protocol.example);
    let (fabric, initiator) = (&loopback.fabric, protocol.initiator_example);
    fs::write(&list, format!("{name} {fabric} {wwn} {initiator}\n")).unwrap();

    let mut guest = Guest::racing(&kernel);
    guest.limit = Duration::from_secs(60 * 60 * 2);
    guest.modules = dirs.to_vec();
    let mut cases = Cases::new(guest);
    cases.limit = Duration::from_secs(60 * 30);
    let dirs = dirs.map(|dir| dir.display().to_string());
    cases.variables = vec![
        ("MODULE", iscsi.module),
        ("FABRIC", iscsi.fabric),
        ("DIR", dirs.join(" ")),
        ("FABRICS", list.display().to_string()),
        ("MIB", "8".to_owned()),
        ("DISK_LOAD", disk_load().unwrap().display().to_string()),
        ("TESTS", "ALL".to_owned()),
    ];
    let mut names = vec![
        "iscsi_field/test_of_the_module_passes".to_owned(),
        "io/modules_of_all_protocols_move_data".to_owned(),
        LIBISCSI.to_owned(),
    ];
    names.extend(cases::of(&["iscsi_initiators"]).unwrap());
    let ended = cases.run(&names).unwrap();
    let libiscsi = ended.iter().find(|case| case.name == LIBISCSI);
    let tests = libiscsi.map_or(0, |case| results(&case.said).len());
    assert!(tests > 200, "{tests} tests of libiscsi ran");
}
