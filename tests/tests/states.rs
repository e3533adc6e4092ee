// SPDX-License-Identifier: GPL-2.0-only

//! Commands in each state that a wire may keep them in, and what may come then: a fabric that is the
//! tests' own holds them, on the debug kernel.
//!
//! What runs in the guest is `tests/guest/states.sh`.

use std::path::Path;
use std::time::Duration;

use tcm_mod_builder::data_path::{DataPath, Part, Rtslib, Source};
use xtask::guest::{Guest, KMEMLEAK};
use xtask::kernel::{CURRENT, Flavour, Kernel, get};
use xtask::module::{build, misuse};
use xtask::own_path;
use xtask::shell::checkout;
use xtask::suite::Length;

/// The value.
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
    rtslib: Rtslib {
        features: &[],
        methods: "",
    },
};

static BENCH: Part = Part {
    sources: &[Source::author(
        "bench.rs",
        include_str!("../fixtures/data_path/hold/bench.rs"),
    )],
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
fn a_command_ends_well_in_whatever_state() {
    let kernel = get(CURRENT, Flavour::Debug).unwrap();
    let dir = tempfile::tempdir().unwrap();
    built(&kernel, dir.path());
    let (rounds, minutes) = match Length::of_this_run() {
        Length::Short => (10, 20),
        Length::Full => (2_000, 600),
    };
    let mut guest = Guest::racing(&kernel);
    guest.modules = vec![dir.path().to_owned()];
    guest.limit = Duration::from_secs(60 * minutes);
    let script = checkout().join("tests/guest/states.sh");
    let command = format!(
        "sh {} {} {} {rounds} || exit 1\n{KMEMLEAK}",
        script.display(),
        misuse().unwrap().display(),
        dir.path().join("tcm_hold.ko").display(),
    );
    let outcome = guest.run_quietly(&command).unwrap();
    outcome.check().unwrap();
    println!("{}", outcome.output);
    assert!(outcome.output.contains("--- complete\n"));
    let leaks = outcome.part("leaks").unwrap().trim();
    assert!(leaks.is_empty(), "{leaks}");
}
