// SPDX-License-Identifier: GPL-2.0-only

//! Commands that come and go in hard interrupts, by a fabric of the tests, on the debug kernel: tags
//! with slots, ends of writes and responses, nexuses that end later, processors.
//!
//! The cases are in `tests/guest/cases/interrupt`.

use tcm_mod_builder::data_path::{DataPath, Part, Source};
use tcm_mod_builder::module::files::Owner;
use xtask::cases::{self, Cases, LEAKS};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::misuse;
use xtask::own_path::{FOR_SAS, built};
use xtask::suite::wanted;

macro_rules! source {
    ($path:literal, $owner:ident) => {
        Source {
            path: $path,
            owner: Owner::$owner,
            text: include_str!(concat!("../fixtures/data_path/interrupt/", $path)),
        }
    };
}

/// The data path of the fabric.
static INTERRUPT: DataPath = DataPath {
    name: "interrupt",
    about: "Commands come and go in interrupts",
    parts: &[&BENCH],
    driver: include_str!("../fixtures/data_path/interrupt/driver.rs"),
    ..FOR_SAS
};

static BENCH: Part = Part {
    sources: &[
        source!("bench.rs", Author),
        source!("counts.rs", Author),
        source!("interrupt.rs", Generator),
        source!("interrupt_helpers.c", Generator),
        source!("interrupt_helpers.h", Generator),
    ],
    kbuild: include_str!("../fixtures/data_path/interrupt/Kbuild"),
    bindings_helper: include_str!("../fixtures/data_path/interrupt/bindings_helper.h"),
};

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn interrupts_submit_and_end_commands() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    built(&kernel, "tcm_interrupt", &INTERRUPT, dir.path()).unwrap();
    let mut guest = Guest::racing(&kernel);
    guest.modules = vec![dir.path().to_owned()];
    let mut cases = Cases::new(guest);
    cases.variables = vec![("MISUSE", misuse().unwrap().display().to_string())];
    cases
        .run(&cases::of(&["interrupt", LEAKS]).unwrap())
        .unwrap();
}
