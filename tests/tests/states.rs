// SPDX-License-Identifier: GPL-2.0-only

//! Commands in each state of a transport, held there by a fabric of the tests, on the debug kernel:
//! aborts, resets, logouts, removal of objects.
//!
//! The cases are in `tests/guest/cases/states`.

use std::time::Duration;

use tcm_mod_builder::data_path::{DataPath, Part, Source};
use xtask::cases::{self, Cases, LEAKS};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::misuse;
use xtask::own_path::{FOR_SAS, built};
use xtask::suite::{Length, wanted};

/// The data path of the fabric.
static HOLD: DataPath = DataPath {
    name: "hold",
    about: "User space submits commands, and holds them",
    parts: &[&BENCH],
    driver: include_str!("../fixtures/data_path/hold/driver.rs"),
    ..FOR_SAS
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

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn commands_in_each_state_end() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    built(&kernel, "tcm_hold", &HOLD, dir.path()).unwrap();
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
