// SPDX-License-Identifier: GPL-2.0-only

//! Payloads in pages of the driver that a device transfers, with their protection information: by a
//! fabric of the tests and QEMU's `edu` device behind an IOMMU, on the debug kernel.
//!
//! The cases are in `tests/guest/cases/edu`.

use tcm_mod_builder::data_path::{DataPath, Part, Source};
use tcm_mod_builder::module::files::Owner;
use xtask::cases::{self, Cases, LEAKS};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour};
use xtask::own_path::{FOR_SAS, built};
use xtask::suite::wanted;

macro_rules! source {
    ($path:literal, $owner:ident) => {
        Source {
            path: $path,
            owner: Owner::$owner,
            text: include_str!(concat!("../fixtures/data_path/edu/", $path)),
        }
    };
}

/// The data path of the fabric.
static EDU: DataPath = DataPath {
    name: "edu",
    about: "A device transfers payloads",
    parts: &[&BENCH],
    driver: include_str!("../fixtures/data_path/edu/driver.rs"),
    ..FOR_SAS
};

static BENCH: Part = Part {
    sources: &[
        source!("bench.rs", Author),
        source!("bench/attributes.rs", Author),
        source!("edu.rs", Generator),
    ],
    kbuild: "",
    bindings_helper: "",
};

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn device_transfers_payloads() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    built(&kernel, "tcm_edu", &EDU, dir.path()).unwrap();
    let mut guest = Guest::racing(&kernel);
    guest.modules = vec![dir.path().to_owned()];
    guest.qemu = Some("-device intel-iommu -device edu");
    let cases = Cases::new(guest);
    cases.run(&cases::of(&["edu", LEAKS]).unwrap()).unwrap();
}
