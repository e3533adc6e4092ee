// SPDX-License-Identifier: GPL-2.0-only

//! `dummy_hcd` with streams for bulk endpoints. The kernel's own has the code, but does not announce
//! it, and gives more streams than it has.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::Kernel;
use super::external::build;

/// The controllers in a kernel's tree.
const DIR: &str = "drivers/usb/gadget/udc";

/// The file that is changed.
const FILE: &str = "dummy_hcd.c";

/// The changes of lines: streams are announced, and as many are given as the controller has.
const CHANGES: [(&str, &str); 2] = [
    (
        "\tdummy_hcd_to_hcd(dum_hcd)->power_budget = POWER_BUDGET_3;\n",
        "\tdummy_hcd_to_hcd(dum_hcd)->power_budget = POWER_BUDGET_3;\n\
         \tdummy_hcd_to_hcd(dum_hcd)->can_do_streams = 1;\n",
    ),
    (
        "\tint ret_streams = num_streams;\n",
        "\tint ret_streams = min(num_streams, 16U);\n",
    ),
];

/// Builds the module for `kernel`, beside its build directory. Returns the directory of the module.
///
/// # Errors
///
/// If the file is not as expected, or the build fails.
pub fn streams(kernel: &Kernel) -> Result<PathBuf> {
    let dir = kernel.build.with_extension("streams");
    fs::create_dir_all(&dir)?;
    let mut text = fs::read_to_string(kernel.source.join(DIR).join(FILE))?;
    for (from, to) in CHANGES {
        ensure!(text.matches(from).count() == 1, "{FILE} has no `{from}`");
        text = text.replace(from, to);
    }
    fs::write(dir.join(FILE), text)?;
    fs::write(dir.join("Kbuild"), "obj-m := dummy_hcd.o\n")?;
    build(kernel, &dir, &[])?;
    Ok(dir)
}
