// SPDX-License-Identifier: GPL-2.0-only

//! Reasons why a module is not written.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use thiserror::Error;

use crate::module::manifest::ManifestError;

/// Reason why a change was not made.
#[derive(Debug, Error)]
pub enum InstallError {
    /// A system call failed. [`InstallError::remedied`] has the rest of the message.
    #[error("cannot {action} {}: {}", path.display(), reason(path, error))]
    Io {
        /// The step that failed.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
        /// The files that had been changed and could not be restored.
        lost: Vec<PathBuf>,
    },
    /// Another program has changed a file since it was read.
    #[error("cannot replace {}: it has changed meanwhile; run the command again", file.display())]
    Meanwhile {
        /// The file.
        file: PathBuf,
    },
    /// The directory exists, and `--force` was not given.
    #[error(
        "cannot write to {}: it exists; choose another name, or pass --force if it is a generated \
         module without edits", dir.display()
    )]
    Exists {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory's manifest is missing or unreadable.
    #[error(
        "cannot replace {}: {reason}; remove that directory, or choose another name", dir.display()
    )]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// The fault of the manifest.
        reason: ManifestError,
    },
    /// A file exists that this tool has not generated for this module.
    #[error(
        "cannot overwrite {}: it has been edited, or does not belong to this module; move it away, or \
         choose another name", file.display()
    )]
    Occupied {
        /// The file.
        file: PathBuf,
    },
    /// The author's edits would be lost.
    #[error(
        "cannot replace {}: files have been edited since they were generated ({}); move them away first",
        dir.display(), files.join(", ")
    )]
    Changed {
        /// The directory.
        dir: PathBuf,
        /// The files that differ, or are new.
        files: Vec<String>,
    },
}

impl InstallError {
    /// Completes the message by the command's remedy, if the system refuses a file or directory, and by
    /// the state of the files.
    #[must_use]
    pub fn remedied(self, remedy: &str) -> anyhow::Error {
        let Self::Io { error, lost, .. } = &self else {
            return self.into();
        };
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull => "free space there",
            _ => remedy,
        };
        let state = if lost.is_empty() {
            "Nothing has been changed.".to_owned()
        } else {
            let lost: Vec<_> = lost.iter().map(|path| path.to_string_lossy()).collect();
            format!("These files could not be restored: {}", lost.join(", "))
        };
        anyhow!("{self}; {remedy}. {state}")
    }
}

/// The reason of a failed system call. For a path below a file, that is the file.
fn reason(path: &Path, error: &io::Error) -> String {
    let mut above = path.ancestors();
    match above.find(|dir| error.kind() == io::ErrorKind::NotADirectory && dir.exists()) {
        Some(file) => format!("{} is not a directory", file.display()),
        None => error.to_string(),
    }
}

pub(super) fn io_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> InstallError {
    let path = path.to_owned();
    move |error| InstallError::Io {
        action,
        path,
        error,
        lost: Vec::new(),
    }
}
