// SPDX-License-Identifier: GPL-2.0-only

//! Faults of a header, each with a remedy.
//!
//! Faults of one stage are collected and reported together. Nothing is printed here. A message of
//! the system stands in an error's text, before the remedy.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The remedy where the file is nothing like any kernel's header.
const KERNELS: &str = "name the kernel's include/target/target_core_fabric.h";

/// Maximum number of faults that are listed; the rest are counted.
const LISTED: usize = 50;

/// Something in a header that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Fault {
    /// An error of clang's.
    #[error("line {line}: {text}; is this the header of a released kernel?")]
    Clang {
        /// The line in the header, from 1.
        line: usize,
        /// The error in clang's words.
        text: String,
    },
    /// A name with letters that are not ASCII.
    #[error("line {line}: the name `{name}` has letters that are not ASCII; {KERNELS}")]
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
    /// No header where one was looked for.
    #[error("no fabric header in {}: {}", dir.display(), remedy())]
    NoHeader {
        /// The directory that was searched.
        dir: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {error}; {KERNELS}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A directory, pipe, socket or device instead of a file.
    #[error("cannot read {}: it is {what}, not a file; {KERNELS}", path.display())]
    NotAFile {
        /// Its path.
        path: PathBuf,
        /// Kind of file.
        what: &'static str,
    },
    /// A file that is far larger than any header.
    #[error("cannot read {}: it has more than {most} bytes; {KERNELS}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Maximum size in bytes.
        most: u64,
    },
    /// A file that is not text.
    #[error("cannot read {}: it is not text; {KERNELS}", path.display())]
    Binary {
        /// The file.
        path: PathBuf,
    },
    /// libclang could not be loaded.
    #[error(transparent)]
    NoLibclang(#[from] NoLibclang),
    /// The header holds something that cannot be read.
    #[error("cannot read {}:{}", header.display(), List(faults))]
    Faults {
        /// The header.
        header: PathBuf,
        /// All of its faults.
        faults: Vec<Fault>,
    },
    /// The header can be read, but the struct is not in it.
    #[error(
        "{} does not define struct target_core_fabric_ops{}; {KERNELS}",
        header.display(),
        Hidden(hidden.as_ref())
    )]
    NoStruct {
        /// The header.
        header: PathBuf,
        /// The condition that leaves it out, if one does, with its line.
        hidden: Option<(usize, String)>,
    },
    /// The process that reads headers could not be started.
    #[error("cannot start a process to read the header: {0}; is /proc mounted?")]
    Start(io::Error),
    /// clang gave up.
    #[error("clang crashes on {}{reason}; {KERNELS}", header.display())]
    Crash {
        /// The header.
        header: PathBuf,
        /// Status and last words of the process in brackets, empty if there are none.
        reason: String,
    },
    /// clang did not end in time.
    #[error("clang takes too long over {}; {KERNELS}", header.display())]
    Late {
        /// The header.
        header: PathBuf,
    },
}

/// libclang could not be loaded.
#[derive(Debug, Error, Serialize, Deserialize)]
#[error("{}; {}", self.found(), Self::REMEDY)]
pub struct NoLibclang {
    /// Message of the loader.
    pub reason: String,
}

impl NoLibclang {
    /// Remedy.
    pub const REMEDY: &str = "install it (Debian: libclang1, Fedora: clang-libs, Arch: clang), or \
                              name its directory in LIBCLANG_PATH";

    /// Fault without the remedy.
    #[must_use]
    pub fn found(&self) -> String {
        format!(
            "cannot load libclang, which reads the header: {}",
            self.reason
        )
    }
}

fn remedy() -> String {
    format!(
        "expected include/target/{}; name a kernel source tree with -k DIR, or a header with \
         --header FILE",
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
                write!(f, " but where {condition} (line {line}) holds")
            }
        }
    }
}
