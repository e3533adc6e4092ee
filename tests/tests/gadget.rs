// SPDX-License-Identifier: GPL-2.0-only

//! The USB gadget: compared with the kernel's `usb_f_tcm` and `tcm_loop`, with the kernel's initiators
//! and a hostile host, and pulled under load. Device and host are one machine, on `dummy_hcd`.
//!
//! The guest's scripts are in `tests/guest`.

use std::path::PathBuf;
use std::time::Duration;

use tcm_mod_builder::protocol::find;
use xtask::cases::{self, Cases, LEAKS};
use xtask::conformance::{compare, without_skips};
use xtask::guest::{Guest, part};
use xtask::kernel::{CURRENT, Flavour, Kernel};
use xtask::ktap::{Case, End};
use xtask::module::{Built, GADGET, disk_load, streams, usb_client};
use xtask::suite::{Length, Modules, is_full, seed, wanted};

/// Families of libiscsi's tests for BOT in a short run: those with data of each direction, residuals,
/// sense data, and commands that `usb_f_tcm` refuses.
const FAMILIES: &str = "SCSI.CompareAndWrite SCSI.Inquiry SCSI.ModeSense6 SCSI.ReadCapacity16 \
    SCSI.ReportSupportedOpcodes SCSI.TestUnitReady SCSI.Unmap SCSI.Verify10 SCSI.WriteVerify10";

/// Cases with the module, whose names are in the environment.
struct Run<'a> {
    kernel: &'a Kernel,
    module: Built,
    _dir: Modules,
}

impl<'a> Run<'a> {
    fn new(kernel: &'a Kernel) -> Self {
        let dir = Modules::new(kernel).unwrap();
        let module = Built::new(kernel, find("UAS").unwrap(), &GADGET, dir.path()).unwrap();
        Self {
            kernel,
            module,
            _dir: dir,
        }
    }

    /// Cases in a guest with two processors, each with a limit of minutes.
    fn cases(&self, variables: &[(&'static str, String)], minutes: u64) -> Cases<'a> {
        let mut guest = Guest::racing(self.kernel);
        guest.modules = vec![self.module.dir.clone()];
        guest.limit = Duration::from_secs(60 * minutes * 6);
        let mut cases = Cases::new(guest);
        cases.limit = Duration::from_secs(60 * minutes);
        cases.variables = vec![
            ("MODULE", self.module.module.clone()),
            ("FABRIC", self.module.fabric.clone()),
            ("FUNCTION", self.module.fabric.clone()),
        ];
        cases.variables.extend_from_slice(variables);
        cases
    }
}

/// The output of a case.
fn said<'a>(cases: &'a [Case], name: &str) -> &'a str {
    let case = cases.iter().find(|case| case.name == name);
    &case.unwrap_or_else(|| panic!("no case {name}")).said
}

const THREE: &str = "gadget_conformance/libiscsi_tests_three_disks";
const BOT: &str = "gadget_conformance/libiscsi_tests_through_bot";

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn a_gadget_is_more_right_than_the_kernels_own() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let run = Run::new(&kernel);
    let (tests, size) = match Length::of_this_run() {
        Length::Short => (FAMILIES, "8"),
        Length::Full => ("SCSI", "24"),
    };
    let variables = [("TESTS", tests.to_owned()), ("SIZE", size.to_owned())];
    let mut names = [THREE, BOT].map(ToOwned::to_owned).to_vec();
    names.extend(cases::of(&["gadget"]).unwrap());
    let found = run.cases(&variables, 20).run(&names).unwrap();
    let of = |name: &str| without_skips(part(said(&found, THREE), name).unwrap());
    let (ours, peer, tcm_loop) = (of("ours"), of("peer"), of("loop"));
    // The suite counts skipped tests as passed.
    assert!(
        peer.values().filter(|passed| **passed).count() >= 60,
        "{peer:?}"
    );
    compare(&ours, &peer, "usb_f_tcm", 1);
    compare(&ours, &tcm_loop, "tcm_loop", 1);
    let bot = without_skips(part(said(&found, BOT), "bot").unwrap());
    let family = |name: &str| tests == "SCSI" || tests.contains(name.split('.').next().unwrap());
    let wanted = tcm_loop
        .into_iter()
        .filter(|(name, _)| family(name))
        .collect();
    compare(&bot, &wanted, "tcm_loop, through BOT", 1);
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn usb_f_tcm_oopses_where_this_module_recovers() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let run = Run::new(&kernel);
    let mut cases = run.cases(&[("SIZE", "4".to_owned())], 2);
    // The last value of a variable is that of the environment.
    cases.variables.extend([
        ("MODULE", "usb_f_tcm".to_owned()),
        ("FABRIC", "usb_gadget".to_owned()),
        ("FUNCTION", "tcm".to_owned()),
    ]);
    // This module passes it among the others of its directory.
    let name = "gadget/reset_by_another_nexus_is_survived".to_owned();
    let found = cases.results(&[name]).unwrap();
    assert_eq!(found[0].end, End::Failed);
    let said = &found[0].said;
    assert!(
        said.contains("NULL pointer") && said.contains("usbg_aborted_task"),
        "{said}"
    );
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn a_gadget_may_be_pulled_and_its_host_hostile() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let (rounds, seconds, minutes) = match Length::of_this_run() {
        Length::Short => (1, 10, 10),
        Length::Full => (50, 60, 120),
    };
    let variables = [
        ("ROUNDS", rounds.to_string()),
        ("SIZE", "1".to_owned()),
        ("MIB", "8".to_owned()),
        ("DISK_LOAD", disk_load().unwrap().display().to_string()),
        ("CLIENT", usb_client().unwrap().display().to_string()),
        ("FUZZ_SECONDS", seconds.to_string()),
        ("SEED", seed().to_string()),
    ];
    let names = cases::of(&["gadget_pulled", "gadget_hostile", LEAKS]).unwrap();
    Run::new(&kernel)
        .cases(&variables, minutes)
        .run(&names)
        .unwrap();
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn streams_are_used_where_the_controller_has_them() {
    if !is_full() {
        return;
    }
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let changed: PathBuf = streams(&kernel).unwrap();
    let mut kernel = kernel;
    kernel.modules.push(changed);
    let names = cases::of(&["gadget_streams"]).unwrap();
    let variables = [("SIZE", "24".to_owned())];
    Run::new(&kernel).cases(&variables, 30).run(&names).unwrap();
}
