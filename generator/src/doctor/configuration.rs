// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's configuration: dependencies of a module.

use std::fs;

use super::check::{Check, Environment, Status, Subject};
use crate::ui::print::word;

/// Symbols that the generated Kconfig depends on, with their checks.
const NEEDED: [(&str, Subject); 3] = [
    ("MODULES", Subject::Modules),
    ("TARGET_CORE", Subject::TargetCore),
    ("CONFIGFS_FS", Subject::Configfs),
];

pub(super) fn checks(environment: &Environment<'_>) -> Vec<Check> {
    let mut checks = vec![rust(environment)];
    for (symbol, subject) in NEEDED {
        let (symbol_text, value) = (format!("CONFIG_{symbol}"), environment.config.get(symbol));
        checks.push(if environment.config.is_on(symbol) {
            Check::ok(subject, format!("{symbol_text}={value}"))
        } else {
            Check::with_remedy(
                subject,
                Status::Wrong,
                format!("{symbol_text} is not set"),
                format!("set {symbol_text} and build the kernel, or use a kernel that has it"),
            )
        });
    }
    checks
}

/// `CONFIG_RUST`, or the dependencies in the kernel's own Kconfig that prevent it.
fn rust(environment: &Environment<'_>) -> Check {
    if environment.config.is_on("RUST") {
        return Check::ok(Subject::Rust, "CONFIG_RUST=y");
    }
    let kconfig = environment.tree.headers().join("init/Kconfig");
    let blockers = fs::read_to_string(kconfig)
        .map(|text| environment.config.unmet_dependencies(&text, "RUST"))
        .unwrap_or_default();
    let found = if blockers.is_empty() {
        "CONFIG_RUST is not set".to_owned()
    } else {
        format!(
            "CONFIG_RUST cannot be set: it depends on {}",
            blockers.join("; and on ")
        )
    };
    let source = word(environment.tree.headers());
    let remedy = if blockers
        .iter()
        .any(|line| line.starts_with("RUST_IS_AVAILABLE"))
    {
        format!(
            "`make -C {source} LLVM=1 rustavailable` says which tool is missing; then configure and \
             build the kernel again, or use a kernel that has Rust"
        )
    } else {
        "set CONFIG_RUST and build the kernel again, or use a kernel that has it".to_owned()
    };
    Check::with_remedy(Subject::Rust, Status::Wrong, found, remedy)
}
