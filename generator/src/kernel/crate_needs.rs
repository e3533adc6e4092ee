// SPDX-License-Identifier: GPL-2.0-only

//! What a kernel's tree must have for a series of patches. A module brings a stand-in for what the
//! kernel crate lacks; a series does not.

use std::fs;
use std::path::Path;

use super::Features;

/// What is missing in the source tree `dir`: each by its name, with the place where it would be.
#[must_use]
pub fn missing_for_series(dir: &Path, features: Features) -> Vec<String> {
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
