// SPDX-License-Identifier: GPL-2.0-only

//! Products of a kernel's build that guests and builds of modules read. Their sizes are recorded
//! after the build, so that an interrupted write or a full disk is detected. Damage that keeps the
//! size is not.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::shell::text;

/// File in a build with the sizes of its products.
const RECORD: &str = ".tcm-products";

/// Products of each build, without its image and modules.
const PRODUCTS: [&str; 9] = [
    ".config",
    "Module.symvers",
    "include/config/auto.conf",
    "include/config/kernel.release",
    "include/generated/autoconf.h",
    "include/generated/rustc_cfg",
    "modules.builtin",
    "modules.builtin.modinfo",
    "modules.order",
];

/// Records the products of a successful build.
pub(super) fn record(build: &Path, image: &str) -> Result<()> {
    let mut record = String::new();
    let order = text(&build.join("modules.order"));
    let modules = order.lines().map(|object| object.replace(".o", ".ko"));
    let products = PRODUCTS.into_iter().chain([image]);
    for name in products.map(ToOwned::to_owned).chain(modules) {
        let path = build.join(&name);
        let found = fs::metadata(&path).with_context(|| format!("no {}", path.display()))?;
        ensure!(
            found.len() > 0,
            "make has written an empty {}",
            path.display()
        );
        let _ = writeln!(record, "{} {name}", found.len());
    }
    Ok(fs::write(build.join(RECORD), record)?)
}

/// Returns true if the products exist with the recorded sizes.
pub(super) fn are_whole(build: &Path) -> bool {
    let record = text(&build.join(RECORD));
    !record.is_empty() && record.lines().all(|line| is_whole(build, line))
}

/// Removes products of other sizes than recorded: make would consider them complete.
pub(super) fn remove_damaged(build: &Path) -> Result<()> {
    for line in text(&build.join(RECORD)).lines() {
        let path = build.join(name(line));
        if !is_whole(build, line) && path.exists() {
            println!("{} is damaged", path.display());
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn is_whole(build: &Path, line: &str) -> bool {
    fs::metadata(build.join(name(line)))
        .is_ok_and(|found| line.starts_with(&format!("{} ", found.len())))
}

fn name(line: &str) -> &str {
    line.split_once(' ').map_or("", |(_, name)| name)
}
