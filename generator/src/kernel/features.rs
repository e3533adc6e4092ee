// SPDX-License-Identifier: GPL-2.0-only

//! The features of a kernel that a module depends on, found by looking into its tree. All
//! differences between kernels but those of the ops are here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The features of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a feature is there or not, whatever others are"
)]
pub struct Features {
    /// The kernel crate has completions.
    pub completion: bool,
    /// The kernel crate has the faux bus.
    pub faux_bus: bool,
    /// A module may have `KUnit` suites.
    pub kunit_suites: bool,
    /// The trait `Zeroable` is in the prelude; in older crates it is in `kernel::init`.
    pub prelude_zeroable: bool,
    /// The kernel crate has RCU's read side, and waits for grace periods.
    pub rcu: bool,
    /// The kernel's sockets take addresses of any length, `struct sockaddr_unsized`.
    pub sockaddr_unsized: bool,
    /// `ARef` is in `kernel::sync::aref`; in older crates it is in `kernel::types`.
    pub sync_aref: bool,
}

impl Features {
    /// Looks at the source tree `dir`.
    #[must_use]
    pub fn probe(dir: &Path) -> Self {
        let rust = dir.join("rust");
        let has = |file: &str, text: &str| {
            fs::read_to_string(dir.join(file)).is_ok_and(|source| source.contains(text))
        };
        Self {
            completion: rust.join("kernel/sync/completion.rs").is_file(),
            faux_bus: rust.join("kernel/faux.rs").is_file(),
            kunit_suites: rust.join("macros/kunit.rs").is_file(),
            prelude_zeroable: !has("rust/kernel/init.rs", "trait Zeroable"),
            rcu: has("rust/kernel/sync/rcu.rs", "fn synchronize_rcu"),
            sockaddr_unsized: has("include/linux/net.h", "sockaddr_unsized"),
            sync_aref: rust.join("kernel/sync/aref.rs").is_file(),
        }
    }

    /// Each feature by its name, for the manifest.
    #[must_use]
    pub fn named(self) -> BTreeMap<String, bool> {
        let Self {
            completion,
            faux_bus,
            kunit_suites,
            prelude_zeroable,
            rcu,
            sockaddr_unsized,
            sync_aref,
        } = self;
        let named = [
            ("completion", completion),
            ("faux_bus", faux_bus),
            ("kunit_suites", kunit_suites),
            ("prelude_zeroable", prelude_zeroable),
            ("rcu", rcu),
            ("sockaddr_unsized", sockaddr_unsized),
            ("sync_aref", sync_aref),
        ];
        named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}
