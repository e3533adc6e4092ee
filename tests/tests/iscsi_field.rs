// SPDX-License-Identifier: GPL-2.0-only

//! The iSCSI target in the field: reservations, latency, and initiators and administrators as they
//! are, by the harness's own initiator.
//!
//! The scripts of the guests are in `tests/guest`.

use std::time::Duration;

use tcm_mod_builder::protocol::find;
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour, get};
use xtask::module::{Built, ISCSI, iscsi_client};
use xtask::shell::checkout;
use xtask::suite::Modules;

/// Boots a guest with a target, and runs a script of `tests/guest` on it.
fn run(script: &str) {
    let kernel = get(CURRENT, Flavour::Plain).unwrap();
    let client = iscsi_client().unwrap();
    let dir = Modules::new(&kernel).unwrap();
    let module = Built::new(&kernel, find("iSCSI").unwrap(), &ISCSI, dir.path()).unwrap();
    let mut guest = Guest::new(&kernel);
    guest.modules = vec![module.dir.clone()];
    guest.limit = Duration::from_secs(60 * 10);
    let script = checkout().join("tests/guest").join(script);
    let (module, fabric) = (&module.module, &module.fabric);
    let (script, client) = (script.display(), client.display());
    let outcome = guest
        .run_quietly(&format!("sh {script} {module} {fabric} {client}"))
        .unwrap();
    outcome.check().unwrap();
    let is_complete = outcome.output.contains("--- complete\n");
    assert!(is_complete, "{}", outcome.output);
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn demo_mode_keeps_persistent_reservations() {
    run("iscsi_reservations.sh");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn answers_leave_at_once_and_time_counts_against_the_initiator_alone() {
    run("iscsi_latency.sh");
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn initiators_and_administrators_of_the_field_are_served() {
    run("iscsi_field.sh");
}
