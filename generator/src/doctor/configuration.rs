// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's configuration: what a module depends on.

use std::fs;

use super::{Check, Patient, What};

/// What the generated Kconfig depends on, and what each is for.
const NEEDED: [(&str, What); 3] = [
    ("MODULES", What::Modules),
    ("TARGET_CORE", What::TargetCore),
    ("CONFIGFS_FS", What::Configfs),
];

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = vec![rust(patient)];
    for (symbol, what) in NEEDED {
        let (symbol_text, value) = (format!("CONFIG_{symbol}"), patient.config.get(symbol));
        checks.push(if patient.config.is_on(symbol) {
            Check::ok(what, format!("{symbol_text}={value}"))
        } else {
            Check::wrong(
                what,
                format!("{symbol_text} is not set"),
                format!("set {symbol_text} and build the kernel, or take a kernel that has it"),
            )
        });
    }
    checks
}

/// `CONFIG_RUST`, or what keeps it from being set, as the kernel's own Kconfig has it.
fn rust(patient: &Patient<'_>) -> Check {
    if patient.config.is_on("RUST") {
        return Check::ok(What::Rust, "CONFIG_RUST=y");
    }
    let kconfig = patient.tree.headers().join("init/Kconfig");
    let blockers = fs::read_to_string(kconfig)
        .map(|text| patient.config.blockers(&text, "RUST"))
        .unwrap_or_default();
    let found = if blockers.is_empty() {
        "CONFIG_RUST is not set".to_owned()
    } else {
        format!(
            "CONFIG_RUST cannot be set: it depends on {}",
            blockers.join("; and on ")
        )
    };
    let source = patient.tree.headers().display();
    let remedy = if blockers
        .iter()
        .any(|line| line.starts_with("RUST_IS_AVAILABLE"))
    {
        format!(
            "`make -C {source} LLVM=1 rustavailable` says which tool is missing; then configure and \
             build the kernel again, or take a kernel that has Rust"
        )
    } else {
        "set CONFIG_RUST and build the kernel again, or take a kernel that has it".to_owned()
    };
    Check::wrong(What::Rust, found, remedy)
}
