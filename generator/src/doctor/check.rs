// SPDX-License-Identifier: GPL-2.0-only

//! A check: its subject, outcome and remedy.

use std::fmt;

use serde::Serialize;

use crate::distro::Distro;
use crate::kernel::{Config, Tree};

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum Subject {
    /// The source of the kernel crate.
    Source,
    /// The kernel's configuration.
    Configuration,
    /// `CONFIG_RUST`.
    Rust,
    /// `CONFIG_MODULES`.
    Modules,
    /// `CONFIG_TARGET_CORE`.
    TargetCore,
    /// `CONFIG_CONFIGFS_FS`.
    Configfs,
    /// The C compiler.
    Compiler,
    /// The Rust compiler.
    Rustc,
    /// The source of Rust's library.
    RustSrc,
    /// Rust's linter.
    Clippy,
    /// bindgen, the command.
    Bindgen,
    /// libclang.
    Libclang,
    /// make, and the programs that the kernel's scripts run.
    KernelTools,
    /// The kernel's BTF, from which a module's is made.
    Btf,
    /// pahole.
    Pahole,
    /// The kernel crate's metadata, which `prepare` makes.
    KernelCrate,
    /// Signatures of modules.
    Signature,
    /// `CONFIG_KUNIT`.
    Kunit,
    /// `CONFIG_MODVERSIONS`.
    Modversions,
}

impl From<Subject> for &'static str {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Source => "source",
            Subject::Configuration => "configuration",
            Subject::Modules => "modules",
            Subject::TargetCore => "target core",
            Subject::Configfs => "configfs",
            Subject::Rust => "Rust",
            Subject::Compiler => "compiler",
            Subject::Rustc => "rustc",
            Subject::RustSrc => "rust-src",
            Subject::Clippy => "clippy",
            Subject::Bindgen => "bindgen",
            Subject::Libclang => "libclang",
            Subject::KernelTools => "kernel tools",
            Subject::Pahole => "pahole",
            Subject::Btf => "BTF",
            Subject::KernelCrate => "kernel crate",
            Subject::Signature => "signature",
            Subject::Kunit => "KUnit",
            Subject::Modversions => "MODVERSIONS",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad((*self).into())
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

    pub(super) fn note(
        subject: Subject,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::bad(subject, Status::Note, found, remedy)
    }

    pub(super) fn missing(
        subject: Subject,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::bad(subject, Status::Missing, found, remedy)
    }

    pub(super) fn bad(
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

    /// Returns true if it prevents the build of a module.
    #[must_use]
    pub fn is_blocking(&self) -> bool {
        matches!(self.status, Status::Missing | Status::Wrong)
    }
}

/// The environment that is examined.
pub(super) struct Environment<'a> {
    pub(super) tree: &'a Tree,
    pub(super) config: &'a Config,
    pub(super) distro: Distro,
}
