// SPDX-License-Identifier: GPL-2.0-only

//! What can be wrong with a header, and what its reader can do about it.
//!
//! Faults of one stage are collected and reported together. Nothing is printed here. A message of
//! the system stands in an error's text, before the remedy.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The remedy where the header may be correct, and this program too old for it.
const NEWER: &str = "a newer version of this program may know it; otherwise report it with this \
                     text";

/// The remedy where the file is nothing like any kernel's header.
const KERNELS: &str = "name the kernel's include/target/target_core_fabric.h";

/// How many faults are listed; the rest are counted.
const LISTED: usize = 50;

/// Something in a header that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// An `#include` that is not known.
    #[error("line {line}: #include <{include}> is unknown; {NEWER}")]
    UnknownInclude {
        /// The path between the angle brackets or quotes.
        include: String,
        /// The line in the header, from 1.
        line: usize,
    },
    /// A type that is not known.
    #[error("line {line}: unknown type `{name}`; {NEWER}")]
    UnknownType {
        /// The type as the header spells it.
        name: String,
        /// The line in the header, from 1.
        line: usize,
    },
    /// Anything else that clang calls an error.
    #[error("{diagnostic}; is this the header of a released kernel?")]
    Clang {
        /// Clang's line, position included.
        diagnostic: String,
    },
    /// A name with letters that are not ASCII.
    #[error("line {line}: the name `{name}` has letters that are not ASCII; {KERNELS}")]
    ForeignName {
        /// The name.
        name: String,
        /// The line in the header, from 1.
        line: usize,
    },
    /// A place in the text that is too deep for clang.
    #[error(
        "line {line}: the text is nested too deeply, or an expression in it is too long; {KERNELS}"
    )]
    TooDeep {
        /// The line in the header, from 1.
        line: usize,
    },
    /// A struct that is too large.
    #[error(
        "struct target_core_fabric_ops has {count} ops and fields, and at most {most} are read; \
         {KERNELS}"
    )]
    TooMany {
        /// How many it has.
        count: usize,
        /// How many it may have.
        most: usize,
    },
}

/// Why a header could not be read.
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
        /// Where it is.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A file that is far larger than any header.
    #[error("cannot read {}: it has more than {most} bytes; {KERNELS}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes it may have.
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
    /// The header holds something that this version does not know.
    #[error("cannot read {}:{}", header.display(), List(faults))]
    Faults {
        /// The header.
        header: PathBuf,
        /// All that is wrong with it.
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
    /// bindgen panicked.
    #[error("bindgen cannot translate {}: {reason}; {NEWER}", header.display())]
    Bindgen {
        /// The header.
        header: PathBuf,
        /// The first line of its message.
        reason: String,
    },
    /// bindgen did not end in time.
    #[error("bindgen takes too long over {}; {KERNELS}", header.display())]
    Late {
        /// The header.
        header: PathBuf,
    },
    /// bindgen wrote text that is not Rust.
    #[error("bindgen's text for {} is not Rust: {reason}; {NEWER}", header.display())]
    Internal {
        /// The header.
        header: PathBuf,
        /// What the parser said.
        reason: String,
    },
}

/// libclang could not be loaded.
#[derive(Debug, Error)]
#[error("{}; {}", self.found(), Self::REMEDY)]
pub struct NoLibclang {
    /// What the loader said.
    pub reason: String,
}

impl NoLibclang {
    /// What to do.
    pub const REMEDY: &str = "install it (Debian: libclang1, Fedora: clang-libs, Arch: clang), or \
                              name its directory in LIBCLANG_PATH";

    /// What is wrong.
    #[must_use]
    pub fn found(&self) -> String {
        format!(
            "cannot load libclang, which bindgen reads the header with: {}",
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
                write!(f, " but where `{condition}` (line {line}) holds")
            }
        }
    }
}
