// SPDX-License-Identifier: GPL-2.0-only

//! The parts of the kernel crate that a series requires. A module has a replacement for each part that a
//! kernel lacks; a series does not.

use std::fs;
use std::path::Path;

/// Returns the names and paths of the parts that the source tree `dir` lacks.
pub(super) fn missing(dir: &Path) -> Vec<String> {
    let has = |file: &str, text: &str| {
        fs::read_to_string(dir.join(file)).is_ok_and(|source| source.contains(text))
    };
    let is_file = |path: &str| dir.join(path).is_file();
    let needs = [
        (
            "AtomicFlag (rust/kernel/sync/atomic.rs)",
            has("rust/kernel/sync/atomic.rs", "struct AtomicFlag"),
        ),
        (
            "Completion (rust/kernel/sync/completion.rs)",
            is_file("rust/kernel/sync/completion.rs"),
        ),
        (
            "Zeroable in the prelude (rust/kernel/prelude.rs)",
            !has("rust/kernel/init.rs", "trait Zeroable"),
        ),
        (
            "synchronize_rcu (rust/kernel/sync/rcu.rs)",
            has("rust/kernel/sync/rcu.rs", "fn synchronize_rcu"),
        ),
        (
            "Srcu (rust/kernel/sync/srcu.rs)",
            is_file("rust/kernel/sync/srcu.rs"),
        ),
        (
            "the faux bus (rust/kernel/faux.rs)",
            is_file("rust/kernel/faux.rs"),
        ),
        (
            "KUnit suites (rust/macros/kunit.rs)",
            is_file("rust/macros/kunit.rs"),
        ),
        (
            "dma_data_direction as a type of its own (rust/bindgen_parameters)",
            has(
                "rust/bindgen_parameters",
                "--newtype-enum dma_data_direction",
            ),
        ),
        (
            "tests of the kernel crate (rust/kernel/Kconfig.test)",
            is_file("rust/kernel/Kconfig.test"),
        ),
    ];
    let missing = needs.into_iter().filter(|(_, is_there)| !is_there);
    missing.map(|(name, _)| name.to_owned()).collect()
}
