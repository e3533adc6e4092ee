// SPDX-License-Identifier: GPL-2.0-only

//! Examines whether a module can be built for a kernel and loaded there.
//!
//! Each check has a finding and, if something is missing or wrong, a remedy. Nothing is changed. No check
//! returns an error: a missing thing is a finding.

mod check;
mod configuration;
mod loading;
pub mod report;
mod tools;

use check::Environment;

use crate::distro::Distro;
use crate::kernel::{Config, NoSource, Tree};
use crate::ui::print::word;

pub use check::{Check, Status, Subject};
pub use tools::Tools;

/// Examines all that a module for this kernel needs, in the order of its use.
#[must_use]
pub fn examine(tree: &Tree) -> Vec<Check> {
    let distro = Distro::here();
    let mut checks = vec![source(tree)];
    let Some(config) = tree.build().and_then(Config::read) else {
        checks.push(unconfigured(tree));
        return checks;
    };
    let environment = Environment {
        tree,
        config: &config,
        distro,
    };
    checks.extend(configuration::checks(&environment));
    checks.extend(tools::checks(&environment));
    checks.extend(loading::checks(&environment));
    checks
}

/// The source of the kernel crate, of the headers' version.
fn source(tree: &Tree) -> Check {
    match tree.source() {
        Ok(source) => Check::ok(Subject::Source, source.display().to_string()),
        Err(NoSource { found, remedy }) => {
            Check::with_remedy(Subject::Source, Status::Missing, found, remedy)
        }
    }
}

fn unconfigured(tree: &Tree) -> Check {
    let dir = word(tree.named());
    let found = format!("none in {dir}");
    if tree.is_headers_package() {
        let remedy = "name the headers of one flavour, such as /lib/modules/V/build, with -k DIR";
        return Check::with_remedy(Subject::Configuration, Status::Missing, found, remedy);
    }
    Check::with_remedy(
        Subject::Configuration,
        Status::Missing,
        found,
        format!(
            "configure and build a kernel there, with CONFIG_RUST, CONFIG_TARGET_CORE and \
             CONFIG_CONFIGFS_FS (`make -C {dir} LLVM=1 menuconfig`, then `make -C {dir} LLVM=1`), \
             or name the directory that it is built in with -k DIR"
        ),
    )
}
