// SPDX-License-Identifier: GPL-2.0-only

//! The cache of `prepare`: build directories with the kernel crate, and sources.
//!
//! The Makefile of a module looks in the same directories.

use std::fs;
use std::path::{Path, PathBuf};

use super::version::release;

/// The file that marks a build directory as complete. It has the tools that made it.
pub const STAMP: &str = "prepared.mk";

/// The cache of root, which every user can read: DKMS runs as root.
const SHARED: &str = "/var/cache/tcm-mod-builder";

/// The cache that this user's `prepare` writes to.
#[must_use]
pub fn cache() -> PathBuf {
    let own = || {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
        cache.or_else(|| Some(Path::new(&variable("HOME")?).join(".cache")))
    };
    match own() {
        Some(dir) if !rustix::process::geteuid().is_root() => dir.join("tcm-mod-builder"),
        _ => PathBuf::from(SHARED),
    }
}

/// The way to another cache; `None` for root, whose cache is that of all users.
#[must_use]
pub fn other_cache() -> Option<&'static str> {
    let is_root = rustix::process::geteuid().is_root();
    (!is_root).then_some("set XDG_CACHE_HOME to a directory that you may write to")
}

/// The caches that this user can read.
fn caches() -> [PathBuf; 2] {
    [cache(), PathBuf::from(SHARED)]
}

/// The build directory that was prepared for the headers in `build`: of the same release, and with
/// the same exported symbols.
#[must_use]
pub fn build_for(build: &Path) -> Option<PathBuf> {
    let release = release(build)?;
    let symbols = fs::read(build.join("Module.symvers")).ok()?;
    let mut dirs = caches().into_iter().map(|cache| cache.join(&release));
    dirs.find(|dir| {
        dir.join(STAMP).is_file()
            && fs::read(dir.join("Module.symvers")).is_ok_and(|own| own == symbols)
    })
}

/// The directories in which `prepare` unpacks the source of an upstream version.
#[must_use]
pub fn sources(version: &str) -> Vec<PathBuf> {
    let name = format!("source-{version}");
    caches().iter().map(|cache| cache.join(&name)).collect()
}
