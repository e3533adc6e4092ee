// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's source tree: where it is, what it offers, and which names are taken there.

mod features;
mod taken;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use features::Features;
pub use taken::{Taken, taken};

/// No kernel tree.
#[derive(Debug, Error)]
pub enum TreeError {
    /// The directory that was named is none.
    #[error(
        "{} is not a kernel source tree: it has no include/target; name one with -k DIR",
        dir.display()
    )]
    NotATree {
        /// The directory.
        dir: PathBuf,
    },
    /// None was named, and none found.
    #[error(
        "no kernel source tree above {}, in $KDIR, or in /lib/modules/$(uname -r)/source or build; \
         name one with -k DIR",
        cwd.display()
    )]
    NotFound {
        /// The working directory.
        cwd: PathBuf,
    },
}

/// Finds the kernel tree: the one that is named, else the one that the working directory is in,
/// else `$KDIR`, else that of the running kernel.
///
/// # Errors
///
/// [`TreeError`] if there is none.
pub fn find(named: Option<&Path>) -> Result<PathBuf, TreeError> {
    find_from(named, &std::env::current_dir().unwrap_or_default())
}

/// As [`find`], but from the directory `start` upward.
///
/// # Errors
///
/// [`TreeError`] if there is none.
pub fn find_from(named: Option<&Path>, start: &Path) -> Result<PathBuf, TreeError> {
    if let Some(dir) = named {
        return is_tree(dir)
            .then(|| dir.to_owned())
            .ok_or_else(|| TreeError::NotATree {
                dir: dir.to_owned(),
            });
    }
    let above = start.ancestors().map(Path::to_owned);
    let kdir = std::env::var_os("KDIR").map(PathBuf::from);
    let found = above.chain(kdir).chain(running()).find(|dir| is_tree(dir));
    found.ok_or_else(|| TreeError::NotFound {
        cwd: start.to_owned(),
    })
}

/// Where the running kernel's source and build trees are, if they are installed.
fn running() -> Vec<PathBuf> {
    let release = rustix::system::uname();
    let Ok(release) = release.release().to_str() else {
        return Vec::new();
    };
    let modules = Path::new("/lib/modules").join(release);
    vec![modules.join("source"), modules.join("build")]
}

fn is_tree(dir: &Path) -> bool {
    dir.join("include/target").is_dir()
}
