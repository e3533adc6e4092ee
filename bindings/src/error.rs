// SPDX-License-Identifier: GPL-2.0-only

//! Faults of a header, each with a remedy.
//!
//! Faults of one stage are reported together. An error's text has the system's message before the
//! remedy.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The remedy for a header that is missing or damaged.
pub const REMEDY: &str = "name the source tree of a released kernel with -k DIR";

/// Maximum number of listed faults; the rest are counted.
const LISTED: usize = 50;

/// A part of a header that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Fault {
    /// An error of clang.
    #[error("line {line}: {text}; {REMEDY}")]
    Clang {
        /// The line in the header, from 1.
        line: usize,
        /// The message of clang.
        text: String,
    },
    /// A name with characters that are not ASCII.
    #[error("line {line}: the name `{name}` has characters that are not ASCII; {REMEDY}")]
    ForeignName {
        /// The name.
        name: String,
        /// The line in the header, from 1.
        line: usize,
    },
}

/// Reason why a header could not be read.
#[derive(Debug, Error)]
pub enum Error {
    /// The directory has no header.
    #[error("cannot find a fabric header in {}: it has no {}; {REMEDY}", dir.display(), names())]
    NoHeader {
        /// The directory that was searched.
        dir: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {error}; {REMEDY}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A directory, pipe, socket or device instead of a file.
    #[error("cannot read {}: it is {what}, not a file; {REMEDY}", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// Kind of file.
        what: &'static str,
    },
    /// A file that is too large for a header.
    #[error("cannot read {}: it has more than {most} bytes; {REMEDY}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Maximum size in bytes.
        most: u64,
    },
    /// A file that is not text.
    #[error("cannot read {}: it is not text; {REMEDY}", path.display())]
    Binary {
        /// The file.
        path: PathBuf,
    },
    /// libclang could not be loaded.
    #[error(transparent)]
    NoLibclang(#[from] NoLibclang),
    /// The header has faults.
    #[error("cannot read {}:{}", header.display(), List(faults))]
    Faults {
        /// The header.
        header: PathBuf,
        /// All faults.
        faults: Vec<Fault>,
    },
    /// The header lacks the struct.
    #[error(
        "cannot read {}: it does not define struct target_core_fabric_ops{}; {REMEDY}",
        header.display(),
        Hidden(hidden.as_ref())
    )]
    NoStruct {
        /// The header.
        header: PathBuf,
        /// The condition that leaves the struct out, with its line.
        hidden: Option<(usize, String)>,
    },
    /// The process that reads headers could not be started.
    #[error("cannot start a process to read the header: {0}; mount /proc if it is not mounted")]
    Spawn(io::Error),
    /// clang crashed.
    #[error("cannot read {}: clang crashes on it{reason}; {REMEDY}", header.display())]
    Crash {
        /// The header.
        header: PathBuf,
        /// Status and last message of the process in brackets, or empty.
        reason: String,
    },
    /// clang exceeded the time limit.
    #[error(
        "cannot read {}: clang has not ended after 30 s, or 5 s of processor time; try again when the \
         machine is less busy, or {REMEDY}",
        header.display()
    )]
    Timeout {
        /// The header.
        header: PathBuf,
    },
}

/// libclang could not be loaded.
#[derive(Debug, Error, Serialize, Deserialize)]
#[error("{}; {}", self.found(), Self::REMEDY)]
pub struct NoLibclang {
    /// The message of the loader.
    pub reason: String,
}

impl NoLibclang {
    /// The remedy.
    pub const REMEDY: &str = "install it (Debian: libclang1, Fedora: clang-libs, Arch: clang), or \
                              name its directory in LIBCLANG_PATH";

    /// The message without the remedy.
    #[must_use]
    pub fn found(&self) -> String {
        format!(
            "cannot load libclang, which reads the header: {}",
            self.reason
        )
    }
}

/// The paths of the header in a kernel's tree.
fn names() -> String {
    format!(
        "include/target/{}",
        crate::HEADER_NAMES.join(" or include/target/")
    )
}

struct List<'a>(&'a [Fault]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut listed = self.0.iter().take(LISTED);
        listed.try_for_each(|fault| write!(f, "\n  {fault}"))?;
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            rest => write!(f, "\n  and {rest} more"),
        }
    }
}

struct Hidden<'a>(Option<&'a (usize, String)>);

impl fmt::Display for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some((line, condition)) => {
                write!(f, " unless {condition} (line {line}) holds")
            }
        }
    }
}
