// SPDX-License-Identifier: GPL-2.0-only

//! Whether a module can be built for a kernel and loaded there: each thing that this takes, what was
//! found of it, and what to do where it is not so.
//!
//! Looks, and changes nothing. Nothing here fails: what cannot be found is a finding.

mod configuration;
mod loading;
mod metadata;
mod tools;

use serde::Serialize;

use crate::distro::Distro;
use crate::kernel::{Config, Tree};

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

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is, in a word or two.
    pub what: &'static str,
    /// How it stands with it.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Check {
    fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            status: Status::Ok,
            found: found.into(),
            remedy: None,
        }
    }

    fn note(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::bad(what, Status::Note, found, remedy)
    }

    fn missing(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::bad(what, Status::Missing, found, remedy)
    }

    fn wrong(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::bad(what, Status::Wrong, found, remedy)
    }

    fn bad(
        what: &'static str,
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
        Ok(source) => Check::ok("source", source.display().to_string()),
        Err(error) => {
            let text = error.to_string();
            let (found, remedy) = text.split_once("; ").unwrap_or((&text, ""));
            Check::missing("source", found, remedy)
        }
    }
}

fn unconfigured(tree: &Tree) -> Check {
    let dir = tree.named().display();
    let found = format!("none in {dir}");
    if tree.is_headers_package() {
        let remedy = "name the headers of one flavour, such as /lib/modules/V/build, with -k DIR";
        return Check::missing("configuration", found, remedy);
    }
    Check::missing(
        "configuration",
        found,
        format!(
            "configure and build a kernel there, with CONFIG_RUST, CONFIG_TARGET_CORE and \
             CONFIG_CONFIGFS_FS (`make -C {dir} LLVM=1 menuconfig`, then `make -C {dir} LLVM=1`), \
             or name the directory that it is built in with -k DIR"
        ),
    )
}
