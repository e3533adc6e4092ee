// SPDX-License-Identifier: GPL-2.0-only

//! Whether a module can be built for a kernel and loaded there: each thing that this takes, what was
//! found of it, and what to do where it is not so.
//!
//! Looks, and changes nothing. Nothing here fails: what cannot be found is a finding.

mod configuration;
mod loading;
mod metadata;
mod tools;

use std::fmt;

use serde::Serialize;

use crate::distro::Distro;
use crate::kernel::{Config, NoSource, Tree};

pub use metadata::is_complete;
pub use tools::{Compiler, bindgen, compiler, rustc};

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it has to be.
    Ok,
    /// Nothing that stands in the way of building, and yet to be known.
    Note,
    /// Not there.
    Missing,
    /// There, and not as it has to be.
    Wrong,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum What {
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
    /// make, and what the kernel's scripts use.
    KernelTools,
    /// The kernel's BTF, which a module's is made from.
    Btf,
    /// pahole.
    Pahole,
    /// The kernel crate's metadata, which `prepare` makes.
    KernelCrate,
    /// Whether modules have to be signed.
    Signature,
    /// `CONFIG_KUNIT`.
    Kunit,
    /// `CONFIG_MODVERSIONS`.
    Modversions,
}

impl From<What> for &'static str {
    fn from(what: What) -> Self {
        match what {
            What::Source => "source",
            What::Configuration => "configuration",
            What::Modules => "modules",
            What::TargetCore => "target core",
            What::Configfs => "configfs",
            What::Rust => "Rust",
            What::Compiler => "compiler",
            What::Rustc => "rustc",
            What::RustSrc => "rust-src",
            What::Clippy => "clippy",
            What::Bindgen => "bindgen",
            What::Libclang => "libclang",
            What::KernelTools => "kernel tools",
            What::Pahole => "pahole",
            What::Btf => "BTF",
            What::KernelCrate => "kernel crate",
            What::Signature => "signature",
            What::Kunit => "KUnit",
            What::Modversions => "MODVERSIONS",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad((*self).into())
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is.
    pub what: What,
    /// How it stands with it.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Check {
    fn ok(what: What, found: impl Into<String>) -> Self {
        Self {
            what,
            status: Status::Ok,
            found: found.into(),
            remedy: None,
        }
    }

    fn note(what: What, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::bad(what, Status::Note, found, remedy)
    }

    fn missing(what: What, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::bad(what, Status::Missing, found, remedy)
    }

    fn wrong(what: What, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::bad(what, Status::Wrong, found, remedy)
    }

    fn bad(
        what: What,
        status: Status,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            what,
            status,
            found: found.into(),
            remedy: Some(remedy.into()),
        }
    }

    /// Whether it keeps a module from being built.
    #[must_use]
    pub fn is_in_the_way(&self) -> bool {
        matches!(self.status, Status::Missing | Status::Wrong)
    }
}

/// What the checks look at.
struct Patient<'a> {
    tree: &'a Tree,
    config: &'a Config,
    distro: Distro,
}

/// Looks at all that a module for this kernel takes, in the order in which it is needed.
#[must_use]
pub fn examine(tree: &Tree) -> Vec<Check> {
    let distro = Distro::here();
    let mut checks = vec![source(tree)];
    let Some(config) = tree.build().and_then(Config::read) else {
        checks.push(unconfigured(tree));
        return checks;
    };
    let patient = Patient {
        tree,
        config: &config,
        distro,
    };
    checks.extend(configuration::checks(&patient));
    checks.extend(tools::checks(&patient));
    checks.push(metadata::check(&patient));
    checks.extend(loading::checks(&patient));
    checks
}

/// Whether the source of the kernel crate is there, of the headers' version.
fn source(tree: &Tree) -> Check {
    match tree.source() {
        Ok(source) => Check::ok(What::Source, source.display().to_string()),
        Err(NoSource { found, remedy }) => Check::missing(What::Source, found, remedy),
    }
}

fn unconfigured(tree: &Tree) -> Check {
    let dir = tree.named().display();
    let found = format!("none in {dir}");
    if tree.is_headers_package() {
        let remedy = "name the headers of one flavour, such as /lib/modules/V/build, with -k DIR";
        return Check::missing(What::Configuration, found, remedy);
    }
    Check::missing(
        What::Configuration,
        found,
        format!(
            "configure and build a kernel there, with CONFIG_RUST, CONFIG_TARGET_CORE and \
             CONFIG_CONFIGFS_FS (`make -C {dir} LLVM=1 menuconfig`, then `make -C {dir} LLVM=1`), \
             or name the directory that it is built in with -k DIR"
        ),
    )
}
