// SPDX-License-Identifier: GPL-2.0-only

//! Target core of the debug kernel, with the fix of device entries.
//!
//! Without the fix, KASAN sometimes reports target core when a session ends on a busy host, with
//! any fabric, and lockdep is disabled by the report. `fixes` proves the fix.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use rustix::fs::FlockOperation;

use super::Kernel;
use super::external::build;
use crate::shell::{checkout, lock, output, text};

/// The fix, in the checkout.
const FIX: &str = "tests/series/fixes/device_entries.patch";

/// The directory of target core in a kernel's tree.
pub(crate) const DIR: &str = "drivers/target";

/// Writes a Kbuild that builds only target core in its directory, with the headers of its tree. make
/// prefers it to the Makefile.
pub(crate) fn alone(dir: &Path) -> Result<()> {
    let text = "include $(src)/Makefile\nobj-m := target_core_mod.o\n\
                LINUXINCLUDE := -I$(src)/../../include $(LINUXINCLUDE)\n";
    Ok(fs::write(dir.join("Kbuild"), text)?)
}

/// Builds the module for `kernel`, beside its build directory. Returns the directory of the module.
///
/// # Errors
///
/// If the fix does not apply, or the build fails.
pub(crate) fn fixed(kernel: &Kernel) -> Result<PathBuf> {
    let tree = kernel.build.with_extension("target-core");
    let dir = tree.join(DIR);
    fs::create_dir_all(&tree)?;
    let _building = lock(&tree, FlockOperation::LockExclusive)?;
    let fix = checkout().join(FIX);
    let (stamp, wanted) = (tree.join("stamp"), kernel.stamp() + &text(&fix));
    if text(&stamp) == wanted {
        return Ok(dir);
    }
    let _ = fs::remove_file(&stamp);
    println!("building target core with {FIX}");
    // make would keep objects of another configuration: outside the kernel's tree it does not see
    // which options have changed.
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir)?;
    let mut cp = Command::new("cp");
    let original = kernel.source.join(DIR).join(".");
    output(cp.arg("--recursive").arg(original).arg(&dir))?;
    let mut patch = Command::new("patch");
    patch.args(["--strip=1", "--directory"]).arg(&tree);
    output(patch.arg("--input").arg(&fix))?;
    alone(&dir)?;
    build(kernel, &dir, &[])?;
    fs::write(stamp, wanted)?;
    Ok(dir)
}
