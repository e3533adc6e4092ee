// SPDX-License-Identifier: GPL-2.0-only

//! The parts of the kernel crate that a series stands on. A module brings a stand-in for each that a
//! kernel lacks; a series does not.

use std::fs;
use std::path::Path;

use tcm_mod_builder::kernel::Features;

/// Returns the names of the parts that are missing in the source tree `dir`, with their places.
pub(super) fn missing(dir: &Path, features: Features) -> Vec<String> {
    let has = |file: &str, text: &str| {
        fs::read_to_string(dir.join(file)).is_ok_and(|source| source.contains(text))
    };
    let needs = [
        ("ARef (rust/kernel/sync/aref.rs)", features.sync_aref),
        (
            "Completion (rust/kernel/sync/completion.rs)",
            features.completion,
        ),
        (
            "Zeroable in the prelude (rust/kernel/prelude.rs)",
            features.prelude_zeroable,
        ),
        ("synchronize_rcu (rust/kernel/sync/rcu.rs)", features.rcu),
        ("the faux bus (rust/kernel/faux.rs)", features.faux_bus),
        ("KUnit suites (rust/macros/kunit.rs)", features.kunit_suites),
        (
            "dma_data_direction as a type of its own (rust/bindgen_parameters)",
            has(
                "rust/bindgen_parameters",
                "--newtype-enum dma_data_direction",
            ),
        ),
        (
            "tests of the kernel crate (rust/kernel/Kconfig.test)",
            dir.join("rust/kernel/Kconfig.test").is_file(),
        ),
    ];
    let missing = needs.into_iter().filter(|(_, is_there)| !is_there);
    missing.map(|(name, _)| name.to_owned()).collect()
}
