// SPDX-License-Identifier: GPL-2.0-only

//! Commands in each state of a transport, held there by a fabric of the tests, on the debug kernel:
//! aborts, resets, logouts, removal of objects.
//!
//! The cases are in `tests/guest/cases/states`.

use std::path::Path;
use std::time::Duration;

use tcm_mod_builder::data_path::{DataPath, Part, Rtslib, Source};
use xtask::cases::{self, Cases, LEAKS};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour, Kernel};
use xtask::module::{build, misuse};
use xtask::own_path;
use xtask::suite::{Length, wanted};

/// The data path of the fabric.
static HOLD: DataPath = DataPath {
    name: "hold",
    about: "User space submits commands, and holds them",
    protocols: &["SAS"],
    needs: None,
    parts: &[&BENCH],
    depends_on: &[],
    selects: &[],
    kconfig_help: "",
    limits: &[],
    driver: include_str!("../fixtures/data_path/hold/driver.rs"),
    attributes: "",
    refused_initiators: None,
    rtslib: Rtslib {
        features: &[],
        methods: "",
    },
};

/// A file of the transport.
macro_rules! author {
    ($path:literal) => {
        Source::author(
            $path,
            include_str!(concat!("../fixtures/data_path/hold/", $path)),
        )
    };
}

static BENCH: Part = Part {
    sources: &[
        author!("bench.rs"),
        author!("bench/attributes.rs"),
        author!("bench/ops.rs"),
        author!("bench/words.rs"),
    ],
    kbuild: "",
    bindings_helper: "",
};

fn built(kernel: &Kernel, dir: &Path) {
    let files = own_path::generate(&kernel.source, "tcm_hold", &HOLD).unwrap();
    own_path::write(&files, dir).unwrap();
    build(kernel, dir, &[]).unwrap();
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn commands_in_each_state_end() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    built(&kernel, dir.path());
    let (rounds, minutes) = match Length::of_this_run() {
        Length::Short => (10, 20),
        Length::Full => (2_000, 600),
    };
    let mut guest = Guest::racing(&kernel);
    guest.modules = vec![dir.path().to_owned()];
    guest.limit = Duration::from_secs(60 * minutes * 2);
    let mut cases = Cases::new(guest);
    cases.limit = Duration::from_secs(60 * minutes);
    cases.variables = vec![
        ("MISUSE", misuse().unwrap().display().to_string()),
        ("KO", dir.path().join("tcm_hold.ko").display().to_string()),
        ("ROUNDS", rounds.to_string()),
    ];
    cases.run(&cases::of(&["states", LEAKS]).unwrap()).unwrap();
}
