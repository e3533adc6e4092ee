// SPDX-License-Identifier: GPL-2.0-only

//! A check: its subject, outcome and remedy.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::distro::Distro;
use crate::kernel::{Config, Tree};

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As required.
    Ok,
    /// A limit that does not prevent the build.
    Note,
    /// Missing.
    Missing,
    /// Present, but unsuitable.
    Wrong,
}

/// The subject of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The source of the kernel crate.
    Source,
    /// The kernel's configuration.
    Configuration,
    /// `CONFIG_RUST`.
    #[serde(rename = "Rust")]
    Rust,
    /// `CONFIG_MODULES`.
    Modules,
    /// `CONFIG_TARGET_CORE`.
    #[serde(rename = "target core")]
    TargetCore,
    /// `CONFIG_CONFIGFS_FS`.
    Configfs,
    /// The C compiler.
    Compiler,
    /// The Rust compiler.
    Rustc,
    /// The source of Rust's library.
    #[serde(rename = "rust-src")]
    RustSrc,
    /// Rust's linter.
    Clippy,
    /// bindgen, the command.
    Bindgen,
    /// libclang.
    Libclang,
    /// make, and the programs that the kernel's scripts run.
    #[serde(rename = "kernel tools")]
    KernelTools,
    /// The kernel's BTF, from which a module's is made.
    #[serde(rename = "BTF")]
    Btf,
    /// pahole.
    Pahole,
    /// The kernel crate's metadata, which `prepare` makes.
    #[serde(rename = "kernel crate")]
    KernelCrate,
    /// Signatures of modules.
    Signature,
    /// `CONFIG_KUNIT`.
    #[serde(rename = "KUnit")]
    Kunit,
    /// `CONFIG_MODVERSIONS`.
    #[serde(rename = "MODVERSIONS")]
    Modversions,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A check of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The subject.
    #[serde(rename = "what")]
    pub subject: Subject,
    /// The outcome.
    pub status: Status,
    /// The finding.
    pub found: String,
    /// The remedy, unless the outcome is [`Status::Ok`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Check {
    pub(super) fn ok(subject: Subject, found: impl Into<String>) -> Self {
        Self {
            subject,
            status: Status::Ok,
            found: found.into(),
            remedy: None,
        }
    }

    pub(super) fn with_remedy(
        subject: Subject,
        status: Status,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            subject,
            status,
            found: found.into(),
            remedy: Some(remedy.into()),
        }
    }

    /// Returns true if the check is blocking: no module can be built.
    #[must_use]
    pub fn is_blocking(&self) -> bool {
        self.status.is_blocking()
    }
}

impl Status {
    /// Returns true if a module cannot be built with this outcome.
    pub(super) fn is_blocking(self) -> bool {
        matches!(self, Self::Missing | Self::Wrong)
    }
}

/// The environment that is examined.
pub(super) struct Environment<'a> {
    pub(super) tree: &'a Tree,
    pub(super) config: &'a Config,
    pub(super) distro: Distro,
}
