// SPDX-License-Identifier: GPL-2.0-only

//! The modules that modprobe finds in a guest.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::kernel::Kernel;
use crate::shell::{output, text};

/// Makes a tree as `make modules_install` would, for modprobe: links to the modules where they
/// were built, and depmod's index.
pub(super) fn tree(kernel: &Kernel, more: &[PathBuf], dir: &Path) -> Result<()> {
    let release = kernel.release();
    let tree = dir.join(&release);
    fs::create_dir_all(tree.join("updates"))?;
    let build = &kernel.build;
    let _reading = kernel.unchanged()?;
    for name in [
        "modules.order",
        "modules.builtin",
        "modules.builtin.modinfo",
    ] {
        fs::copy(build.join(name), tree.join(name)).with_context(|| format!("no {name}"))?;
    }
    for line in text(&build.join("modules.order")).lines() {
        let module = line.replace(".o", ".ko");
        let link = tree.join("kernel").join(&module);
        fs::create_dir_all(link.parent().unwrap_or(&tree))?;
        let own = build.join(&module);
        let name = own.file_name().unwrap_or_default();
        let mut others = kernel.modules.iter().map(|dir| dir.join(name));
        let other = others.find(|other| other.exists());
        symlink(other.as_ref().unwrap_or(&own), link)?;
    }
    for modules in more {
        let modules = fs::canonicalize(modules)
            .with_context(|| format!("no directory {}", modules.display()))?;
        let mut found = false;
        for entry in fs::read_dir(&modules)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "ko") {
                symlink(
                    &path,
                    tree.join("updates")
                        .join(path.file_name().unwrap_or_default()),
                )?;
                found = true;
            }
        }
        if !found {
            bail!(
                "{} has no modules; build them there first",
                modules.display()
            );
        }
    }
    let mut depmod = Command::new("/sbin/depmod");
    // depmod wants the usual path below a root of its own.
    let root = dir.join("root/lib");
    fs::create_dir_all(&root)?;
    symlink(dir, root.join("modules"))?;
    output(depmod.arg("-b").arg(dir.join("root")).arg(&release))?;
    Ok(())
}
